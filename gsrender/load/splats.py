"""Plain 3D Gaussians: the .ply of INRIA's trainer, spherical harmonics of degree 0 to 3."""

from __future__ import annotations

import numpy as np
import torch

from gsrender.errors import InputError
from gsrender.model import NEAR, GaussianModel, Splats
from gsrender.load.cfg_args import CfgArgs
from gsrender.load.ply import PlyHeader, read_vertices
from gsrender.load.rows import activated_scale, background, keep_finite, shape_columns, tensor, unit_quaternions


def load_splats(header: PlyHeader, args: CfgArgs) -> GaussianModel:
    """The Gaussians of a .ply, on the host. Raises InputError."""
    rest, (scales, rotations) = header.numbered("f_rest_"), shape_columns(header, 3)
    if len(rest) not in (0, 9, 24, 45):
        raise InputError(f"{header.path}: f_rest_*: {len(rest)} columns, expected 0, 9, 24 or 45")
    vertices, warnings = read_vertices(header), []
    rows = dict(position=vertices.columns("x", "y", "z"), feature=vertices.columns("f_dc_0", "f_dc_1", "f_dc_2", *rest),
                opacity=vertices.columns("opacity"), scale=vertices.columns(*scales),
                rotation=vertices.columns(*rotations))
    del vertices  # of memory, there is never more than twice what the model keeps: outline.py
    opacity = torch.sigmoid(torch.from_numpy(rows["opacity"])).numpy()  # a logit of +inf or -inf: exactly 1 or 0
    activated = {"scale": activated_scale(rows["scale"]), "opacity": opacity}
    rows = keep_finite(header.path, rows, activated, warnings)
    count = len(rows["position"])
    sh = np.empty((count, 1 + len(rest) // 3, 3), np.float32)
    sh[:, 0] = rows["feature"][:, :3]
    sh[:, 1:] = rows.pop("feature")[:, 3:].reshape(count, 3, -1).transpose(0, 2, 1)  # all red, all green, all blue
    items = Splats(
        position=tensor(rows["position"]), scale=tensor(rows["scale"]), opacity=tensor(rows["opacity"][:, 0]),
        rotation=tensor(unit_quaternions(rows["rotation"])), sh=tensor(sh))
    return GaussianModel(items, "3dgs", background(args), NEAR["3dgs"], str(header.path), warnings)
