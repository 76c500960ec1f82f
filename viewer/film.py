"""Where the frames of a film go, one after the other: a folder of PNG files, or ffmpeg, which makes an .mp4 of them.

Packing a picture takes longer than drawing it on a GPU, so it is done on threads beside; whoever draws asks for room
first, and waits no longer than it wants to. Each is a context manager that leaves nothing half-written behind.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor, TimeoutError
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Iterator, Protocol

import numpy as np
from PIL import Image

from gsrender.errors import DeviceError, InputError
from gsrender.whole_file import remove_leftovers
from viewer.output import check_place, write_whole

FORMAT, RECORD = "gsrender film", "film.json"
MOST = 1_000_000  # frames: six digits name them
THREADS = min(os.cpu_count() or 1, 8)  # that pack PNG files
QUALITY = ("-c:v", "libx264", "-crf", "18", "-pix_fmt", "yuv420p")  # plays everywhere; 18 hides its losses
OTHERS = (".mov", ".avi", ".mkv", ".webm", ".m4v", ".gif", ".png", ".jpg")  # which nobody means as a folder's name
# Screens show our pictures as they are; without these words players guess how colours were turned into luma and chroma.
COLOURS = ("-vf", "scale=out_color_matrix=bt709:out_range=tv", "-colorspace", "bt709", "-color_primaries", "bt709",
           "-color_trc", "bt709", "-color_range", "tv")


class Film(Protocol):
    def room(self, seconds: float) -> bool:
        """Whether one more frame can be taken; waits so long for it at most. Raises what went wrong with the others."""

    def add(self, pixels: np.ndarray):
        """The next frame, [H, W, 3] uint8, which is not changed any more."""

    def finished(self, seconds: float) -> bool:
        """Whether all is written; waits so long for it at most. No frame is added after the first call."""


def is_video(out: Path) -> bool:
    return out.suffix.lower() == ".mp4"


def check_film(out: Path, size: tuple[int, int], frames: int):
    """Raises InputError or DeviceError where a film of that many frames cannot go there, before long work is done."""
    if not 0 < frames <= MOST:
        raise InputError(f"{out}: a film of {frames:,} frames, expected 1 to {MOST:,}")
    if not is_video(out):
        if out.suffix.lower() in OTHERS:
            raise InputError(f"{out}: expected an .mp4, or a folder for PNG frames")
        return _check_folder(out, frames)
    if shutil.which("ffmpeg") is None:
        raise DeviceError("no ffmpeg, which makes the .mp4: install it (apt-get install ffmpeg), or name a folder, for "
                          "PNG frames")
    if size[0] % 2 or size[1] % 2:
        raise InputError(f"{out}: a video of {size[0]} x {size[1]}, expected even numbers of pixels")
    check_place(out)


@contextmanager
def open_film(out: Path, size: tuple[int, int], fps: float, frames: int, made_by: dict) -> Iterator[Film]:
    """`made_by` goes into a folder's film.json."""
    record = {"frames": frames, "fps": fps, "size": size} | made_by
    check_film(out, size, frames)
    with (_open_video(out, size, fps) if is_video(out) else _open_folder(out, record)) as film:
        yield film


class _Queue:
    """Work on one thread, in order."""

    def __init__(self, most: int):
        self._most, self._thread, self._left = most, ThreadPoolExecutor(1, "film"), deque()

    def submit(self, work, *arguments):
        self._left.append(self._thread.submit(work, *arguments))

    def room(self, seconds: float) -> bool:
        return self.down_to(self._most - 1, seconds)

    def down_to(self, count: int, seconds: float) -> bool:
        """Whether no more than so much is left to do."""
        end = time.monotonic() + seconds
        while self._left and (len(self._left) > count or self._left[0].done()):
            try:
                self._left[0].result(max(end - time.monotonic(), 0))
            except TimeoutError:
                return False
            self._left.popleft()
        return True

    def stop(self, wait: bool = True):
        """Forgets what has not begun, and may wait for what has."""
        self._thread.shutdown(wait=wait, cancel_futures=True)


# ---- PNG files ------------------------------------------------------------------------------------------------------

