"""Pictures of the proxy: how far it is, and what it is drawn from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from gsrender.camera import Camera
    from vk_interop.proxy_depth import ProxyDepth

EMPTY = (24, 24, 32)  # where nothing was hit
LEVELS = 8  # of detail that have colours of their own
SIZES = -2.0, 12.0  # log2 of the pixels that a triangle covers, from the one end of the colours to the other


def proxy_picture(kind: str, proxy: ProxyDepth, camera: Camera, culling_camera: Camera | None = None) -> torch.Tensor:
    """[H, W, 3] uint8. What is drawn is chosen for the culling camera, or for this one.

    depth      near is bright, and each doubling of the distance as much darker
    clusters   a colour each
    levels     of detail: green is the source, then come yellow, orange, red, magenta, violet, blue and cyan
    triangles  their size: red ones cover less than a pixel, blue ones thousands
    """
    if kind == "depth":
        depth = proxy.render(camera, culling_camera)
        depth.ready.wait(None)
        drawn = depth.drawn.clone()
        return _painted(_greys(drawn), drawn.isfinite())
    surfaces = proxy.surfaces(camera, culling_camera)
    if kind == "clusters":
        # Hues a golden angle apart, so that neighbours in the list, which are neighbours in space, differ.
        number = surfaces.cluster.float()
        colours = _hues(number * 0.618034 % 1, 0.55 + 0.45 * (number * 0.381966 % 1))
    elif kind == "levels":
        colours = _hues((1 / 3 - surfaces.level / LEVELS) % 1)
    else:
        low, high = SIZES
        colours = _hues(((surfaces.size.clamp(2.0 ** low, 2.0 ** high).log2() - low) / (high - low)) * 2 / 3)
    return _painted(colours, surfaces.cluster >= 0)


def _greys(depth: torch.Tensor) -> torch.Tensor:
    hit = depth[depth.isfinite()]
    nearest = hit.min() if len(hit) else 1.0
    return (1 / (1 + 0.35 * (depth / nearest).clamp(1, 1e6).log2()))[..., None].expand(*depth.shape, 3)


def _hues(hue: torch.Tensor, value=1.0) -> torch.Tensor:
    """[..., 3] of hues in 0..1, which go from red over green (1/3) to blue (2/3) and back."""
    offsets = torch.tensor([0.0, 2 / 3, 1 / 3], device=hue.device)
    colours = (2 - 6 * ((hue[..., None] + offsets + 0.5) % 1 - 0.5).abs()).clamp(0, 1)
    return colours * (value[..., None] if torch.is_tensor(value) else value)


def _painted(colours: torch.Tensor, hit: torch.Tensor) -> torch.Tensor:
    empty = torch.tensor(EMPTY, dtype=torch.uint8, device=colours.device)
    return torch.where(hit[..., None], (255 * colours).to(torch.uint8), empty)
