"""The menu at the head of the window, and the state of things in a line beside it."""

from __future__ import annotations

from imgui_bundle import imgui

from viewer.bindings import BINDINGS
from viewer.doing import coarseness, measuring
from viewer.panels import PANELS
from viewer.panels.rows import DIM, tooltip
from viewer.panels.sampled import Sampled
from viewer.words import NOTHING

MENUS = {
    "File": ("open", "reload", None, "load path", "save path", None, "screenshot", None, "quit"),
    "Camera": ("fly", "orbit", "walk", None, "previous camera", "next camera", "nearest camera", "reset", None,
               "undo", "redo", "copy camera", "paste camera", None, "play path", "add keyframe"),
    "Picture": ("culling", "freeze", None, "next view", "previous view", None, "split", "flip", None, "vsync", None,
                "benchmark"),
    "Help": ("help",),
}
SPEED = Sampled(0.2)  # seconds
STATUS = "How items are hidden, how many are left to draw, and how fast the last drawn frames came."
RUNS = "Each view is drawn twice for each way of culling. The times in the panels are those of the frames before."
_BINDINGS = {binding.action: binding for binding in BINDINGS}


def draw(app) -> str | None:
    """The action that was chosen."""
    chosen = None
    if not imgui.begin_main_menu_bar():
        return None
    for title, actions in MENUS.items():
        if title == "Help":
            chosen = _panels(app) or chosen
        if imgui.begin_menu(title):
            for action in actions:
                chosen = _item(action) or chosen
            imgui.end_menu()
    _status(app)
    imgui.end_main_menu_bar()
    return chosen


def _item(action: str | None) -> str | None:
    if action is None:
        return imgui.separator()
    binding = _BINDINGS[action]
    said = f"{binding.help[0].upper()}{binding.help[1:]}"
    return action if imgui.menu_item(said, binding.keys[0], False)[0] else None


def _panels(app) -> str | None:
    """A menu of the panels: each can be shown, hidden, and brought to the front by its key."""
    chosen = None
    if imgui.begin_menu("Panels"):
        for panel in PANELS:
            is_open = panel.name not in app.settings.closed
            if imgui.menu_item(panel.name, _BINDINGS[f"panel {panel.name}"].keys[0], is_open)[0]:
                app.close_panel(panel.name) if is_open else app.show_panel(panel.name)
            tooltip(f"Shows or hides {panel.help}.")
        imgui.separator()
        chosen = _item("panel") or _item("reset layout")
        imgui.end_menu()
    return chosen


def _status(app):
    """Frames a second, how culling stands and what it leaves, at the right; of these what there is room for. While a
    benchmark runs, how far it is: the rest is of the frames before."""
    recent = app.canvas.recent
    fps, speed = SPEED.get(recent, lambda: (f"{recent.fps:.1f} fps", f", {recent.percentile(50):.1f} ms")
                           if len(recent) else (f"{NOTHING} fps", ""))
    if app.idle:
        fps, speed = "still picture", ""
    elif app.canvas.look.shows_two:
        speed += ", two pictures"
    coarse = coarseness(app)
    coarse += ", " if coarse else ""
    measured = measuring(app)
    for text in (measured,) if measured else (f"{_left(app)}   |   {coarse}{fps}{speed}", f"{coarse}{fps}", fps):
        room = imgui.get_content_region_avail().x - imgui.calc_text_size(text).x - imgui.get_font_size()
        if room > 0:
            imgui.set_cursor_pos_x(imgui.get_cursor_pos_x() + room)
            imgui.text_colored(DIM, text)
            return tooltip(RUNS if measured else STATUS)


def _left(app) -> str:
    """What culling leaves of each picture on the screen."""
    model, pictures = app.scene.model, app.canvas.pictures
    counts = [seen.stats.counts.get("visible") for seen in pictures]
    if not pictures or None in counts:
        return f"culling {app.settings.render.culling}: {NOTHING}"
    each = (f"{seen.name or f'culling {seen.shot.settings.culling}'}: {count:,}"
            for seen, count in zip(pictures, counts))
    return f"{', '.join(each)} of {len(model.items):,} {model.kind} left"
