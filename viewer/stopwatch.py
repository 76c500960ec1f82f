"""How long something takes on the device that it runs on."""

from __future__ import annotations

import time

import torch


class Stopwatch:
    """Takes the time of what is done within it. A GPU tells it a frame or two later, and runs before that are not
    taken: `milliseconds` are of the newest run that is known, None before the first."""

    def __init__(self, backend: str):
        self._is_on_gpu, self._known = backend == "cuda", None
        # Beginning and end of what it has not told yet.
        self._running: tuple[torch.cuda.Event, torch.cuda.Event] | None = None

    def __enter__(self):
        self.milliseconds  # of the run before, if it has come
        self._began = self._mark()

    def __exit__(self, *_):
        ended = self._mark()
        if not self._is_on_gpu:
            self._known = 1000 * (ended - self._began)
        elif self._running is None:
            self._running = self._began, ended

    def _mark(self):
        if not self._is_on_gpu:
            return time.perf_counter()
        event = torch.cuda.Event(enable_timing=True)
        event.record()
        return event

    @property
    def milliseconds(self) -> float | None:
        if self._running and self._running[1].query():
            self._known, self._running = self._running[0].elapsed_time(self._running[1]), None
        return self._known
