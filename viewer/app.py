"""The window: input, panels and pictures, frame after frame."""

from __future__ import annotations

import math
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np

from gsrender.camera import Camera
from gsrender.errors import DeviceError, InputError
from gsrender.memory import NoRoom
from gsrender.settings import RenderSettings
from viewer.actions import act
from viewer.benchmark import MOST, Benchmark, turn
from viewer.bindings import pressed_actions
from viewer.canvas import Canvas
from viewer.compare import Comparison
from viewer.controls import State, advance, next_view
from viewer.export import file_name, save_json, save_png
from viewer.ground import Ground
from viewer.jumps import Jumps
from viewer.machine import describe
from viewer.opening import Cancelled, Fit, Opening, is_mesh
from viewer.look import Look, resized
from viewer.pace import Pace
from viewer.panels.browser import Browser
from viewer.panels import bars, divider, dock, help, legend, menu, overlay, style
from viewer.path_desk import PathDesk
from viewer.photograph import AtPhotograph
from viewer.pose import Pose, Space, Triple
from viewer.remembered import Remembered, kept
from viewer.scene import Scene
from viewer.shot import Spare
from viewer.settings import ViewerSettings
from viewer.thumbnails import Thumbnails
from viewer.watch import Watch
from vk_interop.depth_settings import DepthSettings
from vk_interop.input import Input
from vk_interop.screen import Area, Screen, clipped

OUTPUTS = ("alpha", "depth")  # what the window asks of a scene besides the picture: to see holes, to pick points
NAP = 0.1  # seconds between frames while a still picture stands: tooltips and cursors come and go in such
TYPING = 0.02  # seconds between them while a text is typed: ImGui takes a letter in with each
AWAKE = 1.0  # seconds after the last event in which they do; then no frame is shown until the next event
REST = 0.25  # seconds between looks at what else may have changed then
FIRST = 1 / 60  # seconds that a movement's first frame is worth
MESSAGE = 3.0  # seconds
APPEAR = 3  # frames that ImGui takes until new panels have their place


