"""Meshes in .ply: the vertices by gsrender's reader, and the lists of `face` after them."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

from gsrender.errors import InputError
from gsrender.load.ply import FORMATS, PlyElement, PlyHeader, nbytes_of, read_header, read_vertices

INDICES = ("vertex_indices", "vertex_index")


def read_ply(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Vertices [V, 3] float32 and triangles [T, 3] int64; polygons become fans."""
    header = read_header(path)
    if len(header.elements) < 2 or header.elements[1].name != "face":
        raise InputError(f"{path}: no element face after the vertices, so no triangles")
    faces = header.elements[1]
    lists = [p for p in faces.properties if p.name in INDICES]
    if len(lists) != 1 or lists[0].length is None or "f" in lists[0].kind + lists[0].length:
        raise InputError(f"{path}: element face has no list of integers {' or '.join(INDICES)}")
    vertices = read_vertices(header).columns("x", "y", "z")
    words = _Text(header) if header.format == "ascii" else _Binary(header)
    smallest = sum(words.size(p.length or p.kind) for p in faces.properties)
    if faces.count * smallest > words.present:
        raise InputError(f"{path}: {faces.count:,} faces need {faces.count * smallest:,} bytes at least, "
                         f"{words.present:,} are there")
    if header.format != "ascii":
        triangles = _all_triangles(faces, lists[0].name, words)
        if triangles is not None:
            return vertices, triangles
    return vertices, _polygons(path, faces, lists[0].name, words)


class _Binary:
    """The bytes after the vertices, a number at a time."""

    def __init__(self, header: PlyHeader):
        self.order = FORMATS[header.format]
        with header.path.open("rb") as file:
            file.seek(header.size + header.count * header.row_bytes)
            self.data = file.read()
        self.present, self.position = len(self.data), 0

    size = staticmethod(nbytes_of)

    def take(self, kind: str, count: int) -> tuple:
        """The next `count` numbers. Raises ValueError where there are not as many."""
        size = count * nbytes_of(kind)
        if not 0 <= size <= self.present - self.position:
            raise ValueError
        values = struct.unpack_from(f"{self.order}{count}{np.dtype(kind).char}", self.data, self.position)
        self.position += size
        return values


class _Text:
    """The words after the vertices' lines, a number at a time."""

    def __init__(self, header: PlyHeader):
        with header.path.open("rb") as file:
            file.seek(header.size)
            for _ in range(header.count):
                file.readline()
            data = file.read()
        self.words, self.present, self.position = data.split(), len(data) + 1, 0

    @staticmethod
    def size(kind: str) -> int:
        return 2  # a digit, and what parts it from the next

    def take(self, kind: str, count: int) -> tuple:
        words = self.words[self.position:self.position + max(count, 0)]
        self.position += len(words)
        if len(words) != count:
            raise ValueError
        return tuple(map(float if kind[0] == "f" else int, words))


def _all_triangles(faces: PlyElement, name: str, words: _Binary) -> np.ndarray | None:
    """[count, 3] where every list of indices has three and no other list is in the way, in one go; else None."""
    if any(p.length and p.name != name for p in faces.properties):
        return None
    order, fields = words.order, []
    for i, p in enumerate(faces.properties):
        if p.length:
            fields.append(("length", order + p.length))
        fields.append(("corners" if p.length else str(i), order + p.kind, (3,) if p.length else ()))
    dtype = np.dtype(fields)
    if faces.count * dtype.itemsize > words.present:
        return None
    rows = np.frombuffer(words.data, dtype, faces.count)
    return rows["corners"].astype(np.int64) if (rows["length"] == 3).all() else None


def _polygons(path, faces: PlyElement, name: str, words: _Binary | _Text) -> np.ndarray:
    triangles: list[tuple[int, int, int]] = []
    for number in range(faces.count):
        try:
            for p in faces.properties:
                values = words.take(p.kind, words.take(p.length, 1)[0] if p.length else 1)
                if p.name == name:
                    triangles.extend((values[0], *pair) for pair in zip(values[1:], values[2:]))
        except ValueError as error:
            raise InputError(f"{path}: face {number} of {faces.count:,} is not all there") from error
    try:
        return np.array(triangles, np.int64).reshape(-1, 3)
    except OverflowError as error:
        raise InputError(f"{path}: a face has an index too large for any mesh") from error
