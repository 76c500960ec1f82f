"""What a frame counted and how long its stages took, read without holding the frame up."""

from __future__ import annotations

import time

import torch

from gsrender._native import ffi
from gsrender.buffers import COUNTS


class HostRecord:
    """One frame on the CPU: every stage is over when its call returns."""

    def __init__(self):
        self.marks: list[tuple[str, float]] = []

    def upload(self, view, to) -> None:
        """The stages read the view where it is."""

    def mark(self, stage: str) -> None:
        """What follows belongs to this stage; an empty name ends the frame."""
        self.marks.append((stage, time.perf_counter()))

    def finish(self, counts: torch.Tensor) -> None:
        self.mark("")
        self.counts = counts.tolist()

    def is_ready(self) -> bool:
        return True

    def read(self) -> tuple[dict[str, int], dict[str, float]]:
        milliseconds = {a: 1000 * (t1 - t0) for (a, t0), (_, t1) in zip(self.marks, self.marks[1:])}
        return dict(zip(COUNTS, self.counts)), milliseconds


class CudaRecord:
    """One frame on a CUDA stream: the counts are copied to pinned memory behind it, times come from events."""

    def __init__(self):
        self.pinned = torch.empty(len(COUNTS), dtype=torch.int64, pin_memory=True)
        self.view = torch.empty(ffi.sizeof("GsView"), dtype=torch.uint8, pin_memory=True)
        self.events: list[torch.cuda.Event] = []
        self.stages: list[str] = []

    def upload(self, view, to: torch.Tensor) -> None:
        """Queues the copy of a GsView to the device."""
        ffi.memmove(ffi.cast("void *", self.view.data_ptr()), view, self.view.nbytes)
        to.copy_(self.view, non_blocking=True)

    def mark(self, stage: str) -> None:
        if len(self.events) == len(self.stages):
            self.events.append(torch.cuda.Event(enable_timing=True))
        self.events[len(self.stages)].record()
        self.stages.append(stage)

    def finish(self, counts: torch.Tensor) -> None:
        self.pinned.copy_(counts, non_blocking=True)
        self.mark("")

    def is_ready(self) -> bool:
        return self.events[len(self.stages) - 1].query()

    def read(self) -> tuple[dict[str, int], dict[str, float]]:
        """Waits for the frame. The record can then be used for another one."""
        self.events[len(self.stages) - 1].synchronize()
        pairs = zip(self.stages, self.events, self.events[1:])
        milliseconds = {stage: begin.elapsed_time(end) for stage, begin, end in pairs if stage}
        self.stages = []
        return dict(zip(COUNTS, self.pinned.tolist())), milliseconds
