"""The edges of the proxy's triangles over a picture, to see where it lies and to line it up with the model.

Nothing hides them: Gaussians lie to both sides of the very surface that they should lie on, and lines that are dimmed
behind them come out as noise. Outlines, where the proxy ends or is before itself, have a colour of their own: they are
what shows a shift of a few centimetres. Triangles too small to be told apart become a tint.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn.functional import max_pool2d, pad

if TYPE_CHECKING:
    from vk_interop.proxy_surfaces import Surfaces

EDGE, OUTLINE = (0.0, 125.0, 220.0), (255.0, 120.0, 0.0)  # seen on a white sky and on a dark street alike
STRENGTH = 0.8  # of an edge's colour
LARGE = 16.0  # pixels, about the edge of a triangle whose edges have their full strength; of smaller ones less
JUMP = 1.1  # times as far behind a pixel, beside it, makes an outline


def draw_wireframe(picture: torch.Tensor, surfaces: Surfaces) -> torch.Tensor:
    """The [H, W, 3] uint8 picture with the edges of what the proxy shows there."""
    hit = surfaces.cluster >= 0
    # Half a pixel's width to each side of an edge: the triangle beyond it draws the other half.
    line = (1 - surfaces.edge).clamp(0, 1) * (surfaces.size.sqrt() / LARGE).clamp(0, 1)
    share = torch.where(hit, STRENGTH * line, 0.0)[..., None]
    result = picture.float()
    result = torch.lerp(result, result.new_tensor(EDGE), share)
    result[_outline(torch.where(hit, 1 / surfaces.z, 0.0))] = result.new_tensor(OUTLINE)
    return result.to(torch.uint8)


def _outline(nearness: torch.Tensor) -> torch.Tensor:
    """[H, W] bool, from 1 / view z: what is nearer than a neighbour. The picture's own edge is none."""
    around = pad(nearness[None, None], (1, 1, 1, 1), mode="replicate")
    farthest = -max_pool2d(-around, 3, 1)[0, 0]
    return nearness > JUMP * farthest
