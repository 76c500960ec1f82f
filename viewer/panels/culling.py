"""What the proxy hides, how fine both are drawn, and what is left."""

from __future__ import annotations

from dataclasses import replace

from imgui_bundle import imgui

from viewer.choices import FRAME_MODES
from viewer.doing import measuring
from viewer.panels import funnel
from viewer.panels.knobs import NO_PROXY, anchor_detail, hiding, proxy_detail
from viewer.panels.rows import check_row, choice_row, heading, stat_row, table
from viewer.settings import ViewerSettings, changed
from viewer.statistics import psnr_text
from viewer.words import HIDDEN_CLUSTERS, NOTHING

PSNR = ("How near the picture is to the one without culling: peak signal-to-noise ratio in decibels, more is nearer. A "
        "model trained with its proxy is right with culling on: off shows what training never saw. Measured twice a "
        "second on a GPU, on the CPU once the picture stands.")
FREEZE = ("Goes on culling for the view that is seen now, so that what it leaves can be looked at from elsewhere. "
          "Yellow lines are that view's edges. (Z)")
MODES = ("same-frame: each picture shows the newest depth. pipelined: Vulkan draws the next depth while CUDA draws, "
         "and the picture is a frame late; more frames a second on a GPU.")
NAMES = 7  # font sizes


def draw(app) -> ViewerSettings:
    settings, has_proxy = app.settings, app.scene.proxy is not None
    with table("culling", 0.3, NAMES):
        render = hiding(settings.render, has_proxy, app.scene.ruler, " (C)")
        imgui.begin_disabled(not has_proxy)
        stat_row("PSNR to off", changes(app.comparison.psnr), PSNR)
        mode = choice_row("frames", settings.mode, FRAME_MODES, MODES if has_proxy else NO_PROXY)
        imgui.end_disabled()
        frozen = render.culling_camera is not None
        if check_row("freeze", "for this view", frozen, FREEZE) != frozen:
            app.act("freeze")
            render = replace(render, culling_camera=app.settings.render.culling_camera)
    heading(f"what is left{_of(app)}")
    funnel.draw(app)
    heading("level of detail")
    with table("detail", 0.3, NAMES):
        if has_proxy:
            detail = proxy_detail(app.scene.proxy.settings, app.scene.proxy.has_levels)
            occlusion = check_row("hidden clusters", "left out", detail.occlusion, HIDDEN_CLUSTERS)
            app.set_detail(changed(detail, occlusion=occlusion))
        render = anchor_detail(render, app.scene.model)
    return changed(settings, render=render, mode=mode)


def _of(app) -> str:
    """What the funnel is of, where that is not as it is set above it."""
    if measuring(app):
        return f", culling {app.benchmark.settings.culling}"
    return f", {app.seen.name}" if app.seen and app.seen.name else ""


def changes(psnr: float | None) -> str:
    return NOTHING if psnr is None else psnr_text(psnr)
