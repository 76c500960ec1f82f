"""A camera as text, for the clipboard: JSON that a person can read, type over and send to somebody else."""

from __future__ import annotations

import json
import math

import numpy as np

from gsrender.camera import Camera
from gsrender.errors import InputError
from viewer.settings import MOST

WHERE = "the clipboard"
KEYS = {"position": 3, "look_at": 3, "up": 3, "fov_y": 1, "near": 1}  # how many numbers; the last two may be missing


def camera_text(camera: Camera) -> str:
    """Positions in scene units, `look_at` one unit ahead, the vertical field of view in degrees."""
    right, down, forward = camera.rotation
    values = {"position": camera.position, "look_at": camera.position + forward, "up": -down}
    return json.dumps({**{key: [round(x, 9) for x in value.tolist()] for key, value in values.items()},
                       "fov_y": round(camera.fov_y, 6), "near": camera.near})


def parse_camera(text: str, near: float, width: int = 960, height: int = 640, where: str = WHERE) -> Camera:
    """Raises InputError, which says `where` the text stood. `near` where it has none."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where} holds no camera: JSON with {', '.join(KEYS)} is wanted") from error
    if not isinstance(data, dict):
        raise InputError(f"{where} holds no camera but a {type(data).__name__}: an object with {', '.join(KEYS)} is "
                         "wanted")
    values = {key: _numbers(data, key, count, where) for key, count in KEYS.items() if key in data or count == 3}
    fov_y, near = values.get("fov_y", [60.0])[0], values.get("near", [near])[0]
    if not (0 < fov_y < 180 and near > 0):
        raise InputError(f"{where}: fov_y {fov_y}, near {near}: degrees above 0 and below 180, and scene units above 0 "
                         "are wanted")
    if np.allclose(values["look_at"], values["position"], atol=1e-12):
        raise InputError(f"{where}: look_at and position are the same point, so there is no direction of view")
    try:
        return Camera.look_at(values["position"], values["look_at"], values["up"], fov_y, width, height, near)
    except ValueError as error:
        raise InputError(f"{where}: {error}") from error


def _numbers(data: dict, key: str, count: int, where: str) -> list[float]:
    value = data.get(key)
    numbers = value if count > 1 else [value]
    if not isinstance(numbers, list) or len(numbers) != count \
            or not all(type(n) in (int, float) and math.isfinite(n) and abs(n) < MOST for n in numbers):
        raise InputError(f"{where}: {key} is {json.dumps(value)[:60]}, wanted {count} number{'s' * (count > 1)} of "
                         f"less than {MOST:g}")
    return [float(n) for n in numbers]
