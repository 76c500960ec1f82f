"""A mesh -> its clusters at every level of detail, once, before it is first drawn."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Callable, Iterable, Iterator

import numpy as np

from gsrender.errors import InputError
from gsrender.settings import FARTHEST
from vk_interop import cluster_lod_meshopt as meshopt
from vk_interop.cluster_bounds import enclosing
from vk_interop.cluster_lod import CLUSTER, GROUP, GROUP_CLUSTERS, ClusterMesh, starts
from vk_interop.cluster_lod_group import clusterise, coarser, has_three_corners

SOURCE_CHUNK = 1 << 16  # triangles that are cut into clusters at a time
GROUPING_CHUNK = 1 << 13  # clusters that are put into groups at a time
LEAST_SAVING = 1 / 16  # of its triangles that a level has to save; else all that is left of the mesh stays as it is
NOTHING = np.zeros((0, 3), np.uint32), np.zeros(0, CLUSTER), np.inf  # what the last groups of all chains become


class BuildCancelled(Exception):
    """The `cancel` of a build said so."""


def build_clusters(mesh, progress: Callable[[int, int], None] | None = None, cancel: Callable[[], bool] | None = None,
                   threads: int | None = None) -> ClusterMesh:
    """All levels of `mesh`, which has vertices [V, 3] float32 and triangles [T, 3] uint32.

    progress  is told again and again how many triangles' work of how many is done; by the calling thread
    cancel    is asked as often; once it says True, BuildCancelled is raised
    threads   one a core unless given; the result does not depend on it

    Level 0 draws what the mesh draws: the same triangles, each beginning with the same corner, but for those with two
    equal corners, which cover nothing. Above it, a triangle that is there several times, either way round, counts once.
    """
    if not (np.abs(mesh.vertices) < FARTHEST).all():
        raise InputError(f"{getattr(mesh, 'path', 'the mesh')}: a vertex at {np.abs(mesh.vertices).max():.3g} scene "
                         f"units; expected less than {FARTHEST:.0e}")
    groups, finished = np.zeros(0, GROUP), []
    with _Workers(threads, progress, cancel, len(mesh.triangles)) as workers:
        vertices, triangles = _sorted(*_welded(mesh))
        chunks = [triangles[i:i + SOURCE_CHUNK] for i in range(0, len(triangles), SOURCE_CHUNK)]
        parts = workers.map(lambda chunk: clusterise(chunk, vertices), chunks, map(len, chunks))
        pending = _Clusters.joined([_Clusters(*part) for part in parts])
        pending.clusters["refined"] = -1
        while len(pending.clusters):
            new_groups, done, pending = _simplify_level(pending, vertices, groups, workers)
            new_groups["first_cluster"] += sum(len(part.clusters) for part in finished)
            groups = np.concatenate([groups, new_groups])
            finished.append(done)
    done = _Clusters.joined(finished)
    done.clusters["first_triangle"] = starts(done.clusters["triangle_count"])
    return ClusterMesh(vertices, done.triangles, done.clusters, groups)


def _welded(mesh) -> tuple[np.ndarray, np.ndarray]:
    """Each position once, and no triangles with two corners in one place."""
    vertices = np.add(mesh.vertices, 0, dtype=np.float32, order="C")  # -0 becomes 0, which welding would tell from it
    new_from_old, count = meshopt.weld(vertices)
    new_vertices = np.empty((count, 3), np.float32)
    new_vertices[new_from_old] = vertices
    triangles = new_from_old[mesh.triangles]
    return new_vertices, triangles[has_three_corners(triangles)]


def _sorted(vertices: np.ndarray, triangles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Near triangles near each other in memory, and the vertices that they use in the order that they use them."""
    triangles = meshopt.sort_triangles(triangles, vertices)
    new_from_old, count = meshopt.first_use(triangles, len(vertices))
    used = new_from_old < count
    new_vertices = np.empty((count, 3), np.float32)
    new_vertices[new_from_old[used]] = vertices[used]
    return new_vertices, new_from_old[triangles]


