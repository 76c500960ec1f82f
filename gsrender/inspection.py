"""What blending did at each pixel of a frame, for looking at frames."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from gsrender._native import check, ffi, pointer


@dataclass(frozen=True)
class Inspection:
    """The last four belong to the renderer and hold until its next frame."""

    blended: torch.Tensor  # [H, W] int32, splats that the pixel took until it was finished
    front: torch.Tensor  # [H, W] int32, nearest splat within 1 sigma of whose centre the pixel lies; -1 where none
    colour: torch.Tensor  # [splats, 3] float32, of those that `front` points at
    opacity: torch.Tensor  # [splats]
    centre: torch.Tensor  # [splats, 2] pixels, pixel centres at whole numbers
    conic: torch.Tensor  # [splats, 3] inverse covariance, xx xy yy, 1 / pixels^2


def inspect(native, view, buffers, tensors: dict[str, torch.Tensor], splats: int, opacity: float) -> Inspection:
    """Of the frame that the stages made of this GsView and these GsBuffers, which had so many Gaussians. `opacity` of a
    front splat, at least. On CUDA this goes on the current stream."""
    height, width, device = view.height, view.width, tensors["pairs"].device
    blended, front = (torch.empty((height, width), dtype=torch.int32, device=device) for _ in range(2))
    asked = ffi.new("GsInspection *", {"blended": pointer(blended, "int *"), "front": pointer(front, "int *"),
                                       "opacity": opacity})
    stream = torch.cuda.current_stream(device).cuda_stream if device.type == "cuda" else 0
    check(native, native.gs_inspect(view, buffers, asked, ffi.cast("void *", stream)))
    of = tensors["splats"][:splats]
    return Inspection(blended, front, of[:, 6:9], of[:, 5], of[:, :2], of[:, 2:5])
