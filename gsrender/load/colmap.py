"""COLMAP's sparse models: `cameras` and `images`, each .bin or .txt (https://colmap.github.io/format.html).

A pose is camera from world, with OpenCV's axes, and pixel (0, 0) spans [0, 1): all as in `Camera`. What an image saw of
the points is skipped unread, so that a model with gigabytes of them takes no longer than its cameras do.
"""

from __future__ import annotations

import math
import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Iterator

import numpy as np

from gsrender import quaternions
from gsrender.errors import InputError
from gsrender.load.dataset_camera import (FARTHEST_PIXEL, DatasetCamera, camera_at, find_image, image_name, split_of,
                                          stem_of)
from gsrender.load.files import LARGEST, reading, regular_file, shown
from gsrender.settings import LARGEST_SIDE

SUFFIXES = (".bin", ".txt")  # COLMAP too takes the first where both are there
PLACES = ("", "sparse/0", "sparse", "colmap/sparse/0")  # where a model lies in a folder
# Numbers of a camera by model, in the order of COLMAP's own ids; those of one focal length say it once.
MODELS = {"SIMPLE_PINHOLE": 3, "PINHOLE": 4, "SIMPLE_RADIAL": 4, "RADIAL": 5, "OPENCV": 8, "OPENCV_FISHEYE": 8,
          "FULL_OPENCV": 12, "FOV": 5, "SIMPLE_RADIAL_FISHEYE": 4, "RADIAL_FISHEYE": 5, "THIN_PRISM_FISHEYE": 12,
          "RAD_TAN_THIN_PRISM_FISHEYE": 16}
ONE_FOCAL = ("SIMPLE_PINHOLE", "SIMPLE_RADIAL", "RADIAL", "SIMPLE_RADIAL_FISHEYE", "RADIAL_FISHEYE")
PINHOLES = ("SIMPLE_PINHOLE", "PINHOLE")
MOST = 1_000_000  # cameras or images
LONGEST = 4096  # bytes of a line that is read, and of a name
OBSERVATION = 24  # bytes of one point that an image saw


@dataclass(frozen=True)
class _Lens:
    model: str
    width: int
    height: int
    numbers: tuple[float, ...]

    @property
    def pinhole(self) -> tuple[float, float, float, float]:
        """fx, fy, cx, cy in pixels."""
        n = self.numbers
        return (n[0], n[0], n[1], n[2]) if self.model in ONE_FOCAL else n[:4]


@dataclass(frozen=True)
class _Image:
    where: str
    quaternion: tuple[float, ...]  # w x y z, camera from world
    translation: tuple[float, ...]
    camera: int
    name: str


def is_colmap_name(name: str) -> bool:
    """Whether a file of that name is one of the two that a model needs."""
    return Path(name).stem in ("images", "cameras") and Path(name).suffix in SUFFIXES


def find_colmap(path: Path) -> Path | None:
    """The `images` file of the model that a path names: the file or the `cameras` beside it, the model's folder or one
    above it. None for a file of another name. Raises InputError for a folder without a model."""
    if not os.path.isdir(path):
        return path.with_name("images" + path.suffix) if is_colmap_name(path.name) else None
    for place in PLACES:
        for suffix in SUFFIXES:
            pair = [path / place / (name + suffix) for name in ("images", "cameras")]
            if all(map(os.path.isfile, pair)):
                return pair[0]
    raise InputError(f"{path}: a directory without a COLMAP model, expected images and cameras, both .bin or .txt, in "
                     f"it or in its {', '.join(PLACES[1:])}")


def load_colmap(images: Path, photographs: bool = True) -> list[DatasetCamera]:
    """The registered images of a model, by name. `images` is its file of them; `cameras` lies beside it. Without
    `photographs` none is looked for. Raises InputError."""
    lenses_file = images.with_name("cameras" + images.suffix)
    binary = images.suffix == ".bin"
    lenses = dict(_read(lenses_file, _binary_lenses if binary else _text_lenses))
    found = sorted(_read(images, _binary_images if binary else _text_images), key=lambda image: image.name)
    if not found:
        raise InputError(f"{images}: no images in it")
    return [_dataset_camera(images, image, lenses, lenses_file, photographs) for image in found]


def _dataset_camera(file: Path, image: _Image, lenses: dict[int, _Lens], lenses_file: Path,
                    photographs: bool) -> DatasetCamera:
    lens = lenses.get(image.camera)
    if lens is None:
        raise InputError(f"{image.where}: camera {image.camera} is not in {lenses_file.name}")
    rotation, (fx, fy, cx, cy) = _rotation(image), lens.pinhole
    pose = np.column_stack([rotation.T, -rotation.T @ image.translation])
    camera = camera_at(image.where, "pose", pose, fx, fy, lens.width, lens.height, cx, cy)
    name = image_name(f"{image.where} name", image.name)
    folders = file.absolute().parents[:3] if photographs else ()
    found = (find_image(folder / "images" / name) for folder in folders)
    return DatasetCamera(stem_of(name), camera, split_of(file, name), next(filter(None, found), None),
                         "" if lens.model in PINHOLES else lens.model)


def _rotation(image: _Image) -> np.ndarray:
    """[3, 3], camera from world."""
    length = math.hypot(*image.quaternion)
    if not 0.9 < length < 1.1 or not all(abs(t) <= LARGEST for t in image.translation):  # NaN fails
        raise InputError(f"{image.where}: quaternion {shown(image.quaternion)}, translation "
                         f"{shown(image.translation)}, expected a quaternion of length 1 and finite numbers")
    return quaternions.to_matrix([value / length for value in image.quaternion])


