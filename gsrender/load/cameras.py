"""Cameras of data sets: INRIA's `cameras.json`, NeRF's `transforms*.json` and COLMAP's models."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gsrender.camera import Camera
from gsrender.errors import InputError
from gsrender.load.colmap import find_colmap, load_colmap
from gsrender.load.dataset_camera import (FARTHEST_PIXEL, DatasetCamera, camera_at, find_image, image_name, split_of,
                                          stem_of)
from gsrender.load.files import LARGEST, parse_json, read_text
from gsrender.load.json_object import JsonObject
from gsrender.settings import LARGEST_SIDE

LIMIT = 256 << 20  # bytes; 10,000 cameras have 5 MB
DISTORTION = ("k1", "k2", "k3", "k4", "p1", "p2")


def load_cameras(path, photographs: bool = True) -> list[DatasetCamera]:
    """All cameras of a file, in its order, or of a folder with a COLMAP model, by name.

    Without `photographs` none is looked for, so that no file but those of the cameras is touched, whatever they name.
    Lens distortion is left out, as the trainers do; `distortion` of a camera says so, `distortion_warning` of all.
    Raises InputError.
    """
    path = Path(path)
    if colmap := find_colmap(path):
        return load_colmap(colmap, photographs)
    data = parse_json(read_text(path, LIMIT), path)
    if isinstance(data, list):
        cameras = [_inria(path, JsonObject(f"{path}: [{i}]", entry)) for i, entry in enumerate(data)]
    elif isinstance(data, dict) and isinstance(data.get("frames"), list):
        cameras = [_nerf(path, JsonObject(f"{path}: frames[{i}]", entry, data), photographs)
                   for i, entry in enumerate(data["frames"])]
    else:
        raise InputError(f"{path}: neither a list of cameras (cameras.json) nor an object with `frames` "
                         "(transforms.json)")
    if not cameras:
        raise InputError(f"{path}: no cameras in it")
    return cameras


def distortion_warning(path, cameras: list[DatasetCamera]) -> str:
    """A sentence on what was left out of the lenses; empty where nothing was."""
    distorted = [camera.distortion for camera in cameras if camera.distortion]
    if not distorted:
        return ""
    return (f"{path}: lens distortion ({', '.join(dict.fromkeys(distorted))}) of {len(distorted):,} of "
            f"{len(cameras):,} cameras is left out, so their photographs do not fit exactly")


def _inria(path: Path, entry: JsonObject) -> DatasetCamera:
    image = image_name(f"{entry.where}.img_name", entry.get("img_name"))
    width, height = entry.whole("width", LARGEST_SIDE), entry.whole("height", LARGEST_SIDE)
    if width is None or height is None:
        raise InputError(f"{entry.where}: width or height is missing")
    pose = np.column_stack([entry.matrix("rotation", (3, 3)), entry.matrix("position", (3,))])
    fx, fy = (entry.required(name, 0, FARTHEST_PIXEL) for name in ("fx", "fy"))
    camera = camera_at(entry.where, "rotation", pose, fx, fy, width, height)
    return DatasetCamera(stem_of(image), camera, split_of(path, image), None)


def _nerf(path: Path, entry: JsonObject, photographs: bool) -> DatasetCamera:
    name = image_name(f"{entry.where}.file_path", entry.get("file_path"))
    image = find_image(path.parent / name) if photographs else None
    width, height = entry.whole("w", LARGEST_SIDE), entry.whole("h", LARGEST_SIDE)
    if width is None or height is None:
        width, height = _image_size(entry, image)
    fx, fy = entry.number("fl_x", 0, FARTHEST_PIXEL), entry.number("fl_y", 0, FARTHEST_PIXEL)
    angle_x, angle_y = (entry.number(f"camera_angle_{axis}", 0, 3.14) for axis in "xy")
    if fx is None and angle_x is None:
        raise InputError(f"{entry.where}: neither fl_x nor camera_angle_x is there")
    if fx is None:
        fx = Camera.focal_length(width, angle_x)
    if fy is None:
        fy = Camera.focal_length(height, angle_y) if angle_y is not None else fx
    pose = entry.matrix("transform_matrix", (4, 4), (3, 4))[:3]
    pose[:, 1:3] *= -1  # OpenGL's y up, z back -> y down, z forward
    cx, cy = entry.number("cx", -FARTHEST_PIXEL, FARTHEST_PIXEL), entry.number("cy", -FARTHEST_PIXEL, FARTHEST_PIXEL)
    camera = camera_at(entry.where, "transform_matrix", pose, fx, fy, width, height, cx, cy)
    distortion = ", ".join(name for name in DISTORTION if entry.number(name, -LARGEST, LARGEST))
    return DatasetCamera(stem_of(name), camera, split_of(path, name), image, distortion)


def _image_size(entry: JsonObject, image: Path | None) -> tuple[int, int]:
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
