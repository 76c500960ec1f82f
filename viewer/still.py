"""A picture of any size, drawn a part at a time, so that a window goes on meanwhile; of the device's memory it takes
what a part does, and the depth that it is culled by."""

from __future__ import annotations

from dataclasses import replace
from typing import Iterator

import numpy as np
import torch
from PIL import Image

from gsrender.camera import Camera
from gsrender.depth import DepthBuffer
from gsrender.memory import NoRoom
from gsrender.renderer import memory_or
from gsrender.settings import RenderSettings
from viewer.scene import Scene
from vk_interop.depth_settings import DepthSettings

LEAST = 512  # pixels of a part's edge: smaller ones would be drawn mostly for their number
BYTES = 16  # a pixel of the whole depth takes at a time: itself, its pyramid, and what that is made of


def part_size(size: tuple[int, int], like: tuple[int, int]) -> tuple[int, int]:
    """Of the parts that a picture is drawn in beside frames of the size `like`: theirs, since buffers of that size are
    there, unless that is all of the picture or next to nothing."""
    return tuple(min(edge, max(other, LEAST)) for edge, other in zip(size, like))


def corners(size: tuple[int, int], part: tuple[int, int], overlap: int = 0) -> list[tuple[int, int]]:
    """Left and top of each part, row by row. Each is `overlap` pixels or more over the one before; the last ones are
    more, so that all are of one size."""
    columns, rows = ([min(start, edge - step) for start in range(0, max(edge - overlap, 1), max(step - overlap, 1))]
                     for edge, step in zip(size, part))
    return [(left, top) for top in rows for left in columns]


def draw_still(scene: Scene, camera: Camera, settings: RenderSettings,
               part: tuple[int, int]) -> Iterator[tuple[float, Image.Image]]:
    """Gives after each part which share of the work is done, and the picture as far as it is. Raises DeviceError. The
    proxy is drawn and lies as it does now, whatever becomes of it between the parts.

    All parts are of what culling leaves in the whole view, by the depth of all of it: by its own, each would keep more
    at its edges, where items stand whose centres are beyond them; by one of fewer pixels, others everywhere (37 dB to
    the picture that is drawn at once, for 80).
    """
    hides = scene.proxy is not None and settings.culling != "off"
    return _parts(scene, camera, settings, part, (scene.proxy.settings, scene.proxy.placing) if hides else None)


def _parts(scene: Scene, camera: Camera, settings: RenderSettings, part: tuple[int, int],
           proxy: tuple[DepthSettings, np.ndarray] | None) -> Iterator[tuple[float, Image.Image]]:
    """`proxy` is how it is drawn and where it lies; None: it hides nothing."""
    size, culled, depth = (camera.width, camera.height), settings.culling_camera or camera, None
    try:
        still = Image.new("RGB", size, None)
    except MemoryError as error:
        raise NoRoom(f"not enough memory for a picture of {size[0]} x {size[1]}: save a smaller one") from error
    reach = proxy and proxy[0].reach or 0  # texels that a part's depth lacks the neighbours for
    hiding, shown = corners((culled.width, culled.height), part, 2 * reach) if proxy else [], corners(size, part)
    if proxy:
        view_z = _view_z(scene, culled)
        for done, corner in enumerate(hiding, start=1):
            with scene.proxy.aside(*proxy):
                _draw_depth(scene, culled.part(*corner, *part), settings, corner, reach, view_z)
            yield done / (len(hiding) + len(shown)), still
        depth = replace(DepthBuffer.from_tensor(view_z), crop=settings.crop)
    settings = replace(settings, culling_camera=culled)
    for done, corner in enumerate(shown, start=len(hiding) + 1):
        frame = scene.renderer.render(camera.part(*corner, *part), depth, settings)
        still.paste(Image.fromarray(frame.rgba[..., :3].cpu().numpy()), corner)
        yield done / (len(hiding) + len(shown)), still


def _view_z(scene: Scene, camera: Camera) -> torch.Tensor:
    """[H, W] float32 for the proxy's depth."""
    size = camera.height, camera.width
    sentence = f"the proxy's depth in a picture of {camera.width} x {camera.height}"
    scene.limit.check(BYTES * size[0] * size[1], sentence)
    with memory_or(f"not enough memory for {sentence}: save a smaller one"):
        return torch.empty(size, device=scene.model.device)


def _draw_depth(scene: Scene, part: Camera, settings: RenderSettings, corner: tuple[int, int], reach: int,
                view_z: torch.Tensor):
    """Puts a part's depth, as culling reads it, in its place; what is wrong at its right and lower edges, the next
    parts put right."""
    depth = scene.proxy.render(part, crop=settings.crop)
    depth.ready.wait(scene.stream)
    left, top = (reach if start else 0 for start in corner)
    x, y = corner
    view_z[y + top:y + part.height, x + left:x + part.width] = depth.depth[top:, left:]
    scene.proxy.finished(scene.stream, depth)
