"""One browser that looks at a page: its camera, and which picture it should get next."""

from __future__ import annotations

import io
import math
import time
from collections import deque
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from typing import Callable

import numpy as np
import torch
import viser
from PIL import Image

from gsrender.camera import Camera
from gsrender.frame import FrameStats
from viewer.choices import FRAME_MODES
from viewer.controls import Space
from viewer.frame_kind import FrameKind
from viewer.page_camera import Steering, camera_of
from viewer.page_controls import Wish, complain, suit
from viewer.page_figures import Cost
from viewer.page_panel import Panel
from viewer.photograph import AtPhotograph
from viewer.reading import Reader
from viewer.scene import Scene
from viewer.shot import Shot, Spare
from viewer.statistics import Statistics

STILL = 1e-7  # viser's units, radians, pixels: less is the noise of its arithmetic
SETTLE = 0.2  # seconds without a move until the picture is drawn sharp
BUDGET = 40.0  # milliseconds that drawing and encoding may take while the camera moves
SHARES = (1.0, 3 / 4, 1 / 2, 3 / 8, 1 / 4)  # a moving picture's edges over a still one's; a new size is new buffers
QUALITY = {True: 90, False: 60}  # of the JPEG, sharp or not
GLANCE = 0.1  # seconds from one look at a photograph that is being read to the next
SAME = 5e-3  # scene units, and of a rotation's entries: what a browser rounds
PATIENCE = 5.0  # seconds for a browser to answer
PAUSE = 0.5  # seconds between figures
TRIPS = 8  # of pictures, the slowest of which counts
SLOWEST = 0.5  # seconds that one of them takes: a page in the background never answers


@dataclass(frozen=True, eq=False)
class Drawn:
    """
    pixels  [H, W, 3] uint8
    middle  view z in its middle, where there is any
    both    dB, between two pictures that it compares
    memory  bytes on the device, by name
    """

    pixels: np.ndarray
    stats: FrameStats
    middle: float | None
    both: float | None
    memory: dict[str, int]


@dataclass(frozen=True)
class Request:
    """A picture to draw for a visitor, whose camera moved last at that time."""

    camera: Camera
    wish: Wish
    sharp: bool
    moved: float = field(compare=False)


def kind_of(request: Request) -> FrameKind:
    """What the figures of its picture are of; `resolution` is that of a still one."""
    camera, wish = request.camera, request.wish
    return FrameKind(wish.way, wish.look, FRAME_MODES[0], (camera.width, camera.height), wish.resolution)


