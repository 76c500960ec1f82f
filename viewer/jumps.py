"""Where the camera was before it jumped, so that a jump can be taken back."""

from __future__ import annotations

from dataclasses import dataclass

from viewer.pose import Pose

MOST = 100


@dataclass(frozen=True)
class Jumps:
    back: tuple[Pose, ...] = ()  # the newest last
    ahead: tuple[Pose, ...] = ()  # those taken back, the next one last

    def leave(self, pose: Pose) -> Jumps:
        """Before a jump away from a pose."""
        return self if self.back[-1:] == (pose,) else Jumps((*self.back, pose)[-MOST:])

    def undo(self, pose: Pose) -> tuple[Jumps, Pose | None]:
        """The pose to go back to from this one; None where there is none."""
        if not self.back:
            return self, None
        return Jumps(self.back[:-1], (*self.ahead, pose)), self.back[-1]

    def redo(self, pose: Pose) -> tuple[Jumps, Pose | None]:
        """The pose that was left by `undo`."""
        if not self.ahead:
            return self, None
        return Jumps((*self.back, pose), self.ahead[:-1]), self.ahead[-1]
