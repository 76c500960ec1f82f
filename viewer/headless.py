"""The same frame without a window: pictures and depth caches of a dataset's views."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from gsrender.camera import Camera
from gsrender.depth import DepthBuffer
from gsrender.errors import InputError
from gsrender.frame import FrameStats
from gsrender.memory import MemoryLimit, default_most
from gsrender.settings import RenderSettings
from viewer.legend import with_legend
from viewer.lost import why_empty
from viewer.machine import describe
from viewer.output import OutputFolder, recorded_origins
from viewer.picture_views import paint
from viewer.progress import progress
from viewer.scene import (Scene, cameras_files, clusters_of, crop_record, default_culling, detail_record, open_options,
                          pick_backend, render_settings)
from viewer.shot import Shot, Spare, outputs_for
from viewer.view_table import view_kind
from viewer.views import View, choose_views, load_views
from vk_interop.depth_settings import DepthSettings


def render(options) -> int:
    """`render`: a PNG for each view, complete, as the window would show it."""
    if options.depth_from is not None and not os.path.isdir(options.depth_from):
        raise InputError(f"--depth-from {options.depth_from}: no such directory")
    outputs = outputs_for(options.view, options.freeze)
    with open_options(options, with_proxy=options.depth_from is None, outputs=outputs) as scene:
        tell(scene)
        has_depth = scene.proxy is not None or options.depth_from is not None
        settings = render_settings(options, scene, options.culling or default_culling(scene.model, has_depth))
        if settings.culling != "off" and not has_depth:
            raise InputError(f"--culling {settings.culling}: nothing to cull by; name the proxy with --scene, or depth "
                             "caches with --depth-from")
        check_view(options, scene, settings)
        views = load_views(cameras_files(options, scene))
        with OutputFolder(options.out, ".png", views) as out:
            chosen = choose_views(out.views, options.views)
            out.check(chosen)
            made_by = {"model": scene.model.path, "culling": settings.culling, "margin": settings.margin,
                       **crop_record(settings.crop), **detail_record(scene.proxy), **describe(scene)}
            frozen, spare = _frozen_view(options.freeze, out.views), Spare(scene)
            for name, view in progress(list(chosen.items()), "render"):
                camera, drawn = sized(view.camera, options.size).with_near(scene.near), None
                if frozen:
                    seen_by = frozen.camera.with_near(scene.near).resized(camera.width, camera.height)
                    settings = replace(settings, culling_camera=seen_by)
                if options.depth_from and settings.culling != "off":
                    depth = read_depth(options.depth_from, frozen or view, settings.culling_camera or camera)
                    depth = DepthBuffer.from_tensor(depth.to(scene.model.device), settings.culling_camera or camera,
                                                    settings.crop)
                    drawn = scene.renderer.render(camera, depth, settings)
                shot = Shot(scene, camera, settings, spare, drawn)
                painted = paint(options.view, shot, wireframe=options.wireframe, ruler=scene.ruler)
                picture = with_legend(Image.fromarray(painted.picture.cpu().numpy()), painted.legend)
                if empty := why_empty(scene, camera, shot.stats.counts):
                    print(f"warning: {name}: {empty}", file=sys.stderr)
                out.write(name, lambda file: picture.save(file, "png"),
                          view_record(scene.model.kind, shot.stats) | {"size": [camera.width, camera.height]} | made_by)
    return 0


def check_view(options, scene: Scene, settings: RenderSettings):
    """Raises InputError where there is no such picture of the scene as --view and --wireframe name."""
    if options.wireframe and scene.proxy is None:
        raise InputError("--wireframe: there is no proxy to draw the edges of; name it with --scene")
    if lack := view_kind(options.view).lack(scene.proxy is not None, settings.culling):
        way_out = "name it with --scene" if scene.proxy is None else "choose --culling centre or footprint"
        raise InputError(f"--view {options.view}: {lack}; {way_out}")


def depth(options) -> int:
    """`depth`: what Proxy-GS training reads, one float32 [H, W] .npy for each view."""
    from vk_interop.device import Device
    from vk_interop.mesh import load_mesh
    from vk_interop.proxy_depth import ProxyDepth
    views = load_views(options.cameras)
    mesh = load_mesh(options.mesh, options.proxy_transform, options.up)
    detail = DepthSettings(options.lod_error, options.raster)
    clusters = clusters_of(mesh, detail)
    backend = pick_backend(options.backend)
    limit = MemoryLimit(options.memory_limit or default_most(backend))
    with Device.open(backend, limit=limit) as device, \
            ProxyDepth(device, clusters, detail, options.far) as proxy, OutputFolder(options.out, ".npy", views) as out:
        chosen = choose_views(out.views, options.views)
        out.check(chosen)
        for name, view in progress(list(chosen.items()), "depth"):
            camera = sized(view.camera, options.size).with_near(options.near)
            proxy.render(camera)
            pixels = proxy.drawn().cpu().numpy()
            out.write(name, lambda file: np.save(file, pixels),
                      {"mesh": str(options.mesh), "size": [camera.width, camera.height], "vulkan": device.name,
                       "hit": float(np.isfinite(pixels).mean()), **counted(proxy.stats()),
                       "ms": proxy.stats().milliseconds} | detail_record(proxy))
    return 0


def _frozen_view(name: str | None, views: dict[str, View]) -> View | None:
    found = choose_views(views, [name], "--freeze") if name else {}
    if len(found) > 1:
        raise InputError(f"--freeze {name}: several views are called that; name one of {', '.join(found)}")
    return next(iter(found.values()), None)


def tell(scene: Scene):
    """What was opened, and what loading had to say about it, on stderr."""
    model = scene.model
    print(f"model: {model.path}, {items_of(len(model.items), model.kind, model.precision)}, {model.source}\n"
          f"proxy: {scene.mesh_path or 'none'}", file=sys.stderr)
    for warning in scene.warnings:
        print(f"warning: {warning}", file=sys.stderr)


def items_of(count: int, kind: str, precision: str) -> str:
    return f"{count:,} {kind}{' in half precision' if precision == 'half' else ''}"


def sized(camera: Camera, size: tuple[int, int] | None) -> Camera:
    return camera.resized(*size) if size else camera


def read_depth(folder: Path, view: View, camera: Camera) -> torch.Tensor:
    """[H, W] float32 of a view's depth cache. NaN, like +inf, is where nothing was hit."""
    path = folder / f"{_depth_name(folder, view)}.npy"
    if not os.path.isfile(path):  # false of a name that is too long, where Path raises
        raise InputError(f"{path}: no such file; `python -m viewer depth` writes depth caches")
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)  # mapped, so that only a fitting one is read
        expected, found = (camera.height, camera.width), (*array.shape,)
    except OSError as error:
        raise InputError(f"{path}: cannot be read, {error.strerror}") from error
    except Exception as error:  # NumPy lets through what its parts raise: of zip files, tokens, memory maps
        raise InputError(f"{path}: damaged, or not a .npy file of numbers") from error
    if found != expected or array.dtype.kind != "f":
        raise InputError(f"{path}: {array.dtype} {list(found)}, expected floating point {list(expected)}")
    depth = np.array(array, np.float32)
    if wrong := np.count_nonzero(depth <= 0):
        raise InputError(f"{path}: {wrong:,} of {depth.size:,} values are 0 or less, expected view z above 0, and +inf "
                         "where nothing is hit")
    return torch.from_numpy(depth)


