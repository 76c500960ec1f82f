"""Between a browser's camera and ours."""

from __future__ import annotations

import math

import numpy as np
from viser.transforms import SO3

from gsrender.camera import Camera
from viewer.controls import SPEED, Pose, Space

NEAR = 0.01  # viser's near plane in its units, where nothing says otherwise
KEYS_SPEED = 2.0  # units a second that a held key moves viser's camera
LARGEST = 4096  # pixels an edge, whatever a browser says
LEVEL = math.radians(1)  # a camera that rolls more keeps its own up


def near_for(times: float) -> float:
    """viser's near plane for keys that are so many times as fast as usual."""
    return NEAR * times


def viser_scale(space: Space, near: float = NEAR) -> float:
    """viser's units for one of the scene, those in which its keys have the wanted speed. Its near plane, which nothing
    is drawn by, tells which ones a browser's camera is in: so none is read in the units of another."""
    return KEYS_SPEED / (SPEED * space.radius) / (near / NEAR)


def camera_of(pose: tuple[float, ...], space: Space, share: float) -> Camera:
    """What a browser sees, with that share of its pixels along an edge: of its quaternion, position, near plane,
    vertical field of view, width and height. Raises ValueError where it sent what is no camera."""
    *turn, x, y, z, near, fov, width, height = pose
    if not (0 < fov < math.pi and near > 0 and all(map(math.isfinite, pose)) and any(turn)):
        raise ValueError(f"no camera: {pose}")
    width, height = (min(max(round(edge * share), 1), LARGEST) for edge in (width, height))
    focal = height / (2 * math.tan(fov / 2))
    position = np.array([x, y, z]) / viser_scale(space, near)
    return Camera.from_pose(np.column_stack([SO3(np.array(turn)).as_matrix(), position]), focal, focal, width, height,
                            near=space.near)


def stand(camera: Camera, space: Space, away: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where viser's camera is, what it looks at and turns around, and its up, [3] each in the scene, to see what a
    camera sees; what it turns around is `away` scene units."""
    upright = abs(Pose.of(camera, space).roll) < LEVEL
    look_at = camera.position + camera.rotation[2] * away
    return camera.position, look_at, np.array(space.up) if upright else -camera.rotation[1]
