"""Proxy meshes from files: what the proxy's depth is drawn from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import numpy as np

from gsrender.errors import InputError
from gsrender.load.files import reading, regular_file
from vk_interop.mesh_gltf import read_gltf, transformed
from vk_interop.mesh_obj import read_obj
from vk_interop.mesh_ply import read_ply

# Each returns vertices [V, 3] float32 or float64 and triangles [T, 3] of any integers.
READERS: dict[str, Callable[[Path], tuple[np.ndarray, np.ndarray]]] = {
    ".glb": read_gltf, ".gltf": read_gltf, ".ply": read_ply, ".obj": read_obj}
LIMIT = 2**31 - 1  # vertices and triangles; Vulkan counts indices in 32 bits
Z_FROM_Y_UP = np.array([[1, 0, 0, 0], [0, 0, -1, 0], [0, 1, 0, 0], [0, 0, 0, 1]], np.float64)


@dataclass(frozen=True, eq=False)
class ProxyMesh:
    """Triangles in the model's own coordinates, in the file's order; nothing is merged."""

    vertices: np.ndarray  # [V, 3] float32, contiguous, finite, scene units
    triangles: np.ndarray  # [T, 3] uint32, contiguous, all below V
    path: Path
    warnings: tuple[str, ...] = ()  # what loading dropped, a sentence each


def load_mesh(path, transform=None, up: str = "z") -> ProxyMesh:
    """Reads a .glb, .gltf, .ply or .obj file.

    up         'z' takes coordinates as they are, 'y' turns a y-up mesh to z up: (x, y, z) -> (x, -z, y)
    transform  [4, 4] row-major, model from mesh, applied after that
    Raises InputError for a damaged file, one without triangles, and one with indices out of range.
    """
    path = regular_file(path)
    if path.suffix.lower() not in READERS:
        raise InputError(f"{path}: a {path.suffix or 'file without extension'}, expected {', '.join(READERS)}")
    matrix = model_from_mesh(transform, up)
    with reading(path):
        vertices, triangles = READERS[path.suffix.lower()](path)
    if len(triangles) == 0:
        raise InputError(f"{path}: no triangles in it")
    if max(len(vertices), len(triangles)) > LIMIT:
        raise InputError(f"{path}: {len(vertices):,} vertices, {len(triangles):,} triangles; expected at most "
                         f"{LIMIT:,}")
    if triangles.min() < 0 or triangles.max() >= len(vertices):
        outside = triangles[(triangles < 0) | (triangles >= len(vertices))][0]
        raise InputError(f"{path}: a triangle refers to vertex {outside}, there are {len(vertices):,}")
    vertices = _float32(transformed(vertices, matrix))
    vertices, triangles, dropped = _drop_not_finite(path, vertices, np.ascontiguousarray(triangles, np.uint32))
    return ProxyMesh(vertices, triangles, path, dropped)


def model_from_mesh(transform=None, up: str = "z") -> np.ndarray:
    """[4, 4] of what `load_mesh` is given. Raises InputError."""
    if up not in ("y", "z"):
        raise InputError(f"proxy up axis {up!r}, expected 'y' or 'z'")
    matrix = np.eye(4) if transform is None else np.asarray(transform, np.float64)
    if matrix.shape != (4, 4) or not np.isfinite(matrix).all() or not np.array_equal(matrix[3], (0, 0, 0, 1)):
        raise InputError("proxy transform: expected 4 rows of 4 finite numbers, the last 0 0 0 1")
    if np.linalg.det(matrix[:3, :3]) == 0:
        raise InputError("proxy transform: it flattens the mesh, expected a matrix that can be inverted")
    return matrix @ Z_FROM_Y_UP if up == "y" else matrix


def _float32(vertices: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):  # a double too large becomes inf, and is dropped
        return np.array(vertices, np.float32, order="C")


def _drop_not_finite(path, vertices, triangles):
    finite = np.isfinite(vertices).all(axis=1)
    if finite.all():
        return vertices, triangles, ()
    keep = finite[triangles].all(axis=1)
    if not keep.any():
        raise InputError(f"{path}: all {len(triangles):,} triangles have a corner that is not finite")
    new_from_old = np.cumsum(finite, dtype=np.int64) - 1
    dropped = (f"{len(keep) - int(keep.sum()):,} of {len(keep):,} triangles were dropped, because a corner is not "
               f"finite.")
    return vertices[finite], new_from_old[triangles[keep]].astype(np.uint32), (dropped,)
