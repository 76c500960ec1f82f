"""What culling changes in the picture, as a figure: its PSNR to the same view with culling off."""

from __future__ import annotations

import time
from dataclasses import replace

import torch

from gsrender.camera import Camera
from gsrender.errors import DeviceError
from gsrender.renderer import Renderer
from gsrender.settings import RenderSettings
from viewer.scene import Scene

PAUSE = 0.5  # seconds


class Comparison:
    """Draws a view a second time, without culling, when there is time for it: on a GPU twice a second, on the CPU once
    the picture has stood still for a moment. A renderer of its own keeps the frame's figures clean."""

    def __init__(self, scene: Scene):
        self._scene = scene
        self._renderer: Renderer | None = None
        self._changed = self._looked = time.perf_counter()
        self._view = self._compared = None  # (camera, settings) that stand, and that `psnr` is of
        self._psnr: float | None = None
        self._possible = scene.proxy is not None

    @property
    def psnr(self) -> float | None:
        """dB, infinite where nothing changed; None where it is not known of the picture that stands."""
        live = self._scene.backend == "cuda" and self._view is not None
        return self._psnr if self._compared is not None and (live or self._compared == self._view) else None

    def look(self, camera: Camera, settings: RenderSettings, rgba: torch.Tensor) -> bool:
        """Offers the picture that stands, [H, W, 4] uint8. Whether it was taken up, which costs a frame."""
        now = time.perf_counter()
        if (camera, settings) != self._view:
            self._view, self._changed = (camera, settings), now
        if settings.culling == "off":
            self._compared = None
        since = self._looked if self._scene.backend == "cuda" else self._changed
        if not self._possible or settings.culling == "off" or self._compared == self._view or now - since < PAUSE:
            return False
        try:
            self._renderer = self._renderer or Renderer(self._scene.model, ())
            exact = self._renderer.render(camera, None, replace(settings, culling="off")).rgba
        except DeviceError:  # no memory to spare for this; the frame itself goes on
            self._possible, self._renderer, self._compared = False, None, None
            return True
        self._psnr = psnr(rgba, exact)
        self._compared, self._looked = self._view, time.perf_counter()
        return True


def psnr(a: torch.Tensor, b: torch.Tensor) -> float:
    """Of two pictures [H, W, 4] uint8, their alpha left out."""
    error = (a[..., :3].float() - b[..., :3].float()).square().mean()
    return float(10 * torch.log10(255 ** 2 / error))
