"""glTF 2.0, in one .glb file or as .gltf with buffers beside it: triangles of the default scene, placed by its nodes.

Read here and not by trimesh or pygltflib because every number in the JSON that says how much, where or which has to be
held against the file before it is used; what is left of the work after that is a few calls of numpy."""

from __future__ import annotations

import base64
import binascii
import struct
from pathlib import Path
from urllib.parse import unquote

import numpy as np

from gsrender import quaternions
from gsrender.errors import InputError
from gsrender.load.files import LARGEST, parse_json, read_bytes, regular_file, shown

LIMIT = 4 << 30  # bytes of a file; a .glb counts its own in 32 bits
ITEM_LIMIT = 1 << 27  # vertices or triangles of all nodes together: a mesh may be shown many times
JSON_CHUNK, BINARY_CHUNK = 0x4E4F534A, 0x004E4942
TRIANGLES, STRIP, FAN = 4, 5, 6
INDEX_TYPES = {5121: "u1", 5123: "<u2", 5125: "<u4"}
POSITION_TYPES = {5126: "<f4", 5120: "i1", 5121: "u1", 5122: "<i2", 5123: "<u2"}  # all but float: quantised
HARMLESS = ("KHR_materials_", "KHR_texture_", "EXT_texture_", "KHR_mesh_quantization", "KHR_lights_")


