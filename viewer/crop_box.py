"""Where a crop box stands: along which axes, and around what."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gsrender.camera import Triple
from gsrender.crop import WORLD, Crop
from gsrender.trimmed import trimmed_bounds
from viewer.choices import AXES
from viewer.pose import Space

if TYPE_CHECKING:
    import torch

CROP_COLOUR = (0.45, 0.74, 1.0)  # of its edges


def box_axes(up: Triple) -> tuple[Triple, Triple, Triple]:
    """The model's own where one of them is up, else two level ones and up: for a model that lies askew."""
    if tuple(up) in AXES.values():
        return WORLD
    return tuple(map(tuple, Space(up).world_from_level.T.tolist()))


def box_around(points: torch.Tensor, axes: tuple[Triple, Triple, Triple] = WORLD) -> Crop:
    """Around all of the points [N, 3] but the outermost on each axis; N is 1 at least."""
    low, high = trimmed_bounds(points @ points.new_tensor(axes).T)
    return Crop(tuple(low.tolist()), tuple(high.tolist()), axes)


def turned(box: Crop, axes: tuple[Triple, Triple, Triple]) -> Crop:
    """The least box along other axes that holds this one."""
    along = [[sum(x * a for x, a in zip(corner, axis)) for axis in axes] for corner in box.corners]
    return Crop(tuple(map(min, zip(*along))), tuple(map(max, zip(*along))), axes)


def moved(box: Crop, low: Triple, high: Triple) -> Crop:
    """With other ends, as a person chose them: one that would pass the other end stops there."""
    low = tuple(map(min, low, box.high))
    return replace(box, low=low, high=tuple(map(max, high, low)))
