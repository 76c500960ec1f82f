"""How long after an input the picture that shows it is handed to the screen."""

from __future__ import annotations

from collections import deque

MOST = 8  # pictures that may be under way; of one that never came to be shown nothing is known


class Latency:
    """A picture is what it is drawn from: camera, settings and look. Times are of time.perf_counter."""

    def __init__(self):
        self._asked: deque[tuple] = deque(maxlen=MOST)  # picture, when the input that asks for it was taken in
        self._last = None

    def ask(self, picture, since: float | None):
        """The picture that is to be drawn now; `since` is None where no input brought it about."""
        if picture != self._last and since is not None:
            self._asked.append((picture, since))
        self._last = picture

    def answer(self, picture, now: float) -> float | None:
        """Milliseconds until this picture was shown, which is now; None where no input asked for it. In a pipeline it
        was asked for a frame ago."""
        for i, (asked, since) in enumerate(self._asked):
            if asked == picture:
                for _ in range(i + 1):  # what was asked for before and never shown is no longer waited for
                    self._asked.popleft()
                return 1000 * (now - since)
        return None
