"""`info`: what a model or a mesh is."""

from __future__ import annotations

import json
from pathlib import Path

from gsrender.errors import DeviceError
from gsrender.memory import MemoryLimit, default_most, free_bytes
from viewer.forecast import Forecast, forecast
from viewer.scene import MESH_SUFFIXES, cameras_in, pick_backend, proxies_beside
from vk_interop.depth_settings import DepthSettings


def info(options) -> int:
    """Prints one fact a line, or all of them as JSON."""
    mesh = is_mesh(options.path)
    ahead = _forecast(options, mesh)
    if ahead and ahead.host > free_bytes("cpu"):  # so it is not read
        facts = {"mesh" if mesh else "model": str(options.path), "holds": ahead.what} | _memory(ahead)
    else:
        facts = (_mesh(options) if mesh else _model(options)) | (_memory(ahead) if ahead else {})
    if options.json:
        print(json.dumps(facts, indent=1, allow_nan=False))
        return 0
    width = max(map(len, facts))
    for name, value in facts.items():
        for line in value if isinstance(value, list) and name == "warnings" else [value]:
            print(f"{name:{width}}  {_text(line)}")
    return 0


def is_mesh(path: Path) -> bool:
    """A .ply may be either: one with faces and without a model's columns is a mesh."""
    if path.suffix.lower() != ".ply":
        return path.suffix.lower() in MESH_SUFFIXES
    from gsrender.load.ply import read_header
    header = read_header(path)
    faces = any(element.name == "face" and element.count for element in header.elements)
    return faces and not {"f_dc_0", "f_anchor_feat_0"} & set(header.names)


def _forecast(options, mesh: bool) -> Forecast | None:
    """As the window opens it, where it is drawn without being told where."""
    try:
        return forecast(None if mesh else options.path, options.path if mesh else None, pick_backend("auto"),
                        DepthSettings(1.0), outputs=("alpha", "depth"), iteration=options.iteration)
    except DeviceError:  # what says how large buffers are is not built here; the files can be read all the same
        return None


def _memory(ahead: Forecast) -> dict:
    """What opening it will take, and what there is."""
    limit = MemoryLimit(default_most(ahead.backend))
    return {"device": ahead.backend, "bytes on the device": ahead.device, "bytes free there": free_bytes(ahead.backend),
            "bytes of memory while read": ahead.host, "bytes of memory free": free_bytes("cpu"),
            "fits": ahead.problem(limit) or "yes"}


def _mesh(options) -> dict:
    from vk_interop.mesh import load_mesh
    mesh = load_mesh(options.path, options.proxy_transform, options.up)
    return {"mesh": str(options.path), "triangles": len(mesh.triangles), "vertices": len(mesh.vertices),
            "bounds": [mesh.vertices.min(axis=0).tolist(), mesh.vertices.max(axis=0).tolist()],
            "bytes": mesh.vertices.nbytes + mesh.triangles.nbytes, "warnings": list(mesh.warnings)}


def _model(options) -> dict:
    from gsrender.load import find_model, load_model
    model = load_model(options.path, "cpu", options.iteration)
    folder = find_model(options.path, options.iteration).root
    facts = {"model": model.path, "source": model.source, model.kind: len(model.items)}
    facts |= _anchors(model.items) if model.kind == "anchors" else {"SH degree": model.items.sh_degree}
    return facts | {
        "bounds of 98 %": [corner.tolist() for corner in model.bounds], "background": list(model.background),
        "near plane": model.near, "bytes": model.nbytes, "cameras": len(cameras_in(folder)),
        "proxy beside it": [str(path) for path in proxies_beside(folder)], "warnings": model.warnings}


def _anchors(anchors) -> dict:
    decoders = {"opacity": anchors.opacity_mlp, "covariance": anchors.covariance_mlp, "colour": anchors.colour_mlp,
                "feature bank": anchors.bank_mlp}
    facts = {"Gaussians an anchor": anchors.offset.shape[1], "features": anchors.feature.shape[1]}
    if anchors.levels:
        facts |= {"levels": anchors.levels, "anchors by level": anchors.level.long().bincount().tolist(),
                  "level of a distance": anchors.level_map, "fork": anchors.fork, "coarsest cell": anchors.voxel_size,
                  "standard distance": anchors.standard_distance}
    facts |= {f"{name} decoder": _decoder(mlp) for name, mlp in decoders.items() if mlp}
    if anchors.appearance is not None:
        facts["appearance embedding"] = list(anchors.appearance.shape)
    return facts


def _decoder(mlp) -> str:
    extra = [name for name, there in (("distance", mlp.distance), ("level", mlp.level), ("appearance", mlp.appearance))
             if there]
    return f"{mlp.inputs} -> {mlp.hidden} -> {mlp.outputs}" + (f", with {' and '.join(extra)}" if extra else "")


def _text(value) -> str:
    if isinstance(value, list):
        return ", ".join(f"({_text(part)})" if isinstance(part, list) else _number(part) for part in value) or "none"
    return f"{value:,}" if isinstance(value, int) else _number(value)


def _number(value) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
