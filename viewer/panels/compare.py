"""Two settings beside each other, and how near the picture is to the photograph."""

from __future__ import annotations

from imgui_bundle import imgui

from gsrender.settings import CULLING
from viewer.look import COMPARISONS
from viewer.panels.culling import changes
from viewer.panels.rows import NOTHING, button, choice_row, length_row, slider_row, stat_row, table
from viewer.ruler import Ruler
from viewer.settings import ViewerSettings, changed
from viewer.words import COMPARED

SHOWN = f"{COMPARED} The line can be dragged. (L, X)"
BOTH = ("How near the two pictures are to each other: peak signal-to-noise ratio in decibels, more is nearer. Measured "
        "while two are shown.")
PHOTOGRAPH = ("How near the picture is to the photograph, by the photograph's own lens. Measured once the camera "
              "stands at a camera of the dataset that has one.")
LINE = "Where the line is, in widths of the picture."


def draw(app) -> ViewerSettings:
    look, render = app.settings.look, app.settings.render
    looking = app.canvas.looking
    with table("compare", 0.24):
        compare = choice_row("shown", look.compare, COMPARISONS, SHOWN)
        at = look.at
        if compare == "split":
            at = slider_row("line", 100 * look.at, 0, 100, "%.0f %%", LINE) / 100
        before = looking.second(look, render)
        second = _second(before, app.scene.proxy is not None, app.scene.ruler)
    other = look.other if second == before else second
    if button("keep as second", "Keeps the settings as they are now as the second ones, to compare with what is "
              "changed next. How the proxy is drawn and lies is the same for both."):
        other = render
    imgui.same_line()
    imgui.begin_disabled(other is None)
    if button("culling on / off", "The second settings are the first ones again, with culling off where it is on, and "
              "on where it is off."):
        other = None
    imgui.end_disabled()
    imgui.separator()
    with table("measures", 0.5):
        stat_row("PSNR of both", changes(looking.psnr if look.shows_two else None), BOTH)
        _photograph(app.at_photograph)
    return changed(app.settings, look=changed(look, compare=compare, at=at, other=other))


def _second(settings, has_proxy: bool, ruler: Ruler):
    imgui.begin_disabled(not has_proxy)
    culling = choice_row("second", settings.culling, CULLING, "How the second picture hides what lies behind the proxy."
                         if has_proxy else "There is no proxy mesh, so nothing can be hidden.")
    margin = length_row("its margin", settings.margin, ruler, 0.005, 0.0, "%.3f",
                        "How far an item may lie behind the proxy in the second picture and still be kept, in "
                        f"{ruler.name}.")
    imgui.end_disabled()
    return changed(settings, culling=culling, margin=margin)


def _photograph(at_photograph):
    match, photographs = at_photograph.match, at_photograph.photographs
    known = match is not None and match.psnr is not None
    where = "none found" if not photographs else f"{photographs:,} found" if match is None else match.name
    stat_row("photograph", where if match is None or known else f"{match.name}: unreadable",
             "Of the dataset's cameras: which one is compared with, or how many have one.")
    stat_row("PSNR to it", changes(match.psnr) if known else NOTHING, PHOTOGRAPH)
    stat_row("SSIM to it", f"{match.ssim:.4f}" if known else NOTHING,
             f"Structural similarity, 1 for equal pictures. {PHOTOGRAPH}")
