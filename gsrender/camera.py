"""The camera of one picture, the first of the frame's eight words."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

Triple = tuple[float, float, float]  # x y z, or red green blue
Rows = tuple[tuple[float, float, float, float], ...]
ROUNDING = 1e-3  # poses in INRIA's cameras.json carry that of float32, those of NeRF files have a few digits


@dataclass(frozen=True)
class Camera:
    """A pinhole camera. Frozen and comparable, so that "did the view change" is an `==`.

    Axes are OpenCV's: x right, y down, z forward. Pixel (0, 0) is the top left one and spans [0, 1) x [0, 1),
    so a point lands on image coordinates (fx x/z + cx, fy y/z + cy).
    """

    camera_from_world: Rows  # 3 rows of 4, a rotation and a translation, scene units
    fx: float  # focal length, pixels
    fy: float
    cx: float  # principal point, pixels from the left and upper edge
    cy: float
    width: int  # pixels
    height: int
    near: float = 0.2  # scene units of view z; Gaussians at or before it are not drawn
    whole: tuple[int, int] | None = None  # width and height of the picture that this one is a part of

    @staticmethod
    def from_pose(world_from_camera, fx, fy, width, height, cx=None, cy=None, near=0.2) -> Camera:
        """A camera standing at a [3, 4] or [4, 4] pose (its columns are right, down, forward, position).

        The principal point is the middle of the picture unless given. Raises ValueError where the pose is not a
        rotation and a position, or the size is not positive.
        """
        pose = np.asarray(world_from_camera, np.float64)
        if pose.shape not in ((3, 4), (4, 4)) or not np.isfinite(pose).all():
            raise ValueError(f"camera pose: shape {pose.shape}, expected finite [3, 4] or [4, 4]")
        *axes, position = zip(*pose[:3].tolist())
        if not _are_axes(*axes):
            raise ValueError("camera pose: its 3 x 3 part is not a rotation")
        return Camera.standing(axes, position, fx, fy, width, height, cx, cy, near)

    @staticmethod
    def standing(axes, position, fx, fy, width, height, cx=None, cy=None, near=0.2) -> Camera:
        """The same of three numbers each: where right, down and forward point in the world, which must be unit vectors
        at right angles, and the position. For a camera a frame: arrays as small as these take ten times as long. Raises
        ValueError where the size is not positive, or where the camera stands nowhere."""
        if not (width > 0 and height > 0 and fx > 0 and fy > 0 and near > 0):
            raise ValueError(f"camera: size {width} x {height}, focal {fx} {fy}, near {near}; all must be positive")
        camera_from_world = tuple((*axis, -_dot(axis, position)) for axis in axes)
        if not math.isfinite(sum(map(sum, camera_from_world))):
            raise ValueError(f"camera: position {', '.join(f'{at:g}' for at in position)}, directions "
                             f"{'; '.join(', '.join(f'{part:g}' for part in axis) for axis in axes)}; all must be "
                             "finite")
        return Camera(camera_from_world, float(fx), float(fy),
                      float(width / 2 if cx is None else cx), float(height / 2 if cy is None else cy),
                      int(width), int(height), float(near))

    @staticmethod
    def look_at(position, target, up=(0, 0, 1), fov_y=60.0, width=960, height=640, near=0.2) -> Camera:
        """A camera at `position` facing `target`; `fov_y` is the vertical field of view in degrees. Raises ValueError
        where `up` is parallel to the direction of view."""
        position, target, up = (np.asarray(v, np.float64) for v in (position, target, up))
        forward = target - position
        forward = forward / np.linalg.norm(forward)
        right = np.cross(forward, up)
        if np.linalg.norm(right) < 1e-9:
            raise ValueError("camera: `up` is parallel to the direction of view")
        right = right / np.linalg.norm(right)
        pose = np.column_stack([right, np.cross(forward, right), forward, position])
        return Camera.from_fov(pose, fov_y, width, height, near)

    @staticmethod
    def from_fov(world_from_camera, fov_y: float, width: int, height: int, near: float = 0.2) -> Camera:
        """The same as `from_pose`, of a vertical field of view in degrees, with its axis in the middle of the picture.
        """
        focal = Camera.focal_length(height, math.radians(fov_y))
        return Camera.from_pose(world_from_camera, focal, focal, width, height, near=near)

    @staticmethod
    def focal_length(pixels: float, angle: float) -> float:
        """In pixels, of a lens that sees an angle, in radians, on so many of them."""
        return pixels / (2 * math.tan(angle / 2))

    @property
    def rotation(self) -> np.ndarray:
        """[3, 3] float64, camera from world."""
        return np.array(self.camera_from_world)[:, :3]

    @property
    def position(self) -> np.ndarray:
        """[3] float64, in the world."""
        return np.array(self.origin)

    @property
    def origin(self) -> tuple[float, float, float]:
        """`position` as numbers."""
        *axes, shift = zip(*self.camera_from_world)
        return tuple(-_dot(axis, shift) for axis in axes)

    @property
    def world_from_camera(self) -> np.ndarray:
        """[4, 4] float64."""
        pose = np.eye(4)
        pose[:3, :3], pose[:3, 3] = self.rotation.T, self.position
        return pose

    @property
    def fov_y(self) -> float:
        """Vertical field of view, degrees."""
        return math.degrees(2 * math.atan(self.height / (2 * self.fy)))

    def moved(self, world_from_camera) -> Camera:
        """The same lens at another pose."""
        there = Camera.from_pose(world_from_camera, self.fx, self.fy, self.width, self.height)
        return replace(self, camera_from_world=there.camera_from_world)

    def resized(self, width: int, height: int) -> Camera:
        """The same view in a picture of another size: the vertical field of view stays, the horizontal one follows.
        That of a part of a picture is a part of another such picture."""
        scale = height / self.height
        whole = self.whole and tuple(round(edge * scale) for edge in self.whole)
        return replace(self, fx=self.fx * scale, fy=self.fy * scale, width=width, height=height, whole=whole,
                       cx=self.cx * scale + (width - self.width * scale) / 2, cy=self.cy * scale)

    def part(self, left: int, top: int, width: int, height: int) -> Camera:
        """So many pixels of this picture, as they are in it."""
        return replace(self, cx=self.cx - left, cy=self.cy - top, width=width, height=height,
                       whole=self.whole or (self.width, self.height))

    def with_near(self, near: float) -> Camera:
        return replace(self, near=float(near))


def _dot(a, b) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def _cross(a, b) -> tuple[float, float, float]:
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


def _are_axes(right, down, forward) -> bool:
    """Whether they are of length 1, at right angles to each other, and right-handed."""
    off = (_dot(right, right) - 1, _dot(down, down) - 1, _dot(forward, forward) - 1,
           _dot(right, down), _dot(down, forward), _dot(forward, right))
    return max(map(abs, off)) <= ROUNDING and _dot(_cross(right, down), forward) > 0
