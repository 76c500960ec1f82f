"""What the window shows of a scene, a frozen value: which kind of picture, and of one or of two settings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gsrender.settings import RenderSettings
from viewer.view_table import VIEW_NAMES

if TYPE_CHECKING:  # options.py reads this file, and imports nothing heavy
    from viewer.way import Way

COMPARISONS = ("first", "split", "second", "difference")


@dataclass(frozen=True)
class Look:
    """
    view     a kind of picture in view_table.py
    compare  first: the settings as they are; split: the second ones to the right of a line; second: these alone;
             difference: of both, ten times
    at       where that line is, in widths of the picture
    other    the second way; None: as the first, with culling off where it is on, and on where it is off
    wireframe  the edges of the proxy's triangles over it
    """

    view: str = "picture"
    compare: str = "first"
    at: float = 0.5
    other: Way | None = None
    wireframe: bool = False

    def __post_init__(self):
        if self.view not in VIEW_NAMES:
            raise ValueError(f"view {self.view!r} not in {VIEW_NAMES}")
        if self.compare not in COMPARISONS:
            raise ValueError(f"compare {self.compare!r} not in {COMPARISONS}")

    def is_plain(self, settings: RenderSettings) -> bool:
        """Whether that is the frame as it is drawn."""
        return (self.view, self.compare, settings.culling_camera, self.wireframe) == ("picture", "first", None, False)

    @property
    def shows_two(self) -> bool:
        return self.compare != "first"

    def second(self, first: Way, on: str) -> Way:
        """The second way; `on` is the culling that counts as on."""
        return self.other or first.drawn(culling=on if first.render.culling == "off" else "off")


def resized(settings: RenderSettings, width: int, height: int) -> RenderSettings:
    """The same for a picture of that size: the culling camera's picture has the size of the one that is drawn."""
    frozen = settings.culling_camera
    if frozen is None or (frozen.width, frozen.height) == (width, height):
        return settings
    return replace(settings, culling_camera=frozen.resized(width, height))
