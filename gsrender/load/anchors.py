"""Anchor models: a point_cloud.ply of raw parameters, decoders beside it, training arguments above.

Columns are found by name. `level`, `extra_level` and `info` tell Octree-GS and Proxy-GS from Scaffold-GS; the scalars
that the level of detail needs, voxel size and standard distance, hide in rows 0 and 1 of `info`."""

from __future__ import annotations

import numpy as np
import torch

from gsrender.errors import InputError
from gsrender.model import LEVEL_MAPS, MOST_LEVELS, NEAR, Anchors, GaussianModel
from gsrender.load.cfg_args import CfgArgs
from gsrender.load.decoders import read_decoders
from gsrender.load.files import shown
from gsrender.load.model_files import ModelFiles
from gsrender.load.ply import PlyHeader, PlyVertices, read_vertices
from gsrender.load.rows import activated_scale, background, keep_finite, shape_columns, tensor, unit_quaternions


def load_anchors(files: ModelFiles, header: PlyHeader, args: CfgArgs) -> GaussianModel:
    """The anchors of a .ply and the decoders beside it, on the host. Raises InputError."""
    has_levels = "level" in header.names
    offsets, features = _counts(header, args)
    scales, rotations = shape_columns(header, 6)
    vertices, warnings = read_vertices(header), []
    source = _source(vertices, args, has_levels, warnings)
    voxel_size, standard_distance = _info(vertices) if has_levels else (args.number("voxel_size") or 0.0, 0.0)
    rows = dict(
        position=vertices.columns("x", "y", "z"), feature=vertices.columns(*header.numbered("f_anchor_feat_")),
        offset=vertices.columns(*header.numbered("f_offset_")),
        scale=vertices.columns(*scales), rotation=vertices.columns(*rotations))
    if has_levels:
        rows["level"], rows["extra_level"] = vertices.columns("level"), vertices.columns("extra_level")
    del vertices  # of memory, there is never more than twice what the model keeps: outline.py
    rows = keep_finite(header.path, rows, {"scale": activated_scale(rows["scale"])}, warnings)
    position, count = rows["position"], len(rows["position"])
    level = _levels(header.path, rows["level"][:, 0]) if has_levels else np.zeros(count, np.float32)
    decoders = read_decoders(files.folder, args, features=features, offsets=offsets, levels=has_levels)

    items = Anchors(
        position=tensor(position),
        offset=tensor(rows["offset"].reshape(count, 3, offsets).transpose(0, 2, 1)),  # stored all x, all y, all z
        feature=tensor(rows["feature"]), scale=tensor(rows["scale"]),
        rotation=tensor(unit_quaternions(rows["rotation"])),
        level=tensor(level), extra_level=tensor(rows["extra_level"][:, 0]) if has_levels else torch.zeros(count),
        voxel_size=voxel_size, standard_distance=standard_distance, fork=_fork(args),
        levels=int(level.max() - level.min()) + 1 if has_levels else 0, level_map=_level_map(args),
        **vars(decoders))
    return GaussianModel(items, source, background(args), NEAR[source], str(header.path), warnings)


def _counts(header: PlyHeader, args: CfgArgs) -> tuple[int, int]:
    """Offsets and features of an anchor, from the columns; the training arguments must agree."""
    numbers, features = (len(header.numbered(name)) for name in ("f_offset_", "f_anchor_feat_"))
    if numbers == 0 or numbers % 3:
        raise InputError(f"{header.path}: f_offset_*: {numbers} columns, expected a multiple of 3")
    offsets = numbers // 3
    for name, count in (("n_offsets", offsets), ("feat_dim", features)):
        if args.integer(name) not in (None, count):
            raise InputError(f"{args.path}: {name}={args.integer(name)}, "
                             f"but {header.path.name} has columns for {count}")
    return offsets, features


def _info(vertices: PlyVertices) -> tuple[float, float]:
    info = vertices.columns("info")[:2, 0]
    for row, what in enumerate(("voxel size", "standard distance")):
        if len(info) <= row or not 0 < info[row] < np.inf:
            value = float(info[row]) if len(info) > row else "nothing"
            raise InputError(f"{vertices.header.path}: info: row {row} holds {value}, expected the {what}, above zero")
    return float(info[0]), float(info[1])


def _levels(path, level: np.ndarray) -> np.ndarray:
    wrong = ~((level >= 0) & (level < MOST_LEVELS) & (level == np.round(level)))
    if wrong.any():
        raise InputError(f"{path}: level: {level[wrong][0]}, expected whole numbers from 0 to {MOST_LEVELS - 1}")
    return level


def _fork(args: CfgArgs) -> float:
    fork = args.number("fork")
    if fork is not None and not 1 < fork <= 64:
        raise InputError(f"{args.path}: fork={fork}, expected more than 1 and at most 64")
    return float(fork or 2)


def _level_map(args: CfgArgs) -> str:
    level_map = args.text("dist2level") or "round"
    if level_map not in LEVEL_MAPS:
        raise InputError(f"{args.path}: dist2level={shown(level_map)}, expected one of {', '.join(LEVEL_MAPS)}")
    return level_map


def _source(vertices: PlyVertices, args: CfgArgs, has_levels: bool, warnings: list[str]) -> str:
    """Who trained it. Octree-GS and Proxy-GS write the same columns, but only Proxy-GS starts its anchors at an opacity
    of one, whose logit is +inf; where none of those is left, the defaults of the training arguments differ."""
    if not has_levels:
        return "scaffold-gs"
    if "opacity" in vertices.header.names and np.isposinf(vertices.columns("opacity")).any():
        return "proxy-gs"
    source = "proxy-gs" if args.text("data_device") == "cpu" else "octree-gs"
    warnings.append(f"Neither columns nor opacities tell Octree-GS from Proxy-GS; data_device in cfg_args suggests "
                    f"{source}, so the near plane is {NEAR[source]}.")
    return source
