"""What the cluster builder uses of meshoptimizer: its C functions, on NumPy arrays.

The package's Python wraps few of them, but its extension module is a shared library that exports all, so it is found
and opened without being imported. A call lets go of Python's lock: threads run side by side. Triangles are [T, 3]
uint32 and vertices [V, 3] float32, both contiguous; what fits the version below is not checked again.
"""

from __future__ import annotations

import ctypes
from importlib import metadata, util
from pathlib import Path

import numpy as np

from gsrender.errors import DeviceError
from vk_interop.cluster_lod import CLUSTER_TRIANGLES, CLUSTER_VERTICES, starts

VERSION = "0.2.30a0"  # its source is meshoptimizer 0.22 and partitionClusters; later ones take other arguments
LEAST_TRIANGLES = 40  # of a cluster that may end early, as the next triangle is far away: a third, as others choose
SPLIT_FACTOR = 2.0  # how far that is, in radii of a full cluster
SCAN_VERTICES = 255  # of a cluster at most, where places among them are bytes
SPARSE, ABSOLUTE_ERROR = 2, 4  # options of simplify

P, N, F, U = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_float, ctypes.c_uint


def _open() -> ctypes.CDLL:
    found = util.find_spec("meshoptimizer")
    if not found or metadata.version("meshoptimizer") != VERSION:
        raise DeviceError(f"meshoptimizer {VERSION} is not installed: pip install meshoptimizer=={VERSION}")
    return ctypes.CDLL(str(next(Path(found.submodule_search_locations[0]).glob("_meshoptimizer*.so"))))


def _function(name: str, *arguments):
    function = getattr(_LIBRARY, f"meshopt_{name}")
    function.argtypes, function.restype = arguments, N
    return function


_LIBRARY = _open()
_weld = _function("generateVertexRemap", P, P, N, P, N, N)
_first_use = _function("optimizeVertexFetchRemap", P, P, N, N)
_sort_triangles = _function("spatialSortTriangles", P, P, N, P, N, N)
_sort_points = _function("spatialSortRemap", P, P, N, N)
_bound = _function("buildMeshletsBound", N, N, N)
_build = _function("buildMeshletsFlex", P, P, P, P, N, P, N, N, N, N, N, F, F)
_scan = _function("buildMeshletsScan", P, P, P, P, N, N, N, N)
_partition = _function("partitionClusters", P, P, N, P, N, N, N)
_simplify = _function("simplifyWithAttributes", P, P, N, P, N, N, P, N, P, N, P, N, F, U, P)


def weld(vertices: np.ndarray) -> tuple[np.ndarray, int]:
    """new_from_old [V] uint32, the same for vertices of the same bytes, and how many there are of the new."""
    new_from_old = np.empty(len(vertices), np.uint32)
    count = _weld(new_from_old.ctypes.data, None, len(vertices), vertices.ctypes.data, len(vertices), 12)
    return new_from_old, count


def first_use(triangles: np.ndarray, vertex_count: int) -> tuple[np.ndarray, int]:
    """new_from_old [V] uint32, in the order that triangles use vertices, 2^32 - 1 for the rest; how many they use."""
    new_from_old = np.empty(vertex_count, np.uint32)
    return new_from_old, _first_use(new_from_old.ctypes.data, triangles.ctypes.data, triangles.size, vertex_count)


def sort_triangles(triangles: np.ndarray, vertices: np.ndarray) -> np.ndarray:
    """The triangles along a Morton curve, each as it was."""
    out = np.empty_like(triangles)
    _sort_triangles(out.ctypes.data, triangles.ctypes.data, triangles.size, vertices.ctypes.data, len(vertices), 12)
    return out


def sort_points(points: np.ndarray) -> np.ndarray:
    """new_from_old [N] uint32: the place of each point along a Morton curve."""
    new_from_old = np.empty(len(points), np.uint32)
    _sort_points(new_from_old.ctypes.data, points.ctypes.data, len(points), 12)
    return new_from_old


