"""What a camera sees, as lines in another camera's picture."""

from __future__ import annotations

import numpy as np
import torch

from gsrender.camera import Camera
from viewer.lines import draw_lines

COLOUR = (255.0, 200.0, 40.0)


def draw_frustum(picture: torch.Tensor, z: torch.Tensor, camera: Camera, seen_by: Camera, far: float) -> torch.Tensor:
    """The [H, W, 3] uint8 picture of `camera` with the edges of what `seen_by` sees up to `far`, scene units; `z` as
    `draw_lines` takes it."""
    return draw_lines(picture, z, camera, frustum_edges(seen_by, far), COLOUR)


def frustum_edges(camera: Camera, far: float) -> list[tuple[np.ndarray, np.ndarray]]:
    """Ends [3] of lines in the world: four from the camera, four around the far end."""
    corners = [(x, y) for x, y in ((0, 0), (camera.width, 0), (camera.width, camera.height), (0, camera.height))]
    rays = [np.array([(x - camera.cx) / camera.fx, (y - camera.cy) / camera.fy, 1.0]) for x, y in corners]
    ends = [camera.position + camera.rotation.T @ (ray * far) for ray in rays]
    return [(camera.position, end) for end in ends] + list(zip(ends, ends[1:] + ends[:1]))