@dataclass
class _Clusters:
    """Some clusters of any level; `first_triangle` is not kept up to date."""

    triangles: np.ndarray  # [T, 3] uint32, cluster by cluster
    clusters: np.ndarray  # [C] CLUSTER

    @staticmethod
    def joined(parts: list[_Clusters]) -> _Clusters:
        return _Clusters(np.concatenate([part.triangles for part in parts] or [np.zeros((0, 3), np.uint32)]),
                         np.concatenate([part.clusters for part in parts] or [np.zeros(0, CLUSTER)]))

    @property
    def counts(self) -> np.ndarray:
        return self.clusters["triangle_count"].astype(np.int64)

    def ordered(self, order: np.ndarray) -> _Clusters:
        first, counts = starts(self.counts)[order], self.counts[order]
        place = np.arange(counts.sum()) + np.repeat(first - starts(counts), counts)
        return _Clusters(self.triangles[place], self.clusters[order])

    def picked(self, which: np.ndarray) -> _Clusters:
        """`which` is [C] bool."""
        return _Clusters(self.triangles[np.repeat(which, self.counts)], self.clusters[which])


def _simplify_level(pending: _Clusters, vertices: np.ndarray, groups: np.ndarray, workers: _Workers):
    """One step up. Returns the groups [G] GROUP that end here, their clusters, and what is pending now: what the groups
    became, and the clusters of groups that did not shrink; with other neighbours they may, next time. Where hardly
    anything shrinks, all groups end, as the last of their chains."""
    pending, cluster_count = _grouped(pending, len(vertices), workers)
    first_cluster, group_of_cluster = starts(cluster_count), np.repeat(np.arange(len(cluster_count)), cluster_count)
    triangle_count = np.add.reduceat(pending.counts, first_cluster)
    made = _simplified(pending, triangle_count, vertices, workers)
    left = sum(count if new is None else len(new[0]) for new, count in zip(made, triangle_count))
    if len(pending.clusters) == 1 or left > (1 - LEAST_SAVING) * triangle_count.sum():
        made = [NOTHING] * len(made)

    ended = np.array([new is not None for new in made])
    new_groups = _group_records(pending.clusters, first_cluster, cluster_count, groups)[ended]
    new_groups["error"] += np.array([new[2] for new in made if new], np.float32)
    new_groups["first_cluster"] = starts(new_groups["cluster_count"])
    parts = []
    for group, (triangles, clusters, _) in enumerate(new for new in made if new):
        clusters["refined"], clusters["level"] = len(groups) + group, new_groups["level"][group] + 1
        parts.append(_Clusters(triangles, clusters))
    pending.clusters["group"] = (len(groups) + np.cumsum(ended) - 1)[group_of_cluster]
    ends = ended[group_of_cluster]
    return new_groups, pending.picked(ends), _Clusters.joined([*parts, pending.picked(~ends)])


def _grouped(pending: _Clusters, vertex_count: int, workers: _Workers) -> tuple[_Clusters, np.ndarray]:
    """The clusters group by group, and how many each group has, [G] int64."""
    first_triangle, cluster_count = np.append(starts(pending.counts), len(pending.triangles)), len(pending.clusters)

    def group(first, last):
        triangles = pending.triangles[first_triangle[first]:first_triangle[last]]
        clusters = pending.clusters[first:last]
        touching = meshopt.partition(triangles, clusters["triangle_count"], vertex_count, GROUP_CLUSTERS)
        return _group_near(touching, clusters)

    # At odd levels the first chunk is half as long, so that no border between chunks stays locked for long.
    first = GROUPING_CHUNK >> int(pending.clusters["level"].max() % 2)
    borders = [0, *range(first, cluster_count, GROUPING_CHUNK), cluster_count]
    chunks = list(workers.map(lambda chunk: group(*chunk), zip(borders, borders[1:])))
    group_count = np.array([chunk.max() + 1 for chunk in chunks])
    group_of_cluster = np.concatenate([chunk + first for chunk, first in zip(chunks, starts(group_count))])
    return pending.ordered(np.argsort(group_of_cluster, kind="stable")), np.bincount(group_of_cluster)


