"""The `vertex` element of a .ply file, as tables of float32. Sizes are checked against the file before anything is
allocated. What comes after the vertices is named in the header, and left alone."""

from __future__ import annotations

import re
import warnings
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.lib.recfunctions import structured_to_unstructured

from gsrender.errors import InputError
from gsrender.load.files import beginning, reading, regular_file, shown

HEADER_LIMIT = 256 << 10  # bytes; a model of 512 features has 20 KB
COUNT_LIMIT = 2**31 - 1  # the native libraries count items with an int
TYPES = {"char": "i1", "int8": "i1", "uchar": "u1", "uint8": "u1", "short": "i2", "int16": "i2", "ushort": "u2",
         "uint16": "u2", "int": "i4", "int32": "i4", "uint": "u4", "uint32": "u4", "float": "f4", "float32": "f4",
         "double": "f8", "float64": "f8"}
FORMATS = {"binary_little_endian": "<", "binary_big_endian": ">", "ascii": "="}


@dataclass(frozen=True)
class PlyProperty:
    """A number, or a list of them, that each thing of an element has."""

    name: str
    kind: str  # one of TYPES' values: NumPy's, without byte order
    length: str | None = None  # of a list: the type of its length


@dataclass(frozen=True)
class PlyElement:
    """A kind of things that the file has many of: vertices, faces."""

    name: str
    count: int
    properties: tuple[PlyProperty, ...]


@dataclass(frozen=True)
class PlyHeader:
    """What a file says of itself before its vertices."""

    path: Path
    format: str  # a key of FORMATS
    elements: tuple[PlyElement, ...]  # the first is `vertex` and has no lists
    size: int  # bytes of the header

    @property
    def count(self) -> int:
        """Vertices."""
        return self.elements[0].count

    @property
    def names(self) -> tuple[str, ...]:
        """Of a vertex's properties."""
        return tuple(p.name for p in self.elements[0].properties)

    @property
    def row_bytes(self) -> int:
        """Of a vertex, where the file is not text."""
        return sum(nbytes_of(p.kind) for p in self.elements[0].properties)

    def beginning(self, most: int) -> PlyHeader:
        """The same with no more vertices than that."""
        first, *others = self.elements
        return replace(self, elements=(replace(first, count=min(first.count, most)), *others))

    def numbered(self, prefix: str) -> list[str]:
        """Names that are the prefix and a number, in the order of the numbers. Raises InputError where these are not
        0, 1, 2, ..."""
        pattern = re.compile(re.escape(prefix) + r"(0|[1-9]\d{0,5})")
        numbers = sorted(int(match[1]) for match in map(pattern.fullmatch, self.names) if match)
        for expected, number in enumerate(numbers):
            if number != expected:
                raise InputError(f"{self.path}: property {prefix}{expected} is missing, {prefix}{number} is there")
        return [f"{prefix}{number}" for number in numbers]


@dataclass(frozen=True)
class PlyVertices:
    """The vertices of a file, as they are in it."""

    header: PlyHeader
    rows: np.ndarray  # structured, [count]

    def columns(self, *names: str) -> np.ndarray:
        """[count, len(names)] float32. Raises InputError where a property is missing."""
        for name in names:
            if name not in self.rows.dtype.names:
                raise InputError(f"{self.header.path}: property {name} is missing")
        with np.errstate(over="ignore"):  # a double too large becomes inf, which the caller drops
            table = structured_to_unstructured(self.rows[list(names)], dtype=np.float32)
        return np.ascontiguousarray(table)


def nbytes_of(kind: str) -> int:
    """Of one number of a PlyProperty's kind."""
    return int(kind[1])


def read_header(path) -> PlyHeader:
    """The head of a .ply file whose first element is `vertex`, and has no lists. Raises InputError."""
    path = regular_file(path)
    with reading(path), path.open("rb") as file:
        head = file.read(HEADER_LIMIT)
    if not re.match(rb"ply\r?\n", head):
        raise InputError(f"{path}: not a .ply file, {beginning(head)}")
    end = re.search(rb"\nend_header\r?\n", head)
    if end is None:
        raise InputError(f"{path}: no end_header in the first {min(len(head), HEADER_LIMIT):,} bytes")
    try:
        lines = head[:end.start()].decode("ascii").splitlines()[1:]
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: the header is not ASCII text at byte {error.start}") from error
    return _parse(path, [line.split() for line in lines], end.end())


def read_vertices(header: PlyHeader) -> PlyVertices:
    """All vertices that the header tells of. Raises InputError."""
    order = FORMATS[header.format]
    dtype = np.dtype([(p.name, order + p.kind) for p in header.elements[0].properties])
    values = header.count * (dtype.itemsize if header.format != "ascii" else 2 * len(dtype))
    # In text a value takes two bytes at least, itself and what parts it from the next; the last may end the file.
    present = header.path.stat().st_size - header.size + (header.format == "ascii")
    if values > present:
        raise InputError(f"{header.path}: {header.count:,} vertices need {values:,} bytes, {present:,} are there")
    if header.format == "ascii":
        rows = _read_text(header, dtype)
    else:
        rows = np.fromfile(header.path, dtype, header.count, offset=header.size)
    if len(rows) != header.count:
        raise InputError(f"{header.path}: {len(rows):,} of {header.count:,} vertices could be read")
    return PlyVertices(header, rows)


def _parse(path, lines, size) -> PlyHeader:
    layout = None
    elements: list[tuple[str, int, list[PlyProperty]]] = []
    for words in lines:
        match words:
            case [] | ["comment" | "obj_info", *_]:
                pass
            case ["format", ("ascii" | "binary_little_endian" | "binary_big_endian") as layout, "1.0"]:
                pass
            case ["element", name, number] if re.fullmatch(r"\d{1,18}", number):
                elements.append((name, int(number), []))
            case ["property", kind, name] if kind in TYPES and elements:
                elements[-1][2].append(PlyProperty(name, TYPES[kind]))
            case ["property", "list", length, kind, name] if kind in TYPES and length in TYPES and elements:
                elements[-1][2].append(PlyProperty(name, TYPES[kind], TYPES[length]))
            case _:
                raise InputError(f"{path}: header line {shown(' '.join(words))} is not one of a .ply file")
    if layout is None:
        raise InputError(f"{path}: the header has no format")
    _check_vertices(path, *(elements[0] if elements else ("nothing", 0, [])))
    return PlyHeader(path, layout, tuple(PlyElement(n, count, tuple(p)) for n, count, p in elements), size)


def _check_vertices(path, name, count, properties) -> None:
    if name != "vertex" or not 0 < count <= COUNT_LIMIT:
        raise InputError(f"{path}: the first element is {shown(name)} x {count}, expected vertex x 1 to "
                         f"{COUNT_LIMIT:,}")
    if not properties or any(p.length for p in properties):
        raise InputError(f"{path}: vertices have {'lists' if properties else 'no properties'}, expected numbers")
    name, times = Counter(p.name for p in properties).most_common(1)[0]
    if times > 1:
        raise InputError(f"{path}: property {shown(name)} is there {times} times")


def _read_text(header, dtype) -> np.ndarray:
    with header.path.open("rb") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of empty lines, which are skipped
        file.seek(header.size)
        try:
            return np.loadtxt(file, dtype, comments=None, max_rows=header.count, encoding="ascii", ndmin=1)
        except ValueError as error:  # UnicodeDecodeError is one
            raise InputError(f"{header.path}: vertices are not a table of numbers, {error}") from error