class Viewer:
    """Owns what is open, what is set and where the camera is; `frame` does one round.

    scene       opened with outputs=OUTPUTS
    screen      a Window, or an Offscreen, on the scene's device
    home        index of the dataset's view to begin with; without it, the one that shows most
    remembered  from the run before; its settings are not looked at
    """

    def __init__(self, scene: Scene, screen: Screen, settings: ViewerSettings, home: int | None = None,
                 remembered: Remembered = Remembered()):
        self.screen, self.settings, self._remembered = screen, settings, remembered
        self.presented = 0  # frames that reached the screen
        self.idle = False  # whether the picture stands and nothing moves
        self.settled = False  # whether the picture is whole and the panel has its size
        self.closing = False
        self._area = (0.0, 0.0, *map(float, screen.units))  # of the picture, in units of the mouse
        self._last = self._stirred = time.perf_counter()
        self._told = None  # notices and message that were last shown
        self._message, self._message_until = "", 0.0
        self._complaints: list[str] = []
        self._sent_away: set[str | None] = set()  # sentences that were read
        self._wanted_panel: str | None = None
        self._cursor = (0.0, 0.0)
        self._screenshot_wanted = False
        self._drawn_panels = None
        self._standing = 0  # frames since other panels were drawn, or left the picture another place
        style.apply(screen.ui.scale)
        if remembered.scale == screen.ui.scale:
            dock.restore(remembered.layout)
        self._thread = ThreadPoolExecutor(1, "beside the frames")
        self.opening: Opening | None = None
        self.browser: Browser | None = None
        self.shot_size = (1920, 1080)  # pixels of a picture that is saved without the panels
        self.thumbnails = Thumbnails(screen.ui)
        self.path = PathDesk(self, self._thread)
        self._take(scene, home)

    def _take(self, scene: Scene, home: int | None):
        """What there is for each scene."""
        self.scene = scene
        low, high = (np.array(corner.tolist()) for corner in scene.model.bounds)
        self.space = Space(scene.up, max(float(np.linalg.norm(high - low)) / 2, 1e-6), scene.near)
        self.home = scene.first_view if home is None else home
        self.start_over()
        self._ground: Future[Ground] | None = None
        self.benchmark: Benchmark | None = None
        self.fit = self.fitted = Fit()  # as it is set, and as the proxy was read
        spare = Spare(scene)
        self.canvas, self.comparison = Canvas(scene, spare), Comparison(scene)
        self.at_photograph = AtPhotograph(scene.cameras, scene.near, spare)
        self.watch = Watch(scene, self.space.radius)
        self._remembered = self._remembered.opened(scene.opened, scene.mesh_path)

    def _take_opened(self):
        """What was being opened, where it is there: in place of the scene that is open, or a sentence."""
        opening = self.opening
        if opening is None or not opening.is_done:
            return
        self.opening = None
        try:
            scene = opening.take()
        except Cancelled:
            return self.say("opening was cancelled")
        except (InputError, DeviceError) as error:
            return self.complain(str(error))
        old, keeps_model = self.scene, scene.model is self.scene.model
        old.device.wait_idle()
        self._let_go()
        if old.proxy:
            old.proxy.close()
        old.proxy = old.device = None  # the device is the new scene's
        render = self.settings.render
        if not keeps_model:
            render = RenderSettings(scene.default_culling, render.margin, scene.model.background)
        elif scene.proxy is None or render.culling == "off":
            render = replace(render, culling=scene.default_culling)
        self.set(render=replace(render, culling_camera=None), look=Look())
        state, view, jumps = self.state, self.view, self.jumps
        self._take(scene, None)
        self.fitted = self.fit = opening.fit
        if keeps_model:
            self.state, self.view, self.jumps = replace(state, ground=None), view, jumps
        self.say(f"opened {opening.name}, {time.perf_counter() - opening.began:.1f} s")

    def _let_go(self):
        """Of what was made for the scene that is open."""
        self.path.cancel()
        self.watch.close()
        self.canvas.close()

    def start_over(self):
        """The camera as at first, all that it did forgotten."""
        self.view = self.home  # index of the dataset's view that was last flown to
        self.state = State.at(self._home_camera(), self.space)
        self.jumps = Jumps()
        self.pace = Pace()

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
        self._take_opened()
        for path in given.dropped:
            self.open(Path(path))
        self._act(given)
        # The wait for the event that ends a rest is no time in which a key was held.
        self._look_for_ground()
        seconds, before = min(began - self._last, FIRST if self.idle else math.inf), self.state.pose
        self.state = self.path.follow(self.state, advance(self.state, seconds, given), seconds)
        self.pace.look(self.settings.adaptive and self.state.pose != before, began)
        self._last = began
        self._draw_panels()
        self.screen.set_vsync(self.settings.vsync)
        on_host = 1000 * (time.perf_counter() - began)

        camera = self._next_camera()
        drawn = None if self.screen.minimised else self._draw(*camera)
        pixels = self.screen.show(drawn, capture or self._screenshot_wanted, self.area)
        if self.screen.shown:
            self.presented += 1
            self.canvas.measure(drawn is not None, began, on_host, self.screen.milliseconds)
            if drawn is not None:
                self.pace.measure(self.canvas.history.newest)
            self._look_closer()
        else:
            self.canvas.lose()
        measures = self.benchmark is not None and not self.benchmark.done
        if not measures:
            self.path.work()
        is_still = self.state.flight is None and not (measures or self.path.is_busy or self.opening)
        self.idle = (drawn is None and self.screen.shown and is_still and self._standing >= APPEAR
                     and not self.pace.is_coarse)
        self.settled = (self.screen.shown and self._standing >= APPEAR and bool(self.canvas.stats.counts)
                        and not self.canvas.stats.incomplete)
        self._told = self.notices, self.message
        self.closing = self.closing or self.screen.closing
        if self._screenshot_wanted and pixels is not None:
            self._save_screenshot(pixels)
        return pixels

    def remember(self) -> Remembered:
        """For the next run."""
        return replace(self._remembered, size=tuple(self.screen.units), settings=kept(self.settings),
                       layout=dock.layout(), scale=float(self.screen.ui.scale))

    def close(self):
        """Closes the screen and what was drawn for it; the scene stays open."""
        self.path.cancel()
        if self.opening:
            self.opening.cancel()
        self.watch.close()
        self.thumbnails.close()
        self._thread.shutdown(wait=True, cancel_futures=True)
        self.screen.close()
        self.canvas.close()

    def _next_camera(self) -> tuple[Camera, RenderSettings]:
        """What to draw from where: as the person has it, or as a benchmark asks for, which draws it for itself first."""
        if self.benchmark and not self.benchmark.done:
            camera = self.benchmark.step()
            self.canvas.pause()
            if camera is not None:
                return camera, self.benchmark.settings
        return self.state.camera(*self.picture_size), resized(self.settings.render, *self.picture_size)

    def _draw(self, camera: Camera, render: RenderSettings):
        settings = self.settings
        try:
            drawn = self.canvas.draw(camera, render, settings.always, settings.mode, settings.look)
        except NoRoom as error:  # the picture before stands
            return self.complain(str(error))
        if problem := self.canvas.looking.take_problem():
            self.complain(problem)
            self.set(look=Look(), render=replace(settings.render, culling_camera=None))
        return drawn

    @property
    def memory(self) -> dict[str, int]:
        """Bytes on the device by name."""
        named = self.scene.memory | {"rgba ring": self.canvas.nbytes, "comparison": self.comparison.nbytes,
                                     "second pictures": self.canvas.looking.nbytes}
        return named | {"screen, panels, other": self.scene.limit.used - sum(named.values())}

    @property
    def area(self) -> Area:
        """Of the picture on the screen, pixels."""
        scale = self.screen.size[0] / self.screen.units[0]
        left, top, right, bottom = (round(scale * at) for at in (
            self._area[0], self._area[1], self._area[0] + self._area[2], self._area[1] + self._area[3]))
        return clipped((left, top, right - left, bottom - top), [max(1, edge) for edge in self.screen.size])

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
    def notices(self) -> list[str]:
        """Warnings and errors that were not sent away."""
        all_of_them = self.scene.warnings + self.watch.warnings(self.settings.render.culling) + self._complaints
        all_of_them += [self.scene.renderer.refusal] if self.scene.renderer.refusal else []
        return [sentence for sentence in all_of_them if sentence not in self._sent_away]

    @property
    def message(self) -> str:
        """What is being said at the foot of the picture."""
        return self._message if time.perf_counter() < self._message_until else ""

    @property
    def resting(self) -> bool:
        """Whether what is on the screen can stay: nothing moves, nobody touched anything, nothing new is to be said."""
        is_busy = (self._screenshot_wanted or self.screen.ui.io.want_text_input or self.thumbnails.are_coming or self.comparison.is_pending
                   or self.watch.is_looking or self._awaits_photograph)
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
        if canvas.camera is None:
            return
        if self.comparison.look(canvas.camera, canvas.settings, canvas.frame):
            canvas.pause()
        self.watch.look(canvas.camera, canvas.settings, self.comparison.compared)
        if self._compares and self.at_photograph.look(canvas.camera, canvas.settings):
            canvas.pause()

    # What keys and mouse do besides moving the camera.

    def _act(self, given: Input):
        if {"right", "middle"} & set(given.pressed):
            self.state = replace(self.state, grabbed=self.canvas.view_z(given.cursor) or self.state.distance)
        for action in pressed_actions(given):
            act(self, action, given)
        if given.wheel and self.state.mode != "orbit":
            self.say(f"speed {self.state.speed:.3g} units/s")

    def _look_for_ground(self):
        """What a walker stands on is sorted out beside the frames, once somebody walks."""
        mesh = self.scene.mesh
        if self.state.mode != "walk" or self.state.ground or mesh is None:
            return
        if self._ground is None:
            self._ground = self._thread.submit(Ground, mesh.vertices, mesh.triangles, self.space.world_from_level)
        elif self._ground.done():
            self.state = replace(self.state, ground=self._ground.result())

    # What actions and panels ask for.

    def act(self, action: str):
        """Does what a key or an item of the menu does, by its name in the table of bindings."""
        act(self, action)

    def set(self, **changes):
        """Changes settings."""
        self.settings = replace(self.settings, **changes)

    def set_detail(self, detail: DepthSettings):
        """How the proxy's depth is drawn."""
        if detail != self.scene.proxy.settings:
            self.scene.proxy.settings = detail
            self.comparison.forget()
            self.canvas.forget()

    def say(self, text: str):
        """Shows a line for a moment."""
        self._message, self._message_until = text, time.perf_counter() + MESSAGE

    def complain(self, sentence: str):
        """Shows a sentence until it is sent away."""
        self._complaints = [*(other for other in self._complaints if other != sentence), sentence]
        self._sent_away.discard(sentence)

    def go_home(self):
        home = State.at(self._home_camera(), self.space)
        self.jump(self._home_camera())
        self.state = replace(self.state, speed=home.speed, mode=home.mode)
        self.view = self.home

    def jump(self, to: Camera | Pose):
        """Flies to a camera; `undo` flies back."""
        self.move(self.state.fly_to(to))

    def move(self, state: State):
        """Lets the camera be, or fly, elsewhere; `undo` flies back."""
        if state.pose != self.state.pose or state.flight:
            self.jumps = self.jumps.leave(self.state.flight.end if self.state.flight else self.state.pose)
        self.state = state

    def undo(self):
        self._take_back(*self.jumps.undo(self.state.pose), "the camera has not jumped yet")

    def redo(self):
        self._take_back(*self.jumps.redo(self.state.pose), "no jump was taken back")

    def _take_back(self, jumps: Jumps, pose: Pose | None, otherwise: str):
        if pose is None:
            return self.say(otherwise)
        self.jumps, self.state = jumps, self.state.fly_to(pose)

    def visit(self, by: int):
        """Flies to the dataset's next camera, or the one before."""
        if not self.scene.cameras:
            return self.say("there are no cameras beside the model")
        self.fly_to(next_view(self.view, by, len(self.scene.cameras)))

    def fly_to(self, view: int):
        """To a camera of the dataset, by its index."""
        self.view = view
        self.jump(self.scene.cameras[view].camera)
        self.say(self.scene.cameras[view].name)

    def show_panel(self, name: str):
        """Opens a panel, brings it to the front, and gives it the keyboard."""
        self.set(panel=True, closed=tuple(other for other in self.settings.closed if other != name))
        self._wanted_panel = name

    def close_panel(self, name: str):
        self.set(closed=(*self.settings.closed, name))

    def reset_layout(self):
        self.set(panel=True, closed=())
        dock.reset()

    def ask_screenshot(self):
        self._screenshot_wanted = True

    def browse(self):
        self.browser = Browser(self.scene.folder)

    def open(self, path: Path, proxy: Path | None = None):
        """Opens a model, or a proxy mesh for the model that is open, beside the frames. An error is told."""
        try:
            mesh = is_mesh(path)
        except InputError as error:
            return self.complain(str(error))
        if self.opening:
            self.opening.cancel()
        fit = self.fit if mesh else Fit()
        self.opening = Opening(self.scene, None if mesh else path, path if mesh else proxy, fit, OUTPUTS)
        self.say(f"opening {path}")

    def reload(self):
        self.open(self.scene.opened, self.scene.mesh_path)

    @property
    def recent(self):
        """Scenes that were opened, the newest first."""
        return self._remembered.recent

    def set_up(self, up: Triple):
        """Another axis of the model is up; the camera stays where it is."""
        camera = self.state.camera(*self.picture_size)
        self.space = replace(self.space, up=tuple(map(float, up)))
        self.state = replace(self.state.at_rest(), space=replace(self.state.space, up=self.space.up), ground=None,
                             pose=Pose.of(camera, self.space))
        self._ground = None

    def start_benchmark(self):
        if self.benchmark and not self.benchmark.done:
            return
        size = self.picture_size
        cameras = [view.camera.with_near(self.state.space.near).resized(*size) for view in self.scene.cameras]
        cameras = self.path.cameras(*size, MOST) or cameras or turn(self.state, *size)
        self.benchmark = Benchmark(self.scene, cameras, resized(self.settings.render, *size))

    def end_benchmark(self):
        """Closes its window, and ends it where it still runs."""
        self.benchmark.cancel()
        self.benchmark = None

    def save_benchmark(self):
        path = file_name("benchmark", ".json")
        self.attempt(f"saved {path}", save_json, self.benchmark.report(describe(self.scene)), path)

    def attempt(self, done: str, function, *arguments):
        """Calls a function and says that it is done, or what went wrong."""
        try:
            function(*arguments)
            self.say(done)
        except (InputError, DeviceError) as error:
            self.complain(str(error))

    def quit(self):
        self.closing = True

    def _home_camera(self) -> Camera:
        if self.home is None:
            return self.scene.first_camera(*self.picture_size)
        return self.scene.cameras[self.home].camera

    def _save_screenshot(self, pixels: np.ndarray):
        self._screenshot_wanted = False
        path = file_name("viewer", ".png")
        self.attempt(f"saved {path}", save_png, pixels, path)

    def _draw_panels(self):
        before, chosen = self._drawn_panels, None
        self.thumbnails.begin_frame()
        if self.settings.panel:
            chosen = menu.draw(self)
            dock.draw(self)
            self._area = dock.picture_area()
        else:
            dock.keep()
            self._area = (0.0, 0.0, *map(float, self.screen.units))
        self._drawn_panels = self._area, self.settings.panel, self.settings.closed
        self._standing = self._standing + 1 if before == self._drawn_panels else 0
        if self._wanted_panel:
            dock.focus(self._wanted_panel)
            self._wanted_panel, self._standing = None, 0
        if chosen:
            act(self, chosen)
        if self.browser:
            chosen, stays = self.browser.draw(self.screen.units)
            self.browser = self.browser if stays else None
            if chosen:
                self.open(chosen)
        if self.benchmark:
            bars.draw(self, self.screen.units)
        if self.settings.help:
            self.set(help=help.draw(self.screen.units))
        self._sent_away.add(overlay.notices(self._area, self.notices))
        overlay.message(self._area, self.message)
        if self.settings.look.shows_two:
            self.set(look=divider.draw(self, self._area))
        if self.canvas.look == self.settings.look and self.settings.look.view != "picture":
            legend.draw(self._area, self.canvas.looking.legend)

