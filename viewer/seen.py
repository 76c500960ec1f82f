"""What is known of a picture that somebody looks at: of the frame itself, or of the second one it is compared with."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from gsrender.frame import FrameStats
from viewer.shot import Shot
from viewer.way import Way


@dataclass(frozen=True, eq=False)
class Seen:
    """
    shot   what can be asked of it, within `at_hand`
    stats  of its drawing
    name   what tells it from the other picture; empty where it is the only one
    way    how it was drawn; None: as frames are
    """

    shot: Shot
    stats: FrameStats
    name: str = ""
    way: Way | None = None

    def at_hand(self) -> AbstractContextManager:
        """Within it the proxy is drawn as it was for this picture."""
        return self.shot.scene.aside(self.way.detail, self.way.fit) if self.way else nullcontext()
