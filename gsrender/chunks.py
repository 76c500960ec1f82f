"""The coarse level above the items: neighbours in space lie together in memory, and bounds of 256 at a time say at once
that none of them is seen, so that the cost of culling follows what is visible and not what exists."""

from __future__ import annotations

import dataclasses

import torch

from gsrender._native import constants
from gsrender.model import Anchors, GaussianModel, Splats, rows_of

CHUNK = constants.GS_CHUNK
PIECE = 1 << 18  # items


def arranged(model: GaussianModel) -> GaussianModel:
    """The same model with its items by level, then along a Morton curve; `file_from_item` says where each came from.

    By level first, because an anchor's level decides with its distance whether it is on: a chunk of one level is mostly
    on or off as a whole.
    """
    if model.file_from_item is not None:
        return model
    items = model.items
    key = _morton(items.position)
    if isinstance(items, Anchors):
        key = key + (items.level.long() << 30)
    file_from_item = key.argsort(stable=True)
    moved = {name: rows[file_from_item] for name, rows in rows_of(items).items()}
    return dataclasses.replace(model, items=dataclasses.replace(items, **moved), file_from_item=file_from_item.cpu())


def _morton(position: torch.Tensor) -> torch.Tensor:
    """[N] int64: ten bits an axis of the place in the box around all, interleaved."""
    position = torch.nan_to_num(position.double(), nan=0.0, posinf=0.0, neginf=0.0)
    low, high = position.amin(0), position.amax(0)
    cell = ((position - low) / (high - low).clamp_min(1e-30) * 1023).long()
    spread = cell
    for shift, mask in ((16, 0x030000FF), (8, 0x0300F00F), (4, 0x030C30C3), (2, 0x09249249)):
        spread = (spread | spread << shift) & mask
    return spread[:, 0] | spread[:, 1] << 1 | spread[:, 2] << 2


def reach(items: Anchors | Splats) -> torch.Tensor:
    """[N, 2] scene units: how far a Gaussian's centre may be from its item's, and its largest sigma. Of an anchor,
    whatever is decoded: max |offset * scale[0:3]| and max scale[3:6], which the decoder only multiplies by a sigmoid.
    """
    if isinstance(items, Anchors):
        # In pieces: at once, four million anchors would take half a gigabyte for a moment.
        pieces = zip(items.offset.split(PIECE), items.scale.split(PIECE))
        centres = torch.cat([(offset * scale[:, None, :3]).norm(dim=2).amax(1) for offset, scale in pieces])
        return torch.stack([centres, items.scale[:, 3:].amax(1)], 1)
    sigma = items.scale.amax(1)
    return torch.stack([torch.zeros_like(sigma), sigma], 1)


def bounds(items: Anchors | Splats) -> torch.Tensor:
    """[chunks, 13] float32, the fields of GsChunk."""
    count = len(items)
    rows = torch.arange(-(-count // CHUNK) * CHUNK, device=items.position.device).clamp_max(count - 1).view(-1, CHUNK)
    low, high = (lambda values: values[rows].amin(1)), (lambda values: values[rows].amax(1))
    level, extra = ((items.level, items.extra_level) if isinstance(items, Anchors) else
                    (torch.zeros(count, device=rows.device),) * 2)
    columns = [low(items.position), high(items.position), high(items.scale[:, :3].amax(1)), high(reach(items)),
               low(level), high(level), low(extra), high(extra)]
    return torch.cat([c.view(len(rows), -1) for c in columns], 1).float().contiguous()
