"""What a person can set on a page: one table, from which a browser's panel is built."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Callable

from gsrender.settings import CULLING, RenderSettings
from viewer.scene import Scene
from viewer.settings import RESOLUTION_SCALES
from viewer.view_table import VIEWS
from vk_interop.depth_settings import MOST_ERROR, DepthSettings


@dataclass(frozen=True)
class Look:
    """How a visitor wants the scene drawn.

    render      what the Gaussian stages do
    detail      how the proxy's depth is drawn
    view        of VIEWS
    resolution  edge of a still picture over the browser's
    """

    render: RenderSettings
    detail: DepthSettings
    view: str = "picture"
    resolution: float = 1.0


@dataclass(frozen=True)
class Control:
    """
    add    puts it on a panel: takes the GuiApi and `label`, `hint`, `initial_value`, `disabled`
    fits   whether it could have been set to a value; what a browser sends may be anything
    read   its value in a Look; write: the Look with another value
    """

    label: str
    hint: str
    add: Callable
    fits: Callable[[Any], bool]
    read: Callable[[Look], Any]
    write: Callable[[Look, Any], Look]
    needs_proxy: bool = True


def controls(scene: Scene) -> list[Control]:
    """Those that a scene has something for."""
    views = tuple(view.name for view in VIEWS if scene.proxy or not view.needs_proxy)
    found = [
        Control("hide by", "off: nothing is hidden. centre: an item whose centre lies behind the proxy is dropped, the "
                "rule the model was trained with. footprint: an item is dropped only when all of it lies behind.",
                **_choice(CULLING), read=lambda look: look.render.culling,
                write=lambda look, value: _draw(look, culling=value)),
        Control("margin", "Scene units that an item may lie behind the proxy and still be kept.",
                **_number(math.inf, 0.05), read=lambda look: look.render.margin,
                write=lambda look, value: _draw(look, margin=value)),
        Control("proxy LOD error", "Pixels that the drawn surface of the proxy may be off: more is simpler and faster.",
                **_number(MOST_ERROR, 0.5), read=lambda look: look.detail.lod_error or 0.0,
                write=lambda look, value: replace(look, detail=replace(look.detail, lod_error=value))),
        Control("view", "What is drawn; what its colours mean stands in the line below.", **_choice(views),
                read=lambda look: look.view, write=lambda look, value: replace(look, view=value), needs_proxy=False),
        Control("resolution", "Edge of the picture over the edge of the browser's window, in percent. Less is faster "
                "and softer.", **_percent(*RESOLUTION_SCALES), read=lambda look: 100 * look.resolution,
                write=lambda look, value: replace(look, resolution=value / 100), needs_proxy=False),
        Control("background", "What shows where nothing covers a pixel.", **_colour(),
                read=lambda look: tuple(round(255 * part) for part in look.render.background),
                write=lambda look, value: _draw(look, background=tuple(part / 255 for part in value)),
                needs_proxy=False)]
    embedding = getattr(scene.model.items, "appearance", None)
    if embedding is not None:
        found.append(Control(
            "appearance", "Which photograph's lighting the colours are decoded for.", **_number(len(embedding) - 1, 1),
            read=lambda look: look.render.appearance, write=lambda look, value: _draw(look, appearance=value),
            needs_proxy=False))
    return found


def _draw(look: Look, **changes) -> Look:
    return replace(look, render=replace(look.render, **changes))


def _choice(options: tuple[str, ...]) -> dict:
    return {"add": lambda gui, label, **more: gui.add_dropdown(label, options, **more),
            "fits": lambda value: value in options}


def _number(most: float, step: float) -> dict:
    """Whole numbers where the step and the first value are."""
    return {"add": lambda gui, label, **more: gui.add_number(label, min=0, step=step, **more),
            "fits": lambda value: 0 <= value <= most}


def _percent(least: float, most: float) -> dict:
    return {"add": lambda gui, label, **more: gui.add_slider(label, 100 * least, 100 * most, 5.0, **more),
            "fits": lambda value: 100 * least <= value <= 100 * most}


def _colour() -> dict:
    return {"add": lambda gui, label, **more: gui.add_rgb(label, **more),
            "fits": lambda value: len(value) == 3 and all(0 <= part <= 255 for part in value)}
