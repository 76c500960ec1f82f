"""What is under a walker's feet: the height above a mesh, asked for once or more a frame."""

from __future__ import annotations

import numpy as np

CELLS = 512  # along the longer edge of the mesh's outline
LARGE = 1024  # cells; triangles over more of them are few, and are always looked at


class Ground:
    """A mesh, [V, 3] and [T, 3], sorted by where it lies seen from above. `world_from_level` as Space has it.

    Takes a second for 1.5 million triangles to make.
    """

    def __init__(self, vertices: np.ndarray, triangles: np.ndarray, world_from_level: np.ndarray):
        self._level_from_world = world_from_level.T
        corners = (vertices @ world_from_level.astype(np.float32))[triangles]  # [T, 3, 3], level axes and up
        flat = corners[..., :2]
        low, high = flat.min(1), flat.max(1)
        self._origin = low.min(0) if len(low) else np.zeros(2, np.float32)
        self._cell = max(float((high.max(0) - self._origin).max()) / CELLS if len(high) else 0.0, 1e-9)
        first, last = self._cell_of(low), self._cell_of(high)
        counts = (last - first + 1).prod(1)
        large = counts > LARGE
        self._large, kept = corners[large], np.flatnonzero(~large)
        cells, of = _cover(first[kept], last[kept], counts[kept])
        order = np.argsort(cells, kind="stable")
        self._cells, self._triangles, self._corners = cells[order], kept[of[order]], corners

    def below(self, point) -> float | None:
        """Scene units from a point of the world down to the mesh; None where there is nothing under it."""
        x, y, height = self._level_from_world @ np.asarray(point, np.float64)
        column, row = self._cell_of(np.array([x, y]))
        if not (0 <= column <= CELLS and 0 <= row <= CELLS):
            return None
        start, end = np.searchsorted(self._cells, (row * (CELLS + 1) + column, row * (CELLS + 1) + column + 1))
        heights = _heights(np.concatenate([self._corners[self._triangles[start:end]], self._large]), x, y)
        heights = heights[heights <= height]
        return float(height - heights.max()) if len(heights) else None

    def _cell_of(self, places: np.ndarray) -> np.ndarray:
        return np.floor((places - self._origin) / self._cell).astype(np.int64)


def _cover(first, last, counts):
    """Pairs of a cell, as a number, and the triangle whose outline touches it."""
    of = np.repeat(np.arange(len(counts)), counts)
    within = np.arange(len(of)) - np.repeat(np.cumsum(counts) - counts, counts)
    width = last[of, 0] - first[of, 0] + 1
    return (first[of, 1] + within // width) * (CELLS + 1) + first[of, 0] + within % width, of


def _heights(corners, x, y):
    """Of those triangles that have the place (x, y) over or under them, how high they are there."""
    a, b, c = corners[:, 0].astype(np.float64), corners[:, 1], corners[:, 2]
    ab, ac, at = b - a, c - a, np.array([x, y]) - a[:, :2]
    area = ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        v = (at[:, 0] * ac[:, 1] - at[:, 1] * ac[:, 0]) / area
        w = (ab[:, 0] * at[:, 1] - ab[:, 1] * at[:, 0]) / area
        inside = (v >= 0) & (w >= 0) & (v + w <= 1)  # false where a triangle stands upright: NaN or infinite
    return a[inside, 2] + v[inside] * ab[inside, 2] + w[inside] * ac[inside, 2]
