"""The funnel: how many items are left after each step."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from gsrender.frame import FrameStats
from viewer.words import NOTHING


@dataclass(frozen=True)
class Step:
    """`count` items of `whole` are left; None where it is not known."""

    name: str
    count: int | None
    whole: int | None
    help: str

    @cached_property
    def share(self) -> float:
        return self.count / self.whole if self.count is not None and self.whole else 0.0

    @cached_property
    def text(self) -> str:
        return NOTHING if self.count is None else f"{self.count:,}  {self.share:.1%}"


def steps(stats: FrameStats, kind: str, has_levels: bool, offsets: int, in_view: int | None,
          counted: str = "") -> list[Step]:
    """From all items to the splats that are drawn. `offsets` Gaussians may come of each item; `in_view` items pass the
    level of detail and are in the picture, hidden or not; `counted` says when."""
    counts = stats.counts
    items, visible = counts.get("items"), counts.get("visible")
    found = [Step(f"{kind} in all", items, items, f"All {kind} of the model.")]
    if "inside" in counts:
        found.append(Step("in the crop box", counts["inside"], items,
                          f"{kind} whose centres are in the crop box of the panel Scene.".capitalize()))
    if has_levels:
        found.append(Step("level of detail", counts.get("lod"), items,
                          f"{kind} whose level of detail is in use at their distance.".capitalize()))
    found += [Step("in the picture", in_view, items, f"Of those, {kind} that the picture's edges leave, hidden or not."
                                                     f"{counted}"),
              Step("not hidden", visible, items, f"Of those, {kind} that the proxy does not hide.")]
    if offsets > 1:
        made = None if visible is None else visible * offsets
        found.append(Step("splats of them", made, made, f"Each of the {kind} that are left can make {offsets} splats."))
    whole = found[-1].whole
    return found + [Step("opaque enough", counts.get("gaussians"), whole, "Splats that have some opacity."),
                    Step("drawn", counts.get("drawn"), whole, "Splats that cover a pixel of the picture.")]
