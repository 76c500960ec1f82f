"""Where a camera stands and looks, in the words of the controls: yaw, pitch and roll about the scene's up axis."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from gsrender.camera import Camera, Triple


@dataclass(frozen=True)
class Space:
    """What of the scene the controls need: the axis that is up, half the diagonal of the model's trimmed bounds, the
    near plane of its cameras, and how many metres a scene unit is, where that is known."""

    up: Triple = (0.0, 0.0, 1.0)
    radius: float = 1.0
    near: float = 0.2
    metres: float | None = None

    @cached_property
    def upwards(self) -> Triple:
        """`up`, as long as 1."""
        return tuple(self.world_from_level[:, 2].tolist())

    @cached_property
    def world_from_level(self) -> np.ndarray:
        """[3, 3]: columns are two level axes and up. For z up they are x, y, z."""
        up = np.asarray(self.up, np.float64)
        up = up / np.linalg.norm(up)
        first = np.roll(np.eye(3)[np.abs(up).argmax()], 1)  # the axis that follows the one nearest to up
        first = first - up * (first @ up)
        first /= np.linalg.norm(first)
        return np.column_stack([first, np.cross(up, first), up])


@dataclass(frozen=True)
class Pose:
    """Where the camera stands and looks. Angles in radians: yaw about up, pitch above the horizon; roll is only ever
    what a dataset's camera brought along, so it cannot creep in."""

    position: Triple
    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    fov_y: float = 60.0  # degrees

    @staticmethod
    def of(camera: Camera, space: Space) -> Pose:
        right, down, forward = camera.rotation @ space.world_from_level  # rows, in level axes
        level = math.hypot(forward[0], forward[1])
        # Straight up or down there is no heading in the direction of view; that of the picture's upper edge stands in.
        heading = forward if level > 1e-6 else -down * math.copysign(1, -forward[2])
        yaw, pitch = math.atan2(heading[1], heading[0]), math.atan2(forward[2], level)
        level_right = np.array([math.sin(yaw), -math.cos(yaw), 0.0])
        roll = math.atan2(right @ np.cross(forward, level_right), right @ level_right)
        return Pose(tuple(camera.position.tolist()), yaw, pitch, roll, camera.fov_y)

    def axes(self, space: Space) -> np.ndarray:
        """[3, 3], world from camera: columns are right, down, forward. Not to be written to."""
        return _axes(self.yaw, self.pitch, self.roll, space)[0]

    def directions(self, space: Space) -> tuple[Triple, Triple, Triple]:
        """Where right, down and forward are in the world: the columns of `axes`."""
        return _axes(self.yaw, self.pitch, self.roll, space)[1]

    def towards(self, other: Pose, share: float) -> Pose:
        """A share of the way to another pose, turning the short way round."""
        def mix(a, b):
            return a + (b - a) * share

        def turn(a, b):
            return a + math.remainder(b - a, math.tau) * share
        return Pose(tuple(map(mix, self.position, other.position)), turn(self.yaw, other.yaw),
                    mix(self.pitch, other.pitch), turn(self.roll, other.roll), mix(self.fov_y, other.fov_y))


@lru_cache(16)  # a frame asks several times, and most movements turn nothing
def _axes(yaw: float, pitch: float, roll: float, space: Space) -> tuple[np.ndarray, tuple[Triple, ...]]:
    """As an array and as its columns, since arrays as small as these take ten times as long as numbers."""
    cos_yaw, sin_yaw = math.cos(yaw), math.sin(yaw)
    cos_pitch, sin_pitch = math.cos(pitch), math.sin(pitch)
    cos_roll, sin_roll = math.cos(roll), math.sin(roll)
    level = np.array([[sin_yaw, sin_pitch * cos_yaw, cos_pitch * cos_yaw],
                      [-cos_yaw, sin_pitch * sin_yaw, cos_pitch * sin_yaw],
                      [0.0, -cos_pitch, sin_pitch]])
    rolled = np.array([[cos_roll, -sin_roll, 0.0], [sin_roll, cos_roll, 0.0], [0.0, 0.0, 1.0]])
    axes = space.world_from_level @ level @ rolled
    axes.setflags(write=False)
    return axes, tuple(map(tuple, axes.T.tolist()))
