"""Rows for what a picture depends on, of the settings as they are and of the second ones that are compared with."""

from __future__ import annotations

from imgui_bundle import imgui

from gsrender.settings import CULLING, RenderSettings
from viewer.choices import SLIDER_ERROR
from viewer.panels.rows import choice_row, length_row, list_row, slider_row
from viewer.ruler import Ruler
from viewer.settings import changed
from viewer.words import ANCHOR_BIAS, DRAWN_BY, FLAT, HIDE_BY, MARGIN, NO_LEVELS, PROXY_ERROR, finest_level
from vk_interop.depth_settings import RASTERS, DepthSettings

NO_PROXY = "There is no proxy mesh, so nothing can be hidden. Open one in the panel Scene."
SLIDER_BIAS = 4.0  # levels that it goes to


def hiding(settings: RenderSettings, has_proxy: bool, ruler: Ruler, key: str = "") -> RenderSettings:
    """`key` is told where one changes it."""
    imgui.begin_disabled(not has_proxy)
    culling = choice_row("hide by", settings.culling, CULLING, f"{HIDE_BY}{key}" if has_proxy else NO_PROXY)
    margin = length_row("margin", settings.margin, ruler, 0.005, 0.0, "%.3f",
                        f"{MARGIN}, in {ruler.name}." if has_proxy else NO_PROXY)
    imgui.end_disabled()
    return changed(settings, culling=culling, margin=margin)


def proxy_detail(detail: DepthSettings, has_levels: bool) -> DepthSettings:
    """Where there is a proxy."""
    imgui.begin_disabled(not has_levels)
    error = slider_row("proxy error", detail.lod_error or 0.0, 0.0, SLIDER_ERROR, "%.2f pixels",
                       PROXY_ERROR if has_levels else FLAT)
    imgui.end_disabled()
    names = ("fastest", *RASTERS)
    raster = names[list_row("drawn by", names.index(detail.raster or "fastest"), names, DRAWN_BY)]
    return changed(detail, lod_error=error if has_levels else detail.lod_error,
                   raster=None if raster == "fastest" else raster)


def anchor_detail(settings: RenderSettings, model) -> RenderSettings:
    levels = model.levels
    imgui.begin_disabled(not levels)
    bias = slider_row("anchor bias", settings.level_bias, -SLIDER_BIAS, SLIDER_BIAS, "%+.2f levels",
                      ANCHOR_BIAS if levels else NO_LEVELS)
    most = max(levels - 1, 0)
    limit = most if settings.level_limit is None else min(settings.level_limit, most)
    limit = round(slider_row("finest level", limit, 0, max(most, 1), "%.0f",
                             finest_level(most) if levels else NO_LEVELS))
    imgui.end_disabled()
    return changed(settings, level_bias=bias, level_limit=None if limit >= most else limit) if levels else settings
