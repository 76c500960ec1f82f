"""What the proxy hides, how fine both are drawn, and what is left."""

from __future__ import annotations

from dataclasses import replace

from imgui_bundle import imgui

from gsrender.settings import CULLING, RenderSettings
from viewer.panels import funnel
from viewer.panels.rows import (NOTHING, check_row, choice_row, heading, length_row, list_row, slider_row, stat_row,
                                table)
from viewer.ruler import Ruler
from viewer.settings import FRAME_MODES, ViewerSettings, changed
from viewer.statistics import psnr_text
from viewer.words import ANCHOR_BIAS, FLAT, HIDE_BY, MARGIN, NO_LEVELS, PROXY_ERROR, finest_level
from vk_interop.depth_settings import RASTERS, DepthSettings

PSNR = ("How near the picture is to the one without culling: peak signal-to-noise ratio in decibels, more is nearer. A "
        "model trained with its proxy is right with culling on: off shows what training never saw. Measured twice a "
        "second on a GPU, on the CPU once the picture stands.")
FREEZE = ("Goes on culling for the view that is seen now, so that what it leaves can be looked at from elsewhere. "
          "Yellow lines are that view's edges. (Z)")
NO_PROXY = "There is no proxy mesh, so nothing can be hidden. Open one in the panel Scene."
MODES = ("same-frame: each picture shows the newest depth. pipelined: Vulkan draws the next depth while CUDA draws, "
         "and the picture is a frame late; more frames a second on a GPU.")
NAMES = 7  # font sizes
MOST_ERROR, MOST_BIAS = 16.0, 4.0  # pixels and levels that the sliders go to


def draw(app) -> ViewerSettings:
    settings, has_proxy = app.settings, app.scene.proxy is not None
    with table("culling", 0.3, NAMES):
        imgui.begin_disabled(not has_proxy)
        render = _hiding(settings.render, has_proxy, app.scene.ruler, app.comparison.psnr)
        mode = choice_row("frames", settings.mode, FRAME_MODES, MODES if has_proxy else NO_PROXY)
        imgui.end_disabled()
        frozen = render.culling_camera is not None
        if check_row("freeze", "for this view", frozen, FREEZE) != frozen:
            app.act("freeze")
            render = replace(render, culling_camera=app.settings.render.culling_camera)
    heading("what is left")
    funnel.draw(app)
    heading("level of detail")
    with table("detail", 0.3, NAMES):
        if has_proxy:
            app.set_detail(_proxy_detail(app.scene.proxy.settings, app.scene.proxy.has_levels))
        render = _anchor_detail(render, app.scene.model)
    return changed(settings, render=render, mode=mode)


def _hiding(settings: RenderSettings, has_proxy: bool, ruler: Ruler, psnr: float | None) -> RenderSettings:
    """`psnr` in dB of the picture to the one that culling off would make, where it is known."""
    culling = choice_row("hide by", settings.culling, CULLING, f"{HIDE_BY} (C)" if has_proxy else NO_PROXY)
    margin = length_row("margin", settings.margin, ruler, 0.005, 0.0, "%.3f",
                        f"{MARGIN}, in {ruler.name}." if has_proxy else NO_PROXY)
    stat_row("PSNR to off", changes(psnr), PSNR)
    return changed(settings, culling=culling, margin=margin)


def _proxy_detail(detail: DepthSettings, has_levels: bool) -> DepthSettings:
    imgui.begin_disabled(not has_levels)
    error = slider_row("proxy error", detail.lod_error or 0.0, 0.0, MOST_ERROR, "%.2f pixels",
                       PROXY_ERROR if has_levels else FLAT)
    imgui.end_disabled()
    names = ("fastest", *RASTERS)
    raster = names[list_row("drawn by", names.index(detail.raster or "fastest"), names,
                            "What draws the proxy's triangles: the vertex pipeline, a compute shader, or each what "
                            "suits it (hybrid). All draw the same depth but for rounding.")]
    occlusion = check_row("hidden clusters", "left out", detail.occlusion,
                          "Parts of the proxy that lie behind others are not drawn. It changes no bit of the depth.")
    return DepthSettings(error if has_levels else detail.lod_error, None if raster == "fastest" else raster, occlusion)


def _anchor_detail(settings: RenderSettings, model) -> RenderSettings:
    levels = model.levels
    imgui.begin_disabled(not levels)
    bias = slider_row("anchor bias", settings.level_bias, -MOST_BIAS, MOST_BIAS, "%+.2f levels",
                      ANCHOR_BIAS if levels else NO_LEVELS)
    most = max(levels - 1, 0)
    limit = most if settings.level_limit is None else min(settings.level_limit, most)
    limit = round(slider_row("finest level", limit, 0, max(most, 1), "%.0f",
                             finest_level(most) if levels else NO_LEVELS))
    imgui.end_disabled()
    return changed(settings, level_bias=bias, level_limit=None if limit >= most else limit) if levels else settings


def changes(psnr: float | None) -> str:
    return NOTHING if psnr is None else psnr_text(psnr)
