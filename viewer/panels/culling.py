"""What the proxy hides."""

from __future__ import annotations

from dataclasses import replace

from imgui_bundle import imgui

from gsrender.settings import CULLING, RenderSettings
from viewer.panels.rows import choice_row, drag_row, section, table

HELP = ("off: nothing is hidden. centre: an item whose centre lies behind the proxy is dropped, the rule the model was "
        "trained with. footprint: an item is dropped only when all of it lies behind. (C)")
NO_PROXY = "There is no proxy mesh, so nothing can be hidden. Give one with --scene."


def draw(settings: RenderSettings, has_proxy: bool) -> RenderSettings:
    if not section("Culling"):
        return settings
    imgui.begin_disabled(not has_proxy)
    with table("culling", 0.2):
        culling = choice_row("hide by", settings.culling, CULLING, HELP if has_proxy else NO_PROXY)
        margin = drag_row("margin", settings.margin, 0.005, 0.0, "%.3f scene units",
                          "How far an item may lie behind the proxy and still be kept."
                          if has_proxy else NO_PROXY)
    imgui.end_disabled()
    return replace(settings, culling=culling, margin=margin)
