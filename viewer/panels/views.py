"""Which kind of picture is shown, and what there is under the cursor."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from imgui_bundle import imgui

from viewer.panels.rows import dim, stat_row, table, tooltip
from viewer.panels.sampled import Sampled
from viewer.reading import Reading, reading_rows
from viewer.settings import ViewerSettings
from viewer.view_table import VIEWS, ViewKind, view_kind

COLUMNS = 3
NAMES = 10.5  # font sizes
READING = Sampled(0.1)  # seconds


def draw(app) -> ViewerSettings:
    _kinds(app)
    dim(f"{app.settings.look.view}: {view_kind(app.settings.look.view).help}")
    imgui.separator()
    with table("reading", 0.5, NAMES):
        for name, value, help in READING.get(app.canvas, lambda: reading_rows(_read(app), app.scene.ruler),
                                             at_once=app.idle):
            stat_row(name, value, help)
    return app.settings


def _kinds(app):
    look = app.settings.look
    imgui.begin_table("kinds", COLUMNS)
    for kind in VIEWS:
        imgui.table_next_column()
        lack = kind.lack(app.scene.proxy is not None, app.settings.render.culling)
        imgui.begin_disabled(bool(lack))
        if imgui.radio_button(kind.name, look.view == kind.name):
            app.set(look=replace(look, view=kind.name))
        tooltip(explain(kind, lack))
        imgui.end_disabled()
    imgui.end_table()


@cache
def explain(kind: ViewKind, lack: str) -> str:
    """What it shows; and why not, where it lacks something."""
    return f"{kind.help[0].upper()}{kind.help[1:]}{f'; but {lack}' if lack else ''}. (M, B)"


def _read(app) -> Reading | None:
    pixel, seen = app.pixel, app.seen
    if pixel is None or seen is None or (seen.shot.camera.width, seen.shot.camera.height) != app.picture_size:
        return None
    with seen.at_hand():
        return app.canvas.reader.look(seen.shot, *pixel, closely=app.idle)
