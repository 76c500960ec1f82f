"""Pictures of what the proxy is drawn from. Each returns [H, W, 3] uint8 and its legend."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from viewer.colours import STEPS, Legend, Scale, hues, painted

if TYPE_CHECKING:
    from viewer.shot import Shot

LEVELS = 8  # of detail that have colours of their own
SIZES = Scale(0.25, 4096.0, is_log=True)  # pixels that a triangle covers, from the one end of the colours to the other


def clusters(shot: Shot):
    # Hues a golden angle apart, so that neighbours in the list, which are neighbours in space, differ.
    cluster = shot.surfaces.cluster
    number = cluster.float()
    return painted(hues(number * 0.618034 % 1, 0.55 + 0.45 * (number * 0.381966 % 1)), cluster >= 0), None


def levels(shot: Shot):
    level = shot.surfaces.level
    return painted(_level_colours(level), level >= 0), _levels_legend()


def triangles(shot: Shot):
    size = shot.surfaces.size
    return painted(_size_colours(SIZES.place(size)), shot.surfaces.cluster >= 0), _sizes_legend()


def _level_colours(level: torch.Tensor) -> torch.Tensor:
    """Green is the source, then come yellow, orange, red, magenta, violet, blue and cyan."""
    return hues((1 / 3 - level / LEVELS) % 1)


def _size_colours(place: torch.Tensor) -> torch.Tensor:
    return hues(place * 2 / 3)


def _levels_legend() -> Legend:
    bar = _level_colours(torch.arange(LEVELS)).int().tolist()
    ticks = tuple(((level + 0.5) / LEVELS, str(level)) for level in range(LEVELS))
    return Legend("level of detail of the proxy", tuple(tuple(c) for c in bar for _ in range(STEPS // LEVELS)), ticks)


def _sizes_legend() -> Legend:
    bar = _size_colours(torch.linspace(0, 1, STEPS)).int().tolist()
    ticks = tuple((float(SIZES.place(torch.tensor(float(size)))), f"{size:g}") for size in (0.25, 1, 16, 256, 4096))
    return Legend("pixels that a triangle covers", tuple(map(tuple, bar)), ticks)
