"""How the picture is made, apart from the camera and the culling."""

from __future__ import annotations

from dataclasses import replace

from imgui_bundle import imgui

from viewer.pace import TARGET
from viewer.panels.rows import button, check_row, colour_row, slider_row, stat_row, table
from viewer.settings import RESOLUTION_SCALES, ViewerSettings

Colour = tuple[float, float, float]


def draw(app) -> ViewerSettings:
    embedding = getattr(app.scene.model.items, "appearance", None)
    return _picture(app.settings, app.picture_size, app.scene.model.background,
                    0 if embedding is None else len(embedding))


def _picture(settings: ViewerSettings, pixels: tuple[int, int], model_background: Colour,
             appearances: int) -> ViewerSettings:
    """`pixels` of the picture, width and height; `appearances` are the rows of the model's embedding, 0 where it has none."""
    with table("picture", 0.3):
        stat_row("size", f"{pixels[0]} x {pixels[1]}", "Pixels that are drawn before they are stretched over the window.")
        least, most = (100 * scale for scale in RESOLUTION_SCALES)
        percent = slider_row("resolution", 100 * settings.resolution_scale, least, most, "%.0f %%",
                             "Edge of the picture over the edge of the window. Less is faster and softer.")
        adaptive = check_row("while moving", "coarser where frames are slow", settings.adaptive,
                             f"Where frames take more than {TARGET:.0f} ms, the picture has fewer pixels while the camera "
                             "moves, and sharpens when it stops.")
        render = settings.render
        if appearances:
            row = round(slider_row("appearance", render.appearance, 0, appearances - 1, "%.0f",
                                   "Which photograph's lighting the colours are decoded for."))
            render = replace(render, appearance=row)
        render = replace(render, background=_background_row(render.background, model_background))
    return replace(settings, resolution_scale=round(percent) / 100, adaptive=adaptive, render=render)


def _background_row(colour: Colour, model: Colour) -> Colour:
    named = {"black": (0.0, 0.0, 0.0), "white": (1.0, 1.0, 1.0), "model's": tuple(model)}
    colour = colour_row("background", colour, "What shows where nothing covers a pixel.")
    for name, choice in named.items():
        imgui.same_line()
        if button(name, "The background the model was trained on." if name == "model's" else f"A {name} background."):
            colour = choice
    return colour
