"""What is loaded, how to load something else, and how the picture of it is made."""

from __future__ import annotations

import math
from pathlib import Path

from imgui_bundle import imgui

from gsrender.settings import LARGEST_SIDE
from viewer.choices import AXES
from viewer.crop_box import moved
from viewer.loaded import extent, loaded_rows
from viewer.opening import STEPS
from viewer.pace import TARGET
from viewer.panels import fit
from viewer.panels.rows import (DIM, beside, button, check_row, colour_row, dim, drag_row, drags_row, heading, list_row,
                                slider_row, stat_row, table, tooltip)
from viewer.panels.sampled import Sampled
from viewer.settings import RESOLUTION_SCALES, ViewerSettings, changed
from viewer.words import APPEARANCE, BACKGROUND, CROP, CROP_FROM, CROP_TO, IN_METRES, UNIT, UP, UP_AS_SEEN

Colour = tuple[float, float, float]
LOADED = Sampled(math.inf)  # seconds


def draw(app) -> ViewerSettings:
    if app.files.opening:
        _opening(app)
    _loaded(app)
    _files(app)
    heading("picture")
    settings = _picture(app)
    _screenshot(app)
    heading("crop box")
    settings = _crop(app, settings)
    heading("orientation and size")
    _orientation(app)
    return changed(settings, look=fit.draw(app, settings.look))


def _opening(app):
    """How far the scene is that is being opened."""
    opening = app.files.opening
    imgui.progress_bar((opening.step + 0.5) / len(STEPS), (-1, 0), f"reading {STEPS[opening.step]}")
    if opening.taken:
        dim(f"It takes {opening.taken}.")
        tooltip(opening.parts)
    if button("cancel opening", f"Leaves {opening.name} unopened, and this scene as it is. {opening.parts}"):
        opening.cancel()


def _loaded(app):
    bounds, rows = LOADED.get(app.scene, lambda: loaded_rows(app.scene))
    with table("loaded", 0.3):
        for name, value, help in rows:
            stat_row(name, value, help)
        stat_row(*extent(bounds, app.scene.ruler))


def _files(app):
    if button("open...", "Chooses a model (a directory or a .ply) or a proxy mesh (.glb, .gltf, .ply, .obj) to open. "
              "They can be dropped on the window too. (Ctrl+O)"):
        app.act("open")
    imgui.same_line()
    if button("reload", "Reads the model and its proxy anew. (F5)"):
        app.act("reload")
    imgui.same_line()
    recent = app.files.recent
    imgui.set_next_item_width(-1)
    if imgui.begin_combo("##recent", "recent scenes"):
        for i, scene in enumerate(recent):
            if imgui.selectable(f"{'/'.join(Path(scene.model).parts[-3:])}##{i}", False)[0]:
                app.files.open(Path(scene.model), Path(scene.proxy) if scene.proxy else None)
        imgui.end_combo()
    tooltip("Opens a scene that was open before, with the proxy that it had.")


def _picture(app) -> ViewerSettings:
    settings, model = app.settings, app.scene.model
    with table("picture", 0.3):
        stat_row("size", "{} x {}".format(*app.picture_size), "Pixels that are drawn before they are stretched over "
                 "their place in the window.")
        least, most = (100 * scale for scale in RESOLUTION_SCALES)
        percent = slider_row("resolution", 100 * settings.resolution_scale, least, most, "%.0f %%",
                             "Edge of the picture over the edge of its place in the window. Less is faster and softer.")
        adaptive = check_row("while moving", "coarser where slow", settings.adaptive,
                             f"Where frames take more than {TARGET:.0f} ms, the picture has fewer pixels while the "
                             "camera moves, and sharpens when it stops.")
        render, embedding = settings.render, getattr(model.items, "appearance", None)
        if embedding is not None:
            row = round(slider_row("appearance", render.appearance, 0, len(embedding) - 1, "%.0f", APPEARANCE))
            render = changed(render, appearance=row)
        render = changed(render, background=_background_row(render.background, model.background))
    return changed(settings, resolution_scale=round(percent) / 100, adaptive=adaptive, render=render)


def _background_row(colour: Colour, model: Colour) -> Colour:
    named = {"black": (0.0, 0.0, 0.0), "white": (1.0, 1.0, 1.0), "model's": tuple(model)}
    colour = colour_row("background", colour, BACKGROUND)
    for name, choice in named.items():
        beside(name)
        if button(name, "The background the model was trained on." if name == "model's" else f"A {name} background."):
            colour = choice
    return colour


def _screenshot(app):
    """The picture without the panels, in any size."""
    imgui.align_text_to_frame_padding()
    imgui.text_colored(DIM, "save as")
    imgui.same_line()
    imgui.set_next_item_width(9 * imgui.get_font_size())
    changed, edges = imgui.input_int2("##save as", list(app.shot_size))
    if changed:
        app.shot_size = tuple(min(max(edge, 1), LARGEST_SIDE) for edge in edges)
        if app.shot_size != tuple(edges):
            app.say(f"a picture has 1 to {LARGEST_SIDE} pixels an edge")
    beside("save picture")
    still = app.saving.still
    imgui.begin_disabled(still is not None)
    if button("save picture", f"Draws this view with so many pixels, 1 to {LARGEST_SIDE} an edge, a part of it between "
              "two of the window's frames, and writes it as a PNG into the folder that the program was started in. P "
              "saves what is on the screen, panels and all."):
        app.act("save picture")
    imgui.end_disabled()
    if still:
        imgui.progress_bar(still.done, (-6 * imgui.get_font_size(), 0), f"drawing {still.path.name}")
        imgui.same_line()
        if button("cancel##picture", "Leaves the picture undrawn."):
            app.saving.cancel()


def _crop(app, settings: ViewerSettings) -> ViewerSettings:
    """Drawn as lines over the picture while it is on."""
    box, step = app.crop_box, app.space.radius / 500
    with table("crop", 0.3):
        on = check_row("show", "only what is inside", settings.render.crop is not None, CROP)
        imgui.begin_disabled(not on)
        low = drags_row("from", box.low, step, "%.2f", CROP_FROM)
        high = drags_row("to", box.high, step, "%.2f", CROP_TO)
    if (low, high) != (box.low, box.high):
        box = moved(box, low, high)
    if button("fit to the whole scene", "Puts the box around the model but for its outermost items."):
        box = app.box_around_scene()
    beside("fit to what is seen")
    if button("fit to what is seen", "Puts the box around what this picture is drawn from, but for the outermost "
              "items."):
        box = app.box_around_seen()
    imgui.end_disabled()
    app.crop_box = box
    return changed(settings, render=changed(settings.render, crop=box if on else None))


def _orientation(app):
    """Which way is up in the model, and how long its unit is."""
    with table("orientation", 0.3):
        names = list(AXES)
        now = next((i for i, axis in enumerate(AXES.values()) if axis == app.space.up), None)
        chosen = list_row("up", now, names, UP, "as the cameras")
        if chosen != now:
            app.set_up(AXES[names[chosen]])
        ruler = app.scene.ruler
        metres = drag_row("one unit is", ruler.metres or 0.0, 0.005 * (ruler.metres or 1.0), 0.0,
                          "%.4g m" if ruler.metres else "unknown", UNIT)
        app.set_metres(metres or None)
    if app.scene.mesh is not None:
        if button("the proxy is in metres", IN_METRES):
            app.act("metres of proxy")
        beside("up as in this view")
    if button("up as in this view", UP_AS_SEEN):
        app.act("up from view")
