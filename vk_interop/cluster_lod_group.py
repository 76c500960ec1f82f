"""One group of clusters: its triangles -> half as many, and into clusters.

A group has some thousands of triangles, whose vertices are numbered from 0 for it: indices and pairs of them are small.
"""

from __future__ import annotations

import numpy as np

from vk_interop import cluster_lod_meshopt as meshopt
from vk_interop.cluster_bounds import fill_bounds
from vk_interop.cluster_lod import CLUSTER

# meshoptimizer's error is a mean over the planes that a vertex stands for. On `town` 99 % of the points of a simplified
# group lie within 0.7 of it from the source, and the farthest of 600 within 1.1, both in the median over groups.
ERROR_FACTOR = 1.5
# It is the root of a difference of float32 numbers as large as the group: below this share of its extent it is noise.
NOISE = float(np.finfo(np.float32).eps) ** 0.5
STUCK = 0.85  # of the triangles left: not worth a level
MOST_LOCKED = 0.6  # of the vertices; the few others would go any distance. `town` has up to 0.4, 1 in 500 groups more
COARSEST_CELL = 4  # mean edges; two halve the triangles of a surface
ISLANDS = 0.75  # of the triangles may be left so that islands stay
# Edges, faces' diagonals and diagonals of a cube, [3, 13] float32: which way extents are measured.
DIRECTIONS = np.array([(x, y, z) for x in (-1, 0, 1) for y in (-1, 0, 1) for z in (-1, 0, 1)][14:], np.float32).T
DIRECTIONS = DIRECTIONS / np.linalg.norm(DIRECTIONS, axis=0)