def build_clusters(triangles: np.ndarray, vertices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The triangles cluster by cluster, each with its vertices in the order that it had, and the clusters' triangle
    counts [C] int64. What is connected comes first, what is near next."""
    bound = _bound(triangles.size, CLUSTER_VERTICES, LEAST_TRIANGLES)
    clusters = np.empty((bound, 4), np.uint32)  # first of its vertices, first byte of its corners, counts of both
    vertex = np.empty(bound * CLUSTER_VERTICES, np.uint32)
    corner = np.empty(bound * CLUSTER_TRIANGLES * 3, np.uint8)
    count = _build(clusters.ctypes.data, vertex.ctypes.data, corner.ctypes.data, triangles.ctypes.data, triangles.size,
                   vertices.ctypes.data, len(vertices), 12, CLUSTER_VERTICES, LEAST_TRIANGLES, CLUSTER_TRIANGLES, 0,
                   SPLIT_FACTOR)
    first_vertex, first_corner, _, triangle_count = clusters[:count].T.astype(np.int64)
    corners = 3 * triangle_count
    place = np.arange(corners.sum()) + np.repeat(first_corner - starts(corners), corners)
    return vertex[np.repeat(first_vertex, corners) + corner[place]].reshape(-1, 3), triangle_count


def runs(triangles: np.ndarray) -> np.ndarray:
    """How many triangles make a cluster, in their order, and then the next, [C] int64: 128, or fewer where they would
    have more than 255 vertices."""
    return _scanned(triangles)[0][:, 3].astype(np.int64)


def numbered(triangles: np.ndarray, triangle_count: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The vertices of each of several clusters that follow each other, in the order that they are used, uint32; how
    many each has, [C] int64; and the triangles as places among these, [T, 3] uint8. Raises ValueError for a cluster of
    no or more than 128 triangles, or more than 255 vertices."""
    place, count = np.arange(CLUSTER_TRIANGLES), triangle_count[:, None]
    own = place < count
    if not own[:, 0].all() or own.sum() != len(triangles):
        raise ValueError(f"a cluster of {count.min()} or {count.max()} triangles: expected 1 to {CLUSTER_TRIANGLES}")
    # Each cluster filled up with its last triangle, which brings no new vertex, so that the scan ends where it does.
    padded = np.take(triangles, starts(triangle_count)[:, None] + np.minimum(place, count - 1), axis=0)
    clusters, vertices, corners = _scanned(padded)
    if len(clusters) != len(count):
        raise ValueError(f"a cluster of more than {SCAN_VERTICES} vertices")
    corners = np.take(corners.reshape(-1, 3), np.flatnonzero(own), axis=0)  # a mask takes six times as long
    return vertices, clusters[:, 2].astype(np.int64), corners


def _scanned(triangles: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Clusters of triangles, [..., 3], in their order: [C, 4] as meshoptimizer has them, with first vertex, first byte
    of corners, and counts of both; vertices uint32; and corners uint8, with room after them."""
    lowest = triangles.min(initial=np.uint32(2**32 - 1))
    local = triangles - lowest  # meshoptimizer's time and memory grow with the highest index
    bound = _bound(local.size, SCAN_VERTICES, CLUSTER_TRIANGLES)
    clusters, vertices = np.empty((bound, 4), np.uint32), np.empty(bound * SCAN_VERTICES, np.uint32)
    corners = np.empty(bound * CLUSTER_TRIANGLES * 3, np.uint8)
    count = _scan(clusters.ctypes.data, vertices.ctypes.data, corners.ctypes.data, local.ctypes.data, local.size,
                  int(local.max(initial=0)) + 1, SCAN_VERTICES, CLUSTER_TRIANGLES)
    clusters = clusters[:count]
    return clusters, vertices[:clusters[:, 2].sum()] + lowest, corners


def partition(triangles: np.ndarray, triangle_count: np.ndarray, vertex_count: int, size: int) -> np.ndarray:
    """group_of_cluster [C] int64 from 0 on: about `size` clusters each that share vertices, at most 3/8 more. Clusters
    that share none stay alone."""
    group_of_cluster = np.empty(len(triangle_count), np.uint32)
    corners = np.ascontiguousarray(3 * triangle_count, np.uint32)
    _partition(group_of_cluster.ctypes.data, triangles.ctypes.data, triangles.size, corners.ctypes.data, len(corners),
               vertex_count, size)
    return group_of_cluster.astype(np.int64)


def simplify(triangles: np.ndarray, vertices: np.ndarray, locked: np.ndarray, target: int,
             limit: float) -> tuple[np.ndarray, float]:
    """At least `target` of the triangles, with vertices moved onto others but not from where `locked`, [V] uint8, is 1;
    and the error, at most `limit` scene units: the root mean square distance to the planes that the worst vertex stands
    for."""
    out, error = np.empty_like(triangles), ctypes.c_float()
    corners = _simplify(out.ctypes.data, triangles.ctypes.data, triangles.size, vertices.ctypes.data, len(vertices), 12,
                        None, 0, None, 0, locked.ctypes.data, 3 * target, limit, SPARSE | ABSOLUTE_ERROR,
                        ctypes.addressof(error))
    return out[:corners // 3], error.value
