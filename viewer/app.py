"""The window: input, panels and pictures, frame after frame."""

from __future__ import annotations

import math
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from gsrender.camera import Camera
from gsrender.memory import NoRoom
from gsrender.settings import RenderSettings
from viewer.actions import act
from viewer.benchmark import Benchmark, begin_benchmark
from viewer.bindings import buttons_of, drag_of, pressed_actions
from viewer.canvas import Canvas
from viewer.compare import Comparison
from viewer.controls import advance
from viewer.cropping import Cropping
from viewer.doing import doing
from viewer.export import file_name, save_json, save_png
from viewer.files import Files
from viewer.fit import Fit
from viewer.keeping import Keeping
from viewer.latency import Latency
from viewer.look import Look, resized
from viewer.lost import way_back
from viewer.machine import describe
from viewer.memory import memory_by_name
from viewer.pace import FITTING
from viewer.panels import PANELS, bars, crop_lines, divider, dock, help, legend, menu, overlay, style
from viewer.path_desk import PathDesk
from viewer.photograph import AtPhotograph
from viewer.remembered import Remembered
from viewer.saving import Saving
from viewer.sayings import Sayings
from viewer.scene import Scene
from viewer.seen import Seen
from viewer.settings import ViewerSettings
from viewer.shot import VIEW_OUTPUTS, Spare
from viewer.thumbnails import Thumbnails
from viewer.travels import Travels
from viewer.watch import Watch
from vk_interop.depth_settings import DepthSettings
from vk_interop.input import Input
from vk_interop.screen import Area, Screen, clipped

NAP = 0.1  # seconds between frames while a still picture stands: tooltips and cursors come and go in such
TYPING = 0.02  # seconds between them while a text is typed: ImGui takes a letter in with each
AWAKE = 1.0  # seconds after the last event in which they do; then no frame is shown until the next event
REST = 0.25  # seconds between looks at what else may have changed then
FIRST = 1 / 60  # seconds that a movement's first frame is worth
STEADY = 3  # frames that are drawn after the first ones, which are slow: figures are of these, and come a frame late
APPEAR = 3  # frames that ImGui takes until new panels have their place


