"""Numbers on their way from the device to the host, which does not wait for them."""

from __future__ import annotations

import torch


class Arriving:
    def __init__(self, values: torch.Tensor):
        """`values` are copied behind what is on the current stream; on the CPU they are here already."""
        self.values = torch.empty(values.shape, dtype=values.dtype, pin_memory=values.is_cuda)
        self.values.copy_(values, non_blocking=True)
        self._event = torch.cuda.Event() if values.is_cuda else None
        if self._event:
            self._event.record()

    @property
    def is_here(self) -> bool:
        return self._event is None or self._event.query()
