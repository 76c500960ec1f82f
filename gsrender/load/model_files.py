"""Which files belong to a model, given any path that a person may have at hand."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from gsrender.errors import InputError


@dataclass(frozen=True)
class ModelFiles:
    """`root` is the trainer's output directory, with cfg_args and cameras.json; for a .ply on its own, its folder."""

    root: Path
    ply: Path

    @property
    def folder(self) -> Path:
        """Where the decoders are."""
        return self.ply.parent


def find_model(path, iteration: int | None = None) -> ModelFiles:
    """Files of the model at `path`: an output directory, the directory above it where it holds only one, its
    point_cloud/, its point_cloud/iteration_N/ or the .ply itself. `iteration` chooses among several; None or -1
    is the newest. Raises InputError."""
    path = Path(path)
    if os.path.isfile(path):
        return _around(path)
    if not os.path.isdir(path):
        there = os.path.exists(path)
        raise InputError(f"{path}: {'neither a file nor a directory' if there else 'no such file or directory'}")
    if (path / "point_cloud.ply").exists():
        return _around(path / "point_cloud.ply")
    if (path / "point_cloud").is_dir():
        return _pick(path, iteration)
    if path.resolve().name == "point_cloud":
        return _pick(path.resolve().parent, iteration)
    below = [folder for folder in sorted(path.iterdir()) if (folder / "point_cloud").is_dir()]
    if len(below) > 1:
        raise InputError(f"{path}: holds {len(below)} models, {', '.join(f.name for f in below[:5])}; give one of them")
    if not below:
        raise InputError(f"{path}: no model here, neither point_cloud/iteration_N/ nor point_cloud.ply")
    return _pick(below[0], iteration)


def _around(ply: Path) -> ModelFiles:
    folder = ply.resolve().parent
    trained = re.fullmatch(r"iteration_\d+", folder.name) and folder.parent.name == "point_cloud"
    return ModelFiles(folder.parent.parent if trained else ply.parent, ply)


def _pick(root: Path, iteration: int | None) -> ModelFiles:
    found = {int(match[1]): match[0] for entry in (root / "point_cloud").iterdir()
             if (match := re.fullmatch(r"iteration_(\d{1,18})", entry.name)) and entry.is_dir()}
    if not found:
        raise InputError(f"{root / 'point_cloud'}: no iteration_N/ in it")
    chosen = max(found) if iteration in (None, -1) else iteration
    if chosen not in found:
        raise InputError(f"{root}: no iteration {chosen}, there are {', '.join(map(str, sorted(found)))}")
    return ModelFiles(root, root / "point_cloud" / found[chosen] / "point_cloud.ply")
