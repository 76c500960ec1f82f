"""The funnel: how many items are left after each step, as bars."""

from __future__ import annotations

from imgui_bundle import imgui

from gsrender.frame import FrameStats
from viewer.funnel import Step, steps
from viewer.panels.rows import DIM, tooltip
from viewer.panels.sampled import Sampled
from viewer.seen import Seen

FILL, BACK = (0.24, 0.42, 0.62, 1.0), (0.14, 0.16, 0.19, 1.0)
STEPS = Sampled(0.2)  # seconds
IN_VIEW = {"cpu": "", "cuda": " Counted twice a second, when the picture is compared to the one without culling."}


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