class _Folder:
    def __init__(self, folder: Path):
        self._folder, self._count = folder, 0
        self._lock, self._stopped = Lock(), False
        self._packers, self._queue = ThreadPoolExecutor(THREADS, "png"), _Queue(2 * THREADS)
        self.room = self._queue.room

    def add(self, pixels: np.ndarray):
        self._queue.submit(self._write, self._count, self._packers.submit(_png, pixels))
        self._count += 1

    def _write(self, index: int, packed: Future):
        data = packed.result()
        with self._lock:
            if not self._stopped:
                with write_whole(self._folder / _name(index)) as file:
                    file.write(data)

    def finished(self, seconds: float) -> bool:
        return self._queue.down_to(0, seconds)

    def stop(self):
        with self._lock:  # waits for the file that is being written, and not for those that are being packed
            self._stopped = True
        self._packers.shutdown(wait=False, cancel_futures=True)
        self._queue.stop(wait=False)


def _name(index: int) -> str:
    return f"{index:06d}.png"


def _png(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "png")
    return file.getvalue()


def _check_folder(folder: Path, frames: int):
    """Only what an earlier film left is written over, and none of that may be left between the new frames."""
    if os.path.exists(folder) and not os.path.isdir(folder):
        raise InputError(f"{folder}: not a directory")
    found = [path.name for path in folder.glob("*.png")]
    if found and not _is_ours(folder / RECORD):
        raise InputError(f"{folder}: {min(found)} is there and no {RECORD} of an earlier film, so it is not written "
                         "over; choose another folder")
    if found and max(found) >= _name(frames):
        raise InputError(f"{folder}: {max(found)} of an earlier film is there, and this one has {frames} frames; "
                         "choose another folder")


def _is_ours(record: Path) -> bool:
    try:
        return json.loads(record.read_bytes())["format"] == FORMAT
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return False


@contextmanager
def _open_folder(folder: Path, record: dict) -> Iterator[_Folder]:
    with write_whole(folder / RECORD) as file:
        file.write(json.dumps({"format": FORMAT} | record, indent=1, allow_nan=False).encode())
    remove_leftovers(folder, lambda name: name.endswith(".png"))
    film = _Folder(folder)
    try:
        yield film
    finally:
        film.stop()


# ---- video ----------------------------------------------------------------------------------------------------------

class _Video:
    def __init__(self, process: subprocess.Popen, said):
        self._process, self._said, self._queue = process, said, _Queue(4)
        self._ending = False
        self.room = self._queue.room

    def add(self, pixels: np.ndarray):
        self._queue.submit(self._feed, np.ascontiguousarray(pixels))

    def finished(self, seconds: float) -> bool:
        if not self._ending:
            self._ending = True
            self._queue.submit(self._end)
        return self._queue.down_to(0, seconds)

    def _feed(self, pixels: np.ndarray):
        try:
            self._process.stdin.write(pixels)
        except OSError:
            self._end()  # which tells why
            raise

    def _end(self):
        try:
            self._process.stdin.close()
        except OSError:
            pass  # it is gone already
        if self._process.wait():
            self._said.seek(0)
            lines = self._said.read().decode("utf-8", "replace").strip().splitlines()
            raise DeviceError(f"ffmpeg could not make the video: {lines[-1] if lines else 'it ended without a word'}")

    def stop(self):
        self._process.kill()  # also wakes up whoever writes to it
        self._queue.stop()
        self._process.wait()


@contextmanager
def _open_video(path: Path, size: tuple[int, int], fps: float) -> Iterator[_Video]:
    with write_whole(path) as file, tempfile.TemporaryFile() as said:
        command = ["ffmpeg", "-y", "-loglevel", "error", "-f", "rawvideo", "-pix_fmt", "rgb24",
                   "-s", f"{size[0]}x{size[1]}", "-r", f"{fps:g}", "-i", "pipe:0", *COLOURS, *QUALITY,
                   "-movflags", "+faststart", "-f", "mp4", f"file:{file.name}"]
        try:
            # A session of its own: Ctrl+C is for us, and we end it.
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=said,
                                       start_new_session=True)
        except OSError as error:
            raise DeviceError(f"ffmpeg cannot be started: {error.strerror}") from error
        film = _Video(process, said)
        try:
            yield film
        finally:
            film.stop()
