"""What the window shows of a scene, a frozen value: which kind of picture, and of one or of two settings."""

from __future__ import annotations

from dataclasses import dataclass, replace

from gsrender.settings import RenderSettings
from viewer.view_table import VIEW_NAMES

COMPARISONS = ("first", "split", "second", "difference")


@dataclass(frozen=True)
class Look:
    """
    view     a kind of picture in view_table.py
    compare  first: the settings as they are; split: the second ones to the right of a line; second: these alone;
             difference: of both, ten times
    at       where that line is, in widths of the picture
    other    the second settings; None: culling off where it is on, and on where it is off
    wireframe  the edges of the proxy's triangles over it
    """

    view: str = "picture"
    compare: str = "first"
    at: float = 0.5
    other: RenderSettings | None = None
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

    def second(self, settings: RenderSettings, on: str) -> RenderSettings:
        """The second settings; `on` is the culling that counts as on."""
        return self.other or replace(settings, culling=on if settings.culling == "off" else "off")


def described(settings: RenderSettings, beside: RenderSettings) -> str:
    """What tells settings from others, in a few words."""
    limit = "all levels" if settings.level_limit is None else f"levels to {settings.level_limit}"
    words = {"margin": f"margin {settings.margin:g}", "level_bias": f"level bias {settings.level_bias:+g}",
             "level_limit": limit, "appearance": f"appearance {settings.appearance}", "crop": _crop(settings),
             "background": "background {:.0%} {:.0%} {:.0%}".format(*settings.background),
             "culling_camera": "frozen" if settings.culling_camera else "not frozen"}
    if settings.culling == "off":
        del words["margin"]
    differ = [text for name, text in words.items() if getattr(settings, name) != getattr(beside, name)]
    return ", ".join([f"culling {settings.culling}", *differ])


def _crop(settings: RenderSettings) -> str:
    if settings.crop is None:
        return "no crop box"
    return "crop box {} to {}".format(*(" ".join(f"{x:.3g}" for x in end) for end in (settings.crop.low,
                                                                                     settings.crop.high)))


def resized(settings: RenderSettings, width: int, height: int) -> RenderSettings:
    """The same for a picture of that size: the culling camera's picture has the size of the one that is drawn."""
    frozen = settings.culling_camera
    if frozen is None or (frozen.width, frozen.height) == (width, height):
        return settings
    return replace(settings, culling_camera=frozen.resized(width, height))