class Viewer(Sayings, Travels, Cropping, Keeping):
    """Owns what is open, what is set and where the camera is; `frame` does one round.

    scene       opened with outputs=VIEW_OUTPUTS
    screen      a Window, or an Offscreen, on the scene's device
    settings    with what the command line and the run before say
    home        index of the dataset's view to begin with; without it, the one that shows most
    remembered  from the run before
    """

    def __init__(self, scene: Scene, screen: Screen, settings: ViewerSettings, home: int | None = None,
                 remembered: Remembered = Remembered()):
        super().__init__()
        self.screen, self.settings, self.remembered = screen, settings, remembered
        self.presented = 0  # frames that reached the screen
        self.idle = False  # whether the picture stands and nothing moves
        self.settled = False  # whether the picture is whole and the panel has its size
        self.warm = False  # whether it has been so since the scene was opened
        self.closing = False
        self.fitting = False  # whether the proxy is being dragged to where it fits
        self._area = (0.0, 0.0, *map(float, screen.units))  # of the picture, in units of the mouse
        self._last = self._stirred = time.perf_counter()
        self._told = None  # notices and message that were last shown
        self._panels_given_at: float | None = None  # when the input was taken in that the panels changed something by
        self.used_panel = PANELS[0].name  # by mouse or keyboard, last
        self._wanted_panel: str | None = None
        self._cursor = (0.0, 0.0)
        self._screenshot_wanted = False
        self._drawn_panels = None
        self._standing = 0  # frames since other panels were drawn, or left the picture another place
        style.apply(screen.ui.scale)
        if remembered.scale == screen.ui.scale:
            dock.restore(remembered.layout)
        self._thread = ThreadPoolExecutor(1, "beside the frames")
        habits = remembered.habits
        self.shot_size = habits.shot_size  # pixels of a picture that is saved without the panels
        self.files = Files(self, VIEW_OUTPUTS)
        self.thumbnails = Thumbnails(screen.ui)
        self.path = PathDesk(self, self._thread, habits.film_size, habits.film_rate)
        self.saving = Saving(self)
        self.take(scene, home)
        self.state = self.state.with_flights(habits.flight_time, habits.level)
        self.begin_keeping()

    def take(self, scene: Scene, home: int | None = None):
        """Shows a scene; `let_go` of the one before."""
        self.scene = scene
        self.remembered = self.remembered.opened(scene.opened, scene.mesh_path)
        self.arrive(scene, home)
        self.begin_scene()
        self.begin_cropping()
        self.benchmark: Benchmark | None = None
        self.spare = Spare(scene)
        self.canvas, self.comparison, self.latency = Canvas(scene, self.spare), Comparison(scene), Latency()
        self.at_photograph = AtPhotograph(scene.cameras, scene.near, self.spare)
        self.watch = Watch(scene, self.space.radius)
        self.warm, self._owed = False, STEADY
        self._sound = self.settings, self.state  # what a picture was drawn of

    def let_go(self):
        """Of what was made for the scene that is open."""
        self.end_scene()
        self.path.cancel()
        self.saving.cancel()
        self.watch.close(wait=False)
        self.at_photograph.close()
        self.canvas.close()

    def frame(self, capture: bool = False) -> np.ndarray | None:
        """Events, panels, a picture if anything changed, the screen. Returns it, panel included, where asked to."""
        rests, nap = self.resting and not capture, TYPING if self.screen.ui.io.want_text_input else NAP
        self.screen.poll(REST if rests else nap if self.idle and not capture else 0.0)
        began = time.perf_counter()
        if rests and not self.screen.stirred:
            return None
        if self.screen.stirred:
            self._stirred = began
        left, top, _, height = (edge / self.screen.units[1] for edge in self._area)
        given = self.screen.begin().within(left, top, height)
        self._cursor = given.cursor
        self.files.work()
        for path in given.dropped:
            self.files.open(Path(path))
        self.canvas.answer()
        self._act(given)
        given = self.grip.passed(given)
        # The wait for the event that ends a rest is no time in which a key was held.
        if not self.fitting:
            self.look_for_ground(self._thread)
        seconds, before = min(began - self._last, FIRST if self.idle else math.inf), self.state.pose
        self.state = self.path.follow(self.state, advance(self.state, seconds, given), seconds)
        if given.wheel and self.state.mode != "orbit":
            self.say(f"speed {self.scene.ruler.text(self.state.rate, '.3g')}/s")
        moves = self.settings.adaptive and (self.state.pose != before or self.fitting)
        self.pace.look(moves, began, *[FITTING] * self.fitting)
        self._last = began
        measures = self._measures
        camera, given_at = self._possible_camera(), began if self.screen.stirred or given.held else None
        self.latency.ask((*camera, self._look), None if measures else self._panels_given_at or given_at)
        on_host = 1000 * (time.perf_counter() - began)
        drawn = None if self.screen.minimised else self._draw(*camera)
        # While the GPU draws. What they change is drawn with the next frame.
        self._sound = self.settings, self.state
        asked = *self._sound, self.fitting
        try:
            self.screen.ui.draw_whole(self._draw_panels)
        except ValueError as error:
            self._take_no(error)
        is_as_asked = asked == (self.settings, self.state, self.fitting) and self.canvas.camera is not None
        self._panels_given_at = None if is_as_asked else given_at
        self.screen.set_vsync(self.settings.vsync)
        pixels = self.screen.show(drawn, capture or self._screenshot_wanted, self.area)
        if drawn is not None:
            self._stirred = time.perf_counter()  # what the panels say of this picture is seen with frames to come
        if self.screen.shown:
            self.presented += 1
            self._measure(drawn is not None and self.canvas.camera is not None and not measures, began, on_host)
            self._look_closer()
        else:
            self.canvas.lose()
        if not self._measures:
            self.path.work()
            if self.saving.work():
                self.canvas.pause()
        is_busy = (self._measures or self.path.is_busy or self.files.opening or self.saving.still
                   or self.canvas.is_asked)
        is_still = self.state.flight is None and not is_busy
        self.settled = (self.screen.shown and self._standing >= APPEAR and bool(self.canvas.stats.counts)
                        and not self.canvas.stats.incomplete)
        self.warm = self.warm or self.settled
        is_owing = self.warm and self._owed > 0
        self.idle = (drawn is None and self.screen.shown and is_still and is_as_asked and self._standing >= APPEAR
                     and not self.pace.is_coarse and not is_owing and not self.canvas.is_coming)
        self._told = self.notices, self.message
        self.closing = self.closing or self.screen.closing
        if self._screenshot_wanted and pixels is not None:
            self._save_screenshot(pixels)
        return pixels

    def close(self):
        """Closes the screen and what was drawn for it; the scene stays open."""
        self.path.cancel()
        self.saving.close()
        self.files.close()
        self.watch.close()
        self.at_photograph.close()
        self.thumbnails.close()
        self._thread.shutdown(wait=True, cancel_futures=True)
        self.screen.close()
        self.canvas.close()

    def _next_camera(self) -> tuple[Camera, RenderSettings]:
        """What to draw from where: as the person has it, or as a benchmark asks for, which drew it for itself."""
        if self._measures:
            camera = self.benchmark.step()
            if camera is not None:
                return camera, self.benchmark.settings
        render = resized(self.settings.render, *self.picture_size)
        if self.fitting:  # what the proxy shall fit has to be seen, and not what it hides from where it is
            render = replace(render, culling="off", culling_camera=None)
        return self.state.camera(*self.picture_size), render

    def _possible_camera(self) -> tuple[Camera, RenderSettings]:
        """The same; where that cannot be drawn, as the person had it before."""
        try:
            return self._next_camera()
        except ValueError as error:
            self._take_no(error)
            return self._next_camera()

    def _take_no(self, error: ValueError):
        """What was asked for makes no sense: it is said, and all is as it was."""
        self.complain(str(error))
        self.settings, self.state = self._sound

    @property
    def _look(self) -> Look:
        """What is shown now: the picture alone of a benchmark, and with the wireframe while the proxy is dragged."""
        if self._measures:
            return Look()
        look = self.settings.look
        return replace(look, wireframe=True) if self.fitting else look

    def _draw(self, camera: Camera, render: RenderSettings):
        settings = self.settings
        always = settings.always or self.warm and self._owed > 0
        try:
            drawn = self.canvas.draw(camera, render, always, settings.mode, self._look)
        except NoRoom as error:  # the picture before stands
            return self.complain(str(error))
        except ValueError as error:
            return self._take_no(error)
        if problem := self.canvas.looking.take_problem():
            self.complain(problem)
            self.set(look=Look(), render=replace(settings.render, culling_camera=None))
        return drawn

    @property
    def _measures(self) -> bool:
        """Whether a benchmark runs. What it draws for itself lies within the window's frames, which are counted
        without these."""
        return self.benchmark is not None and not self.benchmark.done

    def _measure(self, drew: bool, began: float, on_host: float):
        """What the frame cost that was shown just now."""
        canvas, latency = self.canvas, None
        if self._measures and canvas.settings:
            canvas.count()
        if drew:
            latency = self.latency.answer((canvas.camera, canvas.settings, canvas.look), self.screen.handed)
        canvas.measure(drew, began, on_host, self.screen.milliseconds, latency, not self.warm, self.area[3])
        if drew and self.warm:
            self._owed -= 1
            self.pace.measure(canvas.history.newest)

    @property
    def memory(self) -> dict[str, int]:
        """Bytes on the device by name."""
        return memory_by_name(self)

    @property
    def area(self) -> Area:
        """Of the picture on the screen, pixels."""
        return in_pixels(self._area, self.screen.size[0] / self.screen.units[0], tuple(self.screen.size))

    @property
    def picture_size(self) -> tuple[int, int]:
        return self.settings.picture_size(*self.area[2:], self.pace.share)

    @property
    def pixel(self) -> tuple[int, int] | None:
        """Column and row of the picture under the cursor; None where that is elsewhere."""
        x, y = (math.floor(at * self.picture_size[1]) for at in self._cursor)
        inside = 0 <= x < self.picture_size[0] and 0 <= y < self.picture_size[1]
        return (x, y) if inside and not self.screen.ui.io.want_capture_mouse else None

    @property
    def seen(self) -> Seen | None:
        """The picture that figures are of: of two beside each other the one under the cursor, else the first."""
        return self.canvas.seen(self.pixel and self.pixel[0])

    @property
    def notices(self) -> list[str]:
        """Warnings and errors that were not sent away."""
        warnings = self.scene.warnings + self.watch.warnings(self.settings.render.culling)
        if self.idle and self.canvas.camera:
            warnings = warnings + way_back(self.scene, self.canvas.camera, self.canvas.stats.counts)
        return self.unread(warnings + ([self.scene.renderer.refusal] if self.scene.renderer.refusal else []))

    @property
    def resting(self) -> bool:
        """Whether what is on the screen can stay: nothing moves, nobody touched anything, nothing new is to be said."""
        is_busy = (self._screenshot_wanted or self.saving.is_busy or self.screen.ui.io.want_text_input
                   or self.thumbnails.are_coming or self.comparison.is_pending or self.watch.is_looking
                   or self._awaits_photograph or self.awaits_ground)
        return (self.idle and not is_busy and time.perf_counter() - self._stirred > AWAKE
                and self._told == (self.notices, self.message))

    @property
    def _compares(self) -> bool:
        """Whether anyone may look at what the panel Compare says."""
        return self.settings.panel and "Compare" not in self.settings.closed

    @property
    def _awaits_photograph(self) -> bool:
        return self._compares and self.at_photograph.is_pending

    def _look_closer(self):
        """For warnings, and for what culling changes."""
        canvas = self.canvas
        if canvas.camera is None or self.fitting:
            return
        if self.comparison.look(canvas.camera, canvas.settings, canvas.frame):
            canvas.pause()
        self.watch.look(canvas.camera, canvas.settings, self.comparison.compared)
        if self._compares and self.at_photograph.look(canvas.camera, canvas.settings):
            canvas.pause()

    # What keys and mouse do besides moving the camera.

    def _act(self, given: Input):
        if set(buttons_of("pan")) & set(given.pressed):
            self.grab(tuple(at - moved for at, moved in zip(given.cursor, drag_of("pan", given))))
        for action in pressed_actions(given):
            act(self, action, given)

    # What actions and panels ask for.

    def act(self, action: str):
        """Does what a key or an item of the menu does, by its name in the table of bindings."""
        act(self, action)

    def set(self, **changes):
        """Changes settings."""
        self.settings = replace(self.settings, **changes)

    def set_detail(self, detail: DepthSettings):
        """How the proxy's depth is drawn."""
        if detail != self.scene.detail:
            self.scene.draw_proxy_by(detail)
            self._forget_proxy()

    def lay_proxy(self, fit: Fit):
        """Where the proxy lies in the model."""
        if fit != self.scene.fit:
            self.scene.lay(fit)
            self.forget_ground()
            self._forget_proxy()

    def _forget_proxy(self):
        """What was drawn by it would be drawn otherwise now."""
        self.comparison.forget()
        self.at_photograph.forget()
        self.canvas.forget()

    def show_panel(self, name: str):
        """Opens a panel and brings it to the front."""
        self.set(panel=True, closed=tuple(other for other in self.settings.closed if other != name))
        self.used_panel = self._wanted_panel = name

    def give_keyboard(self, name: str):
        """To a window over the picture, or to a panel that is open."""
        self.screen.ui.navigation.start()
        self._wanted_panel = name

    def close_panel(self, name: str):
        self.set(closed=(*self.settings.closed, name))

    def reset_layout(self):
        self.set(panel=True, closed=())
        dock.reset()

    def stir(self):
        """There is something new to be seen, though nobody touched anything."""
        self._stirred = time.perf_counter()

    def ask_screenshot(self):
        self._screenshot_wanted = True

    def start_benchmark(self):
        if self.benchmark and not self.benchmark.done:
            return
        self.benchmark = begin_benchmark(self.scene, self.path.cameras, self.state, self.settings.render,
                                         self.picture_size)
        self.stir()

    def end_benchmark(self):
        """Closes its window, and ends it where it still runs."""
        self.benchmark.cancel()
        self.benchmark = None

    def save_benchmark(self):
        path = file_name("benchmark", ".json")
        self.attempt(f"saved {path}", save_json, self.benchmark.report(describe(self.scene)), path)

    def quit(self):
        self.closing = True

    def _save_screenshot(self, pixels: np.ndarray):
        self._screenshot_wanted = False
        self.saving.write(file_name("viewer", ".png"), save_png, pixels)

    def _draw_panels(self):
        before, chosen, self.fitting = self._drawn_panels, None, False
        self.thumbnails.begin_frame()
        if self._wanted_panel and dock.focus(self._wanted_panel, self.screen.ui.navigation.is_on):
            self._wanted_panel, self._drawn_panels = None, None
        if self.settings.panel:
            chosen = menu.draw(self)
            dock.draw(self)
            self._area = dock.picture_area()
        else:
            dock.keep()
            self._area = (0.0, 0.0, *map(float, self.screen.units))
        self._drawn_panels = self._area, self.settings.panel, self.settings.closed
        self._standing = self._standing + 1 if before == self._drawn_panels else 0
        if self.settings.panel and self.settings.render.crop and not self.benchmark:
            crop_lines.draw(self._area, self.state.camera(*self.picture_size), self.settings.render.crop)
        if chosen:
            act(self, chosen)
        self.files.draw(self.screen.units)
        if self.benchmark:
            bars.draw(self, self.screen.units)
        if self.settings.help:
            self.set(help=help.draw(self.screen.units))
        if self.canvas.look == self._look and self._look.view != "picture":
            legend.draw(self._area, self.canvas.looking.legend)
        overlay.message(self._area, self.message or doing(self))
        self.send_away(overlay.notices(self._area, self.notices))
        if self._look.shows_two:
            self.set(look=divider.draw(self, self._area))


@lru_cache(4)  # a frame asks many times
def in_pixels(area: tuple[float, float, float, float], scale: float, size: tuple[int, int]) -> Area:
    """An area in units of the mouse, of `scale` pixels each, as far as it is on a screen of that size."""
    left, top, width, height = area
    left, top, right, bottom = (round(scale * at) for at in (left, top, left + width, top + height))
    return clipped((left, top, right - left, bottom - top), tuple(max(1, edge) for edge in size))
