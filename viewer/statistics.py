"""What the last frames did and what they cost."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from statistics import fmean, median
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gsrender.frame import STAGES, FrameStats
from viewer.words import NOTHING

if TYPE_CHECKING:
    from viewer.frame_kind import FrameKind

# What a count is called beside its number; the first one goes behind the kind of the items.
COUNTS = {"items": "in all", "inside": "in the crop box", "lod": "after LOD", "visible": "after culling",
          "gaussians": "splats decoded", "drawn": "splats drawn", "pairs": "tile pairs",
          "triangles": "proxy triangles"}

BETWEEN = "between the stages"
SHOWN = *STAGES[:-1], "view", STAGES[-1]  # a window's frame also paints what is shown in the place of it or over it


def count_label(name: str, kind: str) -> str:
    return f"{kind} {COUNTS[name]}" if name == "items" else COUNTS[name]


def milliseconds(value: float) -> str:
    """Digits by size, so that a number is as long as it is meaningful."""
    return f"{value:.3f}" if value < 1 else f"{value:.2f}" if value < 10 else f"{value:.1f}"


def psnr_text(psnr: float) -> str:
    """With its unit; infinite where two pictures are the same."""
    return "identical" if math.isinf(psnr) else f"{psnr:.1f} dB"


class _Drawn(NamedTuple):
    milliseconds: float
    stats: FrameStats
    latency: float | None
    is_warm_up: bool
    of: FrameKind | None


def bottleneck(frame: float, times: dict[str, float], is_capped: bool) -> str:
    """What a frame of `frame` milliseconds spends most of its time on."""
    if not times or frame <= 0:
        return NOTHING
    if is_capped:
        return "the screen's refresh (vsync)"
    stage, most = max(times.items(), key=lambda item: item[1])
    rest = frame - sum(times.values())
    if rest > most:
        return f"{BETWEEN}, {rest / frame:.0%} of the frame"
    return f"{stage}, {min(most / frame, 1):.0%} of the frame"


class Statistics:
    """The last `capacity` frames: how long each took by the clock on the wall, what its stages reported, and how long
    after an input its picture came, where it shows what one changed.

    Time and stages are kept apart on purpose: a stage that no one measured still shows in the frame's time. Frames that
    make what those after them use as well (shaders, buffers, a CUDA graph) are slow once: they are told one by one, and
    left out of what sums frames up as long as there are others.
    """

    def __init__(self, capacity: int = 240):
        self._frames: deque[_Drawn] = deque(maxlen=capacity)  # as they were added
        self.added = 0  # frames that ever came

    def add(self, milliseconds: float, stats: FrameStats, latency: float | None = None, is_warm_up: bool = False,
            of: FrameKind | None = None):
        """One more frame, of that kind. `stats` may be those of a frame before it: counters arrive late. `latency` is
        in milliseconds."""
        self._frames.append(_Drawn(milliseconds, stats, latency, is_warm_up, of))
        self.added += 1

    def complete(self, stats: FrameStats):
        """Of the newest frame, whose counters had not arrived when it was added."""
        newest = self._frames.pop()
        known = replace(newest.stats, milliseconds=newest.stats.milliseconds | stats.milliseconds,
                        counts=newest.stats.counts | stats.counts)
        self._frames.append(newest._replace(stats=known))

    def clear(self):
        self._frames.clear()

    def __len__(self) -> int:
        return len(self._frames)

    @property
    def frame_milliseconds(self) -> np.ndarray:
        """[frames] float64, oldest first."""
        return np.array([frame.milliseconds for frame in self._frames], np.float64)

    @property
    def newest(self) -> float:
        """Milliseconds of the last frame, which there must be."""
        return self._frames[-1].milliseconds

    @property
    def steady(self) -> int:
        """How many frames sums are of: those that did not warm anything up."""
        return sum(not frame.is_warm_up for frame in self._frames)

    @property
    def is_warm_up(self) -> np.ndarray:
        """[frames] bool, oldest first: those that are left out of them."""
        return np.array([frame.is_warm_up for frame in self._frames], bool)

    @property
    def fps(self) -> float:
        """Frames in all over seconds in all; the mean of single rates would flatter the quick frames."""
        frames = self._steady
        total = sum(frame.milliseconds for frame in frames)
        return 1000 * len(frames) / total if total > 0 else 0.0

    def percentile(self, percent: float) -> float:
        """Milliseconds that `percent` of the frames stayed within; the slowest frame counts as itself."""
        return _percentile([frame.milliseconds for frame in self._steady], percent) or 0.0

    def latency(self, percent: float) -> float | None:
        """Milliseconds from an input to its picture that `percent` of such pictures stayed within; None without any."""
        return _percentile([frame.latency for frame in self._steady if frame.latency is not None], percent)

    def stage_milliseconds(self) -> dict[str, float]:
        """Median by stage, in the order of the frame."""
        found = _by_name([frame.stats.milliseconds for frame in self._steady])
        return {name: median(values) for name, values in found.items()}

    def stages_over_time(self) -> dict[str, np.ndarray]:
        """[frames] milliseconds by stage, oldest first, 0 where it was not measured; in the order of the frame."""
        frames = self._stages
        return {name: np.array([stages.get(name, 0.0) for stages in frames]) for name in _names(frames)}

    def frames(self) -> Iterator[dict[str, float]]:
        """Each frame's figures as a flat dict, oldest first: what they are of, times in milliseconds, whether it warmed
        up (1 or 0), then counts."""
        frames = list(self._frames)  # a page exports in one thread and adds in another
        names = _names([frame.stats.milliseconds for frame in frames])
        for i, frame in enumerate(frames, self.added - len(frames)):
            found = {"frame": i, **(frame.of.figures() if frame.of else {}), "frame ms": frame.milliseconds}
            if frame.latency is not None:
                found["latency ms"] = frame.latency
            times = frame.stats.milliseconds
            yield found | {f"{name} ms": times[name] for name in names if name in times} \
                | {"warm-up": int(frame.is_warm_up)} | frame.stats.counts

    def counts(self) -> dict[str, float]:
        """Mean of each count."""
        found = _by_name([frame.stats.counts for frame in self._steady])
        return {name: fmean(values) for name, values in found.items()}

    @property
    def _stages(self) -> list[dict[str, float]]:
        return [frame.stats.milliseconds for frame in self._frames]

    @property
    def _steady(self) -> list[_Drawn]:
        """What sums are of; frames that warmed up where there are no others."""
        return [frame for frame in self._frames if not frame.is_warm_up] or list(self._frames)

    def by_kind(self) -> list[dict]:
        """A summary of the frames of each kind, and which it is; the kind that came first is first."""
        kinds: dict[tuple, Statistics] = {}
        for frame in list(self._frames):  # a page exports in one thread and adds in another
            of = tuple(frame.of.figures().items()) if frame.of else ()
            kinds.setdefault(of, Statistics(self._frames.maxlen))._frames.append(frame)
        return [{"of": dict(of), **frames.summary()} for of, frames in kinds.items()]

    def summary(self) -> dict:
        """Everything as plain numbers, ready for a JSON file."""
        return {"frames": self.steady, "warm_up_frames": len(self) - self.steady, "fps": self.fps,
                "frame_ms": {"median": self.percentile(50), "p95": self.percentile(95), "p99": self.percentile(99)},
                "latency_ms": {"median": self.latency(50), "p95": self.latency(95)},
                "stage_ms": self.stage_milliseconds(), "counts": self.counts()}


def _names(frames: list[dict[str, float]]) -> list[str]:
    """All that there are, in the order of the frame."""
    return sorted(dict.fromkeys(chain.from_iterable(frames)), key=stage_order)


def _by_name(frames: list[dict[str, float]]) -> dict[str, list[float]]:
    """The values that there are of each name."""
    return {name: [values[name] for values in frames if name in values] for name in _names(frames)}


def _percentile(values: list[float], percent: float) -> float | None:
    """The least of the values that so many per cent stay within; None of none."""
    return sorted(values)[math.ceil(percent / 100 * (len(values) - 1))] if values else None


def stage_order(name: str) -> int:
    """Where a stage stands in the frame. Stages that run as one are named with a plus, such as "decode+project"."""
    first = name.split("+")[0]
    return SHOWN.index(first) if first in SHOWN else len(SHOWN)
