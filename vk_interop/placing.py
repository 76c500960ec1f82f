"""Where a mesh lies in the model, and how a camera sees it there: told in the mesh's own coordinates, so that its
vertices stay as they are."""

from __future__ import annotations

import math

import numpy as np

from gsrender.camera import Camera
from gsrender.crop import Crop

NO_CROP = [-math.inf] * 3, [math.inf] * 3, [0.0] * 24  # as `Placing.cropped`, of what cuts nothing off
Numbers = list[float]


class Placing:
    """`model_from_mesh` [4, 4] turns, moves, and scales alike in all directions; `unit` is how many scene units one of
    the mesh's is long."""

    def __init__(self, model_from_mesh: np.ndarray):
        self.model_from_mesh = np.asarray(model_from_mesh, np.float64)
        self.unit = float(np.cbrt(np.linalg.det(self.model_from_mesh[:3, :3])))
        self._moves = not np.array_equal(self.model_from_mesh, np.eye(4))

    def seen_by(self, camera: Camera) -> tuple[Numbers, Numbers, Numbers, Numbers]:
        """The camera's position among the mesh's vertices; and three directions there, whose products with an offset
        from that position are clip-space x, clip-space y, and view z in scene units, which is clip-space w as well."""
        camera_from_mesh = camera.camera_from_world
        if self._moves:  # the axes keep their lengths in scene units, so view z comes out in these
            camera_from_mesh = (np.array(camera_from_mesh) @ self.model_from_mesh).tolist()
        (*right, tx), (*down, ty), (*forward, tz) = camera_from_mesh
        axes, unit = list(zip(right, down, forward)), self.unit
        position = [-(r * tx + d * ty + f * tz) / (unit * unit) for r, d, f in axes]
        # A view direction (x, y, 1) lands on pixel fx x + cx, and clip space spans -1..1 over the picture's width.
        by_right, right_by = 2 * camera.fx / camera.width, 2 * camera.cx / camera.width - 1
        by_down, down_by = 2 * camera.fy / camera.height, 2 * camera.cy / camera.height - 1
        clip_x = [by_right * r + right_by * f for r, _, f in axes]
        clip_y = [by_down * d + down_by * f for _, d, f in axes]
        return position, clip_x, clip_y, forward

    def cropped(self, camera: Camera, crop: Crop) -> tuple[Numbers, Numbers, Numbers]:
        """The box's lower and upper ends from the camera, scene units; and its axes and the rays along them, as columns
        of four, of crop_axes and crop_rays in shaders/structs.glsl."""
        axes, columns = np.array(crop.axes), np.zeros((6, 4))
        low, high = ((end - axes @ camera.position).tolist() for end in (crop.low, crop.high))
        right, down, forward = axes @ camera.rotation[0], axes @ camera.rotation[1], axes @ camera.rotation[2]
        x, y = right / camera.fx, down / camera.fy
        columns[:3, :3] = axes @ self.model_from_mesh[:3, :3]
        columns[3:, :3] = x, y, forward - camera.cx * x - camera.cy * y
        return low, high, columns.ravel().tolist()
