"""The frame with nothing in it: what handing over from Vulkan to CUDA costs by itself."""

from __future__ import annotations

from contextlib import ExitStack, closing

import torch

from vk_interop.depth_target import slots_for
from vk_interop.device import Device, Submission
from vk_interop.sharing import Timeline


class Floor:
    """One submit of an empty command buffer, the hand-over, and one launch of a CUDA graph that sets four bytes.

    The semaphores, the events and the ring are those of ProxyDepth for a picture of `size`. Where there is no CUDA, the
    host waits for Vulkan, no more.
    """

    def __init__(self, device: Device, stream: int | None, size: tuple[int, int]):
        self._device, self._stream = device, stream
        self._frame, self._ahead = 0, None  # the newest one submitted, and the one to end next
        with ExitStack() as made:
            own = lambda part: made.enter_context(closing(part))
            self._drawn, self._done = own(Timeline(device)), own(Timeline(device, exported=False))
            self._submissions, slots = [], slots_for(device, size)
            self._passed = [None] * slots
            for _ in range(slots):
                command = device.record(lambda command: None)
                made.callback(device.free, command)
                self._submissions.append(Submission(device, [command],
                                                    signals=[self._drawn.semaphore, self._done.semaphore]))
            made.callback(device.wait_idle)
            self._made = made.pop_all()
        self._graph = None if stream is None else self._capture()

    def draw(self, mode: str):
        """Queues a frame, in the order of one of the FRAME_MODES. The host waits only where the ring is full."""
        if mode == "pipelined":
            due, self._ahead = self._ahead or self._begin(), self._begin()
        else:
            due, self._ahead = self._begin(), None
        self._end(due)

    def wait(self):
        """Until the last frame is done, as a renderer is waited for."""
        if self._graph:
            self._ended.synchronize()

    def close(self):
        if self._graph:
            torch.cuda.synchronize()
        self._made.close()

    def _begin(self) -> int:
        slots = len(self._submissions)
        if self._frame >= slots:
            self._done.wait(self._frame + 1 - slots)
            if self._passed[(self._frame + 1) % slots]:
                self._passed[(self._frame + 1) % slots].synchronize()
        self._frame += 1
        self._submissions[self._frame % slots].submit(signal_values=[self._frame, self._frame])
        return self._frame

    def _end(self, frame: int):
        (self._done if self._stream is None else self._drawn).wait(frame, self._stream)
        if self._graph:
            self._graph.replay()
            self._ended = self._passed[frame % len(self._passed)] = torch.cuda.Event()
            self._ended.record()

    def _capture(self) -> torch.cuda.CUDAGraph:
        self._word = torch.empty(1, dtype=torch.int32, device="cuda")
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, capture_error_mode="thread_local"):
            self._word.zero_()
        return graph
