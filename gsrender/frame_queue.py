"""How the stages of a frame are run, and how what they counted comes back without holding the next frame up.

Two queues with the same methods: on the host every stage is over when its call returns; on CUDA the stages are one
graph, captured again when a buffer or the size of the picture changes, and the counts follow a frame later.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import torch

from gsrender._native import check, ffi
from gsrender.buffers import COUNTS, COUNTS_WORDS

CULL = 0  # the number of that stage


@dataclass(frozen=True)
class Done:
    """What is known of a finished frame."""

    counts: dict[str, int]  # by COUNTS
    milliseconds: dict[str, float]  # by stage
    room: dict[str, int]  # the capacities that it was drawn with; they may have grown since

    @property
    def incomplete(self) -> bool:
        return any(self.counts[name] > room for name, room in self.room.items())


def fits(buffers) -> dict[str, int]:
    return {"gaussians": buffers.gaussian_capacity, "pairs": buffers.pair_capacity}


def stage_names(native) -> list[str]:
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
    def __init__(self, native):
        self.native, self.names, self._done = native, stage_names(native), None

    def submit(self, model, view, buffers, tensors, apart: Apart | None = None) -> None:
        marks = [time.perf_counter()]
        for stage in range(len(self.names)):
            seen = apart.view if apart and stage == CULL else view
            check(self.native, self.native.gs_stage(stage, model, seen, buffers, ffi.NULL))
            if apart and stage == CULL:
                apart.choose(tensors)
            marks.append(time.perf_counter())
        milliseconds = {name: 1000 * (b - a) for name, a, b in zip(self.names, marks, marks[1:])}
        self._done = Done(dict(zip(COUNTS, tensors["counts"].tolist())), milliseconds, fits(buffers))

    def collect(self, wait: bool) -> Done | None:
        """The oldest finished frame that was not collected yet; None if there is none."""
        done, self._done = self._done, None
        return done


class CudaQueue:
    AHEAD = 8  # frames the host may be ahead of the stream; a further one waits

    def __init__(self, native, device: torch.device):
        self.native, self.names, self.device = native, stage_names(native), device
        self._free, self._pending = [_InFlight() for _ in range(self.AHEAD)], []
        self._graph, self._captured, self._side = None, None, torch.cuda.Stream(device)

    def submit(self, model, view, buffers, tensors, apart: Apart | None = None) -> None:
        """Puts the frame on the device's current stream. `collect(wait=True)` first where `is_full`."""
        with torch.cuda.device(self.device):
            if apart is None:
                self._capture(model, view, buffers)
            frame = self._free.pop()
            frame.room = fits(buffers)
            if apart is None:
                frame.upload(view, tensors["view"])
                self._graph.replay()
            else:
                self._run_apart(model, view, buffers, tensors, apart)
            frame.finish(tensors["counts"])
            self._pending.append(frame)

    def _run_apart(self, model, view, buffers, tensors, apart: Apart) -> None:
        """Stage by stage, without a graph: it is for looking at frames."""
        stream = ffi.cast("void *", torch.cuda.current_stream().cuda_stream)
        for stage in range(len(self.names)):
            if stage in (CULL, CULL + 1):
                seen = apart.view if stage == CULL else view
                tensors["view"].copy_(torch.frombuffer(bytearray(ffi.buffer(seen)), dtype=torch.uint8))
            check(self.native, self.native.gs_stage(stage, model, seen, buffers, stream))
            if stage == CULL:
                apart.choose(tensors)

    @property
    def is_full(self) -> bool:
        return not self._free

    def collect(self, wait: bool) -> Done | None:
        if not self._pending or not (wait or self._pending[0].done.query()):
            return None
        frame = self._pending.pop(0)
        frame.done.synchronize()
        self._free.append(frame)
        words = frame.counts.tolist()
        begun = words[len(COUNTS):]
        milliseconds = {name: (b - a) / 1e6 for name, a, b in zip(self.names, begun, begun[1:])}
        return Done(dict(zip(COUNTS, words)), milliseconds, frame.room)

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
    """One frame on its way: pinned memory that the device reads from and writes to meanwhile."""

    def __init__(self):
        self.view = torch.empty(ffi.sizeof("GsView"), dtype=torch.uint8, pin_memory=True)
        self.counts = torch.empty(COUNTS_WORDS, dtype=torch.int64, pin_memory=True)
        self.done = torch.cuda.Event()

    def upload(self, view, to: torch.Tensor) -> None:
        ffi.memmove(ffi.cast("void *", self.view.data_ptr()), view, self.view.nbytes)
        to.copy_(self.view, non_blocking=True)

    def finish(self, counts: torch.Tensor) -> None:
        self.counts.copy_(counts, non_blocking=True)
        self.done.record()
