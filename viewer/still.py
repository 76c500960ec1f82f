"""A picture of any size, drawn a part at a time, so that a window goes on meanwhile and no more memory is taken than
for a part of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Iterator

from PIL import Image

from gsrender.camera import Camera
from gsrender.memory import NoRoom
from gsrender.settings import RenderSettings
from viewer.frame import render_frame
from viewer.scene import Scene

LEAST = 512  # pixels of a part's edge: smaller ones would be drawn mostly for their number


def part_size(size: tuple[int, int], like: tuple[int, int]) -> tuple[int, int]:
    """Of the parts that a picture is drawn in beside frames of the size `like`: theirs, since buffers of that size are
    there, unless that is all of the picture or next to nothing."""
    return tuple(min(edge, max(other, LEAST)) for edge, other in zip(size, like))


def corners(size: tuple[int, int], part: tuple[int, int]) -> list[tuple[int, int]]:
    """Left and top of each part, row by row. The last ones begin earlier, over others, so that all are of one size."""
    columns, rows = ([min(start, edge - step) for start in range(0, edge, step)] for edge, step in zip(size, part))
    return [(left, top) for top in rows for left in columns]


def draw_still(scene: Scene, camera: Camera, settings: RenderSettings,
               part: tuple[int, int]) -> Iterator[tuple[int, Image.Image]]:
    """Gives after each part how many are drawn, and the picture as far as it is. Raises DeviceError.

    All parts are of what culling leaves in the whole view: each by itself would leave more at its edges, where items
    stand whose centres are beyond them.
    """
    size = camera.width, camera.height
    try:
        still = Image.new("RGB", size, None)
    except MemoryError as error:
        raise NoRoom(f"not enough memory for a picture of {size[0]} x {size[1]}: save a smaller one") from error
    if part != size:
        culled = (settings.culling_camera or camera).fitted(*part)
        settings = replace(settings, culling_camera=culled)
    for done, corner in enumerate(corners(size, part), start=1):
        frame = render_frame(scene, camera if part == size else camera.part(*corner, *part), settings)
        still.paste(Image.fromarray(frame.rgba[..., :3].cpu().numpy()), corner)
        yield done, still
