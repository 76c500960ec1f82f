"""What a panning drag holds. A GPU tells it a frame or two after the press, and until then the drag is held back."""

from __future__ import annotations

from viewer.bindings import drag_of, with_drag
from vk_interop.input import Input, Pair

NONE: Pair = (0.0, 0.0)


class Grip:
    """
    waits  for what it holds
    """

    def __init__(self):
        self.waits, self._held_back = False, NONE

    def passed(self, given: Input) -> Input:
        """The input without its panning while that waits; with all of it afterwards."""
        if not self.waits and self._held_back == NONE:
            return given
        pan = tuple(before + now for before, now in zip(self._held_back, drag_of("pan", given)))
        self._held_back = pan if self.waits else NONE
        return with_drag("pan", given, NONE if self.waits else pan)
