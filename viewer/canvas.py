"""The picture that stands on the screen: drawn anew where something changed, and what that cost."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import Callable

from gsrender.camera import Camera
from gsrender.frame import Frame, FrameStats
from gsrender.settings import RenderSettings
from viewer.arriving import Arriving
from viewer.choices import FRAME_MODES
from viewer.frame import FrameOrder, end_frame, frame_stats
from viewer.frame_kind import FrameKind
from viewer.look import Look
from viewer.looking import Looking
from viewer.reading import Reader
from viewer.scene import Scene
from viewer.seen import Seen
from viewer.shot import Shot, Spare
from viewer.statistics import Statistics
from viewer.stopwatch import Stopwatch
from viewer.way import Way
from vk_interop.image_ring import ImageRing, SharedImage

RECENT, HISTORY = 30, 240  # drawn frames that the figures and the plot are of


class Canvas:
    """
    camera, settings  of the picture that stands; None before the first
    frame             its tensors: alpha and depth hold until the next picture
    shot              the same, and what else can be asked of it
    is_coming         whether the picture that stands is still being drawn
    looking           paints where it is not shown as it is drawn
    reader            reads pixels of the shot
    stats             of the last frame that is known to be finished, by the first settings
    recent, history   of drawn frames; `recent` only of those with the present size and settings
    """

    def __init__(self, scene: Scene, spare: Spare):
        self._scene, self.looking, self.reader = scene, Looking(scene, spare), Reader()
        self.camera: Camera | None = None
        self.settings: RenderSettings | None = None
        self.frame: Frame | None = None
        self.shot: Shot | None = None
        self.look, self.is_coming = Look(), False
        self._asked: list[tuple[Arriving, Callable]] = []  # for a view z, and who is told
        self.stats = FrameStats()
        self.recent, self.history = Statistics(RECENT), Statistics(HISTORY)
        self._order, self._painting = FrameOrder(scene), Stopwatch(scene.backend)
        self._ring: ImageRing | None = None
        self._mode = FRAME_MODES[0]
        self._kind = None  # size, settings, mode and look of the last picture
        self._is_first_of_kind = False  # whether it is the first such, so that `recent` is of another kind yet
        self._first_of_kind = 0  # the number of that frame
        self._lacks_counts = False  # whether what the last frame counted is still to come
        self._ended: float | None = None  # when the frame before was shown; None after a rest

    def draw(self, camera: Camera, settings: RenderSettings, always: bool, mode: str = FRAME_MODES[0],
             look: Look = Look()) -> SharedImage | None:
        """Queues a picture and returns it; None where the one that stands is right, unless `always`. When pipelined it
        is of the camera before: `camera` and `settings` of the canvas say which."""
        self.is_coming = False
        if (camera, settings, look) == (self.camera, self.settings, self.look) and not always:
            self.is_coming = not self._scene.renderer.is_finished
            if self.is_coming:  # nobody waits for it: it is asked again with the next frame
                return None
            final = self._scene.renderer.wait() or self._scene.renderer.refusal is not None
            self.stats = frame_stats(self._scene, settings)  # what was counted late is known by now
            if final:
                self._complete()
                self._order.rest()
                return None
        # What else is painted draws proxy depths of its own, which do not fit into the order of a pipeline.
        is_plain = look.is_plain(settings)
        due = self._order.begin(camera, settings, mode if is_plain else FRAME_MODES[0])
        self._set_kind(due.camera.width, due.camera.height, due.settings, mode, look)
        image = self._ring_of(due.camera.width, due.camera.height).acquire()
        self.frame = end_frame(self._scene, due, image.rgba if is_plain else None)
        self.shot = self.looking.shot(due.camera, due.settings, self.frame)
        if not is_plain:
            with self._painting:
                self.looking.paint(look, self.shot, image.rgba)
        image.finish(self._scene.stream)
        if self._scene.backend == "cpu":
            # It is drawn already. Asked for now, what was counted does not wait until lavapipe is done with the screen.
            self._scene.renderer.wait()
            self.stats = frame_stats(self._scene, due.settings)
        self.camera, self.settings, self.look, self._mode = due.camera, due.settings, look, mode
        return image

    def _set_kind(self, *kind):
        """Figures of another way of drawing would blur the difference, and so would those that come late."""
        if kind != self._kind:
            self._kind, self._first_of_kind = kind, self._scene.renderer.queued + 1
            self._is_first_of_kind = True  # figures of the kind before stand until there are others
            self._painting = Stopwatch(self._scene.backend)

    def forget(self):
        """The picture that stands is of another proxy now, or of another depth of it: figures and all."""
        self.lose()
        self._order.rest()
        self._kind = None

    def lose(self):
        """The last picture never came to be seen."""
        self.camera = self.settings = self._ended = None

    def measure(self, drew: bool, began: float, on_host: float, on_screen: float, latency: float | None = None,
                is_warm_up: bool = False, sharp: int = 0):
        """One more frame was shown, which began at that time of time.perf_counter; `on_host` milliseconds of it passed
        before the first stage, `on_screen` is what showing took on the GPU, `latency` how long after the input that
        asked for it; `is_warm_up` as for Statistics; `sharp` are the rows of pixels of a picture that is not
        coarser."""
        now = time.perf_counter()
        if drew:
            # Back to back with a frame that was drawn too, the clock runs from its end.
            milliseconds = 1000 * (now - (began if self._ended is None else self._ended))
            if self._is_first_of_kind:
                self._is_first_of_kind = False
                self.recent.clear()
            self.count()
            self._lacks_counts = not self.stats.counts
            view = None if self.look.is_plain(self.settings) else self._painting.milliseconds
            times = {"camera": on_host, **self.stats.milliseconds, **({"view": view} if view else {}),
                     "present": on_screen}
            stats, kind = replace(self.stats, milliseconds=times), self._kind_of_frame(sharp)
            for frames in (self.recent, self.history):
                frames.add(milliseconds, stats, latency, is_warm_up, kind)
        self._ended = now if drew else None

    def _kind_of_frame(self, sharp: int) -> FrameKind:
        width, height = self.camera.width, self.camera.height
        second = self.looking.names[1] if self.look.shows_two else ""
        return FrameKind(Way.of(self._scene, self.settings), self.look, self._mode, (width, height),
                         round(height / sharp, 3) if sharp else 1.0, second)

    def count(self):
        """What was counted of the kind of picture that was drawn just now; nothing where none of them has told yet."""
        is_known = self._scene.renderer.stats.frame >= self._first_of_kind
        self.stats = frame_stats(self._scene, self.settings) if is_known else FrameStats()

    def _complete(self):
        """What the frame that stands has counted, where no frame after it has brought that along."""
        if self._lacks_counts and len(self.recent):
            self._lacks_counts = False
            self.recent.complete(self.stats)
            self.history.complete(self.stats)

    @property
    def pictures(self) -> tuple[Seen, ...]:
        """Those on the screen: the frame's, the second one's, or both."""
        if self.shot is None:
            return ()
        second = self.looking.second if self.look.shows_two else None
        first = Seen(self.shot, self.stats, self.looking.names[0] if second else "")
        return (first, second) if second and self.look.compare != "second" else (second or first,)

    def seen(self, column: int | None = None) -> Seen | None:
        """Of those, the one in that column of pixels, else the first; None before there is any."""
        pictures = self.pictures
        is_right = column is not None and self.look.compare == "split" and column >= round(self.look.at
                                                                                           * self.camera.width)
        return pictures[-1 if is_right else 0] if pictures else None

    def pause(self):
        """What happens now is no part of a frame."""
        self._ended = None

    def view_z(self, cursor: tuple[float, float], then: Callable[[float | None], None]):
        """Tells `then` the view z in scene units of what is seen there, in heights of the picture; None where nothing
        is. At once on the CPU; on a GPU a frame or two later, by `answer`, for nobody waits for it."""
        if self.frame is None:
            return then(None)
        height, width = self.frame.depth.shape
        x, y = (min(max(int(at * height), 0), edge - 1) for at, edge in zip(cursor, (width, height)))
        self._asked.append((Arriving(self.frame.depth[y, x]), then))
        self.answer()

    @property
    def is_asked(self) -> bool:
        """Whether somebody is still to be told a view z."""
        return bool(self._asked)

    def answer(self):
        """To those who asked for a view z that has come."""
        while self._asked and self._asked[0][0].is_here:
            arrived, then = self._asked.pop(0)
            z = float(arrived.values)
            then(z if math.isfinite(z) and z > 0 else None)

    def _ring_of(self, width: int, height: int) -> ImageRing:
        if self._ring is None or (self._ring.width, self._ring.height) != (width, height):
            self.close()
            self._ring = None  # should the new one fail
            self._ring = ImageRing(self._scene.device, width, height)
        return self._ring

    @property
    def nbytes(self) -> int:
        """Of the pictures on their way to the screen."""
        return self._ring.nbytes if self._ring else 0

    def close(self):
        if self._ring:
            self._ring.close()
