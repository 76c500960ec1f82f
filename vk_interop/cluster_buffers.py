"""A ClusterMesh on the GPU."""

from __future__ import annotations

import numpy as np

from vk_interop.calls import vk
from vk_interop.cluster_lod import CLUSTER, GROUP, ClusterMesh
from vk_interop.device import Device
from vk_interop.meshlets import meshlets
from vk_interop.packed_vertices import packed_vertices
from vk_interop.resources import USAGE_DEVICE_ADDRESS, Buffer, upload

STORAGE = vk.VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | USAGE_DEVICE_ADDRESS
FILLED = STORAGE | vk.VK_BUFFER_USAGE_TRANSFER_DST_BIT
USAGES = {"vertices": vk.VK_BUFFER_USAGE_VERTEX_BUFFER_BIT, "indices": vk.VK_BUFFER_USAGE_INDEX_BUFFER_BIT,
          "draws": vk.VK_BUFFER_USAGE_INDIRECT_BUFFER_BIT}  # besides FILLED
DRAW_BYTES = 20  # VkDrawIndexedIndirectCommand
LISTS = "seen", "pending", "small_list", "medium_list", "large_list"
VERTEX_BYTES, MOST_VERTEX_BYTES = 12, 64 * 10**6  # of all vertices: where they take more, they are packed
PACKED_VERTEX, PACKED_TRIANGLE = 9.0, 3.8  # about what a vertex takes, and a triangle in a meshlet
SPHERE_BYTES = CLUSTER.fields["low"][1]  # that a CLUSTER begins with, and that no shader reads


class ClusterBuffers:
    """What the shaders read of a mesh, and per cluster what they keep: a state from frame to frame, its place in the
    lists of a frame. Its triangles come with what first draws them, see `prepare`. Raises DeviceError."""

    def __init__(self, device: Device, mesh: ClusterMesh):
        self.clusters, self.groups = len(mesh.clusters), len(mesh.groups)
        corners = mesh.clusters["low"], mesh.clusters["high"]
        self.radius = float(np.linalg.norm(corners[1].max(0) - corners[0].min(0)) / 2) if self.clusters else 0.0
        self.packs_vertices = packs_vertices(len(mesh.vertices))  # for the compute rasterisers
        self._device, self._mesh = device, mesh
        self.buffers: dict[str, Buffer] = {}  # by their names in ProxyFrame of shaders/structs.glsl
        records = np.ascontiguousarray(mesh.clusters).view(np.uint8).reshape(-1, CLUSTER.itemsize)
        lists = {name: np.zeros(self.clusters, np.uint32) for name in LISTS}
        self._add({"cluster": records[:, SPHERE_BYTES:], "group": _groups(mesh), **lists})

    def prepare(self, raster: str):
        """Makes what this one of RASTERS reads of the triangles, unless it is there: indices for the vertex pipeline,
        meshlets for the compute rasterisers, half as large; and the vertices, for the latter packed where there are
        many. All stays. Raises DeviceError."""
        mesh, packs = self._mesh, self.packs_vertices and raster == "compute"
        if not packs and "vertices" not in self.buffers:
            self._add({"vertices": mesh.vertices})
        if raster != "vertex" and "meshlet" not in self.buffers:
            records, words = meshlets(mesh.triangles, mesh.clusters["triangle_count"])
            self._add({"meshlet": records, "packed": words})
        if raster != "vertex" and self.packs_vertices and "vertex_run" not in self.buffers:
            records, words = packed_vertices(mesh.vertices)
            self._add({"vertex_run": records, "vertex_words": words})
        if raster != "compute" and "indices" not in self.buffers:
            self._add({"indices": mesh.triangles, "draws": np.zeros(self.clusters * DRAW_BYTES, np.uint8)})

    def address(self, name: str) -> int:
        """0 for what nothing drew with yet."""
        return self.buffers[name].address if name in self.buffers else 0

    @property
    def nbytes(self) -> int:
        return sum(buffer.nbytes for buffer in self.buffers.values())

    def close(self):
        for buffer in self.buffers.values():
            buffer.close()

    def _add(self, arrays: dict[str, np.ndarray]):
        """All of them or none."""
        made = {}
        try:
            for name, array in arrays.items():
                made[name] = Buffer(self._device, array.nbytes, FILLED | USAGES.get(name, 0))
                upload(self._device, made[name], array)
        except BaseException:
            for buffer in made.values():
                buffer.close()
            raise
        self.buffers |= made


def bytes_of(vertices: int, triangles: int, clusters: int, groups: int, raster: str) -> int:
    """What these will take as ClusterBuffers that were prepared for this one of RASTERS, about."""
    taken = (CLUSTER.itemsize - SPHERE_BYTES + 4 * len(LISTS)) * clusters + GROUP.itemsize * groups
    drawn = 12 * triangles + DRAW_BYTES * clusters
    packs = packs_vertices(vertices) and raster != "vertex"
    taken += VERTEX_BYTES * vertices * (raster != "compute" or not packs) + PACKED_VERTEX * vertices * packs
    return int(taken + drawn * (raster != "compute") + PACKED_TRIANGLE * triangles * (raster != "vertex"))


def packs_vertices(vertices: int) -> bool:
    """Whether the compute rasterisers read so many packed: a quarter less memory, for 2 to 3 us a frame on an H100."""
    return VERTEX_BYTES * vertices > MOST_VERTEX_BYTES


def _groups(mesh: ClusterMesh) -> np.ndarray:
    """The groups, with the least error of what their own clusters replace in the place of their level."""
    groups, refined = mesh.groups.copy(), mesh.clusters["refined"]
    if len(groups):
        errors = np.where(refined < 0, np.float32(-np.inf), mesh.groups["error"][refined])  # replaces nothing
        groups["level"] = np.minimum.reduceat(errors, mesh.groups["first_cluster"]).view(np.uint32)
    return groups
