"""Wavefront .obj: positions and polygons, nothing else of it. Read here because trimesh, to pair positions with texture
coordinates, reorders vertices, takes negative indices from the end of the file and drops polygons it cannot read."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gsrender.errors import InputError
from gsrender.load.files import read_text, shown

LIMIT = 4 << 30  # bytes


def read_obj(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Vertices [V, 3] float64 and triangles [T, 3] int64; polygons become fans."""
    vertices: list[tuple[float, float, float]] = []
    triangles: list[tuple[int, int, int]] = []
    text = read_text(path, LIMIT).replace("\\\n", " ").replace("\\\r\n", " ")
    for number, line in enumerate(text.split("\n"), 1):
        words = line.split("#", 1)[0].split()
        try:
            if words[:1] == ["v"]:
                x, y, z = words[1:4]  # a weight or a colour may follow
                vertices.append((float(x), float(y), float(z)))
            elif words[:1] == ["f"]:
                corners = [_vertex(word, len(vertices)) for word in words[1:]]
                if len(corners) < 3:
                    raise ValueError
                triangles.extend((corners[0], *pair) for pair in zip(corners[1:], corners[2:]))
        except ValueError as error:
            raise InputError(f"{path}: line {number}: {shown(line.strip())} is not a vertex or a polygon") from error
    return np.array(vertices, np.float64).reshape(-1, 3), np.array(triangles, np.int64).reshape(-1, 3)


def _vertex(word: str, count: int) -> int:
    """Index of the vertex that `word` names: from 1 on, or from -1 for the last one so far; texture and normal after a
    slash."""
    index = int(word.split("/", 1)[0])
    if index == 0 or not -count <= index < 2**31:
        raise ValueError
    return index - 1 if index > 0 else count + index
