"""Times what functions take, by name, while others run inside them."""

from __future__ import annotations

from collections import defaultdict
from threading import get_ident


class Clock:
    """Adds up seconds of `time` under names, each without what is timed inside it, of the thread that made it."""

    def __init__(self, time):
        self._time, self._inside, self._thread = time, [], get_ident()
        self.take()

    def around(self, name: str, function):
        """The function, timed."""
        def timed(*arguments, **named):
            if get_ident() != self._thread:
                return function(*arguments, **named)
            began = self._time()
            self._inside.append(0.0)
            try:
                return function(*arguments, **named)
            finally:
                took = self._time() - began
                self.taken[name] += took - self._inside.pop()
                if self._inside:
                    self._inside[-1] += took
        return timed

    @property
    def since(self) -> float:
        """The last `take`."""
        return self._time() - self._taken_at

    def take(self) -> dict[str, float]:
        """What came together since the last time."""
        taken, self.taken, self._taken_at = getattr(self, "taken", {}), defaultdict(float), self._time()
        return dict(taken)
