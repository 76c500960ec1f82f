"""One browser that looks at a page: its panel, its camera, and which picture it should get next."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace

import numpy as np
import viser
from viser.transforms import SO3

from gsrender.camera import Camera
from gsrender.frame import FrameStats
from viewer.controls import SPEED, Pose, Space, next_view
from viewer.page_controls import Look, controls
from viewer.page_figures import figures
from viewer.scene import Scene
from viewer.statistics import Statistics

KEYS_SPEED = 2.0  # units a second that a held key moves viser's camera
SETTLE = 0.2  # seconds without a move until the picture is drawn sharp
BUDGET = 40.0  # milliseconds that drawing and encoding may take while the camera moves
SHARES = (1.0, 3 / 4, 1 / 2, 3 / 8, 1 / 4)  # a moving picture's edges over a still one's; a new size is new buffers
QUALITY = {True: 90, False: 60}  # of the JPEG, sharp or not
LARGEST = 4096  # pixels an edge, whatever a browser says
PATIENCE = 5.0  # seconds for a browser to say that it has a picture
PAUSE = 0.5  # seconds between figures
LEVEL = math.radians(1)  # a camera that rolls more keeps its own up


@dataclass(frozen=True)
class Request:
    """A picture to draw for a visitor."""

    camera: Camera
    look: Look
    sharp: bool


class Visitor:
    """
    client  viser's handle of the browser
    wake    is called when there may be something new to draw
    sent    the last request that was drawn for it; None before the first

    viser's keys move its camera at a fixed speed, so its world is the scene's in other units: those in which that speed
    is the window's.
    """

    def __init__(self, client: viser.ClientHandle, scene: Scene, space: Space, look: Look, wake):
        self._client, self._scene, self._space, self._look, self._wake = client, scene, space, look, wake
        self._pose = None  # the browser's, as camera_of reads it
        self._moved = -math.inf  # when it did
        self.sent: Request | None = None
        self._is_ready = True  # the browser has what it was sent
        self._view = None  # index of the dataset's view that was last gone to
        self._said = ""
        self._full = 0.0  # milliseconds that the last sharp picture took
        self._recent, self._kind, self._reported = Statistics(30), None, -math.inf
        self._add_panel()
        client.camera.on_update(self._see)

    def next_request(self, now: float) -> Request | None:
        """What to draw now; None where nothing changed, or the browser is still taking in the last one."""
        if self._pose is None or not self._is_ready:
            return None
        sharp = now >= self._moved + SETTLE
        try:
            camera = camera_of(self._pose, self._space, self._look.resolution * (1 if sharp else self._moving_share()))
        except ValueError:
            return None
        request = Request(camera, self._look, sharp)
        return None if request == self.sent else request

    @property
    def is_settled(self) -> bool:
        """Whether the browser has a sharp picture of what it asked for."""
        now = time.perf_counter()
        return self._is_ready and self.sent is not None and self.sent.sharp and self.next_request(now) is None

    def settles_at(self, now: float) -> float:
        """When to ask again though nothing wakes; infinite where not."""
        at = self._moved + SETTLE
        return at if now < at else math.inf

    def take(self, request: Request):
        """It is being drawn."""
        self.sent, self._is_ready = request, False

    def send(self, request: Request, pixels: np.ndarray, stats: FrameStats, milliseconds: float):
        """Encodes and sends a picture [H, W, 3] uint8 that took so long to draw; returns once the browser has it, so
        that pictures never queue up on a slow line."""
        began, self._said = time.perf_counter(), ""
        try:
            self._client.scene.set_background_image(pixels, "jpeg", jpeg_quality=QUALITY[request.sharp])
            self._client.flush()
            encoded = time.perf_counter()
            if request.sharp:
                self._full = milliseconds + 1000 * (encoded - began)
            self._wait_for_browser()
            self._report(request, stats, milliseconds, 1000 * (time.perf_counter() - encoded))
        finally:
            self._is_ready = True
            self._wake()

    def say(self, sentence: str):
        """Why there is no picture; once, however often it could not be drawn."""
        if sentence != self._said:
            self._client.add_notification("Not drawn", sentence, color="red", auto_close_seconds=10)
        self._said, self._is_ready = sentence, True

    def _wait_for_browser(self):
        """An answer to any question comes after the picture that was sent before it was taken in."""
        try:
            self._client.local_storage.get_item("picture", PATIENCE)
        except (RuntimeError, TimeoutError):  # gone, or hidden in the background, or a browser that stores nothing
            pass

    def _moving_share(self) -> float:
        """Pixels are what a picture costs, more or less, so the cost goes by the edge's square."""
        return next((share for share in SHARES if self._full * share ** 2 <= BUDGET), SHARES[-1])

    async def _see(self, camera: viser.CameraHandle):
        pose = tuple(map(float, (*camera.wxyz, *camera.position, camera.fov, camera.image_width, camera.image_height)))
        if pose != self._pose:
            self._pose, self._moved = pose, time.perf_counter()
            self._wake()

    # The panel.

    def _add_panel(self):
        gui, scene = self._client.gui, self._scene
        if scene.warnings:
            gui.add_markdown("\n\n".join(f"⚠ {warning}" for warning in scene.warnings))
        for control in controls(scene.proxy is not None):
            lacks = control.needs_proxy and scene.proxy is None
            handle = control.add(gui, control.label, initial_value=control.read(self._look), disabled=lacks,
                                 hint="There is no proxy mesh: give one with --scene." if lacks else control.hint)
            handle.on_update(self._changer(control))
        if scene.cameras:
            self._names = [f"{i}: {view.name}" for i, view in enumerate(scene.cameras, 1)]
            self._views = gui.add_dropdown("dataset view", ["–", *self._names],
                                           hint="Cameras of the dataset; choosing one goes there.")
            self._views.on_update(self._choose)
            steps = gui.add_button_group("", ["previous", "next"], hint="The dataset's camera before, or after.")
            steps.on_click(self._step)
        self._figures = gui.add_markdown("")

    def _changer(self, control):
        async def change(event):
            if control.fits(event.target.value):
                self._look = control.write(self._look, event.target.value)
                self._wake()
        return change

    async def _choose(self, event):
        if event.target.value in self._names:
            self._go(self._names.index(event.target.value))

    async def _step(self, event):
        by = {"previous": -1, "next": 1}.get(event.target.value)
        if by:
            self._views.value = self._names[next_view(self._view, by, len(self._names))]

    def _go(self, view: int):
        self._view = view
        camera, handle = self._scene.cameras[view].camera, self._client.camera
        away = np.linalg.norm(handle.look_at - handle.position) / scale_of(self._space)
        position, look_at, up = stand(camera, self._space, away)
        with self._client.atomic():
            handle.fov = math.radians(camera.fov_y)
            handle.up_direction, handle.position, handle.look_at = up, position, look_at

    def _report(self, request: Request, stats: FrameStats, milliseconds: float, trip: float):
        kind = request.camera.width, request.camera.height, request.look
        if kind != self._kind:
            self._kind = kind
            self._recent.clear()  # of another way of drawing
        self._recent.add(milliseconds, stats)
        now = time.perf_counter()
        if request.sharp or now >= self._reported + PAUSE:
            self._reported = now
            self._figures.content = figures(request, self._recent, stats, self._scene, trip)


