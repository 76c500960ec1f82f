"""What culling changes in the picture: its PSNR to the view with culling off, and where each of the two is empty."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
import torch

from gsrender.camera import Camera
from gsrender.errors import DeviceError
from gsrender.frame import Frame
from gsrender.renderer import Renderer
from gsrender.settings import RenderSettings
from viewer.arriving import Arriving
from viewer.scene import Scene
from viewer.warnings import COLUMNS, ROWS

PAUSE = 0.5  # seconds


@dataclass(frozen=True, eq=False)
class Compared:
    """A view with culling and without.

    psnr          dB, infinite where nothing changed
    culled, full  [ROWS, COLUMNS] float32, how much of the background each picture covers at the rays of warnings.py
    in_view       items that are drawn without culling
    """

    camera: Camera
    settings: RenderSettings
    psnr: float
    culled: np.ndarray
    full: np.ndarray
    in_view: int


class Comparison:
    """Draws a view a second time, without culling, when there is time for it: on a GPU twice a second, on the CPU once
    the picture has stood still for a moment. A renderer of its own keeps the frame's figures clean, and no frame waits
    for it: what it found on a GPU is read some frames later. Pictures that lack items are not compared."""

    def __init__(self, scene: Scene):
        self._scene = scene
        self._renderer: Renderer | None = None
        self._changed = self._looked = time.perf_counter()
        self._view = None  # (camera, settings) that stand
        self._pair: _Pair | None = None  # on its way
        self._compared: Compared | None = None
        self._possible = scene.proxy is not None

    @property
    def compared(self) -> Compared | None:
        """None where it is not known of the picture that stands; on a GPU it may be of one half a second ago."""
        live = self._scene.backend == "cuda" and self._view is not None
        return self._compared if live or self._is_of_view else None

    def forget(self):
        """The picture is of another proxy now, or of another depth of it."""
        self._view = self._pair = self._compared = None

    @property
    def nbytes(self) -> int:
        """Of the second renderer."""
        return self._renderer.nbytes if self._renderer else 0

    @property
    def psnr(self) -> float | None:
        return self.compared.psnr if self.compared else None

    @property
    def is_pending(self) -> bool:
        """Whether the picture that stands is still to be compared."""
        return (self._possible and self._view is not None and self._view[1].culling != "off"
                and not self._is_of_view)

    @property
    def _is_of_view(self) -> bool:
        return self._compared is not None and (self._compared.camera, self._compared.settings) == self._view

    def look(self, camera: Camera, settings: RenderSettings, frame: Frame) -> bool:
        """Offers the picture that stands, with its alpha. Whether it was taken up, which costs a frame."""
        now = time.perf_counter()
        if (camera, settings) != self._view:
            self._view, self._changed = (camera, settings), now
        if settings.culling == "off":
            self._compared = self._pair = None
        self._read()
        since = self._looked if self._scene.backend == "cuda" else self._changed
        if not self._possible or settings.culling == "off" or self._pair or self._is_of_view or now - since < PAUSE \
                or self._scene.renderer.stats.incomplete:
            return False
        try:
            self._renderer = self._renderer or Renderer(self._scene.model, ("alpha",), self._scene.limit)
            full = self._renderer.draw(camera, None, replace(settings, culling="off"))
        except DeviceError:  # no memory to spare for this; the frame itself goes on
            self._possible, self._renderer, self._compared = False, None, None
            return True
        self._pair, self._looked = _Pair(self._view, self._room, frame, full), now
        self._read()
        return True

    @property
    def _room(self) -> tuple[int, int]:
        """What the frame's buffers hold. They grow once a frame is known not to have fitted."""
        room = self._scene.renderer.buffers.room
        return room.gaussians, room.pairs

    def _read(self):
        """Takes in the pair that was under way; where one of its pictures turns out to lack items, it is forgotten."""
        pair = self._pair
        if pair is None or not pair.has_arrived():
            return
        self._pair = None
        if self._renderer.wait() and self._room == pair.room:
            self._compared = pair.read(self._renderer.stats.counts["visible"])


class _Pair:
    """What is kept of two pictures, on its way to the host: the next frames are drawn over the pictures themselves."""

    def __init__(self, view, room, culled: Frame, full: Frame):
        self._view, self.room = view, room
        coverage = [sampled(frame.alpha).flatten() for frame in (culled, full)]
        self._found = Arriving(torch.cat([mean_square(culled.rgba, full.rgba)[None], *coverage]))
        self._is_here = self._found.is_here

    def has_arrived(self) -> bool:
        """Whether it was here the last time already: what the frame counted is read when the one after it is drawn."""
        before = self._is_here
        self._is_here = before or self._found.is_here
        return before

    def read(self, in_view: int) -> Compared:
        values = self._found.values
        error, found = float(values[0]), values[1:].reshape(2, ROWS, COLUMNS).numpy()
        return Compared(*self._view, decibels(error), *found, in_view)


def mean_square(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Mean squared difference of two pictures [H, W, 4] uint8, their alpha left out."""
    return (a[..., :3].float() - b[..., :3].float()).square().mean()


def decibels(error: float) -> float:
    return 10 * np.log10(255 ** 2 / error) if error else np.inf


def sampled(alpha: torch.Tensor) -> torch.Tensor:
    """A picture's [H, W] coverage at the rays' pixels, [ROWS, COLUMNS]."""
    row, column = (((torch.arange(count, device=alpha.device) + 0.5) * edge / count).long()
                   for count, edge in zip((ROWS, COLUMNS), alpha.shape))
    return alpha[row[:, None], column]
