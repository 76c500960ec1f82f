"""Where a window stands on the desktop."""

from __future__ import annotations

from dataclasses import dataclass, replace

GRIP = 80, 24  # units of a window's upper edge that have to be on a monitor, for a hand to move it by


@dataclass(frozen=True)
class Placement:
    """In units of the mouse.

    size       while it is not maximised
    at         its left upper corner then, without its frame; None: where the desktop puts it
    maximised  whether it fills a monitor
    """

    size: tuple[int, int] = (1280, 720)
    at: tuple[int, int] | None = None
    maximised: bool = False

    def on(self, monitors: list[tuple[int, int, int, int]]) -> Placement:
        """As it can be seen and moved where there are these monitors (left, top, width, height of what a window may
        take of each, the first one first): not larger than one, and not beside all of them."""
        if not monitors:
            return self
        here = next((area for area in monitors if self.at and _is_in_reach(self.at, self.size, area)), None)
        _, _, width, height = here or monitors[0]
        return replace(self, at=self.at if here else None, size=(min(self.size[0], width), min(self.size[1], height)))


def _is_in_reach(at: tuple[int, int], size: tuple[int, int], area: tuple[int, int, int, int]) -> bool:
    (x, y), (left, top, width, height) = at, area
    across = min(x + size[0], left + width) - max(x, left)
    return across >= min(GRIP[0], size[0]) and top <= y + GRIP[1] and y + GRIP[1] <= top + height
