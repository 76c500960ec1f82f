"""How the stages of a frame are run, and how what they counted comes back without holding the next frame up.

Two queues with the same methods: on the host every stage is over when its call returns; on CUDA the stages are one
graph, captured again when a buffer or the size of the picture changes, and the counts follow a frame later.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import NamedTuple

import torch

from gsrender._native import check, ffi, pointer
from gsrender.buffers import COUNTS, COUNTS_WORDS

CULL = 0  # the number of that stage
GAUSSIANS, PAIRS = COUNTS.index("gaussians"), COUNTS.index("pairs")


class Done(NamedTuple):
    """What is known of a finished frame. Every frame is asked whether it is complete, few are asked for more."""

    words: list[int]  # of its GsCounts: counts, then nanoseconds when each stage began, and the end of the last
    stages: list[str]
    capacities: tuple[int, int]  # of Gaussians and pairs, that it was drawn with; they may have grown since
    crops: bool  # whether it had a crop box

    @property
    def incomplete(self) -> bool:
        """Whether a buffer was too small, so that items are missing."""
        return self.words[GAUSSIANS] > self.capacities[0] or self.words[PAIRS] > self.capacities[1]

    @property
    def counts(self) -> dict[str, int]:
        """By COUNTS; what is inside the crop box only where there is one."""
        return {name: count for name, count in zip(COUNTS, self.words) if self.crops or name != "inside"}

    @property
    def milliseconds(self) -> dict[str, float]:
        """By stage."""
        marks = self.words[len(COUNTS):]
        return {name: (b - a) / 1e6 for name, a, b in zip(self.stages, marks, marks[1:])}


def capacities(buffers) -> tuple[int, int]:
    """Of a GsBuffers."""
    return buffers.gaussian_capacity, buffers.pair_capacity


def stage_names(native) -> list[str]:
    """Of a library, in their order."""
    names = []
    while (name := native.gs_stage_name(len(names))) != ffi.NULL:
        names.append(ffi.string(name).decode())
    return names


@dataclass(frozen=True)
class Apart:
    """What is culled by another view than it is drawn with, or not by a view at all."""

    view: object  # GsView that cull is given
    items: torch.Tensor | None = None  # [n] int32, ascending: those to draw, whatever cull keeps

    def choose(self, tensors) -> None:
        """Puts `items` in the place of what cull has kept."""
        if self.items is not None:
            tensors["item_from_visible"][:len(self.items)] = self.items
            tensors["counts"][COUNTS.index("visible")] = len(self.items)


class HostQueue:
    """Draws a frame while it is submitted."""

    is_full = False

    def __init__(self, native):
        self.native, self.names, self._done = native, stage_names(native), None

    @property
    def is_empty(self) -> bool:
        return self._done is None

    def submit(self, model, view, buffers, tensors, ready=None, apart: Apart | None = None) -> None:
        """A frame of a GsModel, a GsView and a GsBuffers, which points to `tensors`; once `ready`, its depth is there.
        Raises DeviceError."""
        if ready is not None:
            ready.wait(None)
        check(self.native, self.native.gs_begin(model, view, buffers, ffi.NULL))
        marks = [time.perf_counter_ns()]
        for stage in range(len(self.names)):
            seen = apart.view if apart and stage == CULL else view
            check(self.native, self.native.gs_stage(stage, model, seen, buffers, ffi.NULL))
            if apart and stage == CULL:
                apart.choose(tensors)
            marks.append(time.perf_counter_ns())
        words = tensors["counts"][:len(COUNTS)].tolist() + marks
        self._done = Done(words, self.names, capacities(buffers), bool(view.crop.on))

    def collect(self, wait: bool) -> Done | None:
        """The oldest finished frame that was not collected yet; None if there is none."""
        done, self._done = self._done, None
        return done


class CudaQueue:
    """Frames that are on the device's stream."""

    AHEAD = 8  # frames the host may be ahead of the stream; a further one waits

    def __init__(self, native, device: torch.device):
        self.native, self.names, self.device = native, stage_names(native), device
        self._free, self._pending = [_InFlight() for _ in range(self.AHEAD)], []
        self._graph, self._captured, self._side = None, None, torch.cuda.Stream(device)

    def submit(self, model, view, buffers, tensors, ready=None, apart: Apart | None = None) -> None:
        """The same, on the device's current stream. `collect(wait=True)` first where `is_full`."""
        with torch.cuda.device(self.device):
            if apart is None:
                self._capture(model, view, buffers)
            frame, stream = self._free[-1], torch.cuda.current_stream().cuda_stream
            frame.capacities, frame.crops, view.report = capacities(buffers), bool(view.crop.on), frame.report
            check(self.native, self.native.gs_begin(model, view, buffers, ffi.cast("void *", stream)))
            if ready is not None:
                ready.wait(stream)
            if apart is None:
                self._graph.replay()
            else:
                self._run_apart(model, view, buffers, tensors, apart)
            frame.done.record()
            self._pending.append(self._free.pop())  # not before: where something fails, it is free still

    def _run_apart(self, model, view, buffers, tensors, apart: Apart) -> None:
        """Stage by stage, without a graph: it is for looking at frames."""
        stream = ffi.cast("void *", torch.cuda.current_stream().cuda_stream)
        for stage in range(len(self.names)):
            seen = apart.view if stage == CULL else view
            if stage in (CULL, CULL + 1):
                tensors["view"].copy_(torch.frombuffer(bytearray(ffi.buffer(seen)), dtype=torch.uint8))
            check(self.native, self.native.gs_stage(stage, model, seen, buffers, stream))
            if stage == CULL:
                apart.choose(tensors)

    @property
    def is_full(self) -> bool:
        return not self._free

    @property
    def is_empty(self) -> bool:
        return not self._pending

    def collect(self, wait: bool) -> Done | None:
        """The same; with `wait`, the oldest is waited for."""
        if not self._pending or not (wait or self._pending[0].done.query()):
            return None
        frame = self._pending.pop(0)
        frame.done.synchronize()
        self._free.append(frame)
        return Done(ffi.unpack(frame.words, COUNTS_WORDS), self.names, frame.capacities, frame.crops)

    def _capture(self, model, view, buffers) -> None:
        # All that a kernel is given as an argument. The view is not: kernels read it from memory.
        arguments = bytes(ffi.buffer(model)), bytes(ffi.buffer(buffers)), view.width, view.height
        if arguments == self._captured:
            return
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.stream(self._side):
            graph.capture_begin(capture_error_mode="thread_local")
            try:
                stream = ffi.cast("void *", self._side.cuda_stream)
                errors = [self.native.gs_stage(stage, model, view, buffers, stream) for stage in range(len(self.names))]
            finally:
                graph.capture_end()
        for error in errors:
            check(self.native, error)
        self._graph, self._captured = graph, arguments


class _InFlight:
    """One frame on its way: pinned memory that the device writes what it counted to."""

    def __init__(self):
        self.counts = torch.empty(COUNTS_WORDS, dtype=torch.int64, pin_memory=True)
        self.words, self.report = pointer(self.counts, "long long *"), pointer(self.counts, "GsCounts *")
        self.done = torch.cuda.Event()
        self.capacities, self.crops = (0, 0), False  # as in Done