def scale_of(space: Space) -> float:
    """viser's units for one of the scene: see Visitor."""
    return KEYS_SPEED / (SPEED * space.radius)


def camera_of(pose: tuple[float, ...], space: Space, share: float) -> Camera:
    """What a browser sees, with that share of its pixels along an edge: of its quaternion, position, vertical field of
    view, width and height. Raises ValueError where it sent what is no camera."""
    *turn, x, y, z, fov, width, height = pose
    if not (0 < fov < math.pi and all(map(math.isfinite, pose)) and any(turn)):
        raise ValueError(f"no camera: {pose}")
    width, height = (min(max(round(edge * share), 1), LARGEST) for edge in (width, height))
    focal = height / (2 * math.tan(fov / 2))
    position = np.array([x, y, z]) / scale_of(space)
    return Camera.from_pose(np.column_stack([SO3(np.array(turn)).as_matrix(), position]), focal, focal, width, height,
                            near=space.near)


def stand(camera: Camera, space: Space, away: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where viser's camera is, what it looks at and turns around, and its up, [3] each, to see what a camera sees; what
    it turns around is `away` scene units."""
    forward, upright = camera.rotation[2], abs(Pose.of(camera, space).roll) < LEVEL
    look_at = camera.position + forward * away
    up = np.array(space.up) if upright else -camera.rotation[1]
    return camera.position * scale_of(space), look_at * scale_of(space), up
