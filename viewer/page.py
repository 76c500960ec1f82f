"""The scene in web browsers: one thread draws for all that wish."""

from __future__ import annotations

import math
import threading
import time
import traceback
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from typing import Callable, Iterator

import numpy as np
import torch
from PIL import Image

from gsrender.camera import Camera
from gsrender.errors import DeviceError, InputError
from gsrender.settings import RenderSettings
from viewer.compare import decibels, mean_square
from viewer.controls import Space
from viewer.crop_box import CROP_COLOUR, box_around, box_axes
from viewer.frame import render_frame
from viewer.legend import with_legend
from viewer.lines import draw_lines
from viewer.look import resized
from viewer.looking import Looking
from viewer.memory import memory_of_page
from viewer.page_camera import stand, viser_scale
from viewer.page_controls import Wish, suit
from viewer.page_server import open_server, stop_server
from viewer.scene import Scene
from viewer.shot import Shot, Spare
from viewer.view_table import view_kind
from viewer.visitor import Drawn, Request, Visitor
from vk_interop.depth_settings import DepthSettings

FILMS = 2  # of which something is made, or packed, at once


class Page:
    """The scene for every browser that opens `address`, each with a camera and settings of its own. Usable as a context
    manager; `close` closes the scene too.

    scene     opened with VIEW_OUTPUTS
    visitors  who looks at it now, by number

    One thread draws, for one browser after the other. Encoding and sending are done beside it.
    Raises what `open_server` raises.
    """

    def __init__(self, scene: Scene, render: RenderSettings, host: str = "localhost", port: int | None = None,
                 token: bool = False):
        self.scene = scene
        detail = scene.proxy.settings if scene.proxy else DepthSettings()
        box = render.crop or box_around(scene.model.items.position, box_axes(scene.up))
        self._wish = Wish(render, detail, scene.fit, box, metres=scene.ruler.metres)
        self._space = Space(scene.up, scene.radius, scene.near, scene.ruler.metres)
        self._spare = Spare(scene)
        self._looking = Looking(scene, self._spare)
        self.visitors: dict[int, Visitor] = {}
        self._gone: list[Visitor] = []  # of whom something may be under way
        self._wake, self._closing = threading.Event(), False
        self._stream = torch.cuda.current_stream(scene.model.device) if scene.backend == "cuda" else None
        self._senders = ThreadPoolExecutor(64, "send")  # mostly they wait for browsers
        self._films = ThreadPoolExecutor(FILMS, "film")
        self._thread: threading.Thread | None = None
        camera = scene.first_camera(160, 90)
        position, look_at, up = stand(camera, self._space, self._distance(camera))
        self._server, self.address = open_server(host, port, scene.title, token)
        self._server.scene.set_up_direction(self._space.up)
        first, scale = self._server.initial_camera, viser_scale(self._space)
        first.up, first.position, first.look_at = up, position * scale, look_at * scale
        first.fov = math.radians(camera.fov_y)
        self._server.on_client_connect(self._welcome)
        self._server.on_client_disconnect(self._forget)

    def run(self):
        """Draws until the page is closed."""
        with torch.cuda.stream(self._stream):  # which is each thread's own
            while not self._closing:
                self._wake.wait(self._pause())
                self._wake.clear()
                self._clear_gone()
                visitors = list(self.visitors.values())
                if any(self._each(Visitor.measure, visitors)):
                    self._wake.set()  # for its next frame
                    continue
                list(self._each(lambda visitor: visitor.follow(time.perf_counter()), visitors))
                drawn = list(self._each(self._draw_next, visitors))
                if any(list(self._each(Visitor.film, visitors))):
                    self._wake.set()  # for its next frame
                if not any(drawn) and not any(self._each(self._save_next, visitors)) \
                        and not any(self._each(self._answer_next, visitors)):
                    any(self._each(self._compare_next, visitors))
                    list(self._each(Visitor.look_at_photograph, visitors))

    def start(self):
        """Draws in a thread of its own."""
        self._thread = threading.Thread(target=self.run, name="draw", daemon=True)
        self._thread.start()

    def wait(self):
        """Until the page is closed, or Ctrl+C, which closes it."""
        try:
            while self._thread and self._thread.is_alive():
                self._thread.join(1)
        except KeyboardInterrupt:
            self.close()

    def close(self):
        """Idempotent."""
        if self._closing:
            return
        self._closing = True
        self._wake.set()
        if self._thread:
            self._thread.join()
        stop_server(self._server)
        self._gone += self.visitors.values()
        self._clear_gone()
        self._senders.shutdown()
        self._films.shutdown()  # they may be making something on the scene's device
        self.scene.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def __repr__(self):
        return self.address

    def _repr_html_(self):
        """What a notebook shows."""
        return f'<iframe src="{self.address}" width="100%" height="600" style="border: 0"></iframe>'

    def _distance(self, camera: Camera) -> float:
        """To what is in the middle, in scene units, as far as the proxy tells."""
        least, most = self._space.radius / 100, self._space.radius / 2
        if self.scene.proxy is None:
            return most
        self.scene.proxy.render(camera)
        middle = float(self.scene.proxy.drawn()[camera.height // 2, camera.width // 2])
        return min(max(middle, least), most)

    async def _welcome(self, client):
        self.visitors[client.client_id] = Visitor(client, self.scene, self._space, self._wish, self._spare,
                                                  self._wake.set, self._films)
        self._wake.set()

    async def _forget(self, client):
        visitor = self.visitors.pop(client.client_id, None)
        if visitor:
            visitor.leave()
            self._gone.append(visitor)
            self._wake.set()

    def _clear_gone(self):
        while self._gone:
            list(self._each(Visitor.clear, [self._gone.pop()]))

    def _each(self, act: Callable[[Visitor], object], visitors: list[Visitor]) -> Iterator[bool]:
        """Whether it gives anything, of one visitor after the other. One whom it fails for is dropped: browsers may
        send anything, and none may end the page for the others."""
        for visitor in visitors:
            try:
                given = bool(act(visitor))
            except Exception:
                traceback.print_exc()
                self._drop(visitor)
                given = False
            yield given

    def _drop(self, visitor: Visitor):
        if self.visitors.pop(visitor.number, None):
            with suppress(Exception):  # what cannot be drawn may be what cannot be told
                visitor.say("Something went wrong here, and nothing more is drawn: load the page again.")
            visitor.leave()
            self._gone.append(visitor)
            self._wake.set()

    def _pause(self) -> float | None:
        """Seconds until a picture settles that nothing else wakes for."""
        now = time.perf_counter()
        at = min((visitor.settles_at(now) for visitor in list(self.visitors.values())), default=math.inf)
        return None if math.isinf(at) else at - now

    def _draw_next(self, visitor: Visitor) -> bool:
        """Whether there was something to draw."""
        began = time.perf_counter()
        request = visitor.next_request(began)
        if request is None:
            return False
        visitor.take(request)
        try:
            picture = self._draw(request)
        except (InputError, DeviceError) as error:
            visitor.say(str(error))
        else:
            sent = self._senders.submit(visitor.send, request, picture, 1000 * (time.perf_counter() - began))
            sent.add_done_callback(Future.result)  # which says what went wrong, if anything
        return True

    def _save_next(self, visitor: Visitor) -> bool:
        """One of the pictures that are wanted as files; whether there was any."""
        request = visitor.next_file()
        if request is None:
            return False
        try:
            picture = self._draw(request)
        except (InputError, DeviceError) as error:
            visitor.say(str(error))
        else:
            self._senders.submit(visitor.send_file, picture.pixels).add_done_callback(Future.result)
        self._wake.set()  # for the others
        return True

    def _answer_next(self, visitor: Visitor) -> bool:
        """What is asked of its picture that stands; whether there was anything."""
        question = visitor.next_question()
        if question is None:
            return False
        try:
            question(self._shot(visitor.sent))
        except DeviceError as error:
            visitor.say(str(error))
        self._wake.set()  # for the others
        return True

    def _compare_next(self, visitor: Visitor) -> bool:
        """What culling changes in its picture that stands; it takes two more, so only when all have theirs. Whether it
        was wanted."""
        request = visitor.to_compare
        if request is None:
            return False
        try:
            visitor.compare(request, *self._compared(request))
        except DeviceError:  # too little memory for a second renderer
            visitor.compare(request, None, None)
        self._wake.set()  # for the others
        return True

    def _compared(self, request: Request) -> tuple[float, int]:
        """dB to the picture without culling, and how many items that has."""
        camera, render = request.camera, request.wish.render
        suit(self.scene, request.wish)
        culled = render_frame(self.scene, camera, render).rgba
        renderer = self._spare.scene.renderer
        full = renderer.render(camera, None, replace(render, culling="off")).rgba
        psnr = decibels(float(mean_square(culled, full)))
        renderer.wait()
        return psnr, renderer.stats.counts["visible"]

    def _shot(self, request: Request) -> Shot:
        suit(self.scene, request.wish)
        camera = request.camera
        return Shot(self.scene, camera, resized(request.wish.render, camera.width, camera.height), self._spare)

    def _draw(self, request: Request) -> Drawn:
        wish, kind = request.wish, view_kind(request.wish.look.view)
        if lack := kind.lack(self.scene.proxy is not None, wish.render.culling):
            raise InputError(f"{kind.name}: {lack}")
        camera, shot = request.camera, self._shot(request)
        picture = self._looking.picture(wish.look, shot)
        if wish.look.compare == "split":
            picture[:, min(round(wish.look.at * camera.width), camera.width - 1)] = 255
        if wish.render.crop:
            z = shot.proxy_depth if kind.needs_proxy else shot.frame.depth
            picture = draw_lines(picture, z, camera, wish.render.crop.edges, [255 * part for part in CROP_COLOUR])
        picture = with_legend(Image.fromarray(picture.cpu().numpy()), self._looking.legend)
        frame = shot.drawn
        middle = float(frame.depth[frame.depth.shape[0] // 2, frame.depth.shape[1] // 2]) if frame else math.inf
        return Drawn(np.array(picture), shot.stats, middle if math.isfinite(middle) else None,
                     self._looking.psnr if wish.look.shows_two else None,
                     memory_of_page(self.scene, self._looking.nbytes))
