"""How the proxy lies over the model, and its wireframe, to see whether it fits."""

from __future__ import annotations

from dataclasses import replace

from imgui_bundle import imgui

from viewer.fit import Fit
from viewer.look import Look
from viewer.panels.rows import button, check_row, choice_row, drag_row, drags_row, table
from viewer.settings import changed
from viewer.words import WIREFRAME

FINE = 1e-3, 0.1, 5e-4  # for a pixel of a drag: of the scale itself, degrees, radii of the model

ABOUT = "Dragging leaves in its place what is in the middle of the view."


def draw(app, look: Look) -> Look:
    """Where there is a proxy: the fit is the app's, and follows at once."""
    if app.scene.proxy is None:
        return look
    with table("fit", 0.3):
        wireframe = check_row("proxy", "wireframe", look.wireframe, f"{WIREFRAME} While a number below is dragged they "
                              "are there anyway, and nothing is hidden.")
        before = app.scene.fit
        up = choice_row("its up", before.up, ("z", "y"), "Which axis of the proxy's file is the model's z.")
        app.lay_proxy(_dragged(app, changed(before, up=up)))
    imgui.begin_disabled(app.scene.fit == Fit())
    if button("as in its file", "Takes back all that was changed of how the proxy lies."):
        app.act("undo fit")
    imgui.end_disabled()
    imgui.same_line()
    if button("copy as option", "Copies the option of the command line that lays the proxy like this. "
              "The window remembers it by itself."):
        app.act("copy fit")
    return changed(look, wireframe=wireframe)


def _dragged(app, fit: Fit) -> Fit:
    """By the numbers; tells the app while one of them is held. What is typed is taken as it is; but dragging turns and
    scales about what is in the middle of the view, for about an origin far away it would be gone at once."""
    scale = drag_row("its scale", fit.scale, FINE[0] * fit.scale, 1e-6, "%.5g",
                     f"Scene units of the model to one of the proxy's file. {ABOUT}")
    app.fitting |= imgui.is_item_active()
    begins = _may_be_dragged()
    turn = drags_row("its turn", fit.turn, FINE[1], "%.2f°",
                     f"Degrees that the proxy is turned about the model's x, y and z. {ABOUT}")
    app.fitting |= imgui.is_item_active()
    if begins or _may_be_dragged():
        app.look_at_middle()
    turned = changed(fit, scale=scale, turn=turn)
    if turned != fit and not imgui.get_io().want_text_input:
        turned = fit if app.middle is None else turned.about(app.middle, fit)
    ruler = app.scene.ruler
    told = tuple(ruler.factor * edge for edge in turned.shift)
    shift = drags_row("its shift", told, FINE[2] * app.space.radius * ruler.factor, "%.3f",
                      f"How far the proxy is moved along the model's x, y and z, in {ruler.name}.")
    app.fitting |= imgui.is_item_active()
    return turned if shift == told else replace(turned, shift=tuple(edge / ruler.factor for edge in shift))


def _may_be_dragged() -> bool:
    """Whether the item before it begins to be, or has the cursor over it, so that it may any moment."""
    return imgui.is_item_activated() or imgui.is_item_hovered() and not imgui.is_item_active()
