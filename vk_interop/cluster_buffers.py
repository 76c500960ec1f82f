"""A ClusterMesh on the GPU."""

from __future__ import annotations

import numpy as np

from vk_interop.cluster_lod import ClusterMesh
from vk_interop.device import Device, vk
from vk_interop.resources import USAGE_DEVICE_ADDRESS, Buffer, upload

STORAGE = vk.VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | USAGE_DEVICE_ADDRESS
FILLED = STORAGE | vk.VK_BUFFER_USAGE_TRANSFER_DST_BIT
DRAW_BYTES = 20  # VkDrawIndexedIndirectCommand


class ClusterBuffers:
    """What the shaders read of a mesh, and per cluster what they keep: a state from frame to frame, its place in the
    lists of a frame. Raises DeviceError."""

    def __init__(self, device: Device, mesh: ClusterMesh):
        self.clusters, self.groups = len(mesh.clusters), len(mesh.groups)
        corners = mesh.clusters["low"], mesh.clusters["high"]
        self.radius = float(np.linalg.norm(corners[1].max(0) - corners[0].min(0)) / 2) if self.clusters else 0.0
        self._parts: list[Buffer] = []
        try:
            self.vertices = self._add(device, mesh.vertices, vk.VK_BUFFER_USAGE_VERTEX_BUFFER_BIT)
            self.indices = self._add(device, mesh.triangles, vk.VK_BUFFER_USAGE_INDEX_BUFFER_BIT)
            self.cluster = self._add(device, mesh.clusters)
            self.group = self._add(device, _groups(mesh))
            self.seen = self._add(device, np.zeros(self.clusters, np.uint32))
            self.pending = self._add(device, np.zeros(self.clusters, np.uint32))
            self.small_list = self._add(device, np.zeros(self.clusters, np.uint32))
            self.large_list = self._add(device, np.zeros(self.clusters, np.uint32))
            self.draws = self._add(device, np.zeros(self.clusters * DRAW_BYTES, np.uint8),
                                   vk.VK_BUFFER_USAGE_INDIRECT_BUFFER_BIT)
        except BaseException:
            self.close()
            raise

    @property
    def nbytes(self) -> int:
        return sum(part.nbytes for part in self._parts)

    def close(self):
        for part in self._parts:
            part.close()

    def _add(self, device, array: np.ndarray, usage: int = 0) -> Buffer:
        buffer = Buffer(device, array.nbytes, FILLED | usage)
        self._parts.append(buffer)
        upload(device, buffer, array)
        return buffer


def _groups(mesh: ClusterMesh) -> np.ndarray:
    """The groups, with the least error of what their own clusters replace in the place of their level."""
    groups, refined = mesh.groups.copy(), mesh.clusters["refined"]
    if len(groups):
        errors = np.where(refined < 0, np.float32(-np.inf), mesh.groups["error"][refined])  # replaces nothing
        groups["level"] = np.minimum.reduceat(errors, mesh.groups["first_cluster"]).view(np.uint32)
    return groups
