"""The scenes that figures are given for, by name: a model and its proxy, alone or tiled, and the cameras."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from gsrender import Camera, Renderer, load_cameras
from gsrender.errors import InputError
from tests.bench.tiles import tiled_clusters, tiled_model
from viewer.scene import Scene, clusters_of, open_scene, pick_backend
from vk_interop.depth_settings import DepthSettings
from vk_interop.device import Device
from vk_interop.mesh import load_mesh
from vk_interop.proxy_depth import ProxyDepth

SAMPLE = Path(__file__).parents[2] / "assets"
NEAR = 0.01  # scene units, where there is no model


@dataclass(frozen=True)
class Named:
    """
    folder   that holds proxy.glb and the cameras
    model    in it; empty: the proxy's depth alone
    tiles    along x and along y, `pitch` scene units apart
    culling  of whole frames, then of the Gaussian stages alone
    """

    folder: str
    model: str = "model"
    tiles: int = 1
    pitch: float = 0.0
    culling: tuple[str, tuple[str, ...]] = ("centre", ("centre", "off"))


PLAIN = Named("block", "plain/point_cloud.ply", pitch=40, culling=("footprint", ("off", "footprint")))
NAMED = {
    "street": Named("street"),
    "block": Named("block"),
    "block-4x4": Named("block", tiles=4, pitch=40),
    "block-8x8": Named("block", tiles=8, pitch=40),
    "plain": PLAIN,
    "plain-7x7": replace(PLAIN, tiles=7),
    "plain-14x14": replace(PLAIN, tiles=14),
    "town": Named("town"),
    "town-mesh-4x4": Named("town", "", tiles=4, pitch=120),
}


@dataclass
class Opened:
    """A scene on the device. Of one without a model `scene` is None."""

    name: str
    device: Device
    proxy: ProxyDepth
    triangles: int
    scene: Scene | None
    test: list[Camera]
    fly: list[Camera]

    def cameras(self, size: tuple[int, int], views: list[Camera], at_most: int) -> list[Camera]:
        """That many of the views at most, evenly from first to last, in pictures of that size."""
        count, near = min(at_most, len(views)), self.scene.near if self.scene else NEAR
        return [views[i * len(views) // count].resized(*size).with_near(near) for i in range(count)]

    def close(self):
        self.proxy.close()
        self.device.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def open_named(name: str, data: Path | None, backend: str = "auto", lod_error: float | None = 1.0) -> Opened:
    """Opens a scene of NAMED. `street` is in the repository, the others are folders in `data`."""
    if name not in NAMED:
        raise InputError(f"--scenes: no scene is called {name!r}; there are {', '.join(NAMED)}")
    named = NAMED[name]
    folder = (SAMPLE if named.folder == "street" else data or Path()) / named.folder
    if named.folder != "street" and data is None:
        raise InputError(f"--scenes {name}: name the folder that holds {named.folder}/ with --data or GSRENDER_DATA")
    scene = open_scene(folder / named.model, backend=backend, with_proxy=False) if named.model else None
    if scene and named.tiles > 1:
        scene.renderer = None
        scene.renderer = Renderer(tiled_model(scene.model, named.tiles, named.pitch), ())
        scene.model = scene.renderer.model
    detail, mesh = DepthSettings(lod_error), load_mesh(folder / "proxy.glb")
    clusters = clusters_of(mesh, detail)
    if named.tiles > 1:
        clusters = tiled_clusters(clusters, named.tiles, named.pitch)
    device = Device.open(pick_backend(backend))
    proxy = ProxyDepth(device, clusters, detail)
    if scene:
        scene.device, scene.mesh, scene.proxy = device, mesh, proxy
    test = folder / "transforms_test.json"
    test = test if test.exists() else folder / "model" / "cameras.json"
    views = [[view.camera for view in load_cameras(path)] for path in (test, folder / "transforms_fly.json")]
    return Opened(name, device, proxy, named.tiles ** 2 * len(mesh.triangles), scene, *views)
