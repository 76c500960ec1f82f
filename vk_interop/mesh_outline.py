"""What a mesh will take before it is read: counts from the head of its file. Measured with the files of `block` and
`town`, as the most resident memory above what there was before."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gsrender.load.files import reading, regular_file
from gsrender.load.ply import read_header
from vk_interop.cluster_buffers import bytes_of
from vk_interop.cluster_lod import CLUSTER_TRIANGLES, GROUP_CLUSTERS
from vk_interop.depth_settings import DepthSettings
from vk_interop.mesh_gltf import count_gltf

VERTEX, TRIANGLE, WIDE = 12, 12, 24  # bytes of one as it is kept, and of a triangle while its indices have 64 bits
BUILDING = 80  # bytes a triangle, while levels of detail are built
ALL_LEVELS = 2.0  # triangles of all levels to one of the source: each level halves the one below
FILLED = 119  # triangles of a cluster, as they come out where there are levels
PIECES, PIECE = 64, 1 << 16  # of an .obj, which has no head, that are looked at; bytes of each


@dataclass(frozen=True)
class MeshOutline:
    """`reading` and `building` are the most bytes of the host's memory at a time while the mesh is read, and while its
    levels of detail are built; vertices that lie on each other are counted as often as the file has them."""

    vertices: int
    triangles: int
    reading: int

    @property
    def building(self) -> int:
        return self._kept + BUILDING * self.triangles

    @property
    def _kept(self) -> int:
        return VERTEX * self.vertices + TRIANGLE * self.triangles

    def device_bytes(self, settings: DepthSettings, on_cpu: bool) -> int:
        """Of the device's memory, once it was drawn: with its levels of detail, or without where all is drawn."""
        with_levels = settings.lod_error is not None
        triangles = int(self.triangles * (ALL_LEVELS if with_levels else 1))
        cluster = FILLED if with_levels else CLUSTER_TRIANGLES
        return bytes_of(self.vertices, triangles, -(-triangles // cluster), -(-triangles // (GROUP_CLUSTERS * cluster)),
                        settings.drawn_by(on_cpu))


def outline_mesh(path) -> MeshOutline:
    """Takes milliseconds. Raises InputError where there are no such counts."""
    path = regular_file(path)
    with reading(path):
        size, suffix = path.stat().st_size, path.suffix.lower()
        if suffix in (".glb", ".gltf"):
            vertices, triangles = count_gltf(path)
            # The file, the indices of the parts, the same counted on, and all in one.
            return MeshOutline(vertices, triangles, size + 3 * WIDE * triangles + VERTEX * vertices)
        if suffix == ".ply":
            header = read_header(path)
            faces = sum(element.count for element in header.elements if element.name == "face")
            behind = max(size - header.size - header.row_bytes * header.count, 0)
            return MeshOutline(header.count, faces, VERTEX * header.count + behind + WIDE * faces)
        return _outline_obj(path, size)


def _outline_obj(path: Path, size: int) -> MeshOutline:
    """By lines of some pieces of the file: about."""
    counts, seen = [0, 0], 0
    with path.open("rb") as file:
        for piece in range(PIECES):
            start = piece * size // PIECES
            file.seek(start)
            data = file.read(min(PIECE, (piece + 1) * size // PIECES - start))
            seen += len(data)
            counts = [count + data.count(word) for count, word in zip(counts, (b"\nv ", b"\nf "))]
    vertices, triangles = (round(count * size / max(seen, 1)) for count in counts)
    # The text and its lines, and Python's own tuples and numbers.
    return MeshOutline(vertices, triangles, 2 * size + 57 * (vertices + triangles) + 144 * vertices + 168 * triangles)
