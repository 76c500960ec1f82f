"""The edges of the crop box, over the picture."""

from __future__ import annotations

import numpy as np
from imgui_bundle import imgui

from gsrender.camera import Camera
from gsrender.crop import Crop
from viewer.frustum import clip, line_ends

COLOUR = (0.45, 0.74, 1.0, 0.9)
EDGES = [(a, b) for a in range(8) for b in range(a + 1, 8) if (a ^ b).bit_count() == 1]  # of Crop.corners


def draw(area, camera: Camera, box: Crop):
    """`area` of the camera's picture is in units of the mouse."""
    left, top, width, height = area
    painter, colour, corners = imgui.get_background_draw_list(), imgui.get_color_u32(COLOUR), box.corners
    size = camera.width, camera.height
    for a, b in EDGES:
        ends = line_ends(camera, corners[a], corners[b])
        if ends is not None:
            start, end = map(np.array, ends[0])
            shares = clip(start, end, camera.width, camera.height)  # near the camera's plane, ends are far out
            places = [(start + (end - start) * share) / size * (width, height) + (left, top) for share in shares]
            painter.add_line(*map(tuple, places), colour, 1.5)
