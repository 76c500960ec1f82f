"""Two settings beside each other, and how near the picture is to the photograph."""

from __future__ import annotations

from imgui_bundle import imgui

from viewer.fit import Fit
from viewer.look import COMPARISONS
from viewer.panels.culling import changes
from viewer.panels.knobs import anchor_detail, hiding, proxy_detail
from viewer.panels.rows import beside, button, check_row, choice_row, heading, slider_row, stat_row, table
from viewer.photograph import photograph_rows
from viewer.settings import ViewerSettings, changed
from viewer.way import Way
from viewer.words import COMPARED

SHOWN = f"{COMPARED} The line can be dragged. (L, X)"
BOTH = ("How near the two pictures are to each other: peak signal-to-noise ratio in decibels, more is nearer. Measured "
        "while two are shown.")
ALIKE = "There is no proxy mesh to cull by, and the second settings are the first ones: keep these, and change them."
LINE = "Where the line is, in widths of the picture."
KEEP = ("Keeps all settings as they are now as the second ones: these, the background, the crop box and how the proxy "
        "lies. What is changed next is what differs.")
SWAP = ("The second settings become the first ones, and the other way round: then all panels show them, to change "
        "whatever is not below.")
ON_OFF = ("The second settings are the first ones again, with culling off where it is on, and on where it is off.")
LIES = ("How the proxy lies in the second picture: as it is laid in the panel Scene, or as its file has it.")
HALF = ("The second picture with its colours in 16 bits, as `--precision half` opens a model. They are kept beside "
        "those of the model.")
LAID, AS_READ = "as it is laid", "as its file has it"
NAMES = 7  # font sizes


def draw(app) -> ViewerSettings:
    look = app.settings.look
    looking = app.canvas.looking
    first, before = looking.both(look, app.settings.render)
    with table("compare", 0.3, NAMES):
        are_alike = looking.are_alike(look, app.settings.render)
        imgui.begin_disabled(are_alike and not look.shows_two)
        compare = choice_row("shown", look.compare, COMPARISONS, ALIKE if are_alike else SHOWN)
        imgui.end_disabled()
        at = look.at
        if compare == "split":
            at = slider_row("line", 100 * look.at, 0, 100, "%.0f %%", LINE) / 100
    heading("second settings")
    with table("second", 0.3, NAMES):
        second = _second(app.scene, before)
    other = look.other if second == before else second
    if button("keep as second", KEEP):
        other = first
    beside("swap")
    if button("swap", SWAP):
        return _swapped(app, first, second)
    beside("culling on / off")
    imgui.begin_disabled(other is None)
    if button("culling on / off", ON_OFF):
        other = None
    imgui.end_disabled()
    imgui.separator()
    with table("measures", 0.5):
        stat_row("PSNR of both", changes(looking.psnr if look.shows_two else None), BOTH)
        for row in photograph_rows(app.at_photograph.match, app.at_photograph.photographs):
            stat_row(*row)
    return changed(app.settings, look=changed(look, compare=compare, at=at, other=other))


def _second(scene, way: Way) -> Way:
    render, detail, fit = hiding(way.render, scene.proxy is not None, scene.ruler), way.detail, way.fit
    if scene.proxy is not None:
        detail = proxy_detail(detail, scene.proxy.has_levels)
        fit = _lies(fit, scene.fit)
    render, half = anchor_detail(render, scene.model), way.half
    if scene.model.kind == "splats":
        imgui.begin_disabled(scene.model.precision == "half")
        half = check_row("colours", "half precision", half, HALF)
        imgui.end_disabled()
    return changed(way, render=render, detail=detail, fit=fit, half=half)


def _lies(fit: Fit, laid: Fit) -> Fit:
    imgui.begin_disabled(fit == laid == Fit())
    ways = {LAID: laid, AS_READ: Fit()}
    now = next((name for name, own in ways.items() if own == fit), "")  # neither, where it was laid anew since
    chosen = choice_row("proxy lies", now, ways, LIES)
    imgui.end_disabled()
    return fit if chosen == now else ways[chosen]


def _swapped(app, first: Way, second: Way) -> ViewerSettings:
    if app.scene.proxy is not None:
        app.set_detail(second.detail)
        app.lay_proxy(second.fit)
    other = changed(first, half=second.half)  # the first ones are as the model was opened
    return changed(app.settings, render=second.render, look=changed(app.settings.look, other=other))
