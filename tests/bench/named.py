"""The scenes that figures are given for, by name: a model and its proxy, alone or tiled, and the cameras."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from gsrender import Camera, Renderer, load_cameras
from gsrender.errors import InputError
from tests.bench.tiles import tiled_clusters, tiled_model
from viewer.scene import Scene, clusters_of, open_scene
from vk_interop.depth_settings import DepthSettings
from vk_interop.device import Device
from vk_interop.mesh import load_mesh
from vk_interop.proxy_depth import ProxyDepth

SAMPLE = Path(__file__).parents[2] / "assets"


@dataclass(frozen=True)
class Named:
    """
    folder  that holds proxy.glb, the cameras and the model
    tiles   along x and along y, `pitch` scene units apart
    whole   culling of whole frames; None: the proxy's depth alone is of interest, and the model is not tiled
    alone   culling of the Gaussian stages alone, one after the other
    precision  of the colours of plain splats
    """

    folder: str
    model: str = "model"
    tiles: int = 1
    pitch: float = 0.0
    whole: str | None = "centre"
    alone: tuple[str, ...] = ("centre", "off")
    precision: str = "full"


PLAIN = Named("block", "plain/point_cloud.ply", pitch=40, whole="footprint", alone=("off", "footprint"))
NAMED = {
    "street": Named("street"),
    "block": Named("block"),
    "block-4x4": Named("block", tiles=4, pitch=40),
    "block-8x8": Named("block", tiles=8, pitch=40),
    "plain": PLAIN,
    "plain-half": replace(PLAIN, precision="half"),
    "plain-7x7": replace(PLAIN, tiles=7),
    "plain-7x7-half": replace(PLAIN, tiles=7, precision="half"),
    "plain-14x14": replace(PLAIN, tiles=14),
    "plain-14x14-half": replace(PLAIN, tiles=14, precision="half"),
    "town": Named("town"),
    "town-mesh-4x4": Named("town", tiles=4, pitch=120, whole=None, alone=()),
}


@dataclass
class Opened:
    """A scene of NAMED on the device. A context manager."""

    name: str
    scene: Scene
    triangles: int
    test: list[Camera]
    fly: list[Camera]

    def cameras(self, views: list[Camera], size: tuple[int, int], at_most: int) -> list[Camera]:
        """That many of the views at most, evenly from first to last, in pictures of that size."""
        count = min(at_most, len(views))
        return [views[i * len(views) // count].resized(*size).with_near(self.scene.near) for i in range(count)]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.scene.close()


def open_named(name: str, data: Path | None, backend: str = "auto", lod_error: float | None = 1.0) -> Opened:
    """`street` is in the repository, the other scenes are in folders of `data`."""
    if name not in NAMED:
        raise InputError(f"--scenes: no scene is called {name!r}; there are {', '.join(NAMED)}")
    named = NAMED[name]
    if named.folder != "street" and data is None:
        raise InputError(f"--scenes {name}: name the folder that holds {named.folder}/ with --data or GSRENDER_DATA")
    folder = (SAMPLE if named.folder == "street" else data) / named.folder
    scene = open_scene(folder / named.model, backend=backend, with_proxy=False, precision=named.precision)
    try:
        if named.tiles > 1 and named.whole:
            scene.renderer = None
            scene.renderer = Renderer(tiled_model(scene.model, named.tiles, named.pitch), ())
            scene.model = scene.renderer.model
        detail = DepthSettings(lod_error)
        scene.mesh, scene.device = load_mesh(folder / "proxy.glb"), Device.open(scene.backend)
        clusters = clusters_of(scene.mesh, detail)
        if named.tiles > 1:
            clusters = tiled_clusters(clusters, named.tiles, named.pitch)
        scene.proxy = ProxyDepth(scene.device, clusters, detail)
        test = folder / "transforms_test.json"
        test = test if test.exists() else scene.cameras_file
        views = [[view.camera for view in load_cameras(path)] for path in (test, folder / "transforms_fly.json")]
    except BaseException:
        scene.close()
        raise
    return Opened(name, scene, named.tiles ** 2 * len(scene.mesh.triangles), *views)
