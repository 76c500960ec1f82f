"""Which kind of picture is shown, and what there is under the cursor."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from imgui_bundle import imgui

from viewer.panels.rows import NOTHING, dim, stat_row, table, tooltip
from viewer.panels.sampled import Sampled
from viewer.reading import Reading
from viewer.ruler import Ruler
from viewer.settings import ViewerSettings
from viewer.view_table import VIEWS, ViewKind, view_kind

COLUMNS = 3
NAMES = 10.5  # font sizes
READING = Sampled(0.1)  # seconds
STILL = "Known once the picture stands still."


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


def reading_rows(r: Reading | None, ruler: Ruler) -> list[tuple[str, str, str]]:
    """(name, value, meaning) of what is under the cursor."""
    def say(value, text="{}"):
        return NOTHING if value is None else text.format(value)

    def length(value):
        return NOTHING if value is None else ruler.text(value, ".3f")
    return [
        ("pixel", say(r and (r.x, r.y), "{0[0]}, {0[1]}"), "Under the cursor: column and row of the picture, from its "
         "upper left corner."),
        ("colour", say(r and r.colour, "{0[0]}, {0[1]}, {0[2]}"), "Red, green and blue, 0 to 255."),
        ("alpha", say(r and r.alpha, "{:.3f}"), "Share of the background that is covered."),
        ("depth of the Gaussians", length(r and r.depth), f"Mean view z of what covers the pixel, in {ruler.name}."),
        ("depth of the proxy", length(r and r.proxy), f"View z, in {ruler.name}. {STILL}"),
        ("cluster, level", say(r and r.cluster is not None and (r.cluster, r.level) or None, "{0[0]}, {0[1]}"),
         f"Of the proxy: number of the cluster, and its level of detail; 0 is the source. {STILL}"),
        ("splats blended", say(r and r.blended), f"Splats that the pixel took until it was covered. {STILL}"),
        ("splats in the tile", say(r and r.tile_splats), "Splats in the list of the tile of 16 x 16 pixels around it. "
         f"{STILL}")]
