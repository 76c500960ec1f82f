"""`bench`: what a frame costs with each culling mode, and what culling changes in the picture."""

from __future__ import annotations

import json
import math
import time
from dataclasses import replace

from PIL import Image

from gsrender.camera import Camera
from gsrender.errors import InputError
from gsrender.renderer import Renderer
from gsrender.settings import CULLING, RenderSettings
from viewer.choices import FRAME_MODES
from viewer.contact_sheet import contact_sheet
from viewer.frame import FrameOrder, end_frame, frame_stats, render_frame
from viewer.headless import items_of, sized, tell
from viewer.machine import describe
from viewer.output import check_place, write_whole
from viewer.progress import progress
from viewer.scene import Scene, cameras_files, crop_record, detail_record, open_options, render_settings
from viewer.statistics import Statistics, milliseconds, stage_order
from viewer.views import choose_views, load_views, name_views

SHEET = 12  # pictures on a contact sheet
TIMES = {"same-frame": "from camera to finished picture, none overlapping",
         "pipelined": "from frame to frame, the proxy's depth drawn a frame ahead"}


def bench(options) -> int:
    mode = options.mode or FRAME_MODES[0]
    for place in filter(None, (options.json, options.contact_sheet)):
        check_place(place)
    with open_options(options) as scene:
        tell(scene)
        modes = options.culling or (list(CULLING) if scene.proxy else ["off"])
        if scene.proxy is None and modes != ["off"]:
            raise InputError(f"--culling {','.join(modes)}: there is no proxy to cull by; name it with --scene")
        views = choose_views(name_views(load_views(cameras_files(options, scene)), {}), options.views)
        cameras = {name: sized(view.camera, options.size).with_near(scene.near) for name, view in views.items()}
        chosen = _spread(list(cameras.values()), options.frames)
        settings = {culling: render_settings(options, scene, culling) for culling in modes}
        crop = settings[modes[0]].crop
        report = {"model": scene.model.path, "items": len(scene.model.items), "kind": scene.model.kind,
                  "precision": scene.model.precision,
                  "proxy": str(scene.mesh_path or "none"), "triangles": len(scene.mesh.triangles) if scene.mesh else 0,
                  "size": sorted({(camera.width, camera.height) for camera in chosen}), "views": len(set(chosen)),
                  "frames": options.frames, "margin": options.margin, "mode": mode,
                  **crop_record(crop), **detail_record(scene.proxy), "machine": describe(scene)}
        pictures = _draw_all(scene, chosen, replace(settings[modes[0]], culling="off"))
        report["rows"] = [_measure(scene, chosen, options.frames, settings[culling], pictures, mode)
                          for culling in modes]
        if options.contact_sheet:
            shown = scene.default_culling if scene.default_culling in modes else modes[-1]
            _save_sheet(options.contact_sheet, scene, cameras, settings[shown])
    print(table(report))
    if options.contact_sheet:
        print(f"\npictures: {options.contact_sheet}")
    if options.json:
        with write_whole(options.json) as file:
            file.write(json.dumps(report, indent=1, allow_nan=False).encode())
    return 0


def _measure(scene: Scene, cameras: list[Camera], frames: int, settings: RenderSettings, off: list, mode: str) -> dict:
    """One row, of complete pictures. Every view is drawn once before, which sizes the buffers and gives the error."""
    scene.renderer = None
    scene.renderer = Renderer(scene.model, (), scene.limit)  # so that the memory is this row's own
    error = 0.0
    for picture, other in zip(_draw_all(scene, cameras, settings), off):
        error += float((picture.float() - other.float()).square().mean()) / len(off)
    turns = [cameras[i % len(cameras)] for i in range(frames)]
    time_all = _time_pipelined if mode == "pipelined" else _time_one_by_one
    statistics = time_all(scene, turns, settings, Statistics(frames))
    memory = scene.renderer.memory | (scene.proxy.memory if scene.proxy and settings.culling != "off" else {})
    return {"culling": settings.culling, **statistics.summary(), "memory": memory,
            "psnr_to_off": 10 * math.log10(255 ** 2 / error) if error else None}


def _time_one_by_one(scene: Scene, cameras, settings: RenderSettings, statistics: Statistics) -> Statistics:
    """Each frame from the camera to the finished picture, the proxy's depth included; none overlaps another."""
    for camera in progress(cameras, f"culling {settings.culling}"):
        start = time.perf_counter()
        render_frame(scene, camera, settings)
        statistics.add(1000 * (time.perf_counter() - start), frame_stats(scene, settings))
    return statistics


