"""A box around most of some points: a few far floaters would make every speed, distance and view that is scaled by all
of them useless."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

TRIM = 0.01  # of the points, on each side of an axis


def trimmed_bounds(points: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Lower and upper corner [3] around the middle 98 % of the points [N, 3] on each axis; N is 1 at least."""
    ordered = points.sort(dim=0).values
    last = len(ordered) - 1
    return ordered[round(TRIM * last)], ordered[round((1 - TRIM) * last)]
