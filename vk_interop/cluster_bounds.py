"""Bounds of clusters, from the corners of their triangles, and of groups, from the spheres of those below."""

from __future__ import annotations

import numpy as np

from vk_interop.cluster_lod import starts


def fill_bounds(clusters: np.ndarray, corners: np.ndarray):
    """Fills in boxes, spheres and longest edges of [C] CLUSTER, whose triangle counts are there. `corners` [T, 3, 3]
    float32 are those of the triangles, cluster by cluster."""
    count = clusters["triangle_count"]
    first = starts(count)
    low = np.minimum.reduceat(corners.reshape(-1, 3), 3 * first)  # a tenth of the time of a minimum over corners first
    high = np.maximum.reduceat(corners.reshape(-1, 3), 3 * first)
    centre = (low + high) / 2
    clusters["low"], clusters["high"], clusters["centre"] = low, high, centre
    clusters["radius"] = _longest(corners - np.repeat(centre, count, axis=0)[:, None], first)
    clusters["longest_edge"] = _longest(corners - corners[:, (1, 2, 0)], first)


def enclosing(centre: np.ndarray, radius: np.ndarray, first: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A sphere, float32 and rounded up, around each run of spheres that begins at `first`: from the middle of their
    box, ever smaller steps towards the farthest of them (Badoiu and Clarkson 2003), of which the best is taken."""
    run = np.repeat(np.arange(len(first)), np.diff(np.append(first, len(centre))))
    low = np.minimum.reduceat(centre - radius[:, None], first)
    high = np.maximum.reduceat(centre + radius[:, None], first)
    middle, best, best_reach = (low + high) / 2, None, np.full(len(first), np.inf)
    for step in range(2, 34):
        candidate = middle.astype(np.float32)
        offset = centre - candidate[run]
        distance = np.linalg.norm(offset, axis=1)
        reach = np.maximum.reduceat(distance + radius, first)
        best = candidate if best is None else np.where((reach < best_reach)[:, None], candidate, best)
        best_reach = np.minimum(reach, best_reach)
        farthest = np.empty(len(first), np.int64)
        is_farthest = np.flatnonzero(distance + radius == reach[run])
        farthest[run[is_farthest]] = is_farthest
        away = offset[farthest] / np.maximum(distance[farthest], 1e-30)[:, None]
        middle = candidate + away * (reach / step)[:, None]
    return best, np.nextafter(best_reach.astype(np.float32), np.float32(np.inf))


def _longest(vectors: np.ndarray, first: np.ndarray) -> np.ndarray:
    """The length of the longest of [T, 3, 3] vectors in each run that begins at `first`, rounded up."""
    square = np.einsum("ijk,ijk->ij", vectors, vectors)
    return np.sqrt(np.maximum.reduceat(square, first).max(axis=1)) * np.float32(1 + 1e-6)  # float32 rounds six times
