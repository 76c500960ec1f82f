"""Cameras of data sets: INRIA's `cameras.json` and NeRF's `transforms*.json`."""

from __future__ import annotations

import math
import os
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from gsrender.camera import Camera
from gsrender.errors import InputError
from gsrender.load.files import parse_json, read_text, shown
from gsrender.settings import LARGEST_SIDE

LIMIT = 256 << 20  # bytes; 10,000 cameras have 5 MB
SCALE_LIMIT = 0.05  # how far a rotation's singular values may be from 1: rounding, or a scale left in by a tool
SPLITS = ("train", "test", "val", "eval", "fly")
IMAGES = (".png", ".jpg", ".jpeg", ".exr", ".webp", ".tif", ".tiff", ".bmp")


@dataclass(frozen=True)
class DatasetCamera:
    """`name` is the last part of img_name or file_path without an image's extension.

    `split` is what follows `transforms_` in the file's own name; else the folder or the first word of the image's name
    where that is one of SPLITS (`test/r_0`, `test_0004`); else empty. A cameras.json does not keep it otherwise.
    """

    name: str
    camera: Camera
    split: str
    image: Path | None  # the photograph, where it was found


def load_cameras(path) -> list[DatasetCamera]:
    """All cameras of a file, in its order. Lens distortion is left out, as the trainers do. Raises InputError."""
    path = Path(path)
    data = parse_json(read_text(path, LIMIT), path)
    if isinstance(data, list):
        cameras = [_inria(path, _Entry(f"{path}: [{i}]", entry)) for i, entry in enumerate(data)]
    elif isinstance(data, dict) and isinstance(data.get("frames"), list):
        cameras = [_nerf(path, _Entry(f"{path}: frames[{i}]", entry, data)) for i, entry in enumerate(data["frames"])]
    else:
        raise InputError(f"{path}: neither a list of cameras (cameras.json) nor an object with `frames` "
                         "(transforms.json)")
    if not cameras:
        raise InputError(f"{path}: no cameras in it")
    return cameras


class _Entry:
    """One camera's object, and the file's own object for what is given once for all."""

    def __init__(self, where, own, shared=None):
        if not isinstance(own, dict):
            raise InputError(f"{where}: {shown(own)}, expected an object")
        self.where, self.own, self.shared = where, own, shared or {}

    def get(self, name):
        return self.own.get(name, self.shared.get(name))

    def number(self, name, low, high) -> float | None:
        """A number above `low` and at most `high`; None where there is none."""
        value = self.get(name)
        if value is None:
            return None
        # Written so that NaN fails. A bool is an int to Python, a huge int is no float.
        if type(value) not in (int, float) or not low < value <= high:
            raise InputError(f"{self.where}.{name}: {shown(value)}, expected a number above {low:g} "
                             f"and at most {high:g}")
        return float(value)

    def required(self, name, low, high) -> float:
        value = self.number(name, low, high)
        if value is None:
            raise InputError(f"{self.where}.{name}: missing")
        return value

    def size(self, name) -> int | None:
        value = self.number(name, 0, LARGEST_SIDE)
        if value is not None and value != int(value):
            raise InputError(f"{self.where}.{name}: {value}, expected whole pixels")
        return None if value is None else int(value)

    def matrix(self, name, *shapes) -> np.ndarray:
        value = self.get(name)
        rows = value if isinstance(value, list) else []
        flat = [number for row in rows for number in (row if isinstance(row, list) else [row])]
        if not all(type(number) in (int, float) and abs(number) <= 1e30 for number in flat):
            raise InputError(f"{self.where}.{name}: {shown(value)}, expected finite numbers")
        shape = (len(rows), len(rows[0])) if rows and isinstance(rows[0], list) else (len(rows),)
        if shape not in shapes or len(flat) != math.prod(shape):
            expected = " or ".join(str(list(shape)) for shape in shapes)
            raise InputError(f"{self.where}.{name}: {shown(value)}, expected {expected} numbers")
        return np.array(flat, np.float64).reshape(shape)

    def name(self, field) -> PurePosixPath:
        value = self.get(field)
        path = PurePosixPath(value.replace("\\", "/")) if isinstance(value, str) else None
        if path is None or path.name in ("", "..") or not value.isprintable():
            raise InputError(f"{self.where}.{field}: {shown(value)}, expected the name of an image")
        return path


