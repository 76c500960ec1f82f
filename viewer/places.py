"""Where the dataset's cameras stand, to tell whether another camera stands there."""

from __future__ import annotations

import numpy as np

from gsrender.camera import Camera

NEAR = 1e-4  # scene units, and of a rotation's entries: how exactly it has to


class Places:
    def __init__(self, cameras: list[Camera]):
        self._poses = np.array([camera.camera_from_world for camera in cameras])

    def index(self, camera: Camera, likely: int | None = None) -> int | None:
        """Of the camera where this one stands, whatever its lens; of several, the `likely` one, else the nearest. None
        where there is none."""
        if not len(self._poses):
            return None
        apart = np.abs(self._poses - np.array(camera.camera_from_world)).max((1, 2))
        nearest = int(apart.argmin()) if likely is None or apart[likely] >= NEAR else likely
        return nearest if apart[nearest] < NEAR else None
