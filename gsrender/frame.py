"""What comes out of a frame."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

# The eight words of the frame, in the order in which they happen. Stages, statistics, panel rows and benchmark columns
# carry these names.
STAGES = ("camera", "proxy depth", "cull", "decode", "project", "sort", "blend", "present")


@dataclass(frozen=True)
class FrameStats:
    """What a frame did and what it cost.

    counts        items (anchors or splats in all), inside (the crop box, where there is one), lod (after the level
                  mask), visible (after frustum and culling), gaussians (decoded, opacity > 0), drawn (with a footprint
                  on the screen), pairs (of a splat and a tile that it shows in)
    milliseconds  by stage; keys are of STAGES, joined by a + where stages are done at once ("decode+project")
    levels        clusters of the proxy that were drawn, by level of detail
    frame         its number, counted by the renderer from 1; 0 of none
    incomplete    a buffer was too small, so items are missing from this picture; the next one has room
    """

    counts: dict[str, int] = field(default_factory=dict)
    milliseconds: dict[str, float] = field(default_factory=dict)
    incomplete: bool = False
    levels: tuple[int, ...] = ()
    frame: int = 0


@dataclass(frozen=True)
class Frame:
    """A picture on the renderer's device. The tensors belong to the renderer and are overwritten by its next frame."""

    rgba: torch.Tensor  # [H, W, 4] uint8, opaque, what a screen shows
    rgb: torch.Tensor | None = None  # [H, W, 3] float32, unclamped, over the background
    alpha: torch.Tensor | None = None  # [H, W] float32, how much of the background is covered
    depth: torch.Tensor | None = None  # [H, W] float32, expected view z of what covers it; +inf where nothing does
