"""The proxy's depth, as the culling reads it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import torch
import torch.nn.functional as F

from gsrender.crop import Crop, cropped_depth

if TYPE_CHECKING:
    from gsrender.camera import Camera


class Ready(Protocol):
    """When a depth is there."""

    def wait(self, stream: int | None) -> None:
        """Makes what comes next on the CUDA stream wait; with None the calling thread itself waits."""


def pyramid_sizes(width: int, height: int) -> list[tuple[int, int]]:
    """(width, height) of each level, from the full size to 1 x 1. Odd sizes round up: a level that rounded down would
    lose its last column, and a maximum over it would no longer be conservative."""
    sizes = [(width, height)]
    while sizes[-1] != (1, 1):
        sizes.append((math.ceil(sizes[-1][0] / 2), math.ceil(sizes[-1][1] / 2)))
    return sizes


@dataclass(frozen=True)
class DepthBuffer:
    """Linear view z of the proxy in scene units, row 0 on top, +inf where nothing was hit, and its max pyramid.

    `levels` is one flat float32 tensor: level 0 [height, width], then each next level of `pyramid_sizes`, row by row.
    Absence is a value: no proxy is no DepthBuffer, which culls nothing. `crop` is the box that it was cut off at: what
    lies outside of it was not hit.
    """

    levels: torch.Tensor
    width: int
    height: int
    ready: Ready | None = None  # None where the values are there already
    crop: Crop | None = None

    @staticmethod
    def from_tensor(depth: torch.Tensor, camera: Camera | None = None, crop: Crop | None = None) -> DepthBuffer:
        """Builds the pyramid of a [H, W] depth map. NaN counts as a miss, and so does what lies outside of a crop box,
        for which the camera of the map is needed."""
        height, width = depth.shape
        level = torch.nan_to_num(depth.float(), nan=math.inf, posinf=math.inf)
        if crop is not None:
            level = cropped_depth(level, camera, crop)
        parts = [level.reshape(-1)]
        for _ in pyramid_sizes(width, height)[1:]:
            level = F.max_pool2d(level[None, None], 2, ceil_mode=True)[0, 0]
            parts.append(level.reshape(-1))
        return DepthBuffer(torch.cat(parts), width, height, crop=crop)

    @property
    def depth(self) -> torch.Tensor:
        """[H, W], a view. The caller sees to `ready`."""
        return self.levels[:self.width * self.height].view(self.height, self.width)
