"""The triangles of a glTF file's default scene, placed by its nodes."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gsrender import quaternions
from gsrender.errors import InputError
from gsrender.load.files import shown
from vk_interop.gltf_file import ITEM_LIMIT, GltfFile

TRIANGLES, STRIP, FAN = 4, 5, 6
INDEX_TYPES = {5121: "u1", 5123: "<u2", 5125: "<u4"}
POSITION_TYPES = {5126: "<f4", 5120: "i1", 5121: "u1", 5122: "<i2", 5123: "<u2"}  # all but float: quantised


def read_gltf(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Vertices [V, 3] float32 or float64 and triangles [T, 3] int64, of primitives in the order of the nodes."""
    file = GltfFile(path)
    parts, vertices, triangles = [], 0, 0
    for node, world_from_node in _placed_meshes(file):
        for position, indices in _primitives(file, node):
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
    file, vertices, triangles = GltfFile(path, counts_only=True), 0, 0
    for mesh, _ in _placed_meshes(file):
        for more_vertices, more_triangles in _counts(file, mesh):
            vertices, triangles = vertices + more_vertices, triangles + more_triangles
    return vertices, triangles


def transformed(vertices: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Vertices [V, 3] by a 4 x 4 matrix, in double precision; as they are, to the bit, where it is the identity."""
    if np.array_equal(matrix, np.eye(4)):
        return vertices
    with np.errstate(over="ignore", invalid="ignore"):  # load_mesh drops what is not finite
        return vertices.astype(np.float64) @ matrix[:3, :3].T + matrix[:3, 3]


def _placed_meshes(file: GltfFile):
    """Yields (mesh index, world_from_node [4, 4]) of the default scene's nodes, depth first, each node once."""
    nodes, scenes = file.top("nodes"), file.top("scenes")
    if scenes:
        scene = file.whole(file.json, "", "scene", len(scenes), 0)
        roots = file.entries(scenes[scene], f"scenes[{scene}]", "nodes")
    else:
        children = {child for i, node in enumerate(nodes) for child in file.entries(node, f"nodes[{i}]", "children")
                    if isinstance(child, int)}
        roots = [i for i in range(len(nodes)) if i not in children]
    waiting = [(root, np.eye(4)) for root in reversed(roots)]
    seen = set()
    while waiting:
        index, world_from_parent = waiting.pop()
        if type(index) is not int or not 0 <= index < len(nodes):
            file.fail("nodes", f"node {shown(index)} is referred to, there are {len(nodes)}")
        where, node = f"nodes[{index}]", nodes[index]
        if index in seen:
            file.fail(where, "has two parents, or is its own")
        seen.add(index)
        with np.errstate(over="ignore", invalid="ignore"):
            world_from_node = world_from_parent @ _node_transform(file, node, where)
        if "mesh" in file.fields(node, where):
            yield file.whole(node, where, "mesh", len(file.top("meshes"))), world_from_node
        waiting += [(child, world_from_node) for child in reversed(file.entries(node, where, "children"))]


def _node_transform(file: GltfFile, node, where) -> np.ndarray:
    if "matrix" in file.fields(node, where):
        return file.numbers(node, where, "matrix", 16).reshape(4, 4).T  # column by column in the file
    x, y, z, w = file.numbers(node, where, "rotation", 4, (0, 0, 0, 1))
    length = np.sqrt(x * x + y * y + z * z + w * w)
    if not length > 0:
        file.fail(f"{where}.rotation", "all zero, expected a unit quaternion")
    matrix = np.eye(4)
    rotation = quaternions.to_matrix(np.array([w, x, y, z]) / length)
    matrix[:3, :3] = rotation * file.numbers(node, where, "scale", 3, (1, 1, 1))
    matrix[:3, 3] = file.numbers(node, where, "translation", 3, (0, 0, 0))
    return matrix


def _primitives(file: GltfFile, mesh: int):
    """Yields (positions [V, 3], triangles [T, 3] int64) of a mesh; points and lines are left out."""
    for place, primitive, mode, attributes in _surfaces(file, mesh):
        position = file.accessor(attributes, f"{place}.attributes", "POSITION", "VEC3", POSITION_TYPES)
        corners = np.arange(len(position))
        if "indices" in primitive:
            corners = file.accessor(primitive, place, "indices", "SCALAR", INDEX_TYPES)[:, 0].astype(np.int64)
            if len(corners) and corners.max() >= len(position):
                file.fail(f"{place}.indices", f"refers to vertex {corners.max()}, there are {len(position):,}")
        if mode == TRIANGLES and len(corners) % 3:
            file.fail(place, f"{len(corners)} corners, expected a multiple of 3")
        if len(corners) >= 3:
            yield position, _triangles(corners, mode)


def _counts(file: GltfFile, mesh: int):
    """Yields how many vertices and triangles each of a mesh's primitives has."""
    for place, primitive, mode, attributes in _surfaces(file, mesh):
        vertices = file.count(attributes, f"{place}.attributes", "POSITION")
        corners = file.count(primitive, place, "indices") if "indices" in primitive else vertices
        yield vertices, corners // 3 if mode == TRIANGLES else max(corners - 2, 0)


def _surfaces(file: GltfFile, mesh: int):
    """Yields (place in the file, primitive, mode, attributes) of those of a mesh that are triangles somewhere."""
    where = f"meshes[{mesh}]"
    for i, primitive in enumerate(file.entries(file.json["meshes"][mesh], where, "primitives")):
        place = f"{where}.primitives[{i}]"
        mode = file.whole(primitive, place, "mode", 7, TRIANGLES)
        attributes = file.fields(primitive.get("attributes", {}), f"{place}.attributes")
        if mode >= TRIANGLES and "POSITION" in attributes:
            yield place, primitive, mode, attributes


def _triangles(corners: np.ndarray, mode: int) -> np.ndarray:
    if mode == TRIANGLES:
        return corners.reshape(-1, 3)
    if mode == FAN:
        return np.column_stack([np.broadcast_to(corners[0], len(corners) - 2), corners[1:-1], corners[2:]])
    strip = np.column_stack([corners[:-2], corners[1:-1], corners[2:]])
    strip[1::2] = strip[1::2, [1, 0, 2]]  # every other one winds the other way
    return strip
