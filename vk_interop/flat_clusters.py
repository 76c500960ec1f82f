"""A mesh as clusters without levels of detail: triangles in the file's order, up to 128 each, for what draws all."""

from __future__ import annotations

import numpy as np

from vk_interop import cluster_lod_meshopt as meshopt
from vk_interop.cluster_lod import CLUSTER, GROUP, ClusterMesh
from vk_interop.mesh import ProxyMesh

GROUP_CLUSTERS = 16
CHUNK = 1 << 13  # clusters at a time
RUN = 1 << 20  # triangles that are cut into clusters at a time


def flat_clusters(mesh: ProxyMesh) -> ClusterMesh:
    """One level, never simplified: drawn at any lod_error. Takes about a second for ten million triangles."""
    counts = np.concatenate([np.zeros(0, np.int64), *(
        meshopt.runs(mesh.triangles[i:i + RUN]) for i in range(0, len(mesh.triangles), RUN))])
    clusters = np.zeros(len(counts), CLUSTER)
    clusters["first_triangle"], clusters["refined"] = np.cumsum(counts) - counts, -1
    clusters["triangle_count"] = counts
    for i in range(0, len(counts), CHUNK):
        _bound(clusters[i:i + CHUNK], mesh)
    firsts = np.arange(0, len(clusters), GROUP_CLUSTERS)
    clusters["group"] = np.arange(len(clusters)) // GROUP_CLUSTERS
    groups = np.zeros(len(firsts), GROUP)
    groups["error"], groups["first_cluster"] = np.inf, firsts
    groups["cluster_count"] = np.diff(np.append(firsts, len(clusters)))
    if len(clusters):
        low, high = np.minimum.reduceat(clusters["low"], firsts), np.maximum.reduceat(clusters["high"], firsts)
        _bound_boxes(groups, low, high)
    return ClusterMesh(mesh.vertices, mesh.triangles, clusters, groups)


def _bound(clusters: np.ndarray, mesh: ProxyMesh):
    """Fills in their boxes, spheres and longest edges."""
    first = clusters["first_triangle"][0]
    corners = mesh.vertices[mesh.triangles[first:clusters["first_triangle"][-1] + clusters["triangle_count"][-1]]]
    starts = clusters["first_triangle"] - first
    clusters["low"] = np.minimum.reduceat(corners.min(1), starts)
    clusters["high"] = np.maximum.reduceat(corners.max(1), starts)
    _bound_boxes(clusters, clusters["low"], clusters["high"])
    edges = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).max(1)
    clusters["longest_edge"] = 1.001 * np.maximum.reduceat(edges, starts)


def _bound_boxes(records: np.ndarray, low: np.ndarray, high: np.ndarray):
    """Fills in spheres around boxes. 1.001 is for the rounding of the centre and of the lengths."""
    records["centre"] = (low + high) / 2
    records["radius"] = 1.001 * np.linalg.norm(high - low, axis=1) / 2
