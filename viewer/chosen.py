"""How a scene's picture is made, as a person chose it for that scene: what is right for one model is not for another,
a margin is in its scene's units, and models are trained on one background."""

from __future__ import annotations

from dataclasses import replace

from gsrender.settings import FARTHEST, RenderSettings
from viewer.scene import Scene

CHOSEN = ("culling", "margin", "background", "appearance", "level_bias", "level_limit")  # of RenderSettings


def usual_picture(scene: Scene) -> RenderSettings:
    """Where nobody chose anything."""
    return RenderSettings(scene.default_culling, background=scene.model.background)


def as_chosen(scene: Scene, settings: RenderSettings, chosen: dict) -> RenderSettings:
    """Settings with what was chosen, by name, as far as the scene still has it: a proxy, rows of appearance."""
    possible = dict(chosen)
    if scene.proxy is None:
        possible.pop("culling", None)
    embedding = getattr(scene.model.items, "appearance", None)
    if possible.get("appearance", 0) >= (1 if embedding is None else len(embedding)):
        del possible["appearance"]
    return replace(settings, **possible)


def read_chosen(data: dict) -> dict:
    """Those that a file has, by name. Raises one of many errors where that is not what a person may choose."""
    found = {name: data[name] for name in CHOSEN if name in data}
    for name, value in found.items():
        if type(value) is list:
            found[name] = tuple(value)
    settings = RenderSettings(**found)
    red, green, blue = settings.background
    if not (0 <= min(red, green, blue) and max(red, green, blue) <= 1 and settings.margin <= FARTHEST):
        raise ValueError(found)
    for whole in (settings.appearance, settings.level_limit or 0):
        if type(whole) is not int or whole < 0:
            raise ValueError(found)
    return found
