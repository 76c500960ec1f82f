"""Figures as files: every frame that is remembered, or what a benchmark found."""

from __future__ import annotations

import csv
import io
import json
import time
from itertools import count
from pathlib import Path

import numpy as np
from PIL import Image

from viewer.output import write_whole
from viewer.statistics import Statistics


_given: set[Path] = set()  # of what is still to be written


def file_name(what: str, suffix: str) -> Path:
    """Where something of now goes: in the folder that the program was started in, beside what is there already or is
    about to be. The second one of a second is called -2."""
    name = time.strftime(f"{what}-%Y%m%d-%H%M%S")
    paths = (Path.cwd() / f"{name}{f'-{i}' * (i > 1)}{suffix}" for i in count(1))
    path = next(path for path in paths if path not in _given and not path.exists())
    _given.add(path)
    return path


def save_csv(statistics: Statistics, about: dict[str, str], path: Path):
    """A line a frame, oldest first, each of the scene that `about` tells; an empty cell where nothing was measured.
    Raises InputError."""
    _save(path, csv_text(statistics, about))


def csv_text(statistics: Statistics, about: dict[str, str]) -> str:
    """What `save_csv` writes."""
    frames = [about | frame for frame in statistics.frames()]
    names = list(dict.fromkeys(name for frame in frames for name in frame))
    text = io.StringIO()
    writer = csv.DictWriter(text, names, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(frames)
    return text.getvalue()


def save_json(data: dict, path: Path):
    """Raises InputError."""
    _save(path, json_text(data))


def json_text(data: dict) -> str:
    """What `save_json` writes."""
    return json.dumps(data, indent=1, allow_nan=False)


def save_png(pixels: np.ndarray, path: Path):
    """[H, W, 3] uint8. Raises InputError where it cannot be written."""
    save_image(Image.fromarray(pixels), path)


def save_image(image: Image.Image, path: Path):
    """As a PNG. Raises InputError where it cannot be written."""
    with write_whole(path) as file:
        image.save(file, "png")


def _save(path: Path, text: str):
    with write_whole(path) as file:
        file.write(text.encode())
