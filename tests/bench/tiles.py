"""One scene again and again, in a square: the model where its tensors are, the mesh with the levels of detail it has.

The tile in the middle, (n // 2, n // 2), stays where the scene was, so that its cameras fit.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import torch

from gsrender.model import GaussianModel, rows_of
from vk_interop.cluster_lod import ClusterMesh

# Of the largest coordinate's last place. A place moves by at most half a one along each axis when it is rounded, and so
# does the one it is compared with: 1.8 in all.
ROUNDING = 4


def steps(n: int, pitch: float) -> np.ndarray:
    """[n * n, 2] float32: where the tiles lie, in x and y."""
    if n < 1:
        raise ValueError(f"{n} x {n} tiles: expected 1 or more")
    along = (np.arange(n) - n // 2) * np.float32(pitch)
    return np.stack(np.meshgrid(along, along, indexing="ij"), axis=-1).reshape(-1, 2)


def tiled_model(model: GaussianModel, n: int, pitch: float) -> GaussianModel:
    """n x n copies of a model's items, `pitch` scene units apart, on its device. Decoders and embedding stay one."""
    moves = torch.from_numpy(steps(n, pitch)).to(model.device)
    items, count = model.items, len(model.items)
    repeated = {name: rows.repeat(len(moves), *[1] * (rows.dim() - 1)) for name, rows in rows_of(items).items()}
    repeated["position"].view(len(moves), count, 3)[..., :2] += moves[:, None]
    return dataclasses.replace(model, items=dataclasses.replace(items, **repeated), file_from_item=None)


def tiled_clusters(mesh: ClusterMesh, n: int, pitch: float) -> ClusterMesh:
    """n x n copies of a mesh at all of its levels, as if each had been built where it lies.

    Boxes are exact: adding a number and rounding keeps the order. Spheres grow by what rounding may move, a group's
    more with each level, so that it still encloses those below it.
    """
    moves = np.column_stack([steps(n, pitch), np.zeros(n * n, np.float32)])
    sizes = {"vertices": len(mesh.vertices), "triangles": len(mesh.triangles), "groups": len(mesh.groups),
             "clusters": len(mesh.clusters)}
    for name, size in sizes.items():
        if size * n * n >= 2**31:
            raise ValueError(f"{n} x {n} copies of {size:,} {name}: expected fewer than 2^31 in all")
    last_place = np.spacing(np.float32(np.abs(mesh.vertices).max(initial=0) + np.abs(moves).max()))
    vertices, triangles, clusters, groups = (np.empty((n * n, *array.shape), array.dtype) for array in mesh.arrays)
    for copy, move in enumerate(moves):
        vertices[copy] = mesh.vertices + move
        triangles[copy] = mesh.triangles + np.uint32(copy * sizes["vertices"])
        for records, source in ((clusters[copy], mesh.clusters), (groups[copy], mesh.groups)):
            records[:] = source
            records["centre"] += move
            records["radius"] += ROUNDING * last_place * (1 + source["level"])
        clusters[copy]["low"] += move
        clusters[copy]["high"] += move
        clusters[copy]["longest_edge"] += ROUNDING * last_place
        clusters[copy]["first_triangle"] += copy * sizes["triangles"]
        clusters[copy]["group"] += copy * sizes["groups"]
        clusters[copy]["refined"] += np.where(mesh.clusters["refined"] < 0, 0, copy * sizes["groups"]).astype(np.int32)
        groups[copy]["first_cluster"] += copy * sizes["clusters"]
    return ClusterMesh(vertices.reshape(-1, 3), triangles.reshape(-1, 3), clusters.reshape(-1), groups.reshape(-1))
