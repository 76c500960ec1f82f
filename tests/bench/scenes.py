"""Meshes to measure with: a scene's proxy tiled into a city, a sphere of any fineness.

    python -m tests.bench.scenes tile town/proxy.glb city.glb --n 4 --pitch 120
    python -m tests.bench.scenes sphere sphere.glb --subdivisions 8
"""

import json
import struct
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from tests.bench.command import parser_of
from tests.bench.tiles import steps
from vk_interop.cluster_lod import CLUSTER, GROUP, ClusterMesh
from vk_interop.mesh import load_mesh


def tiled(mesh, n: int, pitch: float) -> SimpleNamespace:
    """n x n copies of a mesh in x and y, `pitch` scene units apart; the one in the middle, (n // 2, n // 2), stays
    where the mesh was, so that its cameras fit."""
    moves, count = steps(n, pitch), len(mesh.vertices)
    if count * len(moves) >= 2**32:
        raise ValueError(f"{n} x {n} copies of {count:,} vertices: expected fewer than 2^32 in all")
    vertices = np.tile(mesh.vertices, (len(moves), 1))
    triangles = np.tile(mesh.triangles, (len(moves), 1))
    for copy, move in enumerate(moves):
        vertices[copy * count:(copy + 1) * count, :2] += move
        triangles[copy * len(mesh.triangles):(copy + 1) * len(mesh.triangles)] += np.uint32(copy * count)
    return SimpleNamespace(vertices=vertices, triangles=triangles)


def sphere(subdivisions: int, radius: float = 1.0) -> SimpleNamespace:
    """A closed sphere of 20 * 4^subdivisions triangles: an icosahedron's, each cut into four again and again. No
    vertex is there twice."""
    golden = (1 + 5**0.5) / 2
    vertices = np.array([(-1, golden, 0), (1, golden, 0), (-1, -golden, 0), (1, -golden, 0), (0, -1, golden),
                         (0, 1, golden), (0, -1, -golden), (0, 1, -golden), (golden, 0, -1), (golden, 0, 1),
                         (-golden, 0, -1), (-golden, 0, 1)])
    triangles = np.array([(0, 11, 5), (0, 5, 1), (0, 1, 7), (0, 7, 10), (0, 10, 11), (1, 5, 9), (5, 11, 4), (11, 10, 2),
                          (10, 7, 6), (7, 1, 8), (3, 9, 4), (3, 4, 2), (3, 2, 6), (3, 6, 8), (3, 8, 9), (4, 9, 5),
                          (2, 4, 11), (6, 2, 10), (8, 6, 7), (9, 8, 1)])
    for _ in range(subdivisions):
        edges = np.sort(np.concatenate([triangles[:, (0, 1)], triangles[:, (1, 2)], triangles[:, (2, 0)]]), axis=1)
        edges, middle = np.unique(edges[:, 0] * len(vertices) + edges[:, 1], return_inverse=True)
        middle = (middle + len(vertices)).reshape(3, -1)
        vertices = np.concatenate([vertices, vertices[edges // len(vertices)] + vertices[edges % len(vertices)]])
        vertices /= np.linalg.norm(vertices, axis=1, keepdims=True)
        (a, b, c), (ab, bc, ca) = triangles.T, middle
        triangles = np.stack([a, ab, ca, b, bc, ab, c, ca, bc, ab, bc, ca], axis=1).reshape(-1, 3)
    return SimpleNamespace(vertices=(radius * vertices).astype(np.float32), triangles=triangles.astype(np.uint32))


def one_cluster(mesh) -> ClusterMesh:
    """The whole mesh as one cluster, which the vertex pipeline draws by one plain draw."""
    cluster, group = np.zeros(1, CLUSTER), np.zeros(1, GROUP)
    cluster["low"], cluster["high"] = mesh.vertices.min(0), mesh.vertices.max(0)
    cluster["triangle_count"], cluster["refined"] = len(mesh.triangles), -1
    group["error"], group["radius"], group["cluster_count"] = np.inf, np.inf, 1
    return ClusterMesh(mesh.vertices, mesh.triangles, cluster, group)


def write_glb(path: Path, mesh):
    """One node, one primitive: positions and indices."""
    vertices, triangles = np.ascontiguousarray(mesh.vertices, "<f4"), np.ascontiguousarray(mesh.triangles, "<u4")
    views = [dict(buffer=0, byteOffset=0, byteLength=triangles.nbytes),
             dict(buffer=0, byteOffset=triangles.nbytes, byteLength=vertices.nbytes)]
    accessors = [dict(bufferView=0, componentType=5125, count=triangles.size, type="SCALAR"),
                 dict(bufferView=1, componentType=5126, count=len(vertices), type="VEC3",
                      min=vertices.min(axis=0).tolist(), max=vertices.max(axis=0).tolist())]
    text = json.dumps(dict(
        asset={"version": "2.0"}, scene=0, scenes=[dict(nodes=[0])], nodes=[dict(mesh=0)],
        meshes=[dict(primitives=[dict(attributes={"POSITION": 1}, indices=0)])], accessors=accessors, bufferViews=views,
        buffers=[dict(byteLength=triangles.nbytes + vertices.nbytes)])).encode()
    text += b" " * (-len(text) % 4)
    nbytes = triangles.nbytes + vertices.nbytes
    with open(path, "wb") as file:
        file.write(struct.pack("<4sII", b"glTF", 2, 28 + len(text) + nbytes))
        file.write(struct.pack("<II", len(text), 0x4E4F534A))
        file.write(text + struct.pack("<II", nbytes, 0x004E4942))
        file.write(triangles)
        file.write(vertices)


if __name__ == "__main__":
    parser = parser_of("scenes", __doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    tile = commands.add_parser("tile")
    tile.add_argument("mesh", type=Path), tile.add_argument("out", type=Path)
    tile.add_argument("--n", type=int, default=4), tile.add_argument("--pitch", type=float, default=120.0)
    ball = commands.add_parser("sphere")
    ball.add_argument("out", type=Path), ball.add_argument("--subdivisions", type=int, default=8)
    options = parser.parse_args()
    made = (tiled(load_mesh(options.mesh), options.n, options.pitch) if options.command == "tile"
            else sphere(options.subdivisions))
    write_glb(options.out, made)
    print(f"{options.out}: {len(made.triangles):,} triangles")
