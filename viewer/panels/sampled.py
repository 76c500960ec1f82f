"""Figures that are worked out a few times a second: nobody reads faster, and the frame has other things to do."""

from __future__ import annotations

import time
import weakref


class Sampled:
    """What `make` returned last; it is called anew after so many seconds, and where it is of something else."""

    def __init__(self, seconds: float):
        self._seconds, self._due, self._value = seconds, 0.0, None
        self._of = lambda: None  # a weak reference, so that what is closed can go

    def get(self, of, make):
        now = time.perf_counter()
        if now >= self._due or of is not self._of():
            self._due, self._of, self._value = now + self._seconds, weakref.ref(of), make()
        return self._value
