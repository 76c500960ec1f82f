"""Camera paths: keyframes with times, and the smooth way through them.

Each part of a path is a cubic Bezier curve, of positions and, by unit quaternions, of orientations (Kim, Kim and Shin,
"A general construction scheme for unit quaternion curves", 1995: a curve as a product of turns, each let in by a
cumulative Bernstein polynomial). Place, turn and field of view all take their velocity at a keyframe from `_velocity`.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass, replace
from typing import Iterator

import numpy as np

from gsrender import quaternions
from gsrender.camera import Camera, Triple

GAP = 0.01  # seconds; keyframes may not be nearer to each other
LONGEST = 86_400.0  # seconds
APART = 1.0  # seconds from one keyframe to the next where nobody says otherwise


@dataclass(frozen=True)
class Keyframe:
    time: float  # seconds
    position: Triple
    world_from_camera: tuple[float, float, float, float]  # unit quaternion w x y z; x right, y down, z forward
    fov_y: float  # vertical field of view, degrees

    @staticmethod
    def of(camera: Camera, time: float = 0.0) -> Keyframe:
        """Its place, orientation and field of view; a principal point beside the middle is not kept."""
        turn = quaternions.of_matrix(camera.rotation.T)
        return Keyframe(float(time), tuple(camera.position.tolist()), tuple(turn.tolist()), camera.fov_y)

    def camera(self, width: int, height: int, near: float) -> Camera:
        pose = np.column_stack([quaternions.to_matrix(self.world_from_camera), self.position])
        return Camera.from_fov(pose, self.fov_y, width, height, near)

    def at(self, time: float) -> Keyframe:
        return replace(self, time=float(time))

    def looks_like(self, other: Keyframe) -> bool:
        """Whether only the time differs."""
        return self.at(other.time) == other


@dataclass(frozen=True)
class CameraPath:
    """
    keyframes  in the order of their times, the first at 0, at least GAP seconds apart
    closing    seconds from the last keyframe back to the first, which makes it a loop; 0 where the path ends
    """

    keyframes: tuple[Keyframe, ...] = ()
    closing: float = 0.0

    def __post_init__(self):
        times = [key.time for key in self.keyframes]
        if times and times[0] != 0:
            raise ValueError(f"keyframes from {times[0]:g} s on, expected from 0 on")
        if any(not b - a >= 0.999 * GAP for a, b in zip(times, times[1:])):
            least = min(b - a for a, b in zip(times, times[1:]))
            raise ValueError(f"keyframes {least:.3g} s apart, expected at least {GAP} s")
        if not (self.closing == 0 or self.closing >= GAP) or not self.duration <= LONGEST:
            raise ValueError(f"a path of {self.duration:g} s, {self.closing:g} of them back to its beginning, expected "
                             f"{GAP} or more for each part and at most {LONGEST:g} in all")

    @staticmethod
    def through(cameras: list[Camera], apart: float = APART) -> CameraPath:
        """From camera to camera, so many seconds from one to the next."""
        return CameraPath(tuple(Keyframe.of(camera, i * apart) for i, camera in enumerate(cameras)))

    @property
    def duration(self) -> float:
        """Seconds, the way back of a loop included."""
        return self.keyframes[-1].time + self.closing if self.keyframes else 0.0

    def frame_count(self, fps: float, seconds: float | None = None) -> int:
        """Of a film that lasts so many seconds, without them as long as the path: from the first keyframe to the last;
        of a loop, up to where it begins again."""
        if not self.keyframes:
            return 0
        lasts = self.duration if seconds is None else seconds
        return max(1, round(lasts * fps)) if self.closing else math.floor(lasts * fps + 1e-6) + 1

    def times(self, fps: float, seconds: float | None = None) -> Iterator[float]:
        """Of the frames of that film, in seconds of the path."""
        pace = self.duration / seconds if seconds else 1.0
        return (i / fps * pace for i in range(self.frame_count(fps, seconds)))

    def cameras(self, width: int, height: int, near: float, count: int) -> list[Camera]:
        """So many of the path, evenly in time; none where there is no path to fly."""
        last = count if self.closing else count - 1
        return [self.at(self.duration * i / last).camera(width, height, near) for i in range(count) if self.duration]

    def at(self, time: float) -> Keyframe:
        """Where the camera is at a time: before the path and after it at its ends, on a loop round and round."""
        if len(self.keyframes) < 2:
            return self.keyframes[0].at(time)
        within = time % self.duration if self.closing else min(max(time, 0.0), self.duration)
        i = bisect_right(self.keyframes, within, key=lambda key: key.time) - 1
        i = i if self.closing else min(i, len(self.keyframes) - 2)
        before, here, after = (self._part(j) for j in (i - 1, i, i + 1))
        a, b = self._keyframe(i), self._keyframe(i + 1)
        seconds = b.time - a.time
        start, end = ([_velocity(*pair) * seconds / 3 for pair in zip(*parts)]
                      for parts in ((before, here), (here, after)))
        first, second, third = _let_in((within - a.time) / seconds)

        def curve(x, y, begin, finish):
            return x + begin * first + (y - x - begin - finish) * second + finish * third
        fov_y, = curve(np.array([a.fov_y]), np.array([b.fov_y]), start[2], end[2])
        position = curve(np.array(a.position), np.array(b.position), start[0], end[0])
        return Keyframe(float(time), tuple(position.tolist()),
                        _turned(a.world_from_camera, b.world_from_camera, start[1], end[1], (first, second, third)),
                        float(fov_y))

    # ---- editing: each gives another path ---------------------------------------------------------------------------

    def with_keyframe(self, key: Keyframe) -> CameraPath:
        """With one more; it takes the place of what is nearer to it than GAP. A later one than all makes it longer."""
        others = [k for k in self.keyframes if abs(k.time - key.time) >= GAP]
        return replace(self, keyframes=tuple(sorted([*others, key], key=lambda k: k.time)))

    def appended(self, camera: Camera, apart: float = APART) -> CameraPath:
        return self.with_keyframe(Keyframe.of(camera, self.keyframes[-1].time + apart if self.keyframes else 0.0))

    def without(self, index: int) -> CameraPath:
        """The others stay at their times, but that the first of them is at 0. One alone makes no loop."""
        rest = self.keyframes[:index] + self.keyframes[index + 1:]
        return CameraPath(tuple(k.at(k.time - rest[0].time) for k in rest), self.closing if len(rest) > 1 else 0.0)

    def moved(self, index: int, camera: Camera) -> CameraPath:
        """A keyframe at another place, at the same time."""
        key = Keyframe.of(camera, self.keyframes[index].time)
        return replace(self, keyframes=self.keyframes[:index] + (key,) + self.keyframes[index + 1:])

    def spaced(self, index: int, seconds: float) -> CameraPath:
        """So many seconds from the keyframe before to this one; later ones move along. Of the first of a loop: from the
        last one to it."""
        if index == 0:
            return replace(self, closing=seconds)
        by = self.keyframes[index - 1].time + seconds - self.keyframes[index].time
        return replace(self, keyframes=tuple(k.at(k.time + by) if i >= index else k
                                             for i, k in enumerate(self.keyframes)))

    def stretched(self, seconds: float) -> CameraPath:
        """The same way, in so many seconds in all."""
        factor = seconds / self.duration if self.duration else 1.0
        return CameraPath(tuple(k.at(k.time * factor) for k in self.keyframes), self.closing * factor)

    def looped(self, loop: bool) -> CameraPath:
        """Back to the beginning or not; the way back goes at the path's mean speed, or turns at its mean rate where
        that takes longer."""
        if not loop or len(self.keyframes) < 2:
            return replace(self, closing=0.0)
        parts = [self._part(i) for i in range(len(self.keyframes) - 1)]
        way = [sum(np.linalg.norm(part[kind][0]) * part[kind][1] for part in parts) for kind in (0, 1)]
        back = [np.linalg.norm(slope) for slope in _difference(self.keyframes[-1], self.keyframes[0])[:2]]
        seconds = [b * self.keyframes[-1].time / w for b, w in zip(back, way) if w > 0]
        return replace(self, closing=min(max([GAP, *seconds]), LONGEST - self.keyframes[-1].time))

    # ---- the curve --------------------------------------------------------------------------------------------------

    def _keyframe(self, index: int) -> Keyframe:
        """Round and round."""
        rounds, i = divmod(index, len(self.keyframes))
        return self.keyframes[i].at(self.keyframes[i].time + rounds * self.duration)

    def _part(self, index: int) -> list[tuple[np.ndarray, float]]:
        """(slope, seconds) of place, turn and field of view from a keyframe to the next; beyond an end, of the last."""
        if not self.closing:
            index = min(max(index, 0), len(self.keyframes) - 2)
        a, b = self._keyframe(index), self._keyframe(index + 1)
        return [(way / (b.time - a.time), b.time - a.time) for way in _difference(a, b)]


def _difference(a: Keyframe, b: Keyframe) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What leads from one to the other: way, turn about the camera's own axes, degrees of field of view."""
    turn = quaternions.product(quaternions.inverse(a.world_from_camera), b.world_from_camera)
    return (np.subtract(b.position, a.position), quaternions.to_vector(turn), np.array([b.fov_y - a.fov_y]))


