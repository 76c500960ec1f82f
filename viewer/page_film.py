"""The film of a browser's path: drawn a frame between two of its pictures, and sent to be saved."""

from __future__ import annotations

import io
import math
import os
import shutil
import tempfile
import time
import zipfile
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Callable

import viser

from gsrender.errors import DeviceError, InputError
from gsrender.memory import size
from gsrender.settings import LARGEST_SIDE
from viewer.camera_path import CameraPath
from viewer.page_controls import Wish, complain, suit
from viewer.path_render import Film, begin_film
from viewer.progress import how_far
from viewer.scene import Scene

VIDEO, FRAMES = "video, .mp4", "PNG frames, .zip"
MOST = 1 << 30  # bytes of a film, which a browser keeps in its memory until they are all there
SLOWEST, FASTEST = 0.1, 1000.0  # frames a second
PAUSE = 0.5  # seconds between two tellings of how far it is


class FilmFolder:
    """A folder of a browser's panel.

    path     returns the one to film
    wish     returns how it is drawn, and `near` from which view z on
    changed  is called when there is something to draw
    """

    def __init__(self, client: viser.ClientHandle, scene: Scene, path: Callable[[], CameraPath],
                 wish: Callable[[], Wish], near: Callable[[], float], changed: Callable[[], None]):
        self._client, self._scene, self._path, self._wish, self._near = client, scene, path, wish, near
        self._changed = changed
        self._wanted: tuple | None = None  # what `_begin` takes
        self._film: Film | None = None
        self._told = -math.inf
        gui = client.gui
        kinds = (VIDEO, FRAMES) if shutil.which("ffmpeg") else (FRAMES,)
        with gui.add_folder("film", expand_by_default=False):
            self._kind = gui.add_dropdown("as", kinds, hint="What the browser saves. A video needs ffmpeg on the "
                                          "machine that draws.")
            self._size = gui.add_vector2("size", (1280, 720), min=(1, 1), max=(LARGEST_SIDE, LARGEST_SIDE), step=1,
                                         hint="Width and height of the film, pixels; of a video even.")
            self._rate = gui.add_number("rate", 30.0, min=SLOWEST, max=FASTEST, step=1,
                                        hint="Frames a second of the film.")
            self._button = gui.add_button("draw film", hint="Draws the path as it is shown now, this view, "
                                          "culling as it is set, frozen where it is, and sends it to the browser.")
            self._bar = gui.add_progress_bar(0.0, visible=False)
            self._text = gui.add_markdown("")
        self._button.on_click(self._begin_or_cancel)

    def step(self) -> bool:
        """Draws a frame of it, on the thread that draws; whether one was wanted."""
        if not self._wanted:
            self.end()
            return False
        try:
            self._film = self._film or self._begin(*self._wanted)
            self._film.done = next(self._film.steps)
        except StopIteration:
            self._packed().add_done_callback(Future.result)  # which says what went wrong, if anything
        except (InputError, DeviceError) as error:
            self._complain(str(error))
        else:
            self._tell()
        return True

    def end(self):
        """Leaves it undrawn, where one is being drawn."""
        film, self._film = self._film, None
        if film:
            film.steps.close()
            self._close()

    async def _begin_or_cancel(self, event):
        """What a browser sends may be anything."""
        if self._wanted:
            self._wanted = None
        elif not self._path().keyframes:
            return complain(self._client, "Film", "There is no path to film yet: add a keyframe, record, or load one.")
        else:
            width, height = (min(max(round(edge), 1), LARGEST_SIDE) for edge in self._size.value)
            rate = min(max(float(self._rate.value), SLOWEST), FASTEST)
            self._wanted = self._wish(), self._path(), (width, height), rate, self._kind.value == VIDEO
        self._show()
        self._changed()

    def _begin(self, wish: Wish, path: CameraPath, size: tuple[int, int], rate: float, is_video: bool) -> Film:
        suit(self._scene, wish)
        self._thread = ThreadPoolExecutor(1, "film")
        self._folder = tempfile.TemporaryDirectory(prefix="gsrender-film-", ignore_cleanup_errors=True)
        try:
            return begin_film(replace(self._scene, near=self._near()), self._thread, wish.render, wish.look, path, size,
                              rate, Path(self._folder.name) / ("film.mp4" if is_video else "film"))
        except (InputError, DeviceError):
            self._close()
            raise

    def _packed(self) -> Future:
        """Sends what is drawn, beside the pictures."""
        film, self._film, self._wanted = self._film, None, None
        self._show()
        self._text.content = "sending"
        if empty := film.empty.sentence:
            complain(self._client, "Film", f"{empty[0].upper()}{empty[1:]}.")
        sending = self._thread.submit(self._send, film.out, self._folder)
        self._thread.shutdown(wait=False)
        return sending

    def _send(self, out: Path, folder: tempfile.TemporaryDirectory):
        with folder:
            nbytes = sum(file.stat().st_size for file in [out, *out.glob("*.png")])
            if nbytes > MOST:
                self._text.content = ""
                return complain(self._client, "Film", f"The film has {size(nbytes)}, and a browser takes "
                                f"{size(MOST)} at most: make it smaller, shorter or a video.")
            data = out.read_bytes() if out.is_file() else zipped(out)
        name = time.strftime(f"film-%Y%m%d-%H%M%S{out.suffix or '.zip'}")
        self._client.send_file_download(name, data, save_immediately=True)
        self._text.content = f"{name}, {size(len(data))}"

    def _complain(self, sentence: str):
        self._wanted = None
        self.end()
        self._show()
        complain(self._client, "Film", sentence.replace(f"{self._folder.name}{os.sep}", ""))

    def _close(self):
        self._thread.shutdown(wait=False)
        self._folder.cleanup()

    def _tell(self):
        film, now = self._film, time.perf_counter()
        if now > self._told + PAUSE:
            self._told = now
            self._bar.value = 100 * film.done / film.total
            self._text.content = how_far(film.done, film.total, now - film.began, " frames")

    def _show(self):
        self._button.label = "cancel film" if self._wanted else "draw film"
        self._bar.visible, self._bar.value = self._wanted is not None, 0.0
        self._text.content = ""


def zipped(folder: Path) -> bytes:
    """The PNG files of a folder, which no packing makes smaller."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_STORED) as file:
        for png in sorted(folder.glob("*.png")):
            file.write(png, png.name)
    return data.getvalue()