def _group_near(group_of_cluster: np.ndarray, clusters: np.ndarray) -> np.ndarray:
    """The same with small groups put together along a Morton curve: islands touch nothing, and would stay alone."""
    size = np.bincount(group_of_cluster)
    small = np.flatnonzero(size < GROUP_CLUSTERS // 2)
    if len(small) < 2:
        return group_of_cluster
    centre = np.stack([np.bincount(group_of_cluster, axis) for axis in clusters["centre"].T], axis=1) / size[:, None]
    order = np.empty_like(small)
    order[meshopt.sort_points(np.ascontiguousarray(centre[small], np.float32))] = np.arange(len(small))
    new_from_old = np.arange(len(size))
    new_from_old[small[order]] = len(size) + (np.cumsum(size[small[order]]) - 1) // GROUP_CLUSTERS
    return np.unique(new_from_old[group_of_cluster], return_inverse=True)[1]


def _simplified(pending: _Clusters, triangle_count: np.ndarray, vertices: np.ndarray, workers: _Workers) -> list:
    """For each group (triangles, clusters, error) of what it becomes, or None where it does not shrink."""
    locked = _shared(pending.triangles, np.repeat(np.arange(len(triangle_count), dtype=np.int32), triangle_count),
                     len(vertices))
    source = pending.clusters["level"].max() == 0

    def simplify(triangles):
        return coarser(triangles, vertices, locked, source)

    return list(workers.map(simplify, np.split(pending.triangles, starts(triangle_count)[1:]), triangle_count))


def _shared(triangles: np.ndarray, group_of_triangle: np.ndarray, vertex_count: int) -> np.ndarray:
    """[V] uint8, 1 for the vertices of more than one group."""
    group_of_triangle = group_of_triangle[:, None]
    one_group = np.empty(vertex_count, np.int32)  # of the several that a vertex may have
    one_group[triangles] = group_of_triangle
    shared = np.zeros(vertex_count, np.uint8)
    shared[triangles[one_group[triangles] != group_of_triangle]] = 1
    return shared


def _group_records(clusters: np.ndarray, first_cluster: np.ndarray, cluster_count: np.ndarray, groups: np.ndarray):
    """[G] GROUP with sphere, level and the error of what is below, from clusters sorted by group."""
    refined = clusters["refined"]
    below = refined >= 0
    centre, radius, error = clusters["centre"].copy(), clusters["radius"].copy(), np.zeros(len(clusters), np.float32)
    for of_cluster, name in ((centre, "centre"), (radius, "radius"), (error, "error")):
        of_cluster[below] = groups[name][refined[below]]
    records = np.zeros(len(first_cluster), GROUP)
    spheres = centre.astype(np.float64), radius.astype(np.float64)
    records["centre"], records["radius"] = enclosing(*spheres, first_cluster)
    records["error"] = np.maximum.reduceat(error, first_cluster)
    records["level"] = np.maximum.reduceat(clusters["level"], first_cluster)
    records["cluster_count"] = cluster_count
    return records


class _Workers:
    """Threads that take one item each; meshoptimizer's calls run side by side. A context manager: what has not begun
    when it is left is dropped."""

    PASSES = 3  # over as many triangles as the source has: cutting it into clusters, and two for all levels together

    def __init__(self, threads, progress, cancel, triangles):
        self._pool = ThreadPoolExecutor(threads or len(os.sched_getaffinity(0)))
        self._progress, self._cancel = progress or (lambda done, total: None), cancel or (lambda: False)
        self._done, self._total = 0, triangles

    def map(self, function: Callable, items: Iterable, triangles: Iterable[int] | None = None) -> Iterator:
        """The results in the items' order; `triangles` says how much progress each of them is."""
        futures = [self._pool.submit(function, item) for item in items]
        for future, amount in zip(futures, [0] * len(futures) if triangles is None else triangles):
            if self._cancel():
                raise BuildCancelled
            result = future.result()
            self._done = min(self._done + int(amount), self.PASSES * self._total)
            self._progress(self._done // self.PASSES, self._total)
            yield result

    def __enter__(self):
        self._progress(0, self._total)
        return self

    def __exit__(self, kind, *_):
        self._pool.shutdown(cancel_futures=True)
        if kind is None:
            self._progress(self._total, self._total)