class Visitor:
    """
    client  viser's handle of the browser; `number` is its
    wake    is called when there may be something new to draw
    films   the threads of films, which whoever closes the scene ends before
    sent    the last request that was drawn for it; None before the first
    """

    def __init__(self, client: viser.ClientHandle, scene: Scene, space: Space, wish: Wish, spare: Spare, wake,
                 films: Executor):
        self._client, self._scene, self._wake = client, scene, wake
        self.number = client.client_id
        self._pose: tuple[float, ...] | None = None  # as camera_of reads it
        self._moved = -math.inf  # when it did
        self.sent: Request | None = None
        self._is_ready = True  # the browser has what it was sent
        self._compared: Request | None = None  # that `compare` is known of
        self._is_gone, self._said = False, ""
        self._full = 0.0  # milliseconds that the last sharp picture took
        self._cost, self._told = Cost(), -math.inf
        self._recent, self._history = Statistics(30), Statistics()
        self._questions: list[Callable[[Shot], None]] = []
        self._photograph = AtPhotograph(scene.cameras, space.near, spare)
        self._trips: deque[float] = deque(maxlen=TRIPS)  # seconds
        self._steering = Steering(client, space)
        self._panel = Panel(client, scene, wish, wake, lambda: self.camera,
                            lambda: min(max(self._trips, default=0.0), SLOWEST), self._steering, self._want_file,
                            self._ask_for_box, lambda: self._history, films)
        self._wanted: list[tuple[int, int] | None] = []  # sizes of pictures that are wanted as files
        client.camera.on_update(self._see)
        client.scene.on_click()(self._ask_for_pixel)

    @property
    def camera(self) -> Camera | None:
        """Where the browser is, with all of its pixels; None before it said so, and where that is no camera."""
        try:
            return self._pose and camera_of(self._pose, self._steering.space, 1.0)
        except ValueError:
            return None

    def next_request(self, now: float) -> Request | None:
        """What to draw now; None where nothing changed, or the browser is still taking in the last one."""
        if self._is_gone or self._pose is None or not self._is_ready:
            return None
        wish, sharp = self._panel.wish, now >= self._moved + SETTLE
        try:
            share = wish.resolution * (1 if sharp else self._moving_share())
            camera = camera_of(self._pose, self._steering.space, share)
        except ValueError:
            return None
        request = Request(camera, wish, sharp, self._moved)
        return None if request == self.sent else request

    @property
    def is_settled(self) -> bool:
        """Whether the browser has a sharp picture of what it asked for."""
        now = time.perf_counter()
        return not self._is_gone and self._is_ready and self.sent is not None and self.sent.sharp \
            and self.next_request(now) is None

    def follow(self, now: float):
        """The path that it flies along, where it does."""
        if not self._is_gone:
            self._panel.path.follow(now)

    def measure(self) -> bool:
        """A frame of its benchmark, if one is wanted, in pictures as large as its still one; whether one was."""
        sent = self.sent
        return bool(sent and sent.sharp and not self._is_gone) and self._panel.benchmark.step(sent.camera, sent.wish)

    def film(self) -> bool:
        """A frame of its film, if one is wanted; whether one was."""
        return not self._is_gone and self._panel.film.step()

    def next_file(self) -> Request | None:
        """A picture to draw and to give to `send_file`, if one is wanted."""
        if self._is_gone or not self._wanted or self._pose is None:
            return None
        size, camera = self._wanted.pop(0), self.camera
        return camera and Request(camera.resized(*size) if size else camera, self._panel.wish, True, self._moved)

    def send_file(self, pixels: np.ndarray):
        """A picture [H, W, 3] uint8, for the browser to save."""
        if not self._is_gone:
            png = io.BytesIO()
            Image.fromarray(pixels).save(png, "png")
            self._client.send_file_download(time.strftime("picture-%Y%m%d-%H%M%S.png"), png.getvalue(),
                                            save_immediately=True)

    def _want_file(self, size: tuple[int, int] | None):
        self._wanted.append(size)
        self._wake()

    def next_question(self) -> Callable[[Shot], None] | None:
        """To be called with a Shot of the picture that stands, `sent`; None where nothing is asked."""
        return self._questions.pop(0) if self._questions and self.is_settled else None

    def _ask(self, question: Callable[[Shot], None]):
        self._questions.append(question)
        self._wake()

    async def _ask_for_pixel(self, event):
        """What a browser sends may be anything, NaN too, which this order makes an end of."""
        across, down = (max(0.0, min(1.0, float(part))) for part in event.screen_pos)

        def read(shot: Shot):
            camera, reader = shot.camera, Reader()
            x, y = min(int(across * camera.width), camera.width - 1), min(int(down * camera.height), camera.height - 1)
            while (reading := reader.look(shot, x, y, closely=True)) is None:
                torch.cuda.synchronize()
            self._cost = replace(self._cost, reading=reading)
            self._tell(self.sent)
        self._ask(read)

    def _ask_for_box(self):
        def put(shot: Shot):
            seen = self._scene.model.items.position[shot.items.long()]
            if len(seen):
                self._panel.scene.put_box(seen)
            else:
                complain(self._client, "Crop box", "Nothing is seen, so the box stays.")
        self._ask(put)

    def look_at_photograph(self):
        """Compares with it, once the picture stands where one was taken."""
        if not (self.is_settled and self._photograph.photographs):
            return
        suit(self._scene, self.sent.wish)
        self._photograph.look(self._standing(self.sent.camera), self.sent.wish.render)
        if self._photograph.match != self._cost.match:
            self._cost = replace(self._cost, match=self._photograph.match)
            self._tell(self.sent)

    def _standing(self, camera: Camera) -> Camera:
        """The dataset's, where a browser is at one but for rounding."""
        pose = np.array(camera.camera_from_world)
        return next((view.camera for view in self._scene.cameras
                     if np.abs(pose - view.camera.camera_from_world).max() < SAME), camera)

    @property
    def to_compare(self) -> Request | None:
        """A picture that stands, and of which it is not known yet what culling changes."""
        if not self.is_settled or self._said or self.sent is self._compared:
            return None
        render = self.sent.wish.render
        return self.sent if render.culling != "off" and render.culling_camera is None else None

    def settles_at(self, now: float) -> float:
        """When to ask again though nothing wakes; infinite where not."""
        at, flies = self._moved + SETTLE, self._panel.path.flies_at
        looks = now + GLANCE if self._photograph.is_pending else math.inf
        return min(at if now < at else math.inf, math.inf if flies is None else max(flies, now), looks)

    def take(self, request: Request):
        """It is being drawn."""
        self.sent, self._is_ready = request, False

    def send(self, request: Request, drawn: Drawn, milliseconds: float):
        """Encodes and sends a picture that took so long to draw; returns once the browser has it, so that pictures
        never queue up on a slow line."""
        began, self._said = time.perf_counter(), ""
        if self._is_gone:
            return
        try:
            self._client.scene.set_background_image(drawn.pixels, "jpeg", jpeg_quality=QUALITY[request.sharp])
            self._client.flush()
            encoded = time.perf_counter()
            if request.sharp:
                self._full = milliseconds + 1000 * (encoded - began)
                if not self._panel.path.is_flown:
                    self._steering.see(drawn.middle)
                self._panel.see(request.camera)
            self._wait_for_browser()
            self._count(request, drawn, milliseconds, encoded)
        finally:
            self._is_ready = True
            self._wake()

    def leave(self):
        """The browser is gone: nothing more is sent."""
        self._is_gone = True

    def clear(self):
        """What it had begun to draw, on the thread that draws."""
        self._panel.leave()
        self._photograph.close()

    def compare(self, request: Request, psnr: float | None, in_view: int | None):
        """In dB, of the request's picture to the one with culling off, which has so many items; None where that cannot
        be drawn."""
        self._compared = request
        self._cost = replace(self._cost, psnr=psnr, in_view=in_view)
        self._tell(request)

    def say(self, sentence: str):
        """Why there is no picture; once, however often it could not be drawn."""
        if sentence != self._said:
            complain(self._client, "Not drawn", sentence)
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

    def _count(self, request: Request, drawn: Drawn, milliseconds: float, encoded: float):
        if not self._cost.is_of(request):
            self._recent.clear()  # of another way of drawing
        now = time.perf_counter()
        self._recent.add(milliseconds, drawn.stats)
        self._history.add(milliseconds, drawn.stats, of=kind_of(request))
        self._trips.append(now - encoded)
        latency = self._cost.latency if request.sharp else 1000 * (now - request.moved)
        self._cost = Cost(request.camera, request.wish, drawn.stats, 1000 * (now - encoded), latency, both=drawn.both,
                          memory=drawn.memory)
        if request.sharp or now >= self._told + PAUSE:
            self._tell(request)

    def _tell(self, request: Request):
        if self._is_gone:
            return
        self._told = time.perf_counter()
        self._panel.tell(request.sharp, self._cost, self._recent, self._photograph.photographs)

    async def _see(self, camera: viser.CameraHandle):
        pose = tuple(map(float, (*camera.wxyz, *camera.position, camera.near, camera.fov, camera.image_width,
                                 camera.image_height)))
        if self._pose is None or not np.allclose(pose, self._pose, rtol=0, atol=STILL):
            self._pose, self._moved = pose, time.perf_counter()
            if self.camera:
                self._panel.path.see(self.camera)
            self._wake()