def _velocity(before: tuple[np.ndarray, float], after: tuple[np.ndarray, float]) -> np.ndarray:
    """At a keyframe between two parts, each a slope and its seconds: that of the parabola through three keyframes, as
    Catmull-Rom has it for uneven times, but at most twice the slower slope, and the less the sharper the turn. So along
    a line the curve never leaves the room between two keyframes, and between two equal ones it stands still."""
    (a, seconds_a), (b, seconds_b) = before, after
    velocity = (a * seconds_b + b * seconds_a) / (seconds_a + seconds_b)
    speed_a, speed_b, speed = (float(np.linalg.norm(v)) for v in (a, b, velocity))
    if not speed_a or not speed_b:
        return np.zeros_like(velocity)
    straight = (1 + float((a / speed_a) @ (b / speed_b))) / 2  # 1 straight on, 0 straight back
    return velocity * min(1.0, 2 * min(speed_a, speed_b) * max(straight, 0.0) / speed) if speed else velocity


def _let_in(share: float) -> tuple[float, float, float]:
    """The cumulative Bernstein polynomials of degree 3."""
    rest = 1 - share
    return 1 - rest ** 3, share * share * (3 - 2 * share), share ** 3


def _turned(a, b, begin: np.ndarray, finish: np.ndarray, shares) -> tuple[float, float, float, float]:
    """Between two orientations, with the turns that the curve begins and finishes with."""
    product, turn = quaternions.product, quaternions.of_vector
    middle = product(product(turn(-begin), product(quaternions.inverse(a), b)), turn(-finish))
    q = np.array(a)
    for part, share in zip((begin, quaternions.to_vector(middle), finish), shares):
        q = product(q, turn(part * share))
    return tuple((q / np.linalg.norm(q)).tolist())
