"""A camera path in a browser: recorded, edited, played and scrubbed."""

from __future__ import annotations

import threading
import time
from typing import Callable

import viser

from gsrender.camera import Camera
from viewer.camera_path import GAP, LONGEST, CameraPath
from viewer.page_camera import Steering
from viewer.page_controls import complain
from viewer.page_path_files import PathFiles
from viewer.tour import Tour

STEP = 1 / 30  # seconds from one camera to the next while a path is flown
SLOW = 2 * STEP  # of a picture's way to a browser and back, from which on its frames may take longer than a step
UNCHOSEN = "Choose a keyframe first, or add one."
EDITS = ("add: a keyframe where the camera is, at the path's end, or at the time that was scrubbed to. move here: puts "
         "the chosen one where the camera is. remove: takes it away; the others keep their times.")


class PathFolder:
    """A folder of a browser's panel.

    camera   returns where the browser is, if that is known
    trip     returns the seconds that a picture takes to the browser and back
    go       is called with a camera to jump to; it stops what is under way
    changed  is called when there is something to follow
    tour     the path, and where on it
    """

    def __init__(self, client: viser.ClientHandle, files: PathFiles, steering: Steering,
                 camera: Callable[[], Camera | None], trip: Callable[[], float],
                 go: Callable[[Camera], None], changed: Callable[[], None]):
        self._client, self._steering, self._camera, self._trip = client, steering, camera, trip
        self._go, self._changed = go, changed
        self._files = files
        self.tour, self._lock = Tour(), threading.RLock()  # a hand changes it in one thread, and time in another
        self._flown = 0.0  # of time.perf_counter, until when
        gui = client.gui
        files.add(self.take)
        self._play = gui.add_button("play", disabled=True, hint="Flies along the path; moving the camera stops it.")
        self._record = gui.add_button("record", hint="Goes on at the path's end with how you fly, until it is stopped.")
        self._time = gui.add_slider("time", 0.0, 1.0, 0.01, 0.0, disabled=True, hint="Seconds: where on the path the "
                                    "camera is; drag to scrub.")
        self._duration = gui.add_number("duration", 1.0, min=GAP, max=LONGEST, step=0.1, disabled=True, hint="Seconds "
                                        "that the whole path takes. All of its parts are stretched alike.")
        self._loop = gui.add_checkbox("loop", False, disabled=True, hint="Whether the last keyframe leads on to the "
                                      "first, at the path's mean speed.")
        edits = gui.add_button_group("keyframes", ["add", "move here", "remove"], hint=EDITS)
        self._chosen = gui.add_number("keyframe", 0, min=0, step=1, disabled=True, hint="The one to edit; the camera "
                                      "goes there.")
        self._comes = gui.add_number("comes after", GAP, min=GAP, max=LONGEST, step=0.1, disabled=True, hint="Seconds "
                                     "from the keyframe before to the chosen one; later ones move along. Of the first "
                                     "of a loop: from the last.")
        whole = gui.add_button_group("whole path", ["undo", "clear", "save"], hint="undo: takes the last change back. "
                                     "clear: removes all keyframes. save: sends the path to the browser, as JSON that "
                                     "this page and the window load.")
        self._play.on_click(self._play_or_stop)
        self._record.on_click(self._record_or_stop)
        self._time.on_update(self._scrub)
        self._duration.on_update(self._stretch)
        self._loop.on_update(self._close)
        edits.on_click(self._edit_keyframes)
        self._chosen.on_update(self._choose)
        self._comes.on_update(self._space)
        whole.on_click(self._edit_whole)

    # ---- what drawing and the browser's camera call -----------------------------------------------------------------

    def cameras(self, width: int, height: int, count: int) -> list[Camera]:
        """So many of the path, evenly in time; none where there is no path to fly."""
        return self.tour.path.cameras(width, height, self._steering.space.near, count)

    def follow(self, now: float):
        """On to that time of time.perf_counter: plays, or records."""
        with self._lock:
            seconds, camera, plays = now - self._flown, self._camera(), self.tour.doing == "playing"
            if self.tour.doing == "nothing" or seconds < self._step or camera is None:
                return
            self.tour, self._flown = self.tour.advanced(seconds, camera), now
            if plays:
                self._steering.lead(self._at_tour)
            self._show()

    @property
    def flies_at(self) -> float | None:
        """When `follow` has something to do next; None where it has nothing."""
        return None if self.tour.doing == "nothing" else self._flown + self._step

    @property
    def _step(self) -> float:
        """Seconds to the next camera. While it is led, a browser has to have time for a frame in which it is not, else
        a hand that drags would never be felt."""
        return self._trip() + STEP if self.is_flown and self._trip() > SLOW else STEP

    @property
    def is_flown(self) -> bool:
        """Whether it leads the camera."""
        return self.tour.doing == "playing"

    def see(self, camera: Camera):
        """The browser is there now. Whoever takes the camera in hand stops the path."""
        with self._lock:
            if self.tour.doing == "playing" and not self._steering.has_led_to(camera):
                self.stop()

    def stop(self):
        """Whatever it is doing, where it is."""
        camera = self._camera()
        if self.tour.doing != "nothing" and camera:
            self.edit(lambda tour: tour.stopped(camera))

    # ---- what hands ask for -----------------------------------------------------------------------------------------

    def take(self, path: CameraPath):
        """Another one in place of this one."""
        self.edit(lambda tour: tour.edited(path).scrubbed(0.0), goes=True)

    def edit(self, change: Callable[[Tour], Tour], goes: bool = False):
        """Another tour; with `goes` the camera goes there. Says why not where it cannot be."""
        with self._lock:
            try:
                self.tour = change(self.tour)
            except ValueError as error:
                complain(self._client, "Path", str(error))
            self._show()
            if goes and self.tour.path.keyframes:
                self._go(self._at_tour)

    def play_or_stop(self):
        if self.tour.doing != "nothing":
            return self.stop()
        if not self.tour.path.duration:
            return complain(self._client, "Path", "A path needs two keyframes: add one where the camera is.")
        camera = self._camera()
        if camera:
            self._steering.know(camera)
            self._begin(Tour.playing)

    def add(self):
        """A keyframe where the camera is."""
        camera = self._camera()
        if camera:
            self.edit(lambda tour: tour.added(camera))

    def _begin(self, change: Callable[[Tour], Tour]):
        self._flown = time.perf_counter()
        self.edit(change)
        self._changed()

    async def _play_or_stop(self, event):
        self.play_or_stop()

    async def _record_or_stop(self, event):
        camera = self._camera()
        if self.tour.doing == "recording":
            self.stop()
        elif camera:
            self._begin(lambda tour: tour.recording(camera))

    async def _scrub(self, event):
        if event.client and event.target.value != self.tour.time:
            with self._lock:
                self.edit(lambda tour: tour.scrubbed(event.target.value))
                if self.tour.path.keyframes:
                    self._steering.lead(self._at_tour)

    async def _stretch(self, event):
        path, seconds = self.tour.path, event.target.value
        if event.client and seconds != path.duration and GAP * len(path.keyframes) <= seconds <= LONGEST:
            self.edit(lambda tour: tour.stretched(seconds))

    async def _close(self, event):
        if event.client and event.target.value != bool(self.tour.path.closing):
            self.edit(lambda tour: tour.looped(event.target.value))

    async def _edit_keyframes(self, event):
        camera, what = self._camera(), event.target.value
        if what == "add":
            self.add()
        elif self.tour.chosen is None:
            complain(self._client, "Path", UNCHOSEN)
        elif what == "remove":
            self.edit(Tour.removed)
        elif what == "move here" and camera:
            self.edit(lambda tour: tour.moved(camera))

    async def _choose(self, event):
        index = event.target.value - 1
        if event.client and index != self.tour.chosen and index in range(len(self.tour.path.keyframes)):
            self.edit(lambda tour: tour.chose(int(index)), goes=True)

    async def _space(self, event):
        seconds = event.target.value
        if event.client and seconds != self._seconds_before and GAP <= seconds <= LONGEST:
            self.edit(lambda tour: tour.spaced(seconds))

    async def _edit_whole(self, event):
        what = event.target.value
        if what == "save":
            self._files.save(self.tour.path)
        elif what == "undo":
            self.edit(Tour.undone)
        elif what == "clear":
            self.edit(lambda tour: tour.edited(CameraPath()))

    @property
    def _at_tour(self) -> Camera:
        """Where the path is now."""
        return self.tour.is_at.camera(160, 90, self._steering.space.near)

    def _show(self):
        """What the tour is now, on the panel."""
        tour, path, count = self.tour, self.tour.path, len(self.tour.path.keyframes)
        lasts, index = path.duration, self.tour.chosen
        self._play.disabled = self._time.disabled = self._duration.disabled = self._loop.disabled = not lasts
        self._play.label = "stop" if tour.doing == "playing" else "play"
        self._record.label = "stop" if tour.doing == "recording" else "record"
        self._time.max, self._time.value = max(lasts, GAP), min(tour.time, max(lasts, GAP))
        self._duration.value, self._loop.value = max(lasts, GAP), bool(path.closing)
        self._chosen.disabled, self._chosen.label = not count, f"of {count:,}" if count else "keyframe"
        self._chosen.value = 0 if index is None else index + 1
        self._comes.disabled = not self._seconds_before
        self._comes.value = self._seconds_before or self._comes.value

    @property
    def _seconds_before(self) -> float:
        """From the keyframe before to the chosen one; 0 where there is none of them."""
        index, path = self.tour.chosen, self.tour.path
        if not index:
            return 0.0 if index is None else path.closing
        return path.keyframes[index].time - path.keyframes[index - 1].time