def _read(path: Path, rows) -> list:
    """All that `rows` finds in the file."""
    with reading(path), open(regular_file(path), "rb") as file:
        found = []
        for row in rows(path, file):
            if len(found) == MOST:
                raise InputError(f"{path}: expected at most {MOST:,} {path.stem}")
            found.append(row)
        return found


def _lens(where: str, model: str, width: int, height: int, numbers: tuple[float, ...]) -> _Lens:
    lens = _Lens(model, width, height, numbers)
    fx, fy, cx, cy = lens.pinhole
    if not (0 < width <= LARGEST_SIDE and 0 < height <= LARGEST_SIDE):
        raise InputError(f"{where}: {width} x {height} pixels, expected 1 to {LARGEST_SIDE} each")
    if not (all(0 < focal <= FARTHEST_PIXEL for focal in (fx, fy))
            and all(abs(middle) <= FARTHEST_PIXEL for middle in (cx, cy))):  # NaN fails
        raise InputError(f"{where}: focal length {fx:g}, {fy:g} and principal point {cx:g}, {cy:g} pixels, expected "
                         "focal lengths above 0 and finite numbers")
    return lens


def _known(where: str, model) -> str:
    if model not in MODELS:
        raise InputError(f"{where}: camera model {shown(model)}, expected one of {', '.join(MODELS)}; COLMAP's "
                         "image_undistorter makes a PINHOLE of others")
    return model


# ---- binary ---------------------------------------------------------------------------------------------------------

def _unpack(path: Path, file: BinaryIO, layout: str) -> tuple:
    fields = struct.Struct("<" + layout)
    data = file.read(fields.size)
    if len(data) < fields.size:
        raise InputError(f"{path}: it breaks off after {file.tell():,} bytes, within one of its {path.stem}")
    return fields.unpack(data)


def _binary_lenses(path: Path, file: BinaryIO) -> Iterator[tuple[int, _Lens]]:
    for _ in range(_unpack(path, file, "Q")[0]):
        number, model, width, height = _unpack(path, file, "IiQQ")
        where = f"{path}: camera {number}"
        model = _known(where, list(MODELS)[model] if 0 <= model < len(MODELS) else model)
        yield number, _lens(where, model, width, height, _unpack(path, file, f"{MODELS[model]}d"))


def _binary_images(path: Path, file: BinaryIO) -> Iterator[_Image]:
    size = os.fstat(file.fileno()).st_size
    for _ in range(_unpack(path, file, "Q")[0]):
        number, *pose, camera = _unpack(path, file, "I7dI")
        where = f"{path}: image {number}"
        name = bytearray()
        while (byte := _unpack(path, file, "c")[0]) != b"\0":
            name += byte
            if len(name) > LONGEST:
                raise InputError(f"{where}: its name has no end within {LONGEST:,} bytes")
        observations, = _unpack(path, file, "Q")
        if OBSERVATION * observations > size - file.tell():
            raise InputError(f"{where}: {observations:,} points need {OBSERVATION * observations:,} bytes, "
                             f"{size - file.tell():,} are there")
        file.seek(OBSERVATION * observations, os.SEEK_CUR)
        yield _Image(where, tuple(pose[:4]), tuple(pose[4:]), camera, name.decode("utf-8", "replace"))


# ---- text -----------------------------------------------------------------------------------------------------------

def _lines(path: Path, file: BinaryIO, has_points: bool) -> Iterator[tuple[str, str]]:
    """The place and the text of each line that is neither empty nor a comment; where each of them is followed by one of
    points, those are skipped, whatever they hold."""
    number = 0
    while line := file.readline(LONGEST):
        number += 1
        where = f"{path}: line {number}"
        if line.lstrip().startswith(b"#"):
            _skip_line(file, line)
        elif line.strip():
            if len(line) == LONGEST:
                raise InputError(f"{where}: longer than {LONGEST:,} bytes")
            if has_points:
                _skip_line(file)
                number += 1
            yield where, line.decode("utf-8", "replace").strip()


def _skip_line(file: BinaryIO, begun: bytes = b" "):
    """To the line after the one that has begun."""
    while begun and not begun.endswith(b"\n"):
        begun = file.readline(1 << 16)


def _numbers(where: str, words: list[str], kind: type) -> tuple:
    try:
        return tuple(kind(word) for word in words)
    except ValueError as error:
        raise InputError(f"{where}: {shown(' '.join(words))}, expected "
                         f"{'whole numbers' if kind is int else 'numbers'}") from error


def _text_lenses(path: Path, file: BinaryIO) -> Iterator[tuple[int, _Lens]]:
    for where, line in _lines(path, file, has_points=False):
        words = line.split()
        if len(words) < 4:
            raise InputError(f"{where}: {shown(line)}, expected CAMERA_ID MODEL WIDTH HEIGHT and numbers")
        model = _known(where, words[1])
        number, width, height = _numbers(where, [words[0], *words[2:4]], int)
        if len(words) != 4 + MODELS[model]:
            raise InputError(f"{where}: {len(words) - 4} numbers for {model}, expected {MODELS[model]}")
        yield number, _lens(where, model, width, height, _numbers(where, words[4:], float))


def _text_images(path: Path, file: BinaryIO) -> Iterator[_Image]:
    for where, line in _lines(path, file, has_points=True):
        words = line.split(maxsplit=9)  # a name may have spaces
        if len(words) < 10:
            raise InputError(f"{where}: {shown(line)}, expected IMAGE_ID QW QX QY QZ TX TY TZ CAMERA_ID NAME")
        _numbers(where, words[:1], int)
        pose, (camera,) = _numbers(where, words[1:8], float), _numbers(where, words[8:9], int)
        yield _Image(where, pose[:4], pose[4:], camera, words[9])
