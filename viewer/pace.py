"""How coarse the picture is while the camera moves, so that it follows the hand on a slow machine too."""

from __future__ import annotations

import math

TARGET = 50.0  # milliseconds of a frame: 20 a second still feel like moving
SLACK = 1.3, 0.5  # how much slower and quicker than that a frame may be before the picture changes its size
STEPS = (1.0, 0.7, 0.5, 0.35, 0.25)  # of the picture's edge
FITTING = 0.5  # the least of them while the proxy is lined up: below, outlines are blocks as wide as what they line
SETTLE = 0.2  # seconds that the camera has to stand until the picture is sharp again


class Pace:
    """Asked once a frame, before it is drawn; told what it took."""

    def __init__(self):
        self._moving_share = 1.0  # while it moves: what the last movement ended with
        self._moved = -math.inf  # when it last did
        self._changed = False  # whether the frame under way is the first of its size, which is slower than the next
        self.share = 1.0  # of the picture's full edge, now

    @property
    def is_coarse(self) -> bool:
        return self.share < 1.0

    def look(self, moves: bool, now: float, least: float = STEPS[-1]) -> float:
        """The share of the edge for the next frame, `least` or more; `now` in seconds."""
        if moves:
            self._moved = now
        share = max(self._moving_share, least) if now - self._moved < SETTLE else 1.0
        self._changed, self.share = share != self.share, share
        return share

    def measure(self, milliseconds: float):
        """What the frame that was asked for took. Time goes with the pixels, the square of the edge, at most."""
        if self._changed or self._moving_share != self.share:
            # Of a frame at rest: what it took tells how the next movement has to begin.
            if self.share == 1.0 and not self._changed and milliseconds < SLACK[1] * TARGET:
                self._moving_share = 1.0
            return
        if milliseconds > SLACK[0] * TARGET or milliseconds < SLACK[1] * TARGET:
            wanted = self.share * math.sqrt(TARGET / max(milliseconds, 1e-3))
            self._moving_share = next((step for step in STEPS if step <= wanted), STEPS[-1])
