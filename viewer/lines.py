"""Lines of the world in a camera's picture."""

from __future__ import annotations

import numpy as np
import torch

from gsrender.camera import Camera

HIDDEN = 0.3  # of a line where something is before it
STEP = 0.4  # pixels between the points that a line is made of


def draw_lines(picture: torch.Tensor, z: torch.Tensor, camera: Camera, lines, colour) -> torch.Tensor:
    """The [H, W, 3] uint8 picture of `camera` with lines from one point of the world to another, faint behind what it
    shows.

    z       [H, W] view z of that
    lines   pairs of points [3]
    colour  red, green, blue, 0 to 255
    """
    result = picture.float()
    colour = result.new_tensor(colour)
    for a, b in lines:
        column, row, line_z = (values.to(picture.device) for values in _points(camera, a, b))
        share = torch.where(line_z <= z[row, column], 1.0, HIDDEN)
        result[row, column] = torch.lerp(result[row, column], colour, share[:, None])
    return result.to(torch.uint8)


def line_ends(camera: Camera, a, b):
    """Where the ends [3] of a line in the world are seen, as far as it is before the near plane: their two places in
    pixels of the picture and beyond it, and their view z. None where all of it is behind."""
    a, b = (camera.rotation @ end + np.array(camera.camera_from_world)[:, 3] for end in (a, b))
    if max(a[2], b[2]) <= camera.near:
        return None
    if a[2] < camera.near:
        a, b = b, a
    if b[2] < camera.near:
        b = a + (b - a) * (a[2] - camera.near) / (a[2] - b[2])
    u, v = ([camera.fx * p[0] / p[2] + camera.cx, camera.fy * p[1] / p[2] + camera.cy] for p in (a, b))
    return (u, v), (a[2], b[2])


def _points(camera: Camera, a: np.ndarray, b: np.ndarray):
    """Column, row and view z of the pixels under a line, as far as it lies in the picture."""
    ends = line_ends(camera, a, b)
    if ends is None:
        return (torch.empty(0, dtype=torch.long),) * 2 + (torch.empty(0),)
    (u, v), (near, far) = ends
    low, high = clip(np.array(u), np.array(v), camera.width, camera.height)
    length = np.hypot(*(np.array(v) - np.array(u))) * (high - low)
    share = torch.linspace(low, high, 2 + int(length / STEP), dtype=torch.float64) if high > low else torch.empty(0)
    column, row = ((start + (end - start) * share).floor().long() for start, end in zip(u, v))
    z = 1 / (1 / near + (1 / far - 1 / near) * share)  # 1 / z is straight along a line in the picture
    inside = (column >= 0) & (column < camera.width) & (row >= 0) & (row < camera.height)
    return column[inside], row[inside], z[inside].float()


def clip(start: np.ndarray, end: np.ndarray, width: int, height: int) -> tuple[float, float]:
    """Which shares of a line of the picture, from and to, lie within it (Liang and Barsky 1984)."""
    low, high = 0.0, 1.0
    for axis, edge in ((0, width), (1, height)):
        step = end[axis] - start[axis]
        if step == 0:
            if not 0 <= start[axis] < edge:
                return 0.0, 0.0
            continue
        shares = sorted(((0 - start[axis]) / step, (edge - start[axis]) / step))
        low, high = max(low, shares[0]), min(high, shares[1])
    return (low, high) if low < high else (0.0, 0.0)
