"""From paths to what the frame needs: the model, its proxy, the cameras of its dataset."""

from __future__ import annotations

import math
import sys
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Callable, Iterator

import numpy as np

from gsrender.camera import Camera, Triple
from gsrender.crop import Crop
from gsrender.errors import DeviceError, InputError
from gsrender.memory import MemoryLimit, NoRoom, default_most, memory_or
from gsrender.settings import RenderSettings
from viewer.crop_box import box_axes
from viewer.fit import Fit
from viewer.machine import nvidia_driver
from viewer.pose import Space
from viewer.ruler import Ruler
from vk_interop.depth_settings import DepthSettings

if TYPE_CHECKING:
    from viewer.forecast import Forecast
    from gsrender.load import DatasetCamera
    from gsrender.model import GaussianModel
    from gsrender.renderer import Renderer
    from vk_interop.cluster_lod import ClusterMesh
    from vk_interop.device import Device
    from vk_interop.mesh import ProxyMesh
    from vk_interop.proxy_depth import ProxyDepth

CAMERAS = "cameras.json"
SAMPLE = 2000  # items that choose the first view
MESH_SUFFIXES = (".glb", ".gltf", ".ply", ".obj")


@dataclass
class Scene:
    """What is open. `close` gives the GPU back; usable as a context manager."""

    model: GaussianModel
    renderer: Renderer
    device: Device | None = None  # Vulkan's; None where nothing asked for it
    mesh: ProxyMesh | None = None
    proxy: ProxyDepth | None = None  # None: no proxy, so nothing culls
    cameras: list[DatasetCamera] = field(default_factory=list)  # of the model's own dataset; may be empty
    folder: Path = Path()  # of the model
    opened: Path = Path()  # what was asked for: that folder, or a file
    precision: str = "full"  # of the model's colours
    mesh_path: Path | None = None
    given: np.ndarray = field(default_factory=lambda: np.eye(4))  # [4, 4], model from mesh by the command line's word
    fit: Fit = Fit()  # how the proxy lies, on top of that
    read_fit: Fit = Fit()  # how `mesh` does, the same or another one
    given_up: Triple | None = None  # the model's, by the command line's word
    near: float = 0.2  # scene units of view z
    ruler: Ruler = Ruler()
    warnings: list[str] = field(default_factory=list)  # a sentence each
    limit: MemoryLimit = field(default_factory=MemoryLimit)  # of all that is on the device
    detail: DepthSettings = DepthSettings(1.0)  # how the proxy is drawn, or would be if there were one

    @cached_property
    def backend(self) -> str:
        """`cuda` or `cpu`: where the Gaussians are drawn."""
        return self.model.device.type

    @property
    def title(self) -> str:
        """What browsers are told that it is: by its folder and the one above it, and none of the others."""
        return "/".join(self.folder.resolve().parts[-2:])

    @property
    def cameras_file(self) -> Path:
        """Where `cameras` are from."""
        return self.folder / CAMERAS

    @property
    def stream(self) -> int | None:
        """The CUDA stream that the Gaussians are queued on; None on the CPU."""
        if self.backend == "cpu":
            return None
        import torch
        return torch.cuda.current_stream(self.model.device).cuda_stream

    @property
    def memory(self) -> dict[str, int]:
        """Bytes on the device by name, of what every frame needs."""
        return self.renderer.memory | (self.proxy.memory if self.proxy else {})

    @property
    def default_culling(self) -> str:
        """`centre` for what was trained with levels of detail beside a proxy, else off: see `default_culling`."""
        return default_culling(self.model, self.proxy is not None)

    @property
    def usual_culling(self) -> str:
        """What counts as on; without a proxy nothing does."""
        if self.proxy is None:
            return "off"
        return "centre" if self.default_culling == "off" else self.default_culling

    @property
    def up(self) -> Triple:
        """The model's up: as given, else what the cameras of its dataset have in common, z where there are none."""
        return self.given_up or up_of([view.camera for view in self.cameras])

    @property
    def radius(self) -> float:
        """Half the diagonal of the model's trimmed bounds, scene units."""
        low, high = (np.asarray(corner.tolist()) for corner in self.model.bounds)
        return max(float(np.linalg.norm(high - low)) / 2, 1e-6)

    @cached_property
    def first_view(self) -> int | None:
        """Index of the dataset's view that has most of the model in it: the first one may well face an empty street."""
        positions = self.model.items.position
        positions = positions[::max(1, len(positions) // SAMPLE)].cpu().numpy()
        seen = [_share_in_view(positions, view.camera) for view in self.cameras]
        return int(np.argmax(seen)) if seen else None

    def first_camera(self, width: int, height: int) -> Camera:
        """The dataset's view that shows most of the model; without one, a view of the whole model from a corner."""
        if self.cameras:
            return self.cameras[self.first_view].camera.with_near(self.near).resized(width, height)
        low, high = (np.asarray(corner.tolist()) for corner in self.model.bounds)
        centre = (low + high) / 2
        position = centre + self.radius * Space(self.up).world_from_level @ (-1.0, -1.0, 0.7)
        return Camera.look_at(position, centre, self.up, width=width, height=height, near=self.near)

    def draw_proxy_by(self, detail: DepthSettings):
        """From the next frame on."""
        self.detail = detail
        if self.proxy:
            self.proxy.settings = detail

    def lay(self, fit: Fit):
        """The proxy lies like that from the next frame on; nothing is read or built for it."""
        self.fit = fit
        self.proxy.place(self.placing_of(fit))

    @property
    def placed_mesh(self) -> ProxyMesh:
        """The proxy's mesh as it lies now."""
        from vk_interop.mesh_gltf import transformed
        vertices = transformed(self.mesh.vertices, self.placing_of(self.fit))
        return replace(self.mesh, vertices=np.ascontiguousarray(vertices, np.float32))

    def in_half(self) -> Scene:
        """The same scene with the colours of plain splats in 16 bits. Raises NoRoom."""
        what = f"the colours of {len(self.model.items):,} splats in 16 bits"
        self.limit.check(self.model.items.sh.nbytes // 2, what)
        with memory_or(f"not enough memory for {what}"):
            return replace(self, model=self.model.stored("half", beside=True))

    @contextmanager
    def aside(self, detail: DepthSettings, fit: Fit) -> Iterator[None]:
        """Within it the proxy is drawn and lies like that, beside the frames: see `ProxyDepth.aside`."""
        with self.proxy.aside(detail, self.placing_of(fit)) if self.proxy else nullcontext():
            yield

    def placing_of(self, fit: Fit) -> np.ndarray:
        """[4, 4], from where the mesh was read to, to where that fit lays it."""
        if fit == self.read_fit:
            return np.eye(4)
        return fit.matrix @ np.linalg.inv(self.read_fit.matrix)

    @contextmanager
    def beside(self, clusters: ClusterMesh | None, outputs: tuple[str, ...] = ()) -> Iterator[Scene]:
        """The same scene with a renderer and a proxy depth of its own, for pictures of another size between the frames.
        `clusters` are the proxy's, as `clusters_of` gives them; `outputs` as for `open_scene`. Raises DeviceError where
        there is no memory for it."""
        from gsrender.renderer import Renderer
        from vk_interop.proxy_depth import ProxyDepth
        proxy = self.proxy
        if proxy is not None:
            proxy = ProxyDepth(self.device, clusters, proxy.settings, proxy.far, placing=proxy.placing)
        try:
            yield replace(self, renderer=Renderer(self.model, outputs, self.limit), proxy=proxy)
        finally:
            if proxy is not None:
                proxy.close()

    def close(self):
        for part in (self.proxy, self.device):
            if part:
                part.close()
        self.proxy = self.device = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def open_scene(model: str | Path, mesh: str | Path | None = None, *, backend: str = "auto", iteration: int = -1,
               near: float | None = None, far: float = math.inf, transform: np.ndarray | None = None,
               mesh_up: str = "z", with_proxy: bool = True, outputs: tuple[str, ...] = (),
               surface_extensions: list[str] | None = None, detail: DepthSettings = DepthSettings(),
               memory_limit: int | None = None, precision: str = "full", fit: Fit = Fit(),
               metres: float | None = None, model_up: Triple | None = None, anyway: bool = False,
               device: Device | None = None, on_step: Callable[[int], None] = lambda step: None,
               on_forecast: Callable[[str], None] = lambda said: None) -> Scene:
    """Loads and puts on the device everything that a frame needs.

    mesh        the proxy; without it, the one that `proxies_beside` finds
    backend     'auto', 'cuda' or 'cpu'
    near        scene units of view z; without it, what the model's trainer used
    far         of the proxy's depth, scene units
    transform   [4, 4], model from mesh; mesh_up: which axis of the mesh is up; fit: how it lies on top of both
    with_proxy  False for a depth that comes from elsewhere: then Vulkan is not touched
    outputs     what a Frame carries besides the picture, of gsrender.renderer.OUTPUTS
    detail      how the proxy's depth is drawn; with a lod_error its clusters are built, or read from their cache
    memory_limit        bytes that may be taken of the device; without it, what it has free, less a reserve
    precision   `half` keeps the colours of plain splats in 16 bits
    metres      that a scene unit is, for what tells lengths
    model_up    the model's up; without it, what its cameras tell
    anyway      though the forecast says that there is too little memory
    on_forecast is called with what it will take, in words, before anything is read
    surface_extensions  what a window asks of Vulkan, [] for an off-screen target; None: Vulkan is only for a proxy
    device      Vulkan's, where a window has opened it for this backend, with `limit_of` the other options; it is the
                scene's once this returns
    on_step     called at the beginning of each of opening.STEPS but the first
    Raises InputError for what is wrong with the files, DeviceError for what the machine cannot do.
    """
    torch_device = pick_backend(backend)
    use_own_stream(torch_device)
    limit = device.limit if device else limit_of(torch_device, memory_limit, anyway)
    proxy = (Path(mesh) if mesh else proxy_of(model, iteration)) if with_proxy else None
    ahead = _foretell(limit, memory_limit is not None, anyway, precision=precision, model=model, mesh=proxy,
                      backend=torch_device, detail=detail, outputs=outputs, iteration=iteration)
    if ahead:
        on_forecast(f"{ahead.what}: {ahead.taken(limit)}")
    scene = read_model(model, torch_device, limit, outputs, iteration, precision)
    scene.near, scene.ruler = scene.model.near if near is None else near, Ruler(metres)
    scene.given_up, scene.detail = model_up, detail
    if backend == "auto" and torch_device == "cpu" and nvidia_driver():
        scene.warnings.append("there is an NVIDIA GPU, and it is not used: `python -m viewer doctor` says why")
    try:
        on_step(1)
        if with_proxy:
            from vk_interop.mesh import model_from_mesh
            clusters = read_proxy(scene, mesh, model_from_mesh(transform, mesh_up), fit, detail,
                                  on_mesh=lambda: on_step(2))
        else:
            clusters = None
        scene.device = device
        if device is None and (clusters is not None or surface_extensions is not None):
            from vk_interop.device import Device
            scene.device = Device.open(torch_device, surface_extensions or (), limit=limit)
        if clusters is not None:
            from vk_interop.proxy_depth import ProxyDepth
            scene.proxy = ProxyDepth(scene.device, clusters, detail, far)
    except BaseException:
        scene.device = None if device else scene.device
        scene.close()
        raise
    return scene


def use_own_stream(backend: str):
    """This thread queues on a CUDA stream of its own from now on: torch's default stream is CUDA's legacy one, which
    everything else in the process waits for."""
    if backend == "cuda":
        import torch
        torch.cuda.set_stream(torch.cuda.Stream())


def limit_of(backend: str, memory_limit: int | None, anyway: bool) -> MemoryLimit:
    """Of all that is put on the device; the arguments are those of `open_scene`."""
    return MemoryLimit(memory_limit or default_most(backend), is_lifted=anyway and memory_limit is None)


def read_model(path: str | Path, torch_device: str, limit: MemoryLimit, outputs: tuple[str, ...] = (),
               iteration: int = -1, precision: str = "full") -> Scene:
    """A scene without a proxy, and without Vulkan. Raises InputError, DeviceError."""
    from gsrender.chunks import arranged
    from gsrender.load import find_model, load_model
    from gsrender.renderer import Renderer

    folder = find_model(path, iteration).root
    # Arranged on the host, so that the device never holds two of them.
    loaded = arranged(load_model(path, "cpu", iteration, precision=precision))
    limit.check(loaded.nbytes, f"a model of {len(loaded.items):,} {loaded.kind}")
    loaded = loaded.to(torch_device)
    renderer = Renderer(loaded, outputs, limit)
    if torch_device == "cuda":
        import torch
        torch.cuda.empty_cache()  # what bounds took to work out; as it is, only torch could have it again
    return Scene(loaded, renderer, limit=limit, cameras=cameras_in(folder), folder=folder, opened=Path(path),
                 precision=precision, near=loaded.near, warnings=list(loaded.warnings))


def read_proxy(scene: Scene, path: str | Path | None, given: np.ndarray, fit: Fit, detail: DepthSettings,
               on_mesh: Callable[[], None] = lambda: None) -> ClusterMesh | None:
    """Reads the proxy of that path, or the one beside the model, into the scene; what a ProxyDepth draws of it. None
    where there is none. It lies by `given`, [4, 4], and by the fit on top of that. `on_mesh` is called once the mesh is
    read. Raises InputError."""
    path = _choose_proxy(scene, scene.folder, path)
    if path is None:
        return None
    from vk_interop.mesh import load_mesh
    scene.mesh_path, scene.mesh = path, load_mesh(path, fit.matrix @ given)
    scene.given, scene.fit, scene.read_fit = given, fit, fit
    scene.warnings.extend(scene.mesh.warnings)
    on_mesh()
    return clusters_of(scene.mesh, detail)


def clusters_of(mesh: ProxyMesh, detail: DepthSettings) -> ClusterMesh:
    """What ProxyDepth draws: all levels of detail, or the file's triangles as they are where none is asked for."""
    from viewer.clusters import open_clusters
    from vk_interop.flat_clusters import flat_clusters
    return flat_clusters(mesh) if detail.lod_error is None else open_clusters(mesh)


def detail_record(proxy: ProxyDepth | None) -> dict:
    """What stats.json says of how the proxy was drawn."""
    if proxy is None:
        return {}
    error = proxy.settings.lod_error
    return {"lod_error": "off" if error is None else error, "raster": proxy.settings.drawn_by(proxy.device.is_cpu)}


def crop_record(crop: Crop | None) -> dict:
    """What stats.json and a benchmark's figures say of the crop box, where there is one."""
    return {} if crop is None else {"crop": {"from": crop.low, "to": crop.high, "axes": crop.axes}}


def open_options(options, on_forecast: Callable[[str], None] = lambda said: None, **more) -> Scene:
    """The scene that the command line's options name; `more` goes to `open_scene`. What it will take of memory is told
    on stderr before it is read."""
    def say(said: str):
        print(f"opening {said}", file=sys.stderr, flush=True)
        on_forecast(said)
    return open_scene(options.model, options.scene, backend=options.backend, iteration=options.iteration,
                      near=options.near, far=options.far, transform=options.proxy_transform, mesh_up=options.up,
                      detail=DepthSettings(options.lod_error, options.raster), memory_limit=options.memory_limit,
                      precision=options.precision, metres=options.metres, model_up=options.model_up,
                      anyway=options.anyway, on_forecast=say, **more)


def render_settings(options, scene: Scene, culling: str | None = None) -> RenderSettings:
    """What the options say about the picture. Without a word about culling it is the scene's default."""
    if options.appearance and getattr(scene.model.items, "appearance", None) is None:
        raise InputError(f"--appearance {options.appearance}: the model has no appearance embedding")
    background = scene.model.background if options.background == "model" else options.background
    crop = Crop(options.crop[:3], options.crop[3:], box_axes(scene.up)) if options.crop else None
    return RenderSettings(culling or scene.default_culling, options.margin, background, options.appearance, crop=crop)


def check_culling(culling: str, scene: Scene):
    """Raises InputError where there is no proxy to cull by."""
    if culling != "off" and scene.proxy is None:
        raise InputError(f"--culling {culling}: nothing to cull by; name the proxy with --scene")


def cameras_files(options, scene: Scene) -> list[Path]:
    """Those that --cameras names, else the model's own."""
    if not options.cameras and not scene.cameras_file.exists():
        raise InputError(f"no {CAMERAS} beside the model ({scene.folder}): name a cameras file with --cameras")
    return options.cameras or [scene.cameras_file]


def _foretell(limit: MemoryLimit, chosen: bool, anyway: bool, **opened) -> Forecast | None:
    """What opening will take. Raises NoRoom where there is not as much, unless `anyway`, with what the command line can
    do about it; `chosen`: it was that which set the limit."""
    from viewer.forecast import TooLarge, check_room, forecast
    if anyway:
        return forecast(**opened)
    try:
        return check_room(limit, **opened)
    except TooLarge as error:
        ways = ["--precision half takes less"] * error.half
        ways.append("--memory-limit may allow more" if chosen else "--anyway opens it all the same")
        raise NoRoom(f"{error}: {', and '.join(ways)}") from None


def proxy_of(model: str | Path, iteration: int = -1) -> Path | None:
    """The proxy that a model is opened with where none is named. Raises InputError."""
    from gsrender.load import find_model
    found = proxies_beside(find_model(model, iteration).root)
    return found[0] if len(found) == 1 else None


def _choose_proxy(scene: Scene, folder: Path, mesh: str | Path | None) -> Path | None:
    found = [Path(mesh)] if mesh else proxies_beside(folder)
    if len(found) > 1:
        scene.warnings.append(f"no proxy is used: {found[0].parent} holds several meshes "
                              f"({', '.join(path.name for path in found)}); name one with --scene")
        return None
    return found[0] if found else None


def pick_backend(wanted: str) -> str:
    """'cuda' where torch sees a GPU and our CUDA library was built, else 'cpu'; or the wanted one, or DeviceError."""
    import torch

    from gsrender._native import library_path
    sees_gpu, built = torch.cuda.is_available(), library_path("cuda").exists()
    if wanted == "cuda" and not sees_gpu:
        raise DeviceError("torch sees no CUDA device: `python -m viewer doctor` says what is missing, --backend cpu "
                          "does without")
    if wanted == "cuda" and not built:
        raise DeviceError("the CUDA library is not built: run ./build_ext.sh with nvcc on the PATH")
    return "cuda" if wanted != "cpu" and sees_gpu and built else "cpu"


def default_culling(model: GaussianModel, has_proxy: bool) -> str:
    """What is right without asking. A model that was not trained with the proxy shows through its own surfaces, and
    culling then costs 2-11 dB; only the layouts with levels of detail can have been trained with one."""
    return "centre" if has_proxy and model.levels else "off"


def proxies_beside(folder: Path) -> list[Path]:
    """The proxy mesh that lies with a model: looked for in the model's folder, then in the folder above it.

    In each, proxy.glb, .gltf, .ply or .obj, in that order, else its .glb files. More than one is no answer, since a
    wrong guess would cull the wrong things. A .ply or .obj of another name is never taken: it may be anything, such as
    the points that training started from.
    """
    for place in (folder, folder.resolve().parent):
        named = [place / f"proxy{suffix}" for suffix in MESH_SUFFIXES if (place / f"proxy{suffix}").is_file()]
        found = named[:1] or sorted(place.glob("*.glb"))
        if found:
            return found
    return []


def cameras_in(folder: Path) -> list[DatasetCamera]:
    """The cameras that training wrote into the model's folder; none where it wrote none."""
    from gsrender.load import load_cameras
    from viewer.photographs import with_photographs
    path = folder / CAMERAS
    return with_photographs(load_cameras(path), folder) if path.is_file() else []


def up_of(cameras: list[Camera]) -> Triple:
    """The world's up, as far as the cameras tell: what is square to the lower edges of their pictures, since few people
    tilt a camera sideways; among several such directions, the one nearest to the pictures' upper edges. Snapped to an
    axis within 10 degrees of it; z where there are no cameras."""
    if not cameras:
        return 0.0, 0.0, 1.0
    rotations = np.stack([camera.rotation for camera in cameras])
    right, mean_up = rotations[:, 0], -rotations[:, 1].mean(axis=0)
    # 1e-3: only to decide among directions that the first term likes alike, as where all cameras look the same way.
    up = np.linalg.eigh(right.T @ right / len(right) - 1e-3 * np.outer(mean_up, mean_up))[1][:, 0]
    up = up if up @ mean_up > 0 else -up
    axis = np.abs(up).argmax()
    if abs(up[axis]) > math.cos(math.radians(10)):
        up = np.eye(3)[axis] * np.sign(up[axis])
    return tuple(up.tolist())


def _share_in_view(positions: np.ndarray, camera: Camera) -> float:
    x, y, z = camera.rotation @ positions.T + np.array(camera.camera_from_world)[:, 3:]
    ahead = np.maximum(z, 1e-9)
    column, row = camera.fx * x / ahead + camera.cx, camera.fy * y / ahead + camera.cy
    inside = (column >= 0) & (column < camera.width) & (row >= 0) & (row < camera.height)
    return float((inside & (z > camera.near)).mean())