def read_gltf(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Vertices [V, 3] float32 or float64 and triangles [T, 3] int64, of primitives in the order of the nodes."""
    document = _Document(path)
    parts, vertices, triangles = [], 0, 0
    for node, world_from_node in document.placed_meshes():
        for position, indices in document.primitives(node):
            triangles += len(indices)
            parts.append((transformed(position, world_from_node), indices + vertices))
            vertices += len(position)
            if max(vertices, triangles) > ITEM_LIMIT:
                raise InputError(f"{path}: more than {ITEM_LIMIT:,} vertices or triangles, all nodes counted")
    if not parts:
        raise InputError(f"{path}: no triangles in its scene")
    return np.concatenate([p for p, _ in parts]), np.concatenate([t for _, t in parts])


def count_gltf(path: Path) -> tuple[int, int]:
    """Vertices and triangles of the file, as its JSON has them; of a .glb nothing else is read."""
    document, vertices, triangles = _Document(path, counts_only=True), 0, 0
    for mesh, _ in document.placed_meshes():
        for more_vertices, more_triangles in document.counts(mesh):
            vertices, triangles = vertices + more_vertices, triangles + more_triangles
    return vertices, triangles


def transformed(vertices: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Vertices [V, 3] by a 4 x 4 matrix, in double precision; as they are, to the bit, where it is the identity."""
    if np.array_equal(matrix, np.eye(4)):
        return vertices
    with np.errstate(over="ignore", invalid="ignore"):  # load_mesh drops what is not finite
        return vertices.astype(np.float64) @ matrix[:3, :3].T + matrix[:3, 3]


class _Document:
    """The JSON, with every access checked. Places in it are named as in `meshes[0].primitives[1].indices`."""

    def __init__(self, path: Path, counts_only: bool = False):
        self.path, self.binary = path, None
        data = _json_alone(path) if counts_only else read_bytes(path, LIMIT)
        if data[:4] == b"glTF":
            text, self.binary = self._chunks(data)
        elif path.suffix.lower() == ".glb":
            raise InputError(f"{path}: not a .glb file, it begins with {shown(data[:8])}")
        else:
            text = data
        try:
            self.json = parse_json(text.decode("utf-8"), path)
        except UnicodeDecodeError as error:
            raise InputError(f"{path}: the JSON is not UTF-8 text") from error
        asset = self.json.get("asset") if isinstance(self.json, dict) else None
        if not isinstance(asset, dict) or not str(asset.get("version")).startswith("2."):
            raise InputError(f"{path}: asset.version is not 2.x, so not glTF 2.0")
        for name in self._list(self.json, "", "extensionsRequired"):
            if not (isinstance(name, str) and name.startswith(HARMLESS)):
                raise InputError(f"{path}: needs the extension {shown(name)}, which is not supported")
        self.buffers: dict[int, bytes] = {}

    def _chunks(self, data: bytes) -> tuple[bytes, bytes | None]:
        version, length = struct.unpack_from("<II", data.ljust(12, b"\0"), 4)
        if version != 2 or not 12 <= length <= len(data):
            raise InputError(f"{self.path}: header says version {version}, {length:,} bytes; expected 2 and at most "
                             f"the {len(data):,} that are there")
        chunks, position = [], 12
        while position + 8 <= length and len(chunks) < 2:
            size, kind = struct.unpack_from("<II", data, position)
            if size > length - position - 8:
                raise InputError(f"{self.path}: a chunk of {size:,} bytes, {length - position - 8:,} are there")
            chunks.append((kind, data[position + 8:position + 8 + size]))
            position += 8 + size
        if not chunks or chunks[0][0] != JSON_CHUNK:
            raise InputError(f"{self.path}: the first chunk is not JSON")
        return chunks[0][1], chunks[1][1] if len(chunks) == 2 and chunks[1][0] == BINARY_CHUNK else None

    def fail(self, where: str, what: str):
        raise InputError(f"{self.path}: {where}: {what}")

    def placed_meshes(self):
        """Yields (mesh index, world_from_node [4, 4]) of the default scene's nodes, depth first, each node once."""
        nodes = self._list(self.json, "", "nodes")
        scenes = self._list(self.json, "", "scenes")
        if scenes:
            scene = self._integer(self.json, "", "scene", len(scenes), 0)
            roots = self._list(scenes[scene], f"scenes[{scene}]", "nodes")
        else:
            children = {child for i, node in enumerate(nodes) for child in self._list(node, f"nodes[{i}]", "children")
                        if isinstance(child, int)}
            roots = [i for i in range(len(nodes)) if i not in children]
        waiting = [(root, np.eye(4)) for root in reversed(roots)]
        seen = set()
        while waiting:
            index, world_from_parent = waiting.pop()
            if type(index) is not int or not 0 <= index < len(nodes):
                self.fail("nodes", f"node {shown(index)} is referred to, there are {len(nodes)}")
            where, node = f"nodes[{index}]", nodes[index]
            if index in seen:
                self.fail(where, "has two parents, or is its own")
            seen.add(index)
            with np.errstate(over="ignore", invalid="ignore"):
                world_from_node = world_from_parent @ self._node_transform(node, where)
            if "mesh" in self._object(node, where):
                yield self._integer(node, where, "mesh", len(self._list(self.json, "", "meshes"))), world_from_node
            waiting += [(child, world_from_node) for child in reversed(self._list(node, where, "children"))]

    def _node_transform(self, node, where) -> np.ndarray:
        if "matrix" in self._object(node, where):
            return self._numbers(node, where, "matrix", 16).reshape(4, 4).T  # column by column in the file
        x, y, z, w = self._numbers(node, where, "rotation", 4, (0, 0, 0, 1))
        length = np.sqrt(x * x + y * y + z * z + w * w)
        if not length > 0:
            self.fail(f"{where}.rotation", "all zero, expected a unit quaternion")
        matrix = np.eye(4)
        rotation = quaternions.to_matrix(np.array([w, x, y, z]) / length)
        matrix[:3, :3] = rotation * self._numbers(node, where, "scale", 3, (1, 1, 1))
        matrix[:3, 3] = self._numbers(node, where, "translation", 3, (0, 0, 0))
        return matrix

    def primitives(self, mesh: int):
        """Yields (positions [V, 3], triangles [T, 3] int64) of a mesh; points and lines are left out."""
        for place, primitive, mode, attributes in self._surfaces(mesh):
            position = self._accessor(attributes, f"{place}.attributes", "POSITION", "VEC3", POSITION_TYPES)
            corners = np.arange(len(position))
            if "indices" in primitive:
                corners = self._accessor(primitive, place, "indices", "SCALAR", INDEX_TYPES)[:, 0].astype(np.int64)
                if len(corners) and corners.max() >= len(position):
                    self.fail(f"{place}.indices", f"refers to vertex {corners.max()}, there are {len(position):,}")
            if mode == TRIANGLES and len(corners) % 3:
                self.fail(place, f"{len(corners)} corners, expected a multiple of 3")
            if len(corners) >= 3:
                yield position, _triangles(corners, mode)

    def counts(self, mesh: int):
        """Yields how many vertices and triangles each of a mesh's primitives has."""
        accessors = self._list(self.json, "", "accessors")
        for place, primitive, mode, attributes in self._surfaces(mesh):
            vertices = self._count(accessors, attributes, f"{place}.attributes", "POSITION")
            corners = self._count(accessors, primitive, place, "indices") if "indices" in primitive else vertices
            yield vertices, corners // 3 if mode == TRIANGLES else max(corners - 2, 0)

    def _surfaces(self, mesh: int):
        """Yields (place in the file, primitive, mode, attributes) of those of a mesh that are triangles somewhere."""
        where = f"meshes[{mesh}]"
        for i, primitive in enumerate(self._list(self.json["meshes"][mesh], where, "primitives")):
            place = f"{where}.primitives[{i}]"
            mode = self._integer(primitive, place, "mode", 7, TRIANGLES)
            attributes = self._object(primitive.get("attributes", {}), f"{place}.attributes")
            if mode >= TRIANGLES and "POSITION" in attributes:
                yield place, primitive, mode, attributes

    def _count(self, accessors: list, parent, where, name) -> int:
        index = self._integer(parent, where, name, len(accessors))
        return self._integer(accessors[index], f"accessors[{index}]", "count", ITEM_LIMIT + 1)

    def _accessor(self, parent, where, name, kind, types) -> np.ndarray:
        """The numbers of an accessor, [count, components]."""
        accessors = self._list(self.json, "", "accessors")
        index = self._integer(parent, where, name, len(accessors))
        where, accessor = f"accessors[{index}]", accessors[index]
        code = self._integer(accessor, where, "componentType", 1 << 16)
        if accessor.get("type") != kind or code not in types:
            self.fail(where, f"type {shown(accessor.get('type'))} of {code}, expected {kind} of "
                             f"{', '.join(map(str, types))}")
        if "sparse" in accessor:
            self.fail(where, "is sparse, which is not supported")
        dtype, components = np.dtype(types[code]), 3 if kind == "VEC3" else 1
        count = self._integer(accessor, where, "count", ITEM_LIMIT + 1)
        view, stride = self._view(accessor, where)
        start, row = self._integer(accessor, where, "byteOffset", LIMIT, 0), components * dtype.itemsize
        stride = stride or row
        needed = start + (count - 1) * stride + row if count else 0
        if needed > len(view) or stride < row:
            self.fail(where, f"{count:,} x {row} bytes, {stride} apart, need {needed:,}; the view has {len(view):,}")
        if count == 0:
            return np.empty((0, components), dtype)
        values = np.ndarray((count, components), dtype, view, start, (stride, dtype.itemsize))
        if dtype.kind != "f" and kind == "VEC3":
            limit = float(np.iinfo(dtype).max) if accessor.get("normalized") is True else 1.0
            return np.maximum(values / limit, -1.0) if limit > 1 else values.astype(np.float32)
        return values

    def _view(self, accessor, where) -> tuple[memoryview, int | None]:
        views = self._list(self.json, "", "bufferViews")
        index = self._integer(accessor, where, "bufferView", len(views))
        where, view = f"bufferViews[{index}]", views[index]
        buffer = self._buffer(self._integer(view, where, "buffer", len(self._list(self.json, "", "buffers"))))
        start = self._integer(view, where, "byteOffset", LIMIT, 0)
        length = self._integer(view, where, "byteLength", LIMIT)
        if start + length > len(buffer):
            self.fail(where, f"bytes {start:,} to {start + length:,}, its buffer has {len(buffer):,}")
        return memoryview(buffer)[start:start + length], self._integer(view, where, "byteStride", 253, 0) or None

    def _buffer(self, index: int) -> bytes:
        if index not in self.buffers:
            where, buffer = f"buffers[{index}]", self.json["buffers"][index]
            length = self._integer(buffer, where, "byteLength", LIMIT)
            data = self._buffer_bytes(buffer, where, index)
            if len(data) < length:
                self.fail(where, f"byteLength {length:,}, {len(data):,} are there")
            self.buffers[index] = data[:length]
        return self.buffers[index]

    def _buffer_bytes(self, buffer, where, index) -> bytes:
        uri = buffer.get("uri")
        if uri is None and index == 0 and self.binary is not None:
            return self.binary
        if not isinstance(uri, str):
            self.fail(f"{where}.uri", f"{shown(uri)}, expected a file beside it or base64 data")
        if uri.startswith("data:"):
            head, _, body = uri.partition(",")
            try:
                if head.endswith(";base64"):
                    return base64.b64decode(body, validate=True)
            except (binascii.Error, ValueError):
                pass
            self.fail(f"{where}.uri", f"{shown(uri)} is not base64 data")
        folder = self.path.parent.resolve()
        file = (folder / unquote(uri)).resolve() if "\0" not in unquote(uri) else folder.parent
        if not file.is_relative_to(folder):
            self.fail(f"{where}.uri", f"{shown(uri)} is outside of the file's folder")
        return read_bytes(file, LIMIT)

    def _object(self, value, where) -> dict:
        if not isinstance(value, dict):
            self.fail(where, f"{shown(value)}, expected an object")
        return value

    def _list(self, parent, where, name) -> list:
        value = self._object(parent, where).get(name, [])
        if not isinstance(value, list):
            self.fail(f"{where}.{name}".lstrip("."), f"{shown(value)}, expected a list")
        return value

    def _integer(self, parent, where, name, limit, default=None) -> int:
        """A whole number from 0 to below `limit`."""
        value = self._object(parent, where).get(name, default)
        if type(value) is not int or not 0 <= value < limit:
            self.fail(f"{where}.{name}".lstrip("."), f"{shown(value)}, expected a whole number from 0 to {limit - 1:,}")
        return value

    def _numbers(self, parent, where, name, count, default=None) -> np.ndarray:
        value = parent.get(name, default)
        if not isinstance(value, (list, tuple)) or len(value) != count or not all(
                type(number) in (int, float) and abs(number) <= LARGEST for number in value):  # NaN fails
            self.fail(f"{where}.{name}", f"{shown(value)}, expected {count} finite numbers")
        return np.array(value, np.float64)


def _json_alone(path: Path) -> bytes:
    """Of a .glb as one without a binary chunk."""
    path = regular_file(path)
    with path.open("rb") as file:
        head = file.read(20)
        if head[:4] != b"glTF" or len(head) < 20:
            return read_bytes(path, LIMIT)
        size = min(struct.unpack_from("<I", head, 12)[0], path.stat().st_size - 20)
        return head[:8] + struct.pack("<2I", 20 + size, size) + head[16:20] + file.read(size)


def _triangles(corners: np.ndarray, mode: int) -> np.ndarray:
    if mode == TRIANGLES:
        return corners.reshape(-1, 3)
    if mode == FAN:
        return np.column_stack([np.broadcast_to(corners[0], len(corners) - 2), corners[1:-1], corners[2:]])
    strip = np.column_stack([corners[:-2], corners[1:-1], corners[2:]])
    strip[1::2] = strip[1::2, [1, 0, 2]]  # every other one winds the other way
    return strip
