"""Cluster LOD: a mesh as clusters of 128 triangles at every level of detail, for the proxy's depth at any size of mesh.

Clusters that touch form groups; a group is simplified as one to half of its triangles, its border with other groups
held still, and what comes out is cut into clusters of the next level. So each patch of the surface has a chain of
groups, from the source to the root, and a cut through all chains is a whole surface if it is decided group by group:

    a cluster is drawn where  too_coarse(its group)  and not  too_coarse(the group that it was refined from)

where a group is too coarse when its error covers more than the allowed pixels on the screen. Errors only grow along a
chain and spheres only enclose more, so that every monotone measure of both draws each patch exactly once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

CLUSTER_TRIANGLES = 128
CLUSTER_VERTICES = 128
GROUP_CLUSTERS = 16  # that a group should have

# Both are laid out as std430 wants them, 64 and 32 bytes: what shaders read is copied from the arrays as it is, but for
# clusters' spheres and groups' levels (cluster_buffers.py).
CLUSTER = np.dtype([
    ("centre", "<f4", 3), ("radius", "<f4"),  # a sphere around its own triangles, scene units
    ("low", "<f4", 3), ("first_triangle", "<u4"),  # an axis-aligned box around them
    ("high", "<f4", 3), ("triangle_count", "<u4"),
    ("group", "<i4"),  # that it is simplified away with
    ("refined", "<i4"),  # the group that was simplified into it, -1 at level 0
    ("level", "<u4"), ("longest_edge", "<f4")])  # 0 is the source; scene units
GROUP = np.dtype([
    ("centre", "<f4", 3), ("radius", "<f4"),  # a sphere around the spheres of all groups below, scene units
    ("error", "<f4"),  # scene units, at least that of any group below; +inf for what is never simplified away
    ("level", "<u4"),  # the highest of its clusters'
    ("first_cluster", "<u4"), ("cluster_count", "<u4")])


def starts(counts: np.ndarray) -> np.ndarray:
    """Where each of several runs that follow each other begins, int64; of their lengths."""
    return np.cumsum(counts, dtype=np.int64) - counts


@dataclass(frozen=True, eq=False)
class ClusterMesh:
    """A mesh at every level of detail. Levels above 0 use vertices of the source, so there is one array of them."""

    vertices: np.ndarray  # [V, 3] float32, scene units; no position twice, in the order that triangles use them
    triangles: np.ndarray  # [T, 3] uint32, cluster by cluster
    clusters: np.ndarray  # [C] CLUSTER, group by group
    groups: np.ndarray  # [G] GROUP

    @property
    def levels(self) -> int:
        """Of detail; 1 where nothing is simplified."""
        return int(self.clusters["level"].max()) + 1 if len(self.clusters) else 0

    @property
    def arrays(self) -> tuple[np.ndarray, ...]:
        """In the order of the fields."""
        return self.vertices, self.triangles, self.clusters, self.groups

    @property
    def nbytes(self) -> int:
        return sum(array.nbytes for array in self.arrays)

    def drawn(self, too_coarse: np.ndarray) -> np.ndarray:
        """[C] bool, the clusters of a cut; too_coarse is [G] bool. All True draws level 0: the source."""
        refined = self.clusters["refined"]
        return too_coarse[self.clusters["group"]] & ((refined < 0) | ~too_coarse[refined])

    def triangles_of(self, clusters: np.ndarray) -> np.ndarray:
        """[N, 3] uint32: the triangles of the clusters that `clusters`, [C] bool, picks."""
        return self.triangles[np.repeat(clusters, self.clusters["triangle_count"])]
