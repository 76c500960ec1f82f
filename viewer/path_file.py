"""Camera paths on disk: our own JSON, and every file of cameras that a path can be led through.

    {"format": "gsrender camera path", "version": 1, "closing": 2.5,
     "keyframes": [{"time": 0.0, "position": [x, y, z], "world_from_camera": [w, x, y, z], "fov_y": 60.0}, ...]}

Seconds, scene units, a quaternion of the camera's axes (x right, y down, z forward), degrees. A `closing` makes a loop.
"""

from __future__ import annotations

import json
import math
import os
from pathlib import Path

from gsrender.errors import InputError
from gsrender.load import distortion_warning, find_model, load_cameras
from gsrender.load.colmap import SUFFIXES, find_colmap, is_colmap_name
from gsrender.load.files import parse_json, read_text, shown
from gsrender.load.json_object import JsonObject
from gsrender.settings import FARTHEST
from viewer.camera_path import GAP, LONGEST, CameraPath, Keyframe
from viewer.output import write_whole

FORMAT, VERSION = "gsrender camera path", 1
LIMIT = 256 << 20  # bytes; an hour's recording has 3 MB
FIELDS_OF_VIEW = 0.1, 179.0  # degrees


def load_path(file: Path, photographs: bool = True) -> tuple[CameraPath, str]:
    """A path, and a sentence on what was left out, empty where nothing was. A file of cameras (cameras.json,
    transforms*.json, a COLMAP model) is a path through them, a second from one to the next. Without
    `photographs` no other file is looked for, whatever this one names. Raises InputError."""
    file = Path(file)
    colmap = file.suffix in SUFFIXES or os.path.isdir(file)
    data = None if colmap else parse_json(read_text(file, LIMIT), file)
    if isinstance(data, dict) and "keyframes" in data:
        return _from_json(file, data), ""
    cameras = load_cameras(file, photographs)
    try:
        return CameraPath.through([view.camera for view in cameras]), distortion_warning(file, cameras)
    except ValueError as error:
        raise InputError(f"{file}: {error}") from error


def is_saved(file: Path) -> bool:
    """Whether `save_path` has written that file, as far as one can tell."""
    try:
        return isinstance(parse_json(read_text(file, LIMIT), file)["keyframes"], list)
    except (InputError, LookupError, TypeError):
        return False


def is_path_name(name: str) -> bool:
    """Whether a file of that name may be one that `load_path` reads."""
    return name.lower().endswith(".json") or is_colmap_name(name)


def is_path_folder(folder: Path) -> bool:
    """Whether that is a directory which `load_path` reads, and no model."""
    if not os.path.isdir(folder):
        return False
    try:
        find_colmap(folder)
    except InputError:
        return False
    try:
        find_model(folder)
    except InputError:
        return True
    return False


def save_path(path: CameraPath, file: Path):
    """Raises InputError where it cannot be written, or where the file is there and is something else than a path."""
    file = Path(file)
    if os.path.exists(file) and not is_saved(file):
        raise InputError(f"{file}: is there and is no camera path, so it is not written over; choose another name")
    with write_whole(file) as whole:
        whole.write(path_text(path).encode())


def path_text(path: CameraPath) -> str:
    """What `save_path` writes."""
    data = {"format": FORMAT, "version": VERSION} | ({"closing": path.closing} if path.closing else {})
    data["keyframes"] = [{"time": key.time, "position": key.position, "world_from_camera": key.world_from_camera,
                          "fov_y": key.fov_y} for key in path.keyframes]
    return json.dumps(data, indent=1, allow_nan=False)


def _from_json(file: Path, data: dict) -> CameraPath:
    if data.get("format") != FORMAT or data.get("version") != VERSION:
        raise InputError(f"{file}: format {shown(data.get('format'))}, version {shown(data.get('version'))}, expected "
                         f"{FORMAT!r}, version {VERSION}")
    if not isinstance(data["keyframes"], list) or not data["keyframes"]:
        raise InputError(f"{file}: keyframes {shown(data['keyframes'])}, expected a list of one or more")
    keys = [_keyframe(JsonObject(f"{file}: keyframes[{i}]", own)) for i, own in enumerate(data["keyframes"])]
    for i, (before, key) in enumerate(zip(keys, keys[1:]), 1):
        if not key.time - before.time >= 0.999 * GAP:
            raise InputError(f"{file}: keyframes[{i}].time: {key.time:g}, expected at least {GAP} s more than the "
                             f"{before.time:g} of the one before")
    closing = JsonObject(str(file), data).number("closing", 0, LONGEST) or 0.0
    try:
        return CameraPath(tuple(key.at(key.time - keys[0].time) for key in keys), closing)
    except ValueError as error:
        raise InputError(f"{file}: {error}") from error


def _keyframe(own: JsonObject) -> Keyframe:
    turn = own.matrix("world_from_camera", (4,))
    length = math.hypot(*turn)
    if not 0.9 < length < 1.1:
        raise InputError(f"{own.where}.world_from_camera: {shown(turn.tolist())}, expected a quaternion of length 1")
    if abs(length - 1) > 1e-12:  # what was saved here comes back to the bit
        turn = turn / length
    position = own.matrix("position", (3,)).tolist()
    if max(map(abs, position)) > FARTHEST:
        raise InputError(f"{own.where}.position: {shown(position)}, expected at most {FARTHEST:g} scene units from 0")
    return Keyframe(own.required("time", -LONGEST, LONGEST), tuple(position), tuple(turn.tolist()),
                    own.required("fov_y", *FIELDS_OF_VIEW))
