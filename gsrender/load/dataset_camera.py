"""What every format of cameras makes: a camera with the name, the split and the photograph that belong to it."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from gsrender.camera import Camera
from gsrender.errors import InputError
from gsrender.load.files import shown
from gsrender.settings import FARTHEST

SCALE_LIMIT = 0.05  # how far a rotation's singular values may be from 1: rounding, or a scale left in by a tool
FARTHEST_PIXEL = 1e9  # of a focal length, and of a principal point from the corner
SPLITS = ("train", "test", "val", "eval", "fly")
IMAGES = (".png", ".jpg", ".jpeg", ".exr", ".webp", ".tif", ".tiff", ".bmp")


@dataclass(frozen=True)
class DatasetCamera:
    """`name` is the last part of img_name, file_path or COLMAP's NAME without an image's extension.

    `split` is what follows `transforms_` in the file's own name; else the folder or the first word of the image's name
    where that is one of SPLITS (`test/r_0`, `test_0004`); else empty. A cameras.json does not keep it otherwise.
    """

    name: str
    camera: Camera
    split: str
    image: Path | None  # the photograph, where it was found
    distortion: str = ""  # what was left out of the lens, in the file's words ("OPENCV", "k1, p2")


def camera_at(where: str, field: str, pose: np.ndarray, *lens) -> Camera:
    """The camera at a pose [3, 4] whose rotation is the nearest to what the file says, if that is near.

    `where` and `field` tell the file and the place in it; `lens` goes to Camera.from_pose. Raises InputError.
    """
    left, singular, right = np.linalg.svd(pose[:, :3])
    if not np.abs(singular - 1).max() <= SCALE_LIMIT or np.linalg.det(left @ right) < 0:
        stretch = ", ".join(f"{s:.4g}" for s in singular)
        raise InputError(f"{where}.{field}: not a rotation, it stretches by {stretch}"
                         f"{' and mirrors' if np.linalg.det(left @ right) < 0 else ''}")
    if not np.abs(pose[:, 3]).max() <= FARTHEST:  # NaN fails
        raise InputError(f"{where}: a camera at {shown(pose[:, 3].tolist())}, expected at most {FARTHEST:g} scene "
                         "units from 0")
    try:
        return Camera.from_pose(np.column_stack([left @ right, pose[:, 3]]), *lens)
    except ValueError as error:
        raise InputError(f"{where}: {error}") from error


def image_name(where: str, value) -> PurePosixPath:
    """The path of an image as a file gives it. Raises InputError where it is none."""
    path = PurePosixPath(value.replace("\\", "/")) if isinstance(value, str) else None
    if path is None or path.name in ("", "..") or not value.isprintable():
        raise InputError(f"{where}: {shown(value)}, expected the name of an image")
    return path


def stem_of(image: PurePosixPath) -> str:
    """The `name` of a DatasetCamera."""
    # A name without an image's extension may have dots of its own: r_0.5 is not the stem r_0.
    return image.stem if image.suffix.lower() in IMAGES else image.name


def split_of(file: Path, image: PurePosixPath) -> str:
    """The `split` of a DatasetCamera, from the names of its file and its image."""
    if match := re.fullmatch(r"transforms_(\w+)", file.stem):
        return match[1]
    candidates = (image.parent.name, re.split(r"[_\-\d]", image.name)[0])
    return next((word for word in candidates if word in SPLITS), "")


def find_image(path: Path) -> Path | None:
    """The photograph of that name, with or without an extension."""
    names = [path] + [path.with_name(path.name + extension) for extension in IMAGES]
    return next((name for name in names if os.path.isfile(name)), None)  # which is false of a name that is too long
