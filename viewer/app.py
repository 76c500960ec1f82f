"""The window: input, panels and pictures, frame after frame."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from gsrender.camera import Camera
from gsrender.frame import Frame, FrameStats
from gsrender.settings import CULLING, RenderSettings
from viewer.bindings import pressed_actions
from viewer.compare import Comparison
from viewer.controls import Space, State, advance, next_view
from viewer.frame import draw_frame, frame_stats
from viewer.output import write_whole
from viewer.panels import camera as camera_panel
from viewer.panels import culling, frame, help, notices, picture, side, stages, style
from viewer.scene import Scene
from viewer.settings import ViewerSettings
from viewer.statistics import Statistics
from viewer.watch import Watch
from vk_interop.input import Input
from vk_interop.sharing import ImageRing
from vk_interop.window import Screen

OUTPUTS = ("alpha", "depth")  # what the window asks of a scene besides the picture: to pick points, to see holes
RECENT, HISTORY = 30, 240  # drawn frames that the figures and the plot are of
NAP = 0.1  # seconds between looks at the events while a still picture stands
MESSAGE = 3.0  # seconds


class Viewer:
    """Owns what is open, what is set and what was measured; `frame` does one round.

    scene   opened with outputs=OUTPUTS
    screen  a Window, or an Offscreen, on the scene's device
    """

    def __init__(self, scene: Scene, screen: Screen, settings: ViewerSettings):
        self.scene, self.screen, self.settings = scene, screen, settings
        low, high = (np.array(corner.tolist()) for corner in scene.model.bounds)
        self.space = Space(scene.up, max(float(np.linalg.norm(high - low)) / 2, 1e-6), scene.near)
        self.state = State.at(scene.first_camera(*screen.size), self.space)
        self.view = scene.first_view  # index of the dataset's camera that was last flown to
        self.recent, self.history = Statistics(RECENT), Statistics(HISTORY)
        self.watch, self.comparison = Watch(scene, self.space.radius), Comparison(scene)
        self.closing = self.idle = False
        self.presented = 0  # frames that reached the screen
        self._ring: ImageRing | None = None
        self.stats = FrameStats()  # of the last frame that is known to be finished
        self._drawn = None  # camera and settings of the picture that stands
        self._measured = None  # size and settings that `recent` is of
        self._outdated: FrameStats | None = None  # the last one of other settings
        self._frame: Frame | None = None
        self._message, self._message_until = "", 0.0
        self._last = self._ended = time.perf_counter()
        self._actions = {
            "mode": self._toggle_mode, "focus": self._focus, "reset": self._go_home, "culling": self._cycle_culling,
            "previous camera": lambda _: self._visit(-1), "next camera": lambda _: self._visit(1),
            "vsync": lambda _: self._set(vsync=not self.settings.vsync),
            "panel": self._toggle_panel, "help": lambda _: self._set(help=not self.settings.help),
            "escape": lambda _: self._set(help=False), "quit": self._quit, "screenshot": self._ask_screenshot}
        self._screenshot_wanted = False
        style.apply(screen.ui.scale)

    def frame(self, capture: bool = False) -> np.ndarray | None:
        """Events, panels, a picture if anything changed, the screen. Returns it, panel included, where asked to."""
        self.screen.poll(NAP if self.idle and not capture else 0.0)
        began = time.perf_counter()
        given = self.screen.begin()
        self._act(given)
        self.state = advance(self.state, began - self._last, given)
        self._last = began
        self._draw_panels()
        self.screen.set_vsync(self.settings.vsync)
        prepared = time.perf_counter()
        drawn = None if self.screen.minimised else self._draw()
        shown = self.screen.show(drawn, capture or self._screenshot_wanted)
        if self.screen.shown:
            self.presented += 1
            self._measure(drawn is not None, began, prepared)
        else:
            self._drawn = None  # that picture never came to be seen
        if self._drawn:
            self._look_closer(*self._drawn)
        self.idle = drawn is None and self._drawn is not None and self.state.flight is None
        self.closing = self.closing or self.screen.closing
        if self._screenshot_wanted and shown is not None:
            self._screenshot_wanted = False
            self._save_screenshot(shown)
        return shown

    def _look_closer(self, camera: Camera, settings: RenderSettings):
        self.watch.look(camera, settings.culling, self._frame)
        if self.comparison.look(camera, settings, self._frame.rgba):
            self._ended = time.perf_counter()  # measuring is no part of the frame

    def say(self, text: str):
        """Shows a line for a moment."""
        self._message, self._message_until = text, time.perf_counter() + MESSAGE

    def close(self):
        """Closes the screen and what was drawn for it; the scene stays open."""
        self.watch.close()
        self.screen.close()
        if self._ring:
            self._ring.close()

    # What keys and mouse do besides moving the camera.

    def _act(self, given: Input):
        if {"right", "middle"} & set(given.pressed):
            self.state = replace(self.state, grabbed=self._view_z(given.cursor) or self.state.distance)
        for action in pressed_actions(given):
            self._actions[action](given)
        if given.wheel and self.state.mode == "fly":
            self.say(f"speed {self.state.speed:.3g} units/s")

    def _set(self, **changes):
        self.settings = replace(self.settings, **changes)

    def _toggle_mode(self, given):
        height = self.screen.size[1]
        middle = self.screen.size[0] / height / 2, 0.5
        if self.state.mode == "fly":
            self.state = self.state.with_mode("orbit", self._view_z(middle))
        else:
            self.state = self.state.with_mode("fly")
        self.say(self.state.mode)

    def _focus(self, given):
        z = self._view_z(given.cursor)
        if z is None:
            return self.say("nothing under the cursor to orbit around")
        camera = self.state.camera(*self.screen.size)
        x, y = (camera.height * at for at in given.cursor)
        ray = np.array([(x - camera.cx) / camera.fx, (y - camera.cy) / camera.fy, 1.0])
        self.state = self.state.looking_at(camera.position + camera.rotation.T @ ray * z)

    def _view_z(self, cursor: tuple[float, float]) -> float | None:
        """View z in scene units of what is seen there (in heights of the window), None where nothing is."""
        if self._frame is None:
            return None
        height, width = self._frame.depth.shape
        x, y = (min(max(int(at * height), 0), edge - 1) for at, edge in zip(cursor, (width, height)))
        z = float(self._frame.depth[y, x])
        return z if math.isfinite(z) and z > 0 else None

    def _go_home(self, given=None):
        home = self.scene.first_camera(*self.screen.size)
        self.state = replace(self.state.fly_to(home), speed=State.at(home, self.space).speed, mode="fly")
        self.view = self.scene.first_view

    def _visit(self, by: int):
        if not self.scene.cameras:
            return self.say("there are no cameras beside the model")
        self._fly_to(next_view(self.view, by, len(self.scene.cameras)))

    def _fly_to(self, view: int):
        self.view = view
        self.state = self.state.fly_to(self.scene.cameras[view].camera.with_near(self.scene.near))
        self.say(self.scene.cameras[view].name)

    def _cycle_culling(self, given):
        if self.scene.proxy is None:
            return self.say("there is no proxy mesh, so nothing can be hidden")
        render = self.settings.render
        after = CULLING[(CULLING.index(render.culling) + 1) % len(CULLING)]
        self._set(render=replace(render, culling=after))
        self.say(f"culling {after}")

    def _toggle_panel(self, given):
        self._set(panel=not self.settings.panel)
        if not self.settings.panel:
            self.say("H shows the panel")

    def _ask_screenshot(self, given):
        self._screenshot_wanted = True

    def _save_screenshot(self, pixels: np.ndarray):
        path = Path(time.strftime("viewer-%Y%m%d-%H%M%S.png"))
        save_png(pixels, path)
        self.say(f"saved {path}")

    def _quit(self, given):
        self.closing = True

    # What is on the screen.

    def _draw_panels(self):
        size = self.screen.units
        if self.settings.help:
            self._set(help=help.draw(size))
        if self.settings.panel:
            self._draw_side(size)
        side.message(size, self.message)

    def _draw_side(self, size):
        scene, settings, model = self.scene, self.settings, self.scene.model
        device = scene.device.name
        with side.side(size, "/".join(scene.folder.resolve().parts[-2:]), device):
            notices.draw(self.warnings)
            settings = frame.draw(settings, self.recent, self.history, self.screen.vsync, self.screen.refresh, self.idle)
            stages.draw(self.recent, self.stats, model.kind, model.kind == "anchors" and model.items.levels > 0)
            settings = replace(settings, render=culling.draw(settings.render, scene.proxy is not None,
                                                             self.comparison.psnr))
            self.state, view, home = camera_panel.draw(self.state, self.view, [c.name for c in scene.cameras])
            settings = picture.draw(settings, self.picture_size, model.background, self._appearances)
        self.settings = settings
        if view != self.view:
            self._fly_to(view)
        if home:
            self._go_home()

    @property
    def message(self) -> str:
        """What is being said at the foot of the picture."""
        return self._message if time.perf_counter() < self._message_until else ""

    @property
    def warnings(self) -> list[str]:
        return self.scene.warnings + self.watch.warnings(self.settings.render.culling)

    @property
    def _appearances(self) -> int:
        table = getattr(self.scene.model.items, "appearance", None)
        return 0 if table is None else len(table)

    @property
    def picture_size(self) -> tuple[int, int]:
        return self.settings.picture_size(*self.screen.size)

    def _draw(self):
        """Queues a picture and returns it, or None where the one that stands is right."""
        camera = self.state.camera(*self.picture_size)
        asked = camera, self.settings.render
        if asked == self._drawn and not self.settings.always:
            complete = not self.scene.renderer.wait().incomplete
            self.stats = frame_stats(self.scene, self.settings.render)  # what was counted late is known by now
            if complete:
                return None
        size_and_settings = camera.width, camera.height, self.settings.render
        if size_and_settings != self._measured:
            # Figures of another way of drawing would blur the difference, and so would those that come late.
            self._measured, self._outdated = size_and_settings, self.scene.renderer.wait()
            self.recent.clear()
        image = self._ring_of(camera.width, camera.height).acquire()
        self._frame = draw_frame(self.scene, camera, self.settings.render, image.rgba)
        image.finish(self.scene.stream)
        if self.scene.backend == "cpu":
            self.scene.renderer.wait()  # it is drawn already; this reads what it counted
        self._drawn = asked
        return image

    def _ring_of(self, width: int, height: int) -> ImageRing:
        if self._ring is None or (self._ring.width, self._ring.height) != (width, height):
            if self._ring:
                self._ring.close()
            self._ring = ImageRing(self.scene.device, width, height)
        return self._ring

    def _measure(self, drew: bool, began: float, prepared: float):
        now = time.perf_counter()
        if drew:
            # Back to back with a frame that was drawn too, the clock runs from its end; after a rest, from this begin.
            milliseconds = 1000 * (now - (began if self.idle else self._ended))
            self.stats = self._finished_stats()
            times = {"camera": 1000 * (prepared - began), **self.stats.milliseconds, "present": self.screen.milliseconds}
            stats = replace(self.stats, milliseconds=times)
            self.recent.add(milliseconds, stats)
            self.history.add(milliseconds, stats)
        self._ended = now

    def _finished_stats(self) -> FrameStats:
        if self.scene.renderer.stats is self._outdated:
            return FrameStats()
        return frame_stats(self.scene, self.settings.render)


def save_png(pixels: np.ndarray, path: Path):
    """[H, W, 3] uint8. Raises InputError where it cannot be written."""
    with write_whole(path) as file:
        Image.fromarray(pixels).save(file, "png")
