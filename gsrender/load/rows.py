"""What every kind of model does with its raw rows."""

from __future__ import annotations

import numpy as np
import torch

from gsrender.camera import Triple
from gsrender.errors import InputError
from gsrender.load.cfg_args import CfgArgs
from gsrender.load.ply import PlyHeader


def keep_finite(path, raw: dict[str, np.ndarray], activated: dict[str, np.ndarray], warnings) -> dict[str, np.ndarray]:
    """Activated rows of those items all of whose numbers are finite; a sentence in `warnings` counts the others.

    `raw` has tables [N, columns] by name. Where `activated` has the name, its values are what has to be finite, and raw
    ones too, but for opacities. Raises InputError where nothing is left.
    """
    count = len(next(iter(raw.values())))
    keep, reasons = np.ones(count, bool), []
    for name, table in raw.items():
        finite = np.isfinite(activated.get(name, table)).all(axis=1)
        if name != "opacity":
            finite &= np.isfinite(table).all(axis=1)
        if not finite.all():
            reasons.append(f"{name} {count - int(finite.sum()):,}")
        keep &= finite
    dropped = count - int(keep.sum())
    if dropped == count:
        raise InputError(f"{path}: all {count:,} rows have a number that is not finite ({', '.join(reasons)})")
    if dropped:
        warnings.append(f"{dropped:,} of {count:,} rows were dropped, because a number is not finite "
                        f"({', '.join(reasons)}).")
    values = raw | activated
    return {name: table[keep] if dropped else table for name, table in values.items()}


def shape_columns(header: PlyHeader, scales: int) -> tuple[list[str], list[str]]:
    """Names of the columns of scales and of rotations. Raises InputError where there are not `scales` and four."""
    scale, rotation = header.numbered("scale_"), header.numbered("rot_")
    if (len(scale), len(rotation)) != (scales, 4):
        raise InputError(f"{header.path}: scale_* and rot_*: {len(scale)} and {len(rotation)} columns, expected "
                         f"{scales} and 4")
    return scale, rotation


def activated_scale(raw: np.ndarray) -> np.ndarray:
    """[N, columns] from logarithms; what is not finite is left to `keep_finite`."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.exp(raw)


def unit_quaternions(raw: np.ndarray) -> np.ndarray:
    """[N, 4] of length one. Zero becomes the identity, which is what the reference's rotation matrix of it is."""
    quaternion = raw.astype(np.float64)  # the squares of the largest and smallest float32 fit
    length = np.linalg.norm(quaternion, axis=1, keepdims=True)
    zero = length[:, 0] == 0
    quaternion[zero], length[zero] = (1, 0, 0, 0), 1
    return (quaternion / length).astype(np.float32)


def tensor(array: np.ndarray) -> torch.Tensor:
    """The array as a contiguous float32 tensor."""
    return torch.from_numpy(np.ascontiguousarray(array, np.float32))


def background(args: CfgArgs) -> Triple:
    """The colour the model was trained on; black where nothing says otherwise, as for the trainers."""
    return (1.0, 1.0, 1.0) if args.flag("white_background") else (0.0, 0.0, 0.0)
