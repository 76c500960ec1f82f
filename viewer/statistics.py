"""What the last frames did and what they cost."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import numpy as np

from gsrender.frame import STAGES, FrameStats

# What a count is called beside its number; the first one goes behind the kind of the items.
COUNTS = {"items": "in all", "inside": "in the crop box", "lod": "after LOD", "visible": "after culling",
          "gaussians": "splats decoded", "drawn": "splats drawn", "pairs": "tile pairs",
          "triangles": "proxy triangles"}


def count_label(name: str, kind: str) -> str:
    return f"{kind} {COUNTS[name]}" if name == "items" else COUNTS[name]


def milliseconds(value: float) -> str:
    """Digits by size, so that a number is as long as it is meaningful."""
    return f"{value:.3f}" if value < 1 else f"{value:.2f}" if value < 10 else f"{value:.1f}"


class Statistics:
    """The last `capacity` frames: how long each took by the clock on the wall, and what its stages reported.

    The two are kept apart on purpose: a stage that no one measured still shows in the frame's time.
    """

    def __init__(self, capacity: int = 240):
        self._frames: deque[tuple[float, FrameStats]] = deque(maxlen=capacity)
        self.added = 0  # frames that ever came

    def add(self, milliseconds: float, stats: FrameStats):
        """One more frame. `stats` may be those of a frame before it: counters arrive late."""
        self._frames.append((milliseconds, stats))
        self.added += 1

    def clear(self):
        self._frames.clear()

    def __len__(self) -> int:
        return len(self._frames)

    @property
    def frame_milliseconds(self) -> np.ndarray:
        """[frames] float64, oldest first."""
        return np.array([milliseconds for milliseconds, _ in self._frames])

    @property
    def newest(self) -> float:
        """Milliseconds of the last frame."""
        return self._frames[-1][0]

    @property
    def fps(self) -> float:
        """Frames in all over seconds in all; the mean of single rates would flatter the quick frames."""
        total = self.frame_milliseconds.sum()
        return 1000 * len(self) / total if total > 0 else 0.0

    def percentile(self, percent: float) -> float:
        """Milliseconds that `percent` of the frames stayed within; the slowest frame counts as itself."""
        return float(np.percentile(self.frame_milliseconds, percent, method="higher")) if self._frames else 0.0

    def stage_milliseconds(self) -> dict[str, float]:
        """Median by stage, in the order of the frame."""
        return {name: float(np.median(values)) for name, values in self._gather("milliseconds").items()}

    def stages_over_time(self) -> dict[str, np.ndarray]:
        """[frames] milliseconds by stage, oldest first, 0 where it was not measured; in the order of the frame."""
        names = dict.fromkeys(name for _, stats in self._frames for name in stats.milliseconds)
        return {name: np.array([stats.milliseconds.get(name, 0.0) for _, stats in self._frames])
                for name in sorted(names, key=stage_order)}

    def frames(self) -> Iterator[dict[str, float]]:
        """Each frame's figures as a flat dict, oldest first: times in milliseconds, then counts."""
        for i, (milliseconds, stats) in enumerate(self._frames):
            stages = {f"{name} ms": value for name, value in sorted(stats.milliseconds.items(),
                                                                    key=lambda item: stage_order(item[0]))}
            yield {"frame": self.added - len(self._frames) + i, "frame ms": milliseconds, **stages, **stats.counts}

    def counts(self) -> dict[str, float]:
        """Mean of each count."""
        return {name: float(np.mean(values)) for name, values in self._gather("counts").items()}

    def _gather(self, field: str) -> dict[str, list[float]]:
        found: dict[str, list[float]] = {}
        for _, stats in self._frames:
            for name, value in getattr(stats, field).items():
                found.setdefault(name, []).append(value)
        return dict(sorted(found.items(), key=lambda item: stage_order(item[0])))

    def summary(self) -> dict:
        """Everything as plain numbers, ready for a JSON file."""
        return {"frames": len(self), "fps": self.fps,
                "frame_ms": {"median": self.percentile(50), "p95": self.percentile(95), "p99": self.percentile(99)},
                "stage_ms": self.stage_milliseconds(), "counts": self.counts()}


def stage_order(name: str) -> int:
    """Where a stage stands in the frame. Stages that run as one are named with a plus, such as "decode+project"."""
    first = name.split("+")[0]
    return STAGES.index(first) if first in STAGES else len(STAGES)
