"""Measures the building of levels of detail: time, memory, size, and reading them again.

    python -m tests.bench.clusters town/proxy.glb                        a mesh
    python -m tests.bench.clusters town/proxy.glb --tile 4 --pitch 120   the same as a city of 16 tiles
    python -m tests.bench.clusters --sphere 8                            a closed sphere of 1.3 million triangles

Of a sphere, every cut by one error is looked at as well: it has to be closed, and as near to the sphere as it says.
"""

import dataclasses
import resource
import tempfile
import time
from pathlib import Path

import numpy as np

from tests.bench.command import parser_of
from tests.bench.scenes import sphere, tiled
from vk_interop.cluster_lod_cache import load_or_build
from vk_interop.mesh import ProxyMesh, load_mesh


def measured(what: str, work):
    start, before = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF)
    result = work()
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    print(f"{what:12} {time.monotonic() - start:8.2f} s, {cpu:8.2f} s of CPU, "
          f"at most {after.ru_maxrss / 1e6:.2f} GB in use")
    return result


def depth_inside(vertices, triangles) -> float:
    """How far the deepest triangle's middle lies inside of the unit sphere."""
    return 1 - np.linalg.norm(vertices[triangles].mean(axis=1), axis=1).min()


def check_sphere(lod, source):
    own = depth_inside(source.vertices, source.triangles)  # of the facets, which no level of detail is to blame for
    errors = np.unique(lod.groups["error"])
    for error in errors[np.isfinite(errors)][:: max(1, len(errors) // 60)]:
        triangles = lod.triangles_of(lod.drawn(lod.groups["error"] > error)).astype(np.int64)
        edges = np.sort(np.concatenate([triangles[:, (0, 1)], triangles[:, (1, 2)], triangles[:, (2, 0)]]))
        assert (np.unique(edges[:, 0] << 32 | edges[:, 1], return_counts=True)[1] == 2).all(), f"open at {error}"
        below = depth_inside(lod.vertices, triangles)
        assert below <= error + own + 1e-5, f"{below} inside of the sphere at {error}"
    print(f"closed and near at {len(errors)} errors")


def main():
    parser = parser_of("clusters", __doc__)
    parser.add_argument("mesh", type=Path, nargs="?")
    parser.add_argument("--tile", type=int, default=1), parser.add_argument("--pitch", type=float, default=120.0)
    parser.add_argument("--sphere", type=int, metavar="SUBDIVISIONS"), parser.add_argument("--threads", type=int)
    options = parser.parse_args()
    if (options.mesh is None) == (options.sphere is None):
        parser.error("give a mesh or --sphere")
    source = (sphere(options.sphere) if options.mesh is None
              else tiled(load_mesh(options.mesh), options.tile, options.pitch))
    with tempfile.TemporaryDirectory() as folder:
        mesh = ProxyMesh(source.vertices, source.triangles, Path(folder, "mesh"))
        print(f"{len(mesh.triangles):,} triangles, {len(mesh.vertices):,} vertices")
        lod = measured("build, write", lambda: load_or_build(mesh, threads=options.threads))
        again = measured("read", lambda: load_or_build(mesh))
    names = [field.name for field in dataclasses.fields(lod)]
    assert all(getattr(lod, name).tobytes() == getattr(again, name).tobytes() for name in names)
    print(f"{len(lod.clusters):,} clusters, {len(lod.groups):,} groups, {lod.levels} levels; "
          f"{lod.nbytes / 1e6:,.1f} MB, {lod.nbytes / len(mesh.triangles):.1f} bytes a source triangle")
    if options.sphere is not None:
        check_sphere(lod, source)


if __name__ == "__main__":
    main()
