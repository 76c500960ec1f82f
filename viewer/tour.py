"""A camera path at work: edited, played and recorded. Frozen: every change gives another value, and none forgets."""

from __future__ import annotations

from dataclasses import dataclass, replace

from gsrender.camera import Camera
from viewer.camera_path import APART, GAP, LONGEST, CameraPath, Keyframe

RECORDED = 0.25  # seconds between recorded keyframes: a hand turns no faster, and jerks between them are smoothed away
MOST_UNDONE = 200


@dataclass(frozen=True)
class Tour:
    """
    time    seconds on the path, where scrubbing and playing are
    doing   "nothing", "playing" or "recording"
    chosen  index of the keyframe that is edited; None where there is none
    before  the paths that the last edits changed, the newest last
    kind    of the last edit: a knob that is dragged makes one edit
    """

    path: CameraPath = CameraPath()
    time: float = 0.0
    doing: str = "nothing"
    chosen: int | None = None
    before: tuple[CameraPath, ...] = ()
    kind: str = ""

    @property
    def is_at(self) -> Keyframe | None:
        """Where its camera is now."""
        return self.path.at(self.time) if self.path.keyframes else None

    # ---- time -------------------------------------------------------------------------------------------------------

    def playing(self) -> Tour:
        """Sets out: from the beginning where it stood at the end."""
        if not self.path.duration:
            return self
        return replace(self, doing="playing", time=self.time if self.time < self.path.duration else 0.0)

    def recording(self, camera: Camera) -> Tour:
        """Goes on from the path's end, with a keyframe here."""
        tour = self.added(camera)
        return replace(tour, doing="recording", time=tour.path.keyframes[-1].time, kind="record")

    def stopped(self, camera: Camera) -> Tour:
        """Stands; a recording ends with a keyframe here."""
        tour = replace(self, doing="nothing")
        if self.doing == "recording" and self.time - self.path.keyframes[-1].time >= GAP:
            tour = replace(tour, path=_recorded(self.path, Keyframe.of(camera, self.time)))
        return replace(tour, chosen=len(tour.path.keyframes) - 1) if self.doing == "recording" else tour

    def scrubbed(self, time: float) -> Tour:
        return replace(self, doing="nothing", time=min(max(time, 0.0), self.path.duration))

    def advanced(self, seconds: float, camera: Camera) -> Tour:
        """So much later; `camera` is where the window's is, for a recording."""
        time = self.time + seconds
        if self.doing == "recording":
            if time > LONGEST:
                return self.stopped(camera)
            due = time - self.path.keyframes[-1].time >= RECORDED
            return replace(self, time=time, path=_recorded(self.path, Keyframe.of(camera, time)) if due else self.path)
        if self.doing == "playing" and self.path.closing:
            return replace(self, time=time % self.path.duration)
        if self.doing == "playing":
            return replace(self, time=min(time, self.path.duration),
                           doing="playing" if time < self.path.duration else "nothing")
        return self

    # ---- edits; ValueError where a path cannot be so ----------------------------------------------------------------

    def edited(self, path: CameraPath, kind: str = "", chosen: int | None = None) -> Tour:
        """With another path. Edits of one kind that follow each other are undone at once."""
        before = self.before if kind and kind == self.kind else (*self.before, self.path)[-MOST_UNDONE:]
        return replace(self, path=path, before=before, kind=kind, chosen=chosen, doing="nothing",
                       time=min(self.time, path.duration))

    def undone(self) -> Tour:
        if not self.before:
            return self
        return replace(self.edited(self.before[-1]), before=self.before[:-1], kind="undo")

    def added(self, camera: Camera) -> Tour:
        """A keyframe here: at the time that was scrubbed to, or a second after the end."""
        path, inside = self.path, 0 < self.time < self.path.duration - self.path.closing
        path = path.with_keyframe(Keyframe.of(camera, self.time)) if inside else path.appended(camera, APART)
        tour = self.edited(path)
        index = next(i for i, key in enumerate(path.keyframes) if key.time >= self.time - GAP) if inside \
            else len(path.keyframes) - 1
        return replace(tour, chosen=index, time=path.keyframes[index].time)

    def chose(self, index: int) -> Tour:
        """A keyframe, to edit; the time goes to it."""
        return replace(self.scrubbed(self.path.keyframes[index].time), chosen=index, kind="")

    def moved(self, camera: Camera) -> Tour:
        """The chosen keyframe here."""
        return self.edited(self.path.moved(self.chosen, camera), chosen=self.chosen)

    def removed(self) -> Tour:
        """Without the chosen keyframe; the one before it is chosen."""
        path = self.path.without(self.chosen)
        tour = self.edited(path)
        return tour.chose(max(self.chosen - 1, 0)) if path.keyframes else replace(tour, time=0.0)

    def spaced(self, seconds: float) -> Tour:
        """The chosen keyframe so many seconds after the one before."""
        tour = self.edited(self.path.spaced(self.chosen, seconds), f"spaced {self.chosen}", self.chosen)
        return replace(tour, time=tour.path.keyframes[self.chosen].time)

    def stretched(self, seconds: float) -> Tour:
        share = self.time / self.path.duration if self.path.duration else 0.0
        return replace(self.edited(self.path.stretched(seconds), "stretched", self.chosen), time=share * seconds)

    def looped(self, loop: bool) -> Tour:
        return self.edited(self.path.looped(loop), chosen=self.chosen)


def _recorded(path: CameraPath, key: Keyframe) -> CameraPath:
    """One more keyframe. Of a camera that stands still only the first and the last are kept."""
    kept = path.keyframes
    if len(kept) > 1 and kept[-1].looks_like(key) and kept[-2].looks_like(key):
        kept = kept[:-1]
    return CameraPath((*kept, key))
