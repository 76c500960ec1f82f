"""The film of a browser's path: drawn a frame between two of its pictures, and sent to be saved."""

from __future__ import annotations

import math
import os
import shutil
import tempfile
import time
import zipfile
from concurrent.futures import Executor, Future
from contextlib import suppress
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
    thread   makes what it is drawn with, and sends it
    """

    def __init__(self, client: viser.ClientHandle, scene: Scene, path: Callable[[], CameraPath],
                 wish: Callable[[], Wish], near: Callable[[], float], changed: Callable[[], None],
                 thread: Executor):
        self._client, self._scene, self._path, self._wish, self._near = client, scene, path, wish, near
        self._changed, self._thread = changed, thread
        self._wanted: tuple | None = None  # what `_begin` takes
        self._film: Film | None = None
        self._of: tuple | None = None  # that was wanted when it began
        self._folder: tempfile.TemporaryDirectory | None = None
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
        wanted = self._wanted  # once: a browser cancels in a thread of its own
        if self._film and self._of is not wanted:
            self.end()
        if not wanted:
            return False
        try:
            if not self._film:
                self._film, self._of = self._begin(*wanted), wanted
            self._film.done = next(self._film.steps)
            self._tell()
        except StopIteration:
            self._packed().add_done_callback(Future.result)  # which says what went wrong, if anything
        except (InputError, DeviceError) as error:
            self._complain(str(error))
        except OSError as error:
            self._complain(_not_kept(error))
        return True

    def end(self):
        """Leaves it undrawn, where one is being drawn."""
        film, self._film = self._film, None
        if film:
            film.steps.close()
        folder, self._folder = self._folder, None
        if folder:
            folder.cleanup()

    async def _begin_or_cancel(self, event):
        """What a browser sends may be anything."""
        if self._wanted:
            self._wanted = None
        elif not self._path().keyframes:
            return complain(self._client, "Film", "There is no path to film yet: add a keyframe, record, or load one.")
        else:
            width, height = (min(max(round(edge), 1), LARGEST_SIDE) for edge in self._size.value)
            rate = max(SLOWEST, min(FASTEST, float(self._rate.value)))  # NaN is none of them, and ends at one
            self._wanted = self._wish(), self._path(), (width, height), rate, self._kind.value == VIDEO
        self._show()
        self._changed()

    def _begin(self, wish: Wish, path: CameraPath, size: tuple[int, int], rate: float, is_video: bool) -> Film:
        suit(self._scene, wish)
        self._folder = tempfile.TemporaryDirectory(prefix="gsrender-film-", ignore_cleanup_errors=True)
        return begin_film(replace(self._scene, near=self._near()), self._thread, wish.render, wish.look, path, size,
                          rate, Path(self._folder.name) / ("film.mp4" if is_video else "film"))

    def _packed(self) -> Future:
        """Sends what is drawn, beside the pictures."""
        film, self._film, self._wanted = self._film, None, None
        self._show()
        self._text.content = "sending"
        if empty := film.empty.sentence:
            complain(self._client, "Film", f"{empty[0].upper()}{empty[1:]}.")
        folder, self._folder = self._folder, None
        return self._thread.submit(self._send, film.out, folder)

    def _send(self, out: Path, folder: tempfile.TemporaryDirectory):
        try:
            with folder:
                check_nbytes(out.parent)
                data = (out if out.is_file() else zipped(out)).read_bytes()
        except (InputError, OSError) as error:
            self._text.content = ""
            return complain(self._client, "Film", str(error) if isinstance(error, InputError) else _not_kept(error))
        name = time.strftime(f"film-%Y%m%d-%H%M%S{out.suffix or '.zip'}")
        self._client.send_file_download(name, data, save_immediately=True)
        self._text.content = f"{name}, {size(len(data))}"

    def _complain(self, sentence: str):
        if self._folder:
            sentence = sentence.replace(f"{self._folder.name}{os.sep}", "")
        self._wanted = None
        self.end()
        self._show()
        complain(self._client, "Film", sentence)

    def _tell(self):
        film, now = self._film, time.perf_counter()
        if now > self._told + PAUSE:
            self._told = now
            check_nbytes(film.out.parent)
            self._bar.value = 100 * film.done / film.total
            self._text.content = how_far(film.done, film.total, now - film.began, " frames")

    def _show(self):
        self._button.label = "cancel film" if self._wanted else "draw film"
        self._bar.visible, self._bar.value = self._wanted is not None, 0.0
        self._text.content = ""


def check_nbytes(folder: Path):
    """Raises InputError where a film is larger than a browser takes, while it is drawn, too: so no disk fills up."""
    nbytes = 0
    for file in folder.rglob("*"):
        with suppress(FileNotFoundError):  # it has got its name since
            nbytes += file.stat().st_size
    if nbytes > MOST:
        raise InputError(f"The film has {size(nbytes)}, and a browser takes {size(MOST)} at most: make it smaller, "
                         "shorter or a video.")


def zipped(folder: Path) -> Path:
    """The PNG files of a folder, which no packing makes smaller, in a file beside it."""
    out = folder.with_suffix(".zip")
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as file:
        for png in sorted(folder.glob("*.png")):
            file.write(png, png.name)
    return out


def _not_kept(error: OSError) -> str:
    """Without the folder's name, which is no browser's business."""
    why = os.strerror(error.errno) if error.errno else "it cannot be written"
    return f"The machine that draws cannot keep the film: {why}."
