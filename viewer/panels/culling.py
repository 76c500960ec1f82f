"""What the proxy hides."""

from __future__ import annotations

import math
from dataclasses import replace

from imgui_bundle import imgui

from gsrender.settings import CULLING, RenderSettings
from viewer.panels.rows import NOTHING, choice_row, drag_row, stat_row, table
from viewer.settings import ViewerSettings

HELP = ("off: nothing is hidden. centre: an item whose centre lies behind the proxy is dropped, the rule the model was "
        "trained with. footprint: an item is dropped only when all of it lies behind. (C)")
PSNR = ("How near the picture is to the one without culling. A model trained with its proxy is right with culling on: "
        "off shows what training never saw. Measured twice a second on a GPU, on the CPU once the picture stands still.")
NO_PROXY = "There is no proxy mesh, so nothing can be hidden. Give one with --scene."


def draw(app) -> ViewerSettings:
    render = _hiding(app.settings.render, app.scene.proxy is not None, app.comparison.psnr)
    return replace(app.settings, render=render)


def _hiding(settings: RenderSettings, has_proxy: bool, psnr: float | None) -> RenderSettings:
    """`psnr` in dB of the picture to the one that culling off would make, where it is known."""
    imgui.begin_disabled(not has_proxy)
    with table("culling", 0.24):
        culling = choice_row("hide by", settings.culling, CULLING, HELP if has_proxy else NO_PROXY)
        margin = drag_row("margin", settings.margin, 0.005, 0.0, "%.3f scene units",
                          "How far an item may lie behind the proxy and still be kept."
                          if has_proxy else NO_PROXY)
        stat_row("PSNR to off", changes(psnr), PSNR)
    imgui.end_disabled()
    return replace(settings, culling=culling, margin=margin)


def changes(psnr: float | None) -> str:
    return NOTHING if psnr is None else "identical" if math.isinf(psnr) else f"{psnr:.1f} dB"
