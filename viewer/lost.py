"""Why a picture shows nothing of the scene."""

from __future__ import annotations

from collections import Counter

import numpy as np

from gsrender.camera import Camera
from viewer.scene import Scene

FAR_AWAY = "the scene is too far away to be seen"
OUT_OF_VIEW = "nothing of the scene is in view"
OUT_OF_BOX = "nothing of the scene is in the crop box"
WAYS = {FAR_AWAY: "R flies back to the first view", OUT_OF_VIEW: "R flies back to the first view",
        OUT_OF_BOX: "move or end it in the panel Scene"}
LEAST = 1.0  # pixels that the scene is large


def why_empty(scene: Scene, camera: Camera, counts: dict[str, int]) -> str | None:
    """A sentence without an end, to which a way out can be added; None where something is there, or nobody knows.
    `counts` are those of the frame."""
    middle = np.mean([corner.tolist() for corner in scene.model.bounds], 0)
    if 2 * scene.radius * camera.fy < LEAST * float(np.linalg.norm(camera.position - middle)):
        return FAR_AWAY
    if counts.get("drawn", 1):
        return None
    return OUT_OF_VIEW if counts.get("inside", 1) else OUT_OF_BOX


class EmptyFrames:
    """Told of the frames of a film, how many of them show nothing, and why."""

    def __init__(self):
        self._frames, self._reasons = 0, Counter()

    def look(self, scene: Scene, camera: Camera, counts: dict[str, int]):
        self._frames += 1
        if why := why_empty(scene, camera, counts):
            self._reasons[why] += 1

    @property
    def sentence(self) -> str | None:
        """Without an end; None where all show something."""
        empty = self._reasons.total()
        if not empty:
            return None
        of = "the film's only frame is" if self._frames == 1 else \
            f"all {self._frames:,} frames are" if empty == self._frames else \
            f"{empty:,} of {self._frames:,} frames are"
        return f"{of} empty: {self._reasons.most_common(1)[0][0]}"


def way_back(scene: Scene, camera: Camera, counts: dict[str, int]) -> list[str]:
    """The sentence for the window, with the way out of it."""
    return [f"{why[0].upper()}{why[1:]}: {WAYS[why]}." for why in filter(None, [why_empty(scene, camera, counts)])]
