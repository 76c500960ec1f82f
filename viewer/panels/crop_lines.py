"""The edges of the crop box, over the picture."""

from __future__ import annotations

import numpy as np
from imgui_bundle import imgui

from gsrender.camera import Camera
from gsrender.crop import Crop
from viewer.crop_box import CROP_COLOUR
from viewer.lines import clip, line_ends


def draw(area, camera: Camera, box: Crop):
    """`area` of the camera's picture is in units of the mouse."""
    left, top, width, height = area
    painter, colour = imgui.get_background_draw_list(), imgui.get_color_u32((*CROP_COLOUR, 0.9))
    size = camera.width, camera.height
    for a, b in box.edges:
        ends = line_ends(camera, a, b)
        if ends is not None:
            start, end = map(np.array, ends[0])
            shares = clip(start, end, camera.width, camera.height)  # near the camera's plane, ends are far out
            places = [(start + (end - start) * share) / size * (width, height) + (left, top) for share in shares]
            painter.add_line(*map(tuple, places), colour, 1.5)
