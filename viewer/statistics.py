"""What the last frames did and what they cost."""

from __future__ import annotations

import math
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
    """The last `capacity` frames: how long each took by the clock on the wall, what its stages reported, and how long
    after an input its picture came, where it shows what one changed.

    Time and stages are kept apart on purpose: a stage that no one measured still shows in the frame's time.
    """

    def __init__(self, capacity: int = 240):
        self._capacity, self._count = capacity, 0
        self.added = 0  # frames that ever came
        self._times, self._latencies = np.zeros(capacity), np.zeros(capacity)
        self._stages: dict[str, np.ndarray] = {}  # [capacity] by name, in a ring; NaN where a frame has none
        self._counts: dict[str, np.ndarray] = {}

    def add(self, milliseconds: float, stats: FrameStats, latency: float | None = None):
        """One more frame. `stats` may be those of a frame before it: counters arrive late. `latency` is in
        milliseconds."""
        at = self.added % self._capacity
        self._times[at], self._latencies[at] = milliseconds, math.nan if latency is None else latency
        _put(self._stages, at, stats.milliseconds, self._capacity)
        _put(self._counts, at, stats.counts, self._capacity)
        self.added, self._count = self.added + 1, min(self._count + 1, self._capacity)

    def complete(self, stats: FrameStats):
        """Of the newest frame, whose counters had not arrived when it was added."""
        at = (self.added - 1) % self._capacity
        _put(self._stages, at, stats.milliseconds, self._capacity, keeps=True)
        _put(self._counts, at, stats.counts, self._capacity, keeps=True)

    def clear(self):
        self._count = 0

    def __len__(self) -> int:
        return self._count

    @property
    def frame_milliseconds(self) -> np.ndarray:
        """[frames] float64, oldest first."""
        return self._ordered(self._times)

    @property
    def newest(self) -> float:
        """Milliseconds of the last frame."""
        return float(self._times[self.added % self._capacity - 1])

    @property
    def fps(self) -> float:
        """Frames in all over seconds in all; the mean of single rates would flatter the quick frames."""
        total = float(self.frame_milliseconds.sum())
        return 1000 * len(self) / total if total > 0 else 0.0

    def percentile(self, percent: float) -> float:
        """Milliseconds that `percent` of the frames stayed within; the slowest frame counts as itself."""
        return _percentile(self.frame_milliseconds, percent) or 0.0

    def latency(self, percent: float) -> float | None:
        """Milliseconds from an input to its picture that `percent` of such pictures stayed within; None without any."""
        latencies = self._ordered(self._latencies)
        return _percentile(latencies[~np.isnan(latencies)], percent)

    def stage_milliseconds(self) -> dict[str, float]:
        """Median by stage, in the order of the frame."""
        return {name: float(np.median(values)) for name, values in self._measured(self._stages).items()}

    def stages_over_time(self) -> dict[str, np.ndarray]:
        """[frames] milliseconds by stage, oldest first, 0 where it was not measured; in the order of the frame."""
        return {name: np.nan_to_num(self._ordered(self._stages[name])) for name in self._measured(self._stages)}

    def frames(self) -> Iterator[dict[str, float]]:
        """Each frame's figures as a flat dict, oldest first: times in milliseconds, then counts."""
        stages, counts = self._measured(self._stages), self._measured(self._counts)
        times = {"frame ms": self._times, "latency ms": self._latencies,
                 **{f"{name} ms": self._stages[name] for name in stages}}
        for i in range(self.added - len(self), self.added):
            at = i % self._capacity
            found = {name: float(ring[at]) for name, ring in times.items()}
            found |= {name: self._counts[name][at] for name in counts}
            yield {"frame": i} | {name: value if name in times else int(value) for name, value in found.items()
                                  if not math.isnan(value)}

    def counts(self) -> dict[str, float]:
        """Mean of each count."""
        return {name: float(values.mean()) for name, values in self._measured(self._counts).items()}

    def _ordered(self, ring: np.ndarray) -> np.ndarray:
        """The part that counts, oldest first."""
        return np.roll(ring, -(self.added % self._capacity))[self._capacity - self._count:]

    def _measured(self, rings: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The values that there are by name, in the order of the frame."""
        found = {name: self._ordered(rings[name]) for name in sorted(rings, key=stage_order)}
        found = {name: values[~np.isnan(values)] for name, values in found.items()}
        return {name: values for name, values in found.items() if len(values)}

    def summary(self) -> dict:
        """Everything as plain numbers, ready for a JSON file."""
        return {"frames": len(self), "fps": self.fps,
                "frame_ms": {"median": self.percentile(50), "p95": self.percentile(95), "p99": self.percentile(99)},
                "latency_ms": {"median": self.latency(50), "p95": self.latency(95)},
                "stage_ms": self.stage_milliseconds(), "counts": self.counts()}


def _put(rings: dict[str, np.ndarray], at: int, values: dict[str, float], capacity: int, keeps: bool = False):
    """A frame's values by name at a place of the rings; in those that it has none of NaN, unless that `keeps` what is
    there."""
    for name in () if keeps else rings.keys() - values.keys():
        rings[name][at] = math.nan
    for name, value in values.items():
        if name not in rings:
            rings[name] = np.full(capacity, math.nan)
        rings[name][at] = value


def _percentile(values: np.ndarray, percent: float) -> float | None:
    """The least of the values that so many per cent stay within; None of none."""
    if not len(values):
        return None
    return float(np.sort(values)[math.ceil(percent / 100 * (len(values) - 1))])


def stage_order(name: str) -> int:
    """Where a stage stands in the frame. Stages that run as one are named with a plus, such as "decode+project"."""
    first = name.split("+")[0]
    return STAGES.index(first) if first in STAGES else len(STAGES)
