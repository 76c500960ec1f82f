"""How many items are in the picture, whether the proxy hides them or not."""

from __future__ import annotations

import torch

from gsrender._native import check, ffi, pointer
from gsrender.buffers import COUNTS, COUNTS_WORDS
from gsrender.frame_queue import CULL

VISIBLE = COUNTS.index("visible")


def count_in_view(native, model, view, scratch_bytes: int) -> int:
    """Of a GsModel, in a GsView without a proxy's depth: cull alone, by the host's library, in memory of its own, since
    looking at a frame reads that of the frame."""
    tensors = (torch.empty(COUNTS_WORDS, dtype=torch.int64), torch.empty(model.count, dtype=torch.int32),
               torch.empty(scratch_bytes, dtype=torch.uint8))
    counts, items, scratch = tensors
    buffers = ffi.new("GsBuffers *", {"counts": pointer(counts, "GsCounts *"), "scratch": pointer(scratch, "void *"),
                                      "item_from_visible": pointer(items, "int *")})
    check(native, native.gs_begin(model, view, buffers, ffi.NULL))
    check(native, native.gs_stage(CULL, model, view, buffers, ffi.NULL))
    return int(counts[VISIBLE])
