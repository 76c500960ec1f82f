"""A mesh as clusters without levels of detail: triangles in the file's order, up to 128 each, for what draws all."""

from __future__ import annotations

import numpy as np

from vk_interop import cluster_lod_meshopt as meshopt
from vk_interop.cluster_bounds import fill_bounds
from vk_interop.cluster_lod import CLUSTER, GROUP, GROUP_CLUSTERS, ClusterMesh, starts
from vk_interop.mesh import ProxyMesh

CHUNK = 1 << 13  # clusters at a time
RUN = 1 << 20  # triangles that are cut into clusters at a time


def flat_clusters(mesh: ProxyMesh) -> ClusterMesh:
    """One level, never simplified: drawn at any lod_error. Takes about two seconds for ten million triangles."""
    counts = np.concatenate([np.zeros(0, np.int64), *(
        meshopt.runs(mesh.triangles[i:i + RUN]) for i in range(0, len(mesh.triangles), RUN))])
    clusters = np.zeros(len(counts), CLUSTER)
    clusters["first_triangle"], clusters["refined"] = starts(counts), -1
    clusters["triangle_count"] = counts
    ends = np.append(clusters["first_triangle"], len(mesh.triangles))
    for first in range(0, len(counts), CHUNK):
        last = min(first + CHUNK, len(counts))
        fill_bounds(clusters[first:last], mesh.vertices[mesh.triangles[ends[first]:ends[last]]])
    firsts = np.arange(0, len(clusters), GROUP_CLUSTERS)
    clusters["group"] = np.arange(len(clusters)) // GROUP_CLUSTERS
    groups = np.zeros(len(firsts), GROUP)
    groups["error"], groups["first_cluster"] = np.inf, firsts
    groups["cluster_count"] = np.diff(np.append(firsts, len(clusters)))
    if len(clusters):
        low, high = np.minimum.reduceat(clusters["low"], firsts), np.maximum.reduceat(clusters["high"], firsts)
        groups["centre"] = (low + high) / 2
        groups["radius"] = 1.001 * np.linalg.norm(high - low, axis=1) / 2  # more than what was rounded
    return ClusterMesh(mesh.vertices, mesh.triangles, clusters, groups)
