"""A camera path in a browser: chosen among what lies beside the model, scrubbed and flown."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Callable

import viser

from gsrender.camera import Camera
from gsrender.errors import InputError
from viewer.camera_path import GAP, LONGEST, CameraPath
from viewer.page_controls import complain
from viewer.path_file import FORMAT, load_path
from viewer.scene import Scene
from viewer.tour import Tour

NO_PATH, DATASET = "–", "the dataset's cameras"
STEP = 1 / 30  # seconds from one camera to the next while a path is flown
HEAD = 100  # bytes of a file that tell whether it is a path


class PathFolder:
    """A folder of a browser's panel.

    camera   returns the one whose picture is shown, if there is any
    go       is called with the one to go to
    changed  is called when a path sets out
    """

    def __init__(self, gui: viser.GuiApi, scene: Scene, camera: Callable[[], Camera | None],
                 go: Callable[[Camera], None], changed: Callable[[], None]):
        self._scene, self._camera, self._go, self._changed = scene, camera, go, changed
        self._files = {file.name: file for file in path_files(scene.folder) if file != scene.cameras_file}
        self.tour, self._lock = Tour(), threading.Lock()  # a hand changes it in one thread, and time in another
        self._flown = 0.0  # of time.perf_counter, until when
        names = [DATASET] * bool(scene.cameras) + [*self._files]
        with gui.add_folder("path", expand_by_default=False):
            self._choice = gui.add_dropdown("fly along", [NO_PATH, *names], hint="The dataset's cameras, a second from "
                                            "one to the next; or a path or cameras that lie beside the model.")
            self._play = gui.add_button("play", disabled=True, hint="Flies along the path, or stops.")
            self._time = gui.add_slider("time", 0.0, 1.0, 0.01, 0.0, disabled=True, hint="Seconds: where on the path "
                                        "the camera is; drag to scrub.")
            self._duration = gui.add_number("duration", 1.0, min=GAP, max=LONGEST, step=0.1, disabled=True,
                                            hint="Seconds that the whole path takes.")
            self._loop = gui.add_checkbox("loop", False, disabled=True, hint="Whether the last camera leads on to the "
                                          "first, at the path's mean speed.")
        self._choice.on_update(self._choose)
        self._play.on_click(self._play_or_stop)
        self._time.on_update(self._scrub)
        self._duration.on_update(self._stretch)
        self._loop.on_update(self._close)

    def cameras(self, width: int, height: int, count: int) -> list[Camera]:
        """So many of the path, evenly in time; none where there is no path to fly."""
        return self.tour.path.cameras(width, height, self._scene.near, count)

    def follow(self, now: float):
        """Flies on to where the path is at that time of time.perf_counter."""
        with self._lock:
            seconds = now - self._flown
            if self.tour.doing == "nothing" or seconds < STEP or not self._camera():
                return
            self.tour, self._flown = self.tour.advanced(seconds, self._camera()), now
            self._show()

    @property
    def flies_at(self) -> float | None:
        """When `follow` has something to do next; None where it has nothing."""
        return None if self.tour.doing == "nothing" else self._flown + STEP

    async def _choose(self, event):
        """What a browser sends may be anything."""
        name = event.target.value
        try:
            if name == DATASET and self._scene.cameras:
                path, warning = CameraPath.through([view.camera for view in self._scene.cameras]), ""
            else:
                path, warning = load_path(self._files[name]) if name in self._files else (CameraPath(), "")
        except InputError as error:
            return complain(event.client, "Path", str(error))
        if warning:
            complain(event.client, "Path", warning)
        self._change(lambda tour: Tour(path))

    async def _play_or_stop(self, event):
        self._flown = time.perf_counter()
        self._change(lambda tour: tour.playing() if tour.doing == "nothing" else tour.stopped(self._camera()))
        self._changed()

    async def _scrub(self, event):
        if event.client:
            self._change(lambda tour: tour.scrubbed(event.target.value))

    async def _stretch(self, event):
        if event.client and GAP * len(self.tour.path.keyframes) <= event.target.value <= LONGEST:
            self._change(lambda tour: tour.stretched(event.target.value))

    async def _close(self, event):
        if event.client:
            self._change(lambda tour: tour.looped(event.target.value))

    def _change(self, change: Callable[[Tour], Tour]):
        with self._lock:
            self.tour = change(self.tour)
            self._show()

    def _show(self):
        """What the tour is now, on the panel and by the camera."""
        tour, lasts = self.tour, self.tour.path.duration
        for handle in (self._play, self._time, self._duration, self._loop):
            handle.disabled = not lasts
        self._play.label = "play" if tour.doing == "nothing" else "stop"
        self._time.max, self._time.value = max(lasts, GAP), tour.time
        self._duration.value, self._loop.value = lasts, bool(tour.path.closing)
        if tour.is_at:
            self._go(tour.is_at.camera(160, 90, self._scene.near))


def path_files(folder: Path) -> list[Path]:
    """Paths that were saved, and cameras*.json and transforms*.json, in a model's folder and in the one above it."""
    found = {}
    for place in (folder.resolve().parent, folder):
        found |= {file.name: file for file in place.glob("*.json") if file.is_file() and _is_path(file)}
    return [found[name] for name in sorted(found)]


def _is_path(file: Path) -> bool:
    if file.name.startswith(("cameras", "transforms")):
        return True
    try:
        with file.open("rb") as opened:
            return FORMAT.encode() in opened.read(HEAD)
    except OSError:
        return False
