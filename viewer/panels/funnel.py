"""The funnel: how many items are left after each step, as bars."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from imgui_bundle import imgui

from gsrender.frame import FrameStats
from viewer.panels.rows import DIM, NOTHING, tooltip
from viewer.panels.sampled import Sampled
from viewer.seen import Seen

FILL, BACK = (0.24, 0.42, 0.62, 1.0), (0.14, 0.16, 0.19, 1.0)
STEPS = Sampled(0.2)  # seconds
IN_VIEW = {"cpu": "", "cuda": " Counted twice a second, when the picture is compared to the one without culling."}


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


def stages(app) -> list[Step]:
    model, seen = app.scene.model, app.seen
    offsets = model.items.offset.shape[1] if model.kind == "anchors" else 1
    return steps(seen.stats if seen else FrameStats(), model.kind, model.levels > 0, offsets,
                 seen and _in_view(app, seen), IN_VIEW[app.scene.backend])


def _in_view(app, seen: Seen) -> int | None:
    """How many items the picture's edges leave, hidden or not; None where it is not known."""
    settings, compared = seen.shot.settings, app.comparison.compared
    if settings.culling == "off":
        return seen.stats.counts.get("visible")
    if app.scene.backend == "cpu":
        return app.scene.renderer.in_view(seen.shot.camera, settings)
    return compared.in_view if compared and compared.settings == settings else None


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


def draw(app):
    font, width, height = imgui.get_font_size(), imgui.get_content_region_avail().x, imgui.get_text_line_height()
    names = 7.5 * font
    size = max(width - names, font), height
    painter = imgui.get_window_draw_list()
    text, fill, back = (imgui.get_color_u32(colour) for colour in (imgui.Col_.text, FILL, BACK))
    for step in STEPS.get(app.canvas, lambda: stages(app), at_once=app.idle):
        imgui.text_colored(DIM, step.name)
        tooltip(step.help)
        imgui.same_line(names)
        left, top = imgui.get_cursor_screen_pos()
        for length, colour in ((size[0], back), (size[0] * min(step.share, 1.0), fill)):
            painter.add_rect_filled((left, top), (left + length, top + height), colour, 2.0)
        end = left + size[0] - 0.3 * font
        painter.add_text((end - imgui.calc_text_size(step.text).x, top), text, step.text)
        imgui.dummy(size)
        tooltip(step.help)