def _time_pipelined(scene: Scene, cameras, settings: RenderSettings, statistics: Statistics) -> Statistics:
    """From each frame to the next, waiting only where too many are under way, and for the last one."""
    order, start = FrameOrder(scene), time.perf_counter()
    for i, camera in enumerate(progress(cameras, f"culling {settings.culling}"), 1):
        end_frame(scene, order.begin(camera, settings, "pipelined"))
        if i == len(cameras):
            scene.renderer.wait()
        now = time.perf_counter()
        statistics.add(1000 * (now - start), frame_stats(scene, settings))
        start = now
    return statistics


def _draw_all(scene: Scene, cameras: list[Camera], settings: RenderSettings) -> list:
    """The 8-bit pictures, on the host."""
    return [render_frame(scene, camera, settings).rgba[..., :3].to("cpu", copy=True) for camera in cameras]


def _spread(cameras: list[Camera], frames: int) -> list[Camera]:
    """As many of the cameras as there are frames, evenly from first to last; all where there are enough frames."""
    count = min(frames, len(cameras))
    return [cameras[i * len(cameras) // count] for i in range(count)]


def _save_sheet(path, scene, cameras, settings):
    names = list(cameras)
    names = [names[i] for i in _spread(range(len(names)), SHEET)]
    pictures = [Image.fromarray(_draw_all(scene, [cameras[name]], settings)[0].numpy()) for name in names]
    sheet = contact_sheet(pictures, names)
    with write_whole(path) as file:
        sheet.save(file, "png")


def table(report: dict) -> str:
    """The report as text."""
    machine, rows = report["machine"], report["rows"]
    stages = sorted({stage for row in rows for stage in row["stage_ms"]}, key=stage_order)
    counts = [name for name in dict.fromkeys(name for row in rows for name in row["counts"])
              if name not in ("items", "triangles") and not name.startswith("clusters")]
    header = ["culling", "fps", "median", "p95", "p99", *stages, *counts, "memory", "PSNR to off"]
    units = ["", "", "ms", "ms", "ms", *["ms"] * len(stages), *[""] * len(counts), "MiB", "dB"]
    cells = [[row["culling"], _short(row["fps"]), *[_short(row["frame_ms"][key]) for key in ("median", "p95", "p99")],
              *[_short(row["stage_ms"].get(stage)) for stage in stages],
              *[f"{row['counts'][name]:,.0f}" if name in row["counts"] else "-" for name in counts],
              f"{sum(row['memory'].values()) / 2**20:,.0f}",
              "same" if row["psnr_to_off"] is None else f"{row['psnr_to_off']:.2f}"] for row in rows]
    widths = [max(map(len, column)) for column in zip(header, units, *cells)]
    lines = ["  ".join([line[0].ljust(widths[0]), *[cell.rjust(width) for cell, width in zip(line[1:], widths[1:])]])
             for line in (header, units, *cells)]
    sizes = ", ".join(f"{width} x {height}" for width, height in report["size"])
    proxy = f", proxy {report['proxy']}, {report['triangles']:,} triangles" if report["triangles"] else ", no proxy"
    items = items_of(report["items"], report["kind"], report["precision"])
    return "\n".join([f"{report['model']}, {items}{proxy}",
                      "; ".join(f"{name}: {value}" for name, value in machine.items()),
                      f"{sizes}; {_count(report['frames'], 'frame')} of each mode over "
                      f"{_count(report['views'], 'view')}; "
                      f"times {TIMES[report['mode']]}; stages: medians, counts: means",
                      *(_memory(row) for row in rows), "", *lines])


def _memory(row: dict) -> str:
    """By name, largest first; what is less than 0.1 MiB is left out."""
    parts = sorted(row["memory"].items(), key=lambda part: -part[1])
    return f"MiB, {row['culling']}: " + ", ".join(f"{name} {nbytes / 2**20:,.1f}" for name, nbytes in parts
                                                  if nbytes >= 0.1 * 2**20)


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' * (number != 1)}"


def _short(value: float | None) -> str:
    """Three digits or more; nothing where nothing was measured."""
    return "-" if value is None else milliseconds(value)
