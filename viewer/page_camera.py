"""Between a browser's camera and ours."""

from __future__ import annotations

import math

import numpy as np
from viser.transforms import SO3

from gsrender.camera import Camera
from viewer.controls import SPEED, Pose, Space

KEYS_SPEED = 2.0  # units a second that a held key moves viser's camera
LARGEST = 4096  # pixels an edge, whatever a browser says
LEVEL = math.radians(1)  # a camera that rolls more keeps its own up


def viser_scale(space: Space) -> float:
    """viser's units for one of the scene, at the window's speed."""
    return KEYS_SPEED / (SPEED * space.radius)


def camera_of(pose: tuple[float, ...], near: float, share: float) -> Camera:
    """What a browser sees, with that share of its pixels along an edge: of its quaternion, position in scene units,
    vertical field of view, width and height. Raises ValueError where it sent what is no camera."""
    *turn, x, y, z, fov, width, height = pose
    if not (0 < fov < math.pi and all(map(math.isfinite, pose)) and any(turn)):
        raise ValueError(f"no camera: {pose}")
    width, height = (min(max(round(edge * share), 1), LARGEST) for edge in (width, height))
    focal = height / (2 * math.tan(fov / 2))
    return Camera.from_pose(np.column_stack([SO3(np.array(turn)).as_matrix(), (x, y, z)]), focal, focal, width, height,
                            near=near)


def stand(camera: Camera, space: Space, away: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where viser's camera is, what it looks at and turns around, and its up, [3] each in the scene, to see what a
    camera sees; what it turns around is `away` scene units."""
    upright = abs(Pose.of(camera, space).roll) < LEVEL
    look_at = camera.position + camera.rotation[2] * away
    return camera.position, look_at, np.array(space.up) if upright else -camera.rotation[1]
