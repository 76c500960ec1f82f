"""What the proxy's depth costs: nothing drawn, the whole mesh, and its clusters by each rasteriser.

    python -m tests.bench.proxy_depth town/proxy.glb --cameras town/transforms_fly.json --json out.json
    python -m tests.bench.proxy_depth town/proxy.glb --cameras town/transforms_fly.json --tile 4 --pitch 120

Each row is one way of drawing. `path`: the cameras in their order; `jumps`: the same in a fixed random order, so that
nothing that was visible before helps; `still`: some of them, each until it has settled. GPU milliseconds are the median
of single frames that do not overlap, from timestamps; `wall` is from the call to the depth being there, for the host.
`stream` is a frame's share of the clock with frames following each other as the ring allows. The passes are from a run
of their own, since a timestamp between two passes costs a little itself.
"""

import json
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from gsrender import load_cameras
from tests.bench.command import parser_of
from tests.bench.scenes import one_cluster, tiled
from tests.bench.tiles import tiled_clusters
from viewer.clusters import open_clusters
from viewer.scene import pick_backend
from vk_interop import proxy_depth
from vk_interop.cluster_lod import CLUSTER, GROUP, ClusterMesh
from vk_interop.depth_settings import DepthSettings
from vk_interop.device import Device
from vk_interop.mesh import load_mesh
from vk_interop.proxy_depth import ProxyDepth

NEAR = 0.01
STILL = 8  # cameras, and frames until a view has settled


def nothing() -> ClusterMesh:
    vertices, triangles = np.zeros((3, 3), np.float32), np.zeros((1, 3), np.uint32)
    return ClusterMesh(vertices, triangles, np.zeros(0, CLUSTER), np.zeros(0, GROUP))


def ways(mesh, clusters: ClusterMesh, pixels: float, sizes: list[float]):
    """(name, mesh, settings, pixels of small triangles) of each row."""
    for raster in ("vertex", "hybrid", "compute"):
        yield f"empty, {raster}", nothing(), DepthSettings(pixels, raster), 0
    yield "whole mesh, one draw", one_cluster(mesh), DepthSettings(None, "vertex", occlusion=False), 0
    yield "all clusters, no LOD", clusters, DepthSettings(None, "vertex"), 0
    yield "vertex", clusters, DepthSettings(pixels, "vertex"), 0
    for size in sizes:
        yield f"hybrid {size:g} px", clusters, DepthSettings(pixels, "hybrid"), size
    for size in sizes:
        yield f"compute {size:g} px", clusters, DepthSettings(pixels, "compute"), size
    for raster in ("vertex", "compute"):
        yield f"{raster}, no occlusion", clusters, DepthSettings(pixels, raster, occlusion=False), sizes[-1]


