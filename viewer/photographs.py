"""The photographs that a model was made from: where they usually lie, and which camera took which."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

from gsrender.load.dataset_camera import IMAGES, DatasetCamera

FOLDERS = ("images", "train", "test", "input", ".")


def with_photographs(cameras: list[DatasetCamera], folder: Path) -> list[DatasetCamera]:
    """The cameras, each with the photograph of its name where one is found: in the model's folder, beside it, or where
    the training says that it read them from."""
    if all(camera.image for camera in cameras):
        return cameras
    found: dict[str, Path] = {}
    for place in _places(folder):
        for path in _pictures(place):
            found.setdefault(path.stem, path)
    return [replace(camera, image=camera.image or found.get(camera.name)) for camera in cameras]


def _places(folder: Path) -> list[Path]:
    roots = [folder, folder.resolve().parent]
    source = _source(folder)
    if source is not None:
        roots += [source]
        roots += [] if source.is_absolute() else [parent / source for parent in folder.resolve().parents]
    return [root / name for root in roots for name in FOLDERS]


def _source(folder: Path) -> Path | None:
    """The dataset's folder as training noted it, as text and no more."""
    try:
        text = (folder / "cfg_args").read_text(errors="replace")[:65536]
    except OSError:
        return None
    found = re.search(r"source_path='([^'\0]+)'", text)
    return Path(found[1]) if found else None


def _pictures(place: Path) -> list[Path]:
    try:
        with os.scandir(place) as entries:
            return sorted(Path(entry) for entry in entries if Path(entry).suffix.lower() in IMAGES and entry.is_file())
    except OSError:
        return []
