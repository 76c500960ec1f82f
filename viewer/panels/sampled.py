"""Figures that are worked out a few times a second: nobody reads faster, and the frame has other things to do."""

from __future__ import annotations

import time
import weakref


class Sampled:
    """What `make` returned last; it is called anew after so many seconds, where it is of something else, and with
    `at_once`: what stands still has to be right."""

    def __init__(self, seconds: float):
        self._seconds, self._due, self._value = seconds, 0.0, None
        self._of = lambda: None  # a weak reference, so that what is closed can go

    def get(self, of, make, at_once: bool = False):
        now = time.perf_counter()
        if at_once or now >= self._due or of is not self._of():
            self._due, self._of, self._value = now + self._seconds, weakref.ref(of), make()
        return self._value
