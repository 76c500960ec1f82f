"""`clusters`: a proxy mesh's levels of detail, built if they are not there yet."""

from __future__ import annotations

import json
import sys

import numpy as np

from gsrender.memory import size
from viewer.progress import Bar

COLUMNS = ("level", "clusters", "triangles", "groups", "error", "largest error")


def clusters(options) -> int:
    """Prints a line a level, or all of it as JSON."""
    from vk_interop.mesh import load_mesh
    mesh = load_mesh(options.mesh, options.proxy_transform, options.up)
    built = open_clusters(mesh)
    rows = levels(built)
    if options.json:
        print(json.dumps({"mesh": str(options.mesh), "triangles": len(mesh.triangles), "vertices": len(built.vertices),
                          "groups": len(built.groups), "bytes": built.nbytes, "levels": rows}, indent=1))
        return 0
    print(f"{options.mesh}: {len(mesh.triangles):,} triangles; {len(built.clusters):,} clusters in "
          f"{len(built.groups):,} groups, {size(built.nbytes)}")
    print("".join(f"{name:>15}" for name in COLUMNS) + "  (scene units, median and maximum)")
    for row in rows:
        print("".join(f"{_text(row[name]):>15}" for name in COLUMNS))
    return 0


def open_clusters(mesh):
    """The ClusterMesh of a ProxyMesh, with a bar where it has to be built."""
    from vk_interop.cluster_lod_cache import load_or_build
    with Bar("clusters", "triangles") as bar:
        return load_or_build(mesh, bar.show, say=lambda sentence: print(f"warning: {sentence}", file=sys.stderr))


def levels(mesh) -> list[dict]:
    """Of each level of a ClusterMesh: how much it holds, and how far it may lie from the source, in scene units."""
    rows = []
    for level in range(mesh.levels):
        of_level = mesh.clusters[mesh.clusters["level"] == level]
        error = mesh.groups["error"][of_level["refined"]] if level else np.zeros(1)
        rows.append({"level": level, "clusters": len(of_level), "triangles": int(of_level["triangle_count"].sum()),
                     "groups": len(np.unique(of_level["group"])), "error": float(np.median(error)),
                     "largest error": float(error.max())})
    return rows


def _text(value) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"
