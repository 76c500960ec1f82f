"""Bounds of clusters, from the corners of their triangles."""

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


def _longest(vectors: np.ndarray, first: np.ndarray) -> np.ndarray:
    """The length of the longest of [T, 3, 3] vectors in each run that begins at `first`, rounded up."""
    square = np.einsum("ijk,ijk->ij", vectors, vectors)
    return np.sqrt(np.maximum.reduceat(square, first).max(axis=1)) * np.float32(1 + 1e-6)  # float32 rounds six times
