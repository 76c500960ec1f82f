"""What a person can set on a page: one table, from which a browser's panel is built."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Callable

import viser

from gsrender.crop import Crop
from gsrender.settings import CULLING, FARTHEST, MOST_BIAS, RenderSettings
from viewer.crop_box import moved
from viewer.fit import Fit
from viewer.look import COMPARISONS, Look
from viewer.panels import PANELS
from viewer.ruler import Ruler
from viewer.scene import Scene
from viewer.settings import RESOLUTION_SCALES
from viewer.view_table import VIEWS
from viewer.way import Way
from viewer.words import (ANCHOR_BIAS, APPEARANCE, BACKGROUND, COMPARED, CROP, CROP_FROM, CROP_TO, DRAWN_BY, FLAT,
                          HIDDEN_CLUSTERS, HIDE_BY, MARGIN, PROXY_ERROR, UNIT, WIREFRAME, finest_level)
from vk_interop.depth_settings import MOST_ERROR, RASTERS, DepthSettings

CAMERA, SCENE, PATH, CULL, VIEW, COMPARE, STATISTICS = (panel.name for panel in PANELS)
FASTEST = "fastest"


@dataclass(frozen=True)
class Wish:
    """How a visitor wants the scene drawn.

    render      what the Gaussian stages do
    detail      how the proxy's depth is drawn
    fit         of the proxy, how it lies over the model
    box         where the crop box stands, on or off
    look        what of that is shown, of one or of two settings
    resolution  edge of a still picture over the browser's
    metres      that a scene unit is; None: nobody knows
    """

    render: RenderSettings
    detail: DepthSettings
    fit: Fit
    box: Crop
    look: Look = Look()
    resolution: float = 1.0
    metres: float | None = None

    @property
    def way(self) -> Way:
        """All that its pictures depend on besides the camera."""
        return Way(self.render, self.detail, self.fit)

    @property
    def ruler(self) -> Ruler:
        return Ruler(self.metres)


def complain(client: viser.ClientHandle, title: str, sentence: str):
    """Of what cannot be done, for some seconds."""
    client.add_notification(title, sentence, color="red", auto_close_seconds=10)


def suit(scene: Scene, wish: Wish):
    """The scene becomes what a wish has, from the next picture on."""
    scene.ruler = wish.ruler
    if scene.proxy:
        scene.proxy.settings = wish.detail
        if wish.fit != scene.fit:
            scene.lay(wish.fit)


@dataclass(frozen=True)
class Control:
    """
    panel  it is on, as in the window
    hint   what it changes, with {units} where it tells lengths as the wish's ruler does
    add    puts it there: takes the GuiApi and `label`, `hint`, `initial_value`, `disabled`
    fits   whether it could have been set to a value; what a browser sends may be anything
    read   its value in a Wish; write: the Wish with another value
    needs  what the scene lacks for it, a sentence; empty where nothing
    """

    panel: str
    label: str
    hint: str
    add: Callable
    fits: Callable[[Any], bool]
    read: Callable[[Wish], Any]
    write: Callable[[Wish, Any], Wish]
    needs: Callable[[Scene], str] = lambda scene: ""


def controls(scene: Scene) -> list[Control]:
    """Those that a scene has something for."""
    views = tuple(view.name for view in VIEWS if scene.proxy or not view.needs_proxy)
    rasters = (FASTEST, *RASTERS)
    found = [
        Control(CULL, "hide by", HIDE_BY, **_choice(CULLING), read=lambda wish: wish.render.culling,
                write=lambda wish, value: _draw(wish, culling=value), needs=_proxy),
        Control(CULL, "margin", f"{MARGIN}, in {{units}}.", **_number(0.0, FARTHEST, 0.05),
                read=lambda wish: wish.render.margin * wish.ruler.factor,
                write=lambda wish, value: _draw(wish, margin=value / wish.ruler.factor), needs=_proxy),
        Control(CULL, "proxy error", PROXY_ERROR, **_number(0.0, MOST_ERROR, 0.5),
                read=lambda wish: wish.detail.lod_error or 0.0,
                write=lambda wish, value: _detail(wish, lod_error=value), needs=_levels),
        Control(CULL, "drawn by", DRAWN_BY, **_choice(rasters), read=lambda wish: wish.detail.raster or FASTEST,
                write=lambda wish, value: _detail(wish, raster=None if value == FASTEST else value), needs=_proxy),
        Control(CULL, "no hidden clusters", HIDDEN_CLUSTERS, **_check(), read=lambda wish: wish.detail.occlusion,
                write=lambda wish, value: _detail(wish, occlusion=value), needs=_proxy),
        Control(VIEW, "view", "What is drawn; what its colours mean stands in the line below.", **_choice(views),
                read=lambda wish: wish.look.view, write=lambda wish, value: _show(wish, view=value)),
        Control(VIEW, "wireframe", WIREFRAME, **_check(), read=lambda wish: wish.look.wireframe,
                write=lambda wish, value: _show(wish, wireframe=value), needs=_proxy),
        Control(COMPARE, "compare", f"{COMPARED} The second settings are these with culling off where it is on, and on "
                "where it is off, or those that were kept.", **_choice(COMPARISONS),
                read=lambda wish: wish.look.compare, write=lambda wish, value: _show(wish, compare=value),
                needs=_proxy),
        Control(COMPARE, "line", "Where the line of split is, in percent of the picture's width.", **_percent(0, 1),
                read=lambda wish: 100 * wish.look.at, write=lambda wish, value: _show(wish, at=value / 100),
                needs=_proxy),
        Control(SCENE, "resolution", "Edge of the picture over the edge of the browser's window, in percent. Less is "
                "faster and softer.", **_percent(*RESOLUTION_SCALES), read=lambda wish: 100 * wish.resolution,
                write=lambda wish, value: replace(wish, resolution=value / 100)),
        Control(SCENE, "background", BACKGROUND, **_colour(),
                read=lambda wish: tuple(round(255 * part) for part in wish.render.background),
                write=lambda wish, value: _draw(wish, background=tuple(part / 255 for part in value))),
        Control(SCENE, "crop box", CROP, **_check(), read=lambda wish: wish.render.crop is not None,
                write=lambda wish, value: _draw(wish, crop=wish.box if value else None)),
        Control(SCENE, "crop from", CROP_FROM, **_numbers(), read=lambda wish: wish.box.low,
                write=lambda wish, value: crop(wish, moved(wish.box, value, wish.box.high))),
        Control(SCENE, "crop to", CROP_TO, **_numbers(), read=lambda wish: wish.box.high,
                write=lambda wish, value: crop(wish, moved(wish.box, wish.box.low, value))),
        Control(SCENE, "metres a unit", UNIT, **_number(0.0, FARTHEST, 0.01), read=lambda wish: wish.metres or 0.0,
                write=lambda wish, value: replace(wish, metres=value or None)),
        Control(SCENE, "proxy up", "Which axis of the proxy's file is the model's z.", **_choice(("z", "y")),
                read=lambda wish: wish.fit.up, write=lambda wish, value: _fit(wish, up=value), needs=_proxy),
        Control(SCENE, "proxy scale", "Scene units of the model to one of the proxy's file. The wireframe shows "
                "whether it fits.", **_number(1e-6, FARTHEST, 1e-4), read=lambda wish: wish.fit.scale,
                write=lambda wish, value: _fit(wish, scale=value), needs=_proxy),
        Control(SCENE, "proxy turn", "Degrees that the proxy is turned about the model's x, y and z.", **_numbers(),
                read=lambda wish: wish.fit.turn, write=lambda wish, value: _fit(wish, turn=value), needs=_proxy),
        Control(SCENE, "proxy shift", "How far the proxy is moved along the model's x, y and z, in {units}.",
                **_numbers(), read=lambda wish: tuple(edge * wish.ruler.factor for edge in wish.fit.shift),
                write=lambda wish, value: _fit(wish, shift=tuple(edge / wish.ruler.factor for edge in value)),
                needs=_proxy)]
    items, finest = scene.model.items, scene.model.levels - 1
    if finest > 0:
        found[5:5] = [
            Control(CULL, "anchor bias", ANCHOR_BIAS, **_number(-MOST_BIAS, MOST_BIAS, 0.25),
                    read=lambda wish: wish.render.level_bias,
                    write=lambda wish, value: _draw(wish, level_bias=value)),
            Control(CULL, "finest level", finest_level(finest), **_number(0, finest, 1),
                    read=lambda wish: finest if wish.render.level_limit is None else wish.render.level_limit,
                    write=lambda wish, value: _draw(wish, level_limit=None if value == finest else value))]
    if getattr(items, "appearance", None) is not None:
        found.append(Control(SCENE, "appearance", APPEARANCE, **_number(0, len(items.appearance) - 1, 1),
                             read=lambda wish: wish.render.appearance,
                             write=lambda wish, value: _draw(wish, appearance=value)))
    return found


def _proxy(scene: Scene) -> str:
    return "" if scene.proxy else "There is no proxy mesh, so nothing can be hidden. Give one with --scene."


def _levels(scene: Scene) -> str:
    return _proxy(scene) or ("" if scene.proxy.has_levels else FLAT)


def _draw(wish: Wish, **changes) -> Wish:
    return replace(wish, render=replace(wish.render, **changes))


def _detail(wish: Wish, **changes) -> Wish:
    return replace(wish, detail=replace(wish.detail, **changes))


def _fit(wish: Wish, **changes) -> Wish:
    return replace(wish, fit=replace(wish.fit, **changes))


def _show(wish: Wish, **changes) -> Wish:
    return replace(wish, look=replace(wish.look, **changes))


def crop(wish: Wish, box: Crop) -> Wish:
    """With another box, on or off as it is."""
    return replace(_draw(wish, crop=box if wish.render.crop else None), box=box)


def _check() -> dict:
    return {"add": lambda gui, label, **more: gui.add_checkbox(label, **more),
            "fits": lambda value: isinstance(value, bool)}


def _numbers() -> dict:
    return {"add": lambda gui, label, **more: gui.add_vector3(label, step=0.1, **more),
            "fits": lambda value: len(value) == 3 and all(abs(part) <= FARTHEST for part in value)}


def _choice(options: tuple[str, ...]) -> dict:
    return {"add": lambda gui, label, **more: gui.add_dropdown(label, options, **more),
            "fits": lambda value: value in options}


def _number(least: float, most: float, step: float) -> dict:
    """Whole ones where what is read is."""
    return {"add": lambda gui, label, **more: gui.add_number(label, min=least, step=step, **more),
            "fits": lambda value: least <= value <= most}


def _percent(least: float, most: float) -> dict:
    return {"add": lambda gui, label, **more: gui.add_slider(label, 100 * least, 100 * most, 5.0, **more),
            "fits": lambda value: 100 * least <= value <= 100 * most}


def _colour() -> dict:
    return {"add": lambda gui, label, **more: gui.add_rgb(label, **more),
            "fits": lambda value: len(value) == 3 and all(0 <= part <= 255 for part in value)}
