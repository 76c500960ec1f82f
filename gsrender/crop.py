"""A box, outside of which nothing is there."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gsrender.camera import Camera, Triple
from gsrender.settings import FARTHEST

if TYPE_CHECKING:
    import torch

WORLD: tuple[Triple, Triple, Triple] = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


@dataclass(frozen=True)
class Crop:
    """Frozen and comparable. Its faces belong to it.

    low, high  least and largest coordinates along its axes, scene units
    axes       its axes in the world, three unit vectors at right angles; the world's own without a word
    Raises ValueError where that is no box.
    """

    low: Triple
    high: Triple
    axes: tuple[Triple, Triple, Triple] = WORLD

    def __post_init__(self):
        for name, low, high in zip("xyz", self.low, self.high):
            if not -FARTHEST <= low <= high <= FARTHEST:  # NaN fails
                raise ValueError(f"crop box from {low:g} to {high:g} along {name}: two finite numbers are wanted, at "
                                 f"most {FARTHEST:g} from 0, the lower one first")
        products = [sum(a * b for a, b in zip(one, other)) for one in self.axes for other in self.axes]
        if not all(abs(product - (i % 4 == 0)) < 1e-6 for i, product in enumerate(products)):  # NaN fails
            raise ValueError(f"crop box along {self.axes}: three unit vectors at right angles are wanted")

    @property
    def edges(self) -> list[tuple[Triple, Triple]]:
        """The ends of its twelve, in the world."""
        corners = self.corners
        return [(corners[i], corners[i | 1 << axis]) for i in range(8) for axis in range(3) if not i >> axis & 1]

    @property
    def corners(self) -> list[Triple]:
        """Its eight, in the world; bit by bit their numbers say on which axes they are at the upper end."""
        ends = [[(self.low, self.high)[i >> axis & 1][axis] for axis in range(3)] for i in range(8)]
        return [tuple(sum(x * axis[c] for x, axis in zip(end, self.axes)) for c in range(3)) for end in ends]

    def contains(self, points: torch.Tensor) -> torch.Tensor:
        """Which of the points [..., 3] in the world lie in it."""
        along = points @ points.new_tensor(self.axes).T
        return ((along >= points.new_tensor(self.low)) & (along <= points.new_tensor(self.high))).all(-1)


def cropped_depth(depth: torch.Tensor, camera: Camera, crop: Crop) -> torch.Tensor:
    """View z [H, W] of a camera, +inf in place of what lies outside of the box. What lies in the box behind that is not
    known to a picture, so this hides less than the depth of a mesh that is cut off at the box."""
    import torch
    y, x = torch.meshgrid(*(torch.arange(edge, device=depth.device) + 0.5 for edge in depth.shape), indexing="ij")
    rays = torch.stack([(x - camera.cx) / camera.fx, (y - camera.cy) / camera.fy, torch.ones_like(x)], -1)
    pose = depth.new_tensor(camera.world_from_camera)
    hit = depth.isfinite()
    points = rays * torch.where(hit, depth, 0.0)[..., None] @ pose[:3, :3].T + pose[:3, 3]
    return torch.where(hit & crop.contains(points), depth, math.inf)
