"""The window: input, panels and pictures, frame after frame."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from gsrender.camera import Camera
from gsrender.errors import InputError
from gsrender.settings import CULLING
from viewer.bindings import pressed_actions
from viewer.canvas import Canvas
from viewer.compare import Comparison
from viewer.controls import Space, State, advance, next_view
from viewer.output import write_whole
from viewer.panels import camera as camera_panel
from viewer.panels import culling, frame, help, notices, picture, side, stages, style
from viewer.scene import Scene
from viewer.settings import ViewerSettings
from viewer.watch import Watch
from vk_interop.input import Input
from vk_interop.screen import Screen

OUTPUTS = ("alpha", "depth")  # what the window asks of a scene besides the picture: to see holes, to pick points
NAP = 0.1  # seconds between looks at the events while a still picture stands
MESSAGE = 3.0  # seconds


class Viewer:
    """Owns what is open, what is set and where the camera is; `frame` does one round.

    scene   opened with outputs=OUTPUTS
    screen  a Window, or an Offscreen, on the scene's device
    home    index of the dataset's view to begin with; without it, the one that shows most
    """

    def __init__(self, scene: Scene, screen: Screen, settings: ViewerSettings, home: int | None = None):
        self.scene, self.screen, self.settings = scene, screen, settings
        low, high = (np.array(corner.tolist()) for corner in scene.model.bounds)
        self.space = Space(scene.up, max(float(np.linalg.norm(high - low)) / 2, 1e-6), scene.near)
        self.home = scene.first_view if home is None else home
        self.view = self.home  # index of the dataset's view that was last flown to
        self.state = State.at(self._home_camera(), self.space)
        self.canvas, self.comparison = Canvas(scene), Comparison(scene)
        self.watch = Watch(scene, self.space.radius)
        self.presented = 0  # frames that reached the screen
        self.idle = False  # whether the picture stands and nothing moves
        self.settled = False  # whether the picture is whole and the panel has its size
        self.closing = False
        self._last = time.perf_counter()
        self._message, self._message_until = "", 0.0
        self._panel_size = None
        self._screenshot_wanted = False
        self._actions = {
            "mode": self._toggle_mode, "focus": self._focus, "reset": lambda given: self._go_home(),
            "culling": lambda given: self._cycle_culling(), "previous camera": lambda given: self._visit(-1),
            "next camera": lambda given: self._visit(1), "panel": lambda given: self._toggle_panel(),
            "vsync": lambda given: self._set(vsync=not self.settings.vsync),
            "help": lambda given: self._set(help=not self.settings.help), "escape": lambda given: self._set(help=False),
            "screenshot": lambda given: self._ask_screenshot(), "quit": lambda given: self._quit()}
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
        on_host = 1000 * (time.perf_counter() - began)

        drawn = None
        if not self.screen.minimised:
            drawn = self.canvas.draw(self.state.camera(*self.picture_size), self.settings.render, self.settings.always)
        pixels = self.screen.show(drawn, capture or self._screenshot_wanted)
        if self.screen.shown:
            self.presented += 1
            self.canvas.measure(drawn is not None, began, on_host, self.screen.milliseconds)
            self._look_closer()
        else:
            self.canvas.lose()
        self.idle = drawn is None and self.screen.shown and self.state.flight is None
        before, self._panel_size = self._panel_size, side.shown_size()
        panel_stands = not self.settings.panel or before is not None and before == self._panel_size
        self.settled = (self.screen.shown and panel_stands and bool(self.canvas.stats.counts)
                        and not self.canvas.stats.incomplete)
        self.closing = self.closing or self.screen.closing
        if self._screenshot_wanted and pixels is not None:
            self._save_screenshot(pixels)
        return pixels

    def close(self):
        """Closes the screen and what was drawn for it; the scene stays open."""
        self.watch.close()
        self.screen.close()
        self.canvas.close()

    @property
    def picture_size(self) -> tuple[int, int]:
        return self.settings.picture_size(*self.screen.size)

    @property
    def warnings(self) -> list[str]:
        return self.scene.warnings + self.watch.warnings(self.settings.render.culling)

    @property
    def message(self) -> str:
        """What is being said at the foot of the picture."""
        return self._message if time.perf_counter() < self._message_until else ""

    def say(self, text: str):
        """Shows a line for a moment."""
        self._message, self._message_until = text, time.perf_counter() + MESSAGE

    def _look_closer(self):
        """For warnings, and for what culling changes."""
        canvas = self.canvas
        if canvas.camera is None:
            return
        if self.comparison.look(canvas.camera, canvas.settings, canvas.frame):
            canvas.pause()
        self.watch.look(canvas.camera, canvas.settings, self.comparison.compared)

    # What keys and mouse do besides moving the camera.

    def _act(self, given: Input):
        if {"right", "middle"} & set(given.pressed):
            self.state = replace(self.state, grabbed=self.canvas.view_z(given.cursor) or self.state.distance)
        for action in pressed_actions(given):
            self._actions[action](given)
        if given.wheel and self.state.mode == "fly":
            self.say(f"speed {self.state.speed:.3g} units/s")

    def _set(self, **changes):
        self.settings = replace(self.settings, **changes)

    def _toggle_mode(self, given):
        width, height = self.screen.size
        middle = width / height / 2, 0.5
        fly = self.state.mode == "orbit"
        self.state = self.state.with_mode("fly") if fly else self.state.with_mode("orbit", self.canvas.view_z(middle))
        self.say(self.state.mode)

    def _focus(self, given):
        z = self.canvas.view_z(given.cursor)
        if z is None:
            return self.say("nothing under the cursor to orbit around")
        camera = self.state.camera(*self.screen.size)
        x, y = (camera.height * at for at in given.cursor)
        ray = np.array([(x - camera.cx) / camera.fx, (y - camera.cy) / camera.fy, 1.0])
        self.state = self.state.looking_at(camera.position + camera.rotation.T @ ray * z)

    def _home_camera(self) -> Camera:
        if self.home is None:
            return self.scene.first_camera(*self.screen.size)
        return self.scene.cameras[self.home].camera

    def _go_home(self):
        home = State.at(self._home_camera(), self.space)
        self.state = replace(self.state.fly_to(self._home_camera()), speed=home.speed, mode=home.mode)
        self.view = self.home

    def _visit(self, by: int):
        if not self.scene.cameras:
            return self.say("there are no cameras beside the model")
        self._fly_to(next_view(self.view, by, len(self.scene.cameras)))

    def _fly_to(self, view: int):
        self.view = view
        self.state = self.state.fly_to(self.scene.cameras[view].camera)
        self.say(self.scene.cameras[view].name)

    def _cycle_culling(self):
        if self.scene.proxy is None:
            return self.say("there is no proxy mesh, so nothing can be hidden")
        render = self.settings.render
        after = CULLING[(CULLING.index(render.culling) + 1) % len(CULLING)]
        self._set(render=replace(render, culling=after))
        self.say(f"culling {after}")

    def _toggle_panel(self):
        self._set(panel=not self.settings.panel)
        if not self.settings.panel:
            self.say("H shows the panel")

    def _ask_screenshot(self):
        self._screenshot_wanted = True

    def _save_screenshot(self, pixels: np.ndarray):
        self._screenshot_wanted = False
        path = Path(time.strftime("viewer-%Y%m%d-%H%M%S.png"))
        try:
            save_png(pixels, path)
            self.say(f"saved {path}")
        except InputError as error:
            self.say(str(error))

    def _quit(self):
        self.closing = True

    # The panels: each draws values and returns them, changed or not.

    def _draw_panels(self):
        size = self.screen.units
        if self.settings.panel:
            self._draw_side(size)
        if self.settings.help:
            self._set(help=help.draw(size))
        side.message(size, self.message)

    def _draw_side(self, size):
        scene, settings, model, canvas = self.scene, self.settings, self.scene.model, self.canvas
        title = "/".join(scene.folder.resolve().parts[-2:])
        with side.side(size, title, f"{scene.backend}, Vulkan on {scene.device.name}"):
            notices.draw(self.warnings)
            times = canvas.recent.stage_milliseconds()
            settings = frame.draw(settings, canvas.recent, canvas.history, sum(times.values()), self.screen.vsync,
                                  self.screen.refresh, self.idle)
            has_levels = model.kind == "anchors" and model.items.levels > 0
            stages.draw(times, len(canvas.recent), canvas.stats, model.kind, has_levels)
            settings = replace(settings, render=culling.draw(settings.render, scene.proxy is not None,
                                                             self.comparison.psnr))
            self.state, view, home = camera_panel.draw(self.state, self.view, [c.name for c in scene.cameras])
            settings = picture.draw(settings, self.picture_size, model.background, self._appearances)
        self.settings = settings
        if home:
            self._go_home()
        elif view != self.view:
            self._fly_to(view)

    @property
    def _appearances(self) -> int:
        table = getattr(self.scene.model.items, "appearance", None)
        return 0 if table is None else len(table)


def save_png(pixels: np.ndarray, path: Path):
    """[H, W, 3] uint8. Raises InputError where it cannot be written."""
    with write_whole(path) as file:
        Image.fromarray(pixels).save(file, "png")