def _depth_name(folder: Path, view: View) -> str:
    """What `depth` called this view: as its stats.json says, else the most exact name that there is a file of."""
    origins = recorded_origins(folder)
    recorded = [name for name, origin in origins.items() if origin == view.origin and view.may_be_called(name)]
    if recorded:
        return recorded[0]
    for name in reversed(view.names()):
        if os.path.isfile(folder / f"{name}.npy"):
            split = origins[name][2] if name in origins else ""
            if split and view.split and split != view.split:
                raise InputError(f"{folder / name}.npy: depth of a view of {split}, and {view.name} of {view.split} "
                                 "has none")
            return name
    return view.name


def view_record(kind: str, stats: FrameStats) -> dict:
    """A view's entry of stats.json."""
    lod, visible = ("lod_anchors", "visible_anchors") if kind == "anchors" else ("splats", "visible_splats")
    names = {"lod": lod, "visible": visible}
    counts = {names.get(name, name): count for name, count in counted(stats).items() if name != "items"}
    return counts | {"ms": {stage: round(value, 3) for stage, value in stats.milliseconds.items()}}


def counted(stats: FrameStats) -> dict:
    """Counts by name; the clusters that were drawn by level of detail as well, where there were any."""
    return stats.counts | ({"clusters_by_level": list(stats.levels)} if stats.levels else {})