def clusterise(triangles: np.ndarray, vertices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The triangles cluster by cluster, and [C] CLUSTER with bounds and counts."""
    used, local = _local(triangles)
    return _clusters(used, local, vertices[used])


def coarser(triangles: np.ndarray, vertices: np.ndarray, locked: np.ndarray, source: bool):
    """About half as many triangles in clusters, as from `clusterise`, and the error in scene units that it cost.

    locked  [V] uint8, 1 where a vertex has to stay: on the border with other groups
    source  whether these are of level 0, which may hold a triangle several times
    Returns None where the triangles do not get markedly fewer.
    """
    used, local = _local(triangles)
    positions, locked, target = vertices[used], locked[used], len(triangles) // 2
    if locked.mean() > MOST_LOCKED:
        return None
    if source:
        local = _distinct(local)
    local, edge = _oriented(local, len(used)), _mean_edge(positions[local])
    kept, error = meshopt.simplify(local, positions, locked, min(target, len(local)), edge)
    error = ERROR_FACTOR * float(np.hypot(error, NOISE * np.ptp(positions, axis=0).max()))
    kept, error = _with_islands(local, positions, kept, error)
    if len(kept) > STUCK * len(triangles):
        kept, error = _snapped(local, positions, locked, target, COARSEST_CELL * edge)
    if not 0 < len(kept) <= STUCK * len(triangles):
        return None
    return *_clusters(used, kept, positions), error


def has_three_corners(triangles: np.ndarray) -> np.ndarray:
    """[T] bool: which triangles have three different ones. The others cover nothing."""
    a, b, c = triangles.T
    return (a != b) & (b != c) & (c != a)


def _local(triangles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The vertices that the triangles use, and the triangles as indices into these: meshoptimizer's time and memory
    grow with the highest index."""
    used, local = np.unique(triangles, return_inverse=True)
    return used, local.reshape(-1, 3).astype(np.uint32)


def _clusters(used: np.ndarray, local: np.ndarray, positions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    local, triangle_count = meshopt.build_clusters(local, positions)
    clusters = np.zeros(len(triangle_count), CLUSTER)
    clusters["triangle_count"] = triangle_count
    fill_bounds(clusters, positions[local])
    return used[local], clusters


def _distinct(triangles: np.ndarray) -> np.ndarray:
    """One triangle for each set of corners. A sheet that is there twice, back to back, would otherwise have no border
    that holds it, and shrink at no error."""
    low, middle, high = np.sort(triangles, axis=1).T.astype(np.int64)
    _, first = np.unique((low << 42) + (middle << 21) + high, return_index=True)
    return triangles if len(first) == len(triangles) else triangles[np.sort(first)]


def _oriented(triangles: np.ndarray, vertex_count: int) -> np.ndarray:
    """The triangles, some turned over so that neighbours run the same way round: meshoptimizer takes an edge that two
    triangles run along in the same direction for two open ones, and would move nothing there."""
    start, end = triangles.reshape(-1), triangles[:, (1, 2, 0)].reshape(-1)
    directed = np.sort(start * np.uint32(vertex_count) + end)  # a group has below 2^16 vertices
    if (directed[1:] != directed[:-1]).all():
        return triangles
    edge = np.minimum(start, end) * np.uint32(vertex_count) + np.maximum(start, end)
    order = np.argsort(edge, kind="stable")
    _, first, count = np.unique(edge[order], return_index=True, return_counts=True)
    one, other = order[first[count == 2]], order[first[count == 2] + 1]  # edges of more triangles say nothing
    turned = _turned(one // 3, other // 3, start[one] == start[other], len(triangles))
    return np.ascontiguousarray(np.where(turned[:, None], triangles[:, ::-1], triangles))


def _turned(one: np.ndarray, other: np.ndarray, differ: np.ndarray, count: int) -> np.ndarray:
    """[count] bool: what to turn so that no pair of `one` and `other` differs. Every item points to a root, at first
    itself; of two roots that a pair connects, the higher is hung under the lower."""
    root, turned = np.arange(count), np.zeros(count, bool)
    while (apart := root[one] != root[other]).any():
        a, b = root[one[apart]], root[other[apart]]
        high, pick = np.unique(np.maximum(a, b), return_index=True)
        parent, turns = np.arange(count), np.zeros(count, bool)
        parent[high] = np.minimum(a, b)[pick]
        turns[high] = (turned[one] ^ turned[other] ^ differ)[apart][pick]
        while (parent[parent] != parent).any():
            turns, parent = turns ^ turns[parent], parent[parent]
        root, turned = parent[root], turned ^ turns[root]
    return turned


def _with_islands(triangles: np.ndarray, positions: np.ndarray, kept: np.ndarray, error: float):
    """`kept`, and the error as the islands of `triangles` show it: how far each drew back, or the size of one that is
    gone. The planes that simplification measures by say nothing about the rim of a thin thing. Islands that lost more
    than `error` come back as they were, the worst first, as long as there is room; those that do not raise the error.
    """
    island = _islands(triangles, len(positions))
    order = np.argsort(island, kind="stable")
    first = np.flatnonzero(np.diff(island[order], prepend=-1))
    x, y, z = (positions[order] - positions[0]).T[..., None]
    along = x * DIRECTIONS[0] + y * DIRECTIONS[1] + z * DIRECTIONS[2]
    there = np.zeros((len(positions), 1), bool)
    there[kept] = True
    low, high = np.minimum.reduceat(along, first), np.maximum.reduceat(along, first)
    new_low = np.minimum.reduceat(np.where(there[order], along, np.inf), first)
    new_high = np.maximum.reduceat(np.where(there[order], along, -np.inf), first)
    lost = np.minimum(np.maximum(new_low - low, high - new_high), high - low).max(axis=1)
    if lost.max() <= error:
        return kept, error
    island = np.searchsorted(island[order[first]], island)  # counted from 0
    before, after = (np.bincount(island[corners[:, 0]], minlength=len(first)) for corners in (triangles, kept))
    worst = np.argsort(-lost, kind="stable")
    room = len(kept) + np.cumsum((before - after)[worst]) <= ISLANDS * len(triangles)
    back = worst[(lost[worst] > error) & np.logical_and.accumulate(room)]
    returns = np.zeros(len(first), bool)
    returns[back] = True
    kept = np.concatenate([kept[~returns[island[kept[:, 0]]]], triangles[returns[island[triangles[:, 0]]]]])
    return kept, max(error, float(lost[~returns].max(initial=0)))


def _islands(triangles: np.ndarray, vertex_count: int) -> np.ndarray:
    """[V] the lowest vertex that each vertex hangs together with. Of two that an edge connects, the higher is hung
    under the lower; what is left are edges between the roots."""
    root = np.arange(vertex_count)
    one, other = (triangles[:, corners].reshape(-1).astype(np.int64) for corners in ((0, 1), (1, 2)))
    while len(one):
        parent = np.arange(vertex_count)
        np.minimum.at(parent, np.maximum(one, other), np.minimum(one, other))
        while (parent[parent] != parent).any():
            parent = parent[parent]
        root, one, other = parent[root], parent[one], parent[other]
        one, other = one[one != other], other[one != other]
    return root


def _mean_edge(corner: np.ndarray) -> float:
    """Of corners [T, 3, 3]: more than that no step up may move a surface. It is about a tenth, where all is well."""
    vectors = corner - corner[:, (1, 2, 0)]
    return float(np.sqrt(np.einsum("ijk,ijk->ij", vectors, vectors)).mean())


def _snapped(triangles: np.ndarray, positions: np.ndarray, locked: np.ndarray, target: int, largest: float):
    """At most `target` triangles, and the error: all free vertices in a cell of a grid become the one nearest to their
    mean. It needs no sound topology, and costs more than meshoptimizer's edges. All triangles, where it would take
    cells of more than `largest` scene units."""
    free, cell_size = np.flatnonzero(locked == 0), largest / 8
    while len(free) and cell_size <= largest:
        cell = np.floor((positions[free] - positions.min(axis=0)) / cell_size).astype(np.int64)
        _, cell = np.unique(cell @ (1, 1 << 21, 1 << 42), return_inverse=True)
        mean = np.stack([np.bincount(cell, positions[free, axis]) for axis in range(3)], axis=1)
        mean /= np.bincount(cell)[:, None]
        order = np.lexsort((np.linalg.norm(positions[free] - mean[cell], axis=1), cell))
        new_from_old = np.arange(len(positions))
        new_from_old[free] = free[order[np.searchsorted(cell[order], cell)]]
        kept = new_from_old[triangles]
        kept = kept[has_three_corners(kept)]
        if len(kept) <= target:
            return kept.astype(np.uint32), float(np.linalg.norm(positions[new_from_old] - positions, axis=1).max())
        cell_size *= 1.3
    return triangles, np.inf
