"""Figures that are worked out a few times a second: nobody reads faster, and the frame has other things to do."""

from __future__ import annotations

import time


class Sampled:
    """What `make` returned last; it is called anew after so many seconds, and where it is of something else."""

    def __init__(self, seconds: float):
        self._seconds, self._due, self._of, self._value = seconds, 0.0, None, None

    def get(self, of, make):
        now = time.perf_counter()
        if now >= self._due or of is not self._of:
            self._due, self._of, self._value = now + self._seconds, of, make()
        return self._value
