"""How near the picture is to the photograph that was taken from where the camera stands."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from gsrender.camera import Camera, Triple
from gsrender.errors import DeviceError, InputError
from gsrender.load.dataset_camera import DatasetCamera
from gsrender.settings import RenderSettings
from viewer.frame import render_frame
from viewer.look import resized
from viewer.measures import psnr, ssim
from viewer.places import Places
from viewer.shot import Spare
from viewer.statistics import psnr_text
from viewer.words import NOTHING

PAUSE = 0.5  # seconds that the camera has to stand
PHOTOGRAPH = ("How near the picture is to the photograph, by the photograph's own lens. Measured once the camera "
              "stands at a camera of the dataset that has one.")
LARGEST = 1600  # pixels; larger photographs are made smaller, as trainers do


@dataclass(frozen=True)
class Match:
    name: str  # of the dataset's camera
    psnr: float | None  # dB; None where the photograph cannot be read
    ssim: float | None


class AtPhotograph:
    """Compares once the camera has stood at a dataset's camera for a moment, by its own lens, whatever the window's."""

    def __init__(self, views: list[DatasetCamera], near: float, spare: Spare):
        self._taken = [view for view in views if view.image]
        self._places = Places([view.camera for view in self._taken])
        self._near, self._spare = near, spare
        self._thread = ThreadPoolExecutor(1, "photograph")
        self._standing, self._since = None, 0.0
        self._reading: tuple | None = None  # what it is of, and the Future of the photograph
        self._measuring: tuple | None = None  # what it is of, and the Future of the Match
        self._match: tuple | None = None  # what it is of, and the Match

    @property
    def photographs(self) -> int:
        return len(self._taken)

    @property
    def match(self) -> Match | None:
        """None where there is no photograph, or it was not looked at yet."""
        return self._match[1] if self._match and self._match[0] == self._standing else None

    @property
    def is_pending(self) -> bool:
        """Whether there is something to compare, once the camera has stood for long enough."""
        return self._standing is not None and self._standing[0] is not None and self.match is None

    def look(self, camera: Camera, settings: RenderSettings) -> bool:
        """Offers where the camera stands. Whether a picture was drawn for it: the photograph is read, and both are
        measured, beside the frames."""
        index, now = self._places.index(camera), time.perf_counter()
        if (index, settings) != self._standing:
            self._standing, self._since = (index, settings), now
        if self._measuring and self._measuring[1].done():
            of, match = self._measuring
            self._match, self._measuring = (of, match.result()), None
        if not self.is_pending or self._measuring or now - self._since < PAUSE:
            return False
        if self._reading is None or self._reading[0] != self._standing:
            self._reading = self._standing, self._thread.submit(self._read, self._taken[index], settings)
        if not self._reading[1].done():
            return False
        (of, photograph), self._reading = self._reading, None
        self._measuring = of, self._compare(self._taken[index], settings, photograph.result())
        return True

    def close(self):
        """Waits for nothing."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def forget(self):
        """What is drawn of the same settings is something else now."""
        self._standing = self._match = None

    def _camera(self, view: DatasetCamera) -> Camera:
        camera = view.camera.with_near(self._near)
        scale = min(1.0, LARGEST / max(camera.width, camera.height))
        return camera.resized(round(camera.width * scale), round(camera.height * scale))

    def _read(self, view: DatasetCamera, settings: RenderSettings) -> torch.Tensor | None:
        camera = self._camera(view)
        try:
            return read_photograph(view.image, camera.width, camera.height, settings.background)
        except InputError:
            return None

    def _compare(self, view: DatasetCamera, settings: RenderSettings, photograph: torch.Tensor | None) -> Future:
        """Draws the picture; the Match follows."""
        camera, picture = self._camera(view), None
        if photograph is not None:
            try:
                settings = resized(settings, camera.width, camera.height)
                picture = render_frame(self._spare.scene, camera, settings).rgba[..., :3].float() / 255
            except DeviceError:
                pass
        stream = torch.cuda.current_stream(picture.device) if picture is not None and picture.is_cuda else None
        return self._thread.submit(_match, view.name, picture, photograph, stream)


def _match(name: str, picture: torch.Tensor | None, photograph: torch.Tensor | None, stream) -> Match:
    """On the CUDA stream that the picture is drawn on; None is the CPU's."""
    if picture is None:
        return Match(name, None, None)
    with torch.cuda.stream(stream):
        photograph = photograph.to(picture.device)
        return Match(name, psnr(picture, photograph), ssim(picture, photograph))


def read_photograph(path: Path, width: int, height: int, background: Triple) -> torch.Tensor:
    """[height, width, 3] float32 in 0..1, over the background where it is transparent. Raises InputError."""
    try:
        with Image.open(path) as image:
            pixels = np.array(image.convert("RGBA").resize((width, height), Image.Resampling.BICUBIC), np.float32) / 255
    except Exception as error:  # Pillow lets through what its decoders raise
        raise InputError(f"{path}: not an image that can be read") from error
    colour, alpha = torch.from_numpy(pixels).split((3, 1), -1)
    return alpha * colour + (1 - alpha) * colour.new_tensor(background)


def photograph_rows(match: Match | None, photographs: int) -> list[tuple[str, str, str]]:
    """(name, value, meaning) of the photograph that the camera stands at, of so many that were found."""
    known = match is not None and match.psnr is not None
    where = "none found" if not photographs else f"{photographs:,} found" if match is None else match.name
    return [("photograph", where if match is None or known else f"{match.name}: unreadable",
             "Of the dataset's cameras: which one is compared with, or how many have one."),
            ("PSNR to it", psnr_text(match.psnr) if known else NOTHING, PHOTOGRAPH),
            ("SSIM to it", f"{match.ssim:.4f}" if known else NOTHING,
             f"Structural similarity, 1 for equal pictures. {PHOTOGRAPH}")]
