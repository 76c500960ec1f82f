"""A glTF 2.0 file, .glb or .gltf with buffers beside it: its JSON and its buffers, with every access checked.

Read here and not by trimesh or pygltflib because every number in the JSON that says how much, where or which has to be
held against the file before it is used; what is left of the work after that is a few calls of numpy."""

from __future__ import annotations

import base64
import binascii
import struct
from pathlib import Path
from urllib.parse import unquote

import numpy as np

from gsrender.errors import InputError
from gsrender.load.files import LARGEST, beginning, parse_json, read_bytes, regular_file, shown

LIMIT = 4 << 30  # bytes of a file; a .glb counts its own in 32 bits
ITEM_LIMIT = 1 << 27  # vertices or triangles of all nodes together: a mesh may be shown many times
JSON_CHUNK, BINARY_CHUNK = 0x4E4F534A, 0x004E4942
HARMLESS = ("KHR_materials_", "KHR_texture_", "EXT_texture_", "KHR_mesh_quantization", "KHR_lights_")


class GltfFile:
    """Places in it are named as in `meshes[0].primitives[1].indices`; what is wrong is an InputError of such a place.

    json         the document
    counts_only  of a .glb, reads that and nothing else
    """

    def __init__(self, path: Path, counts_only: bool = False):
        self.path, self.binary = path, None
        data = _json_alone(path) if counts_only else read_bytes(path, LIMIT)
        if data[:4] == b"glTF":
            text, self.binary = self._chunks(data)
        elif path.suffix.lower() == ".glb":
            raise InputError(f"{path}: not a .glb file, {beginning(data)}")
        else:
            text = data
        try:
            self.json = parse_json(text.decode("utf-8"), path)
        except UnicodeDecodeError as error:
            raise InputError(f"{path}: the JSON is not UTF-8 text") from error
        asset = self.json.get("asset") if isinstance(self.json, dict) else None
        if not isinstance(asset, dict) or not str(asset.get("version")).startswith("2."):
            raise InputError(f"{path}: asset.version is not 2.x, so not glTF 2.0")
        for name in self.top("extensionsRequired"):
            if not (isinstance(name, str) and name.startswith(HARMLESS)):
                raise InputError(f"{path}: needs the extension {shown(name)}, which is not supported")
        self._buffers: dict[int, bytes] = {}

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
        """Raises the InputError."""
        raise InputError(f"{self.path}: {where}: {what}")

    def accessor(self, parent, where, name, kind, types) -> np.ndarray:
        """The numbers [count, components] of the accessor that `name` in `parent` says. `kind` is SCALAR or VEC3,
        `types` NumPy's by componentType."""
        where, accessor = self._named_accessor(parent, where, name)
        code = self.whole(accessor, where, "componentType", 1 << 16)
        if accessor.get("type") != kind or code not in types:
            self.fail(where, f"type {shown(accessor.get('type'))} of {code}, expected {kind} of "
                             f"{', '.join(map(str, types))}")
        if "sparse" in accessor:
            self.fail(where, "is sparse, which is not supported")
        dtype, components = np.dtype(types[code]), 3 if kind == "VEC3" else 1
        count = self.whole(accessor, where, "count", ITEM_LIMIT + 1)
        view, stride = self._view(accessor, where)
        start, row = self.whole(accessor, where, "byteOffset", LIMIT, 0), components * dtype.itemsize
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

    def count(self, parent, where, name) -> int:
        """How many there are in it."""
        where, accessor = self._named_accessor(parent, where, name)
        return self.whole(accessor, where, "count", ITEM_LIMIT + 1)

    def top(self, name) -> list:
        """A list of the document itself, such as `nodes`."""
        return self.entries(self.json, "", name)

    def fields(self, value, where) -> dict:
        """The value, which has to be an object."""
        if not isinstance(value, dict):
            self.fail(where, f"{shown(value)}, expected an object")
        return value

    def entries(self, parent, where, name) -> list:
        """A list; an empty one where there is none."""
        value = self.fields(parent, where).get(name, [])
        if not isinstance(value, list):
            self.fail(f"{where}.{name}".lstrip("."), f"{shown(value)}, expected a list")
        return value

    def whole(self, parent, where, name, limit, default=None) -> int:
        """A whole number from 0 to below `limit`."""
        value = self.fields(parent, where).get(name, default)
        if type(value) is not int or not 0 <= value < limit:
            self.fail(f"{where}.{name}".lstrip("."), f"{shown(value)}, expected a whole number from 0 to {limit - 1:,}")
        return value

    def numbers(self, parent, where, name, count, default=None) -> np.ndarray:
        """So many finite numbers, float64."""
        value = parent.get(name, default)
        if not isinstance(value, (list, tuple)) or len(value) != count or not all(
                type(number) in (int, float) and abs(number) <= LARGEST for number in value):  # NaN fails
            self.fail(f"{where}.{name}", f"{shown(value)}, expected {count} finite numbers")
        return np.array(value, np.float64)

    def _named_accessor(self, parent, where, name) -> tuple[str, dict]:
        """Its place, and it."""
        accessors = self.top("accessors")
        index = self.whole(parent, where, name, len(accessors))
        return f"accessors[{index}]", accessors[index]

    def _view(self, accessor, where) -> tuple[memoryview, int | None]:
        """The bytes that an accessor begins in, and how far its rows are apart where that is said."""
        views = self.top("bufferViews")
        index = self.whole(accessor, where, "bufferView", len(views))
        where, view = f"bufferViews[{index}]", views[index]
        buffer = self._buffer(self.whole(view, where, "buffer", len(self.top("buffers"))))
        start = self.whole(view, where, "byteOffset", LIMIT, 0)
        length = self.whole(view, where, "byteLength", LIMIT)
        if start + length > len(buffer):
            self.fail(where, f"bytes {start:,} to {start + length:,}, its buffer has {len(buffer):,}")
        return memoryview(buffer)[start:start + length], self.whole(view, where, "byteStride", 253, 0) or None

    def _buffer(self, index: int) -> bytes:
        if index not in self._buffers:
            where, buffer = f"buffers[{index}]", self.json["buffers"][index]
            length = self.whole(buffer, where, "byteLength", LIMIT)
            data = self._buffer_bytes(buffer, where, index)
            if len(data) < length:
                self.fail(where, f"byteLength {length:,}, {len(data):,} are there")
            self._buffers[index] = data[:length]
        return self._buffers[index]

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


def _json_alone(path: Path) -> bytes:
    """Of a .glb as one without a binary chunk."""
    path = regular_file(path)
    with path.open("rb") as file:
        head = file.read(20)
        if head[:4] != b"glTF" or len(head) < 20:
            return read_bytes(path, LIMIT)
        size = min(struct.unpack_from("<I", head, 12)[0], path.stat().st_size - 20)
        return head[:8] + struct.pack("<2I", 20 + size, size) + head[16:20] + file.read(size)