def _inria(path: Path, entry: _Entry) -> DatasetCamera:
    image = entry.name("img_name")
    width, height = entry.size("width"), entry.size("height")
    if width is None or height is None:
        raise InputError(f"{entry.where}: width or height is missing")
    pose = np.column_stack([entry.matrix("rotation", (3, 3)), entry.matrix("position", (3,))])
    camera = _camera(entry, "rotation", pose, entry.required("fx", 0, 1e9), entry.required("fy", 0, 1e9), width, height)
    return DatasetCamera(_stem(image), camera, _split(path, image), None)


def _nerf(path: Path, entry: _Entry) -> DatasetCamera:
    name = entry.name("file_path")
    image = _image(path.parent / name)
    width, height = entry.size("w"), entry.size("h")
    if width is None or height is None:
        width, height = _image_size(entry, image)
    fx, fy = entry.number("fl_x", 0, 1e9), entry.number("fl_y", 0, 1e9)
    angle_x, angle_y = (entry.number(f"camera_angle_{axis}", 0, 3.14) for axis in "xy")
    if fx is None and angle_x is None:
        raise InputError(f"{entry.where}: neither fl_x nor camera_angle_x is there")
    if fx is None:
        fx = width / (2 * math.tan(angle_x / 2))
    if fy is None:
        fy = height / (2 * math.tan(angle_y / 2)) if angle_y is not None else fx
    pose = entry.matrix("transform_matrix", (4, 4), (3, 4))[:3]
    pose[:, 1:3] *= -1  # OpenGL's y up, z back -> y down, z forward
    cx, cy = entry.number("cx", -1e9, 1e9), entry.number("cy", -1e9, 1e9)
    camera = _camera(entry, "transform_matrix", pose, fx, fy, width, height, cx, cy)
    return DatasetCamera(_stem(name), camera, _split(path, name), image)


def _camera(entry, field, pose, *lens) -> Camera:
    """The camera at a pose [3, 4] whose rotation is the nearest to what the file says, if that is near."""
    left, singular, right = np.linalg.svd(pose[:, :3])
    if not np.abs(singular - 1).max() <= SCALE_LIMIT or np.linalg.det(left @ right) < 0:
        stretch = ", ".join(f"{s:.4g}" for s in singular)
        raise InputError(f"{entry.where}.{field}: not a rotation, it stretches by {stretch}"
                         f"{' and mirrors' if np.linalg.det(left @ right) < 0 else ''}")
    try:
        return Camera.from_pose(np.column_stack([left @ right, pose[:, 3]]), *lens)
    except ValueError as error:
        raise InputError(f"{entry.where}: {error}") from error


def _stem(path: PurePosixPath) -> str:
    # A name without an image's extension may have dots of its own: r_0.5 is not the stem r_0.
    return path.stem if path.suffix.lower() in IMAGES else path.name


def _split(path: Path, image: PurePosixPath) -> str:
    if match := re.fullmatch(r"transforms_(\w+)", path.stem):
        return match[1]
    candidates = (image.parent.name, re.split(r"[_\-\d]", image.name)[0])
    return next((word for word in candidates if word in SPLITS), "")


def _image(path: Path) -> Path | None:
    names = [path] + [path.with_name(path.name + extension) for extension in IMAGES]
    return next((name for name in names if os.path.isfile(name)), None)  # which is false of a name that is too long


def _image_size(entry: _Entry, image: Path | None) -> tuple[int, int]:
    if image is None:
        raise InputError(f"{entry.where}: neither w and h nor an image that would tell the size")
    from PIL import Image
    try:
        with Image.open(image) as picture:  # reads the header only
            width, height = picture.size
    except Exception as error:  # Pillow lets through what its decoders raise
        raise InputError(f"{image}: not an image that would tell the size") from error
    if max(width, height) > LARGEST_SIDE:
        raise InputError(f"{image}: {width} x {height} pixels, expected at most {LARGEST_SIDE}")
    return width, height
