"""What a person may change about a picture, apart from the camera."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gsrender.camera import Camera, Triple
    from gsrender.crop import Crop

LARGEST_SIDE = 16384  # pixels an edge that are drawn: tiles are counted in 16 bits, and memory ends long before
FARTHEST = 1e15  # scene units from 0: squares of lengths must stay far below the largest float
MOST_BIAS = 20.0  # levels; a model has rarely more than ten
CULLING = ("off", "centre", "footprint")


@dataclass(frozen=True)
class RenderSettings:
    """How the Gaussian stages draw a frame. Frozen and comparable.

    culling     `off`; `centre`: an item whose centre lies behind the proxy's depth at one texel is dropped, the rule of
                Proxy-GS; `footprint`: an item is dropped only when all of its screen footprint lies behind it
    margin      scene units an item may lie behind the proxy and still be kept; 0.3 is the constant of Proxy-GS
    background  red, green, blue in 0..1, what shows where nothing covers a pixel
    level_bias  levels that are added to what an anchor's distance asks for: above 0 finer, below 0 coarser
    level_limit the finest level whose anchors are drawn, from 0; None: all. Both only for models with levels of detail
    appearance  row of the appearance embedding, for models that have one
    culling_camera  what it does not see is missing: level of detail, frustum and proxy are those of this camera, while
                    the picture is drawn from another. For looking at what culling leaves. None: the picture's own
    crop        a box whose items alone are there. An anchor or a splat counts by its centre: it is there whole, with
                what of it reaches out of the box, or not at all. Surfaces of the proxy outside of the box hide nothing.
                None: no box
    """

    culling: str = "off"
    margin: float = 0.3
    background: Triple = (0.0, 0.0, 0.0)
    appearance: int = 0
    level_bias: float = 0.0
    level_limit: int | None = None
    culling_camera: Camera | None = None
    crop: Crop | None = None

    def __post_init__(self):
        if self.culling not in CULLING:
            raise ValueError(f"culling {self.culling!r} not in {CULLING}")
        if not self.margin >= 0:
            raise ValueError(f"margin {self.margin} must be zero or more scene units")
        if not -MOST_BIAS <= self.level_bias <= MOST_BIAS:
            raise ValueError(f"level_bias {self.level_bias} must be from {-MOST_BIAS:g} to {MOST_BIAS:g}")
        if self.level_limit is not None and not self.level_limit >= 0:
            raise ValueError(f"level_limit {self.level_limit} must be None or a level from 0 on")