def measure(device, row, cameras, frames: int) -> dict:
    name, mesh, settings, size = row
    proxy_depth.SMALL_SIZE[settings.raster] = size if settings.raster != "vertex" else -1
    jumps = [cameras[i] for i in np.random.default_rng(0).permutation(len(cameras))]
    still = [camera for camera in cameras[::max(1, len(cameras) // STILL)] for _ in range(STILL)]
    found = {"name": name, "lod_error": settings.lod_error, "raster": settings.raster, "small_size": size}
    with ProxyDepth(device, mesh, settings) as proxy:
        found["megabytes"] = {key: round(value / 1e6, 1) for key, value in proxy.memory.items()}
        run(proxy, repeated(cameras, frames // 4))  # clocks, buffers, compilers
        for order, views in (("path", repeated(cameras, frames)), ("jumps", repeated(jumps, frames))):
            found[order] = summary(run(proxy, views))
        found["still"] = summary(run(proxy, still)[STILL - 1::STILL])
        found["stream"] = stream(proxy, repeated(cameras, frames))
    with ProxyDepth(device, mesh, settings, timed=True) as proxy:
        run(proxy, repeated(cameras, frames // 4))
        passes = [frame.passes for frame in run(proxy, repeated(cameras, frames))]
        found["passes"] = {key: float(np.median([one[key] for one in passes])) for key in passes[0]}
    return found


def repeated(cameras, frames: int) -> list:
    """That many: all again and again, or evenly out of them."""
    if frames < len(cameras):
        return [cameras[i * len(cameras) // frames] for i in range(frames)]
    return (cameras * (frames // len(cameras) + 1))[:frames]


def run(proxy: ProxyDepth, views) -> list[SimpleNamespace]:
    """Frame after frame, none overlapping another."""
    done = []
    for camera in views:
        start = time.perf_counter()
        depth = proxy.render(camera)
        depth.ready.wait(None)
        wall = 1000 * (time.perf_counter() - start)
        stats = proxy.stats()
        done.append(SimpleNamespace(wall=wall, gpu=stats.milliseconds["proxy depth"], counts=stats.counts,
                                    passes=proxy.passes()))
    return done


def stream(proxy: ProxyDepth, views) -> float:
    """Milliseconds of a frame, submitted as fast as the ring allows."""
    start = time.perf_counter()
    for camera in views:
        depth = proxy.render(camera)
    depth.ready.wait(None)
    return 1000 * (time.perf_counter() - start) / len(views)


def summary(frames) -> dict:
    gpu, wall = [frame.gpu for frame in frames], [frame.wall for frame in frames]
    return {"gpu": float(np.median(gpu)), "gpu_p95": float(np.percentile(gpu, 95)), "wall": float(np.median(wall)),
            **{name: float(np.mean([frame.counts.get(name, 0) for frame in frames]))
               for name in ("triangles_drawn", "clusters_drawn", "clusters_small")}}


def table(rows: list[dict]) -> str:
    header = ["", "path", "p95", "wall", "stream", "jumps", "p95", "still", "triangles", "clusters", "small", "MB",
              *rows[0]["passes"]]
    cells = [[row["name"], *(f"{value:.3f}" for value in (
        row["path"]["gpu"], row["path"]["gpu_p95"], row["path"]["wall"], row["stream"], row["jumps"]["gpu"],
        row["jumps"]["gpu_p95"], row["still"]["gpu"])), *(f"{row['path'][name]:,.0f}" for name in (
            "triangles_drawn", "clusters_drawn", "clusters_small")), f"{sum(row['megabytes'].values()):,.0f}",
        *(f"{value:.3f}" for value in row["passes"].values())] for row in rows]
    widths = [max(map(len, column)) for column in zip(header, *cells)]
    lines = [[line[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:]))]
             for line in (header, *cells)]
    return "\n".join(map("  ".join, lines))


def main():
    parser = parser_of("proxy_depth", __doc__)
    parser.add_argument("mesh", type=Path)
    parser.add_argument("--cameras", type=Path, required=True)
    parser.add_argument("--frames", type=int, default=240, help="of each order of each row (default: %(default)s)")
    parser.add_argument("--size", default="960x640")
    parser.add_argument("--lod-error", type=float, default=1.0)
    parser.add_argument("--small-sizes", default="16,32,64",
                        help="pixels, tried one after the other (default: %(default)s)")
    parser.add_argument("--only", help="rows whose name contains this")
    parser.add_argument("--tile", type=int, default=1, help="N x N copies of the mesh")
    parser.add_argument("--pitch", type=float, default=120.0)
    parser.add_argument("--backend", default="auto")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    start = time.perf_counter()
    mesh = load_mesh(options.mesh)
    clusters = open_clusters(mesh)
    if options.tile > 1:
        mesh, clusters = (tile(whole, options.tile, options.pitch) for tile, whole in (
            (tiled, mesh), (tiled_clusters, clusters)))
    opened = time.perf_counter() - start
    width, height = map(int, options.size.split("x"))
    cameras = [view.camera.resized(width, height).with_near(NEAR) for view in load_cameras(options.cameras)]
    with Device.open(pick_backend(options.backend)) as device:
        rows = []
        for row in ways(mesh, clusters, options.lod_error, [float(size) for size in options.small_sizes.split(",")]):
            if not options.only or options.only in row[0]:
                rows.append(measure(device, row, cameras, options.frames))
                print(f"{row[0]}: {rows[-1]['path']['gpu']:.3f} ms", file=sys.stderr, flush=True)
        report = {"device": device.name, "driver": device.driver, "mesh": str(options.mesh), "tile": options.tile,
                  "triangles": len(mesh.triangles), "clusters": len(clusters.clusters), "levels": clusters.levels,
                  "opened_s": opened, "size": [width, height], "lod_error": options.lod_error, "rows": rows}
    print(f"{device.name}, {device.driver}; {options.mesh}, tile {options.tile}, {len(mesh.triangles):,} triangles, "
          f"{len(clusters.clusters):,} clusters; {width} x {height}, lod error {options.lod_error}; milliseconds\n")
    print(table(rows))
    if options.json:
        options.json.write_text(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
