"""How fast frames come, and what holds them back."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from imgui_bundle import imgui, implot

from viewer.panels import stages
from viewer.panels.rows import DIM, NOTHING, WARN, checkbox, columns, tooltip
from viewer.panels.style import LINE, SIZE
from viewer.settings import ViewerSettings
from viewer.statistics import Statistics

SLACK = 0.9  # a frame whose stages take less of its time than that has waited
NEAR = 0.05  # refreshes


def capped(vsync: bool | None, refresh: float, frame: float, stages: float) -> bool:
    """Whether the screen sets the figure, not the machine: frames of `frame` milliseconds last a whole number of its
    refreshes (Hz), though the stages take less."""
    if not (vsync and refresh > 0 and frame > 0 and stages < SLACK * frame):
        return False
    periods = frame * refresh / 1000
    return 1 <= round(periods) <= 4 and abs(periods - round(periods)) < NEAR * round(periods)


def draw(app) -> ViewerSettings:
    canvas, screen, model = app.canvas, app.screen, app.scene.model
    times = canvas.recent.stage_milliseconds()
    has_levels = model.kind == "anchors" and model.items.levels > 0
    with columns("statistics", 24, 2):
        settings = _frame(app.settings, canvas.recent, canvas.history, sum(times.values()), screen.vsync,
                          screen.refresh, app.idle)
        imgui.table_next_column()
        stages.draw(times, len(canvas.recent), canvas.stats, model.kind, has_levels)
    return settings


def _frame(settings: ViewerSettings, recent: Statistics, history: Statistics, stages: float,
           vsync: bool | None, refresh: float, idle: bool) -> ViewerSettings:
    """`stages` is what they take together, milliseconds; `vsync` and `refresh` are as the screen has them."""
    _headline(recent, capped(vsync, refresh, recent.percentile(50), stages), idle)
    _plot(history.frame_milliseconds)
    _percentiles(history)
    settings = _vsync(settings, vsync is not None)
    imgui.same_line()
    always = checkbox("draw always", settings.always, "Draw every frame, even where nothing changed, so that the "
                      "figures are live. Off: a still picture is not drawn again, and costs nothing.")
    return replace(settings, always=always)


def _vsync(settings: ViewerSettings, has_screen: bool) -> ViewerSettings:
    imgui.begin_disabled(not has_screen)
    wish = checkbox("vsync", settings.vsync and has_screen,
                    "Wait for the screen's refresh. Off: uncapped figures, and tearing. (T)" if has_screen
                    else "Frames are drawn off-screen, so there is no screen to wait for.")
    imgui.end_disabled()
    return replace(settings, vsync=wish) if has_screen else settings


def _headline(recent: Statistics, is_capped: bool, idle: bool):
    imgui.push_font(None, 1.5 * SIZE)
    imgui.text_unformatted(f"{recent.fps:.1f} fps" if len(recent) else f"{NOTHING} fps")
    imgui.pop_font()
    tooltip(f"Frames in all over seconds in all, of the last {len(recent)} drawn frames.")
    mark, help = "", ""
    if is_capped:
        mark, help = "capped by vsync", "Frames wait for the screen's refresh: the machine can do more."
    elif idle:
        mark, help = "still picture", "Nothing changed, so the last frame stands; the figures are of when it was drawn."
    if mark:
        imgui.same_line()
        imgui.set_cursor_pos_y(imgui.get_cursor_pos_y() + 0.42 * imgui.get_font_size())  # on the same base line
        imgui.text_colored(WARN if is_capped else DIM, mark)
        tooltip(help)


def _percentiles(history: Statistics):
    values = [f"{name} {history.percentile(p):.1f}" if len(history) else f"{name} {NOTHING}"
              for name, p in (("median", 50), ("p95", 95), ("p99", 99))]
    imgui.text_colored(DIM, "   ".join(values) + " ms")
    tooltip(f"Frame time over the last {len(history)} drawn frames: half, 95 % and 99 % of them stayed within.")


def _plot(milliseconds: np.ndarray):
    """Frame times, oldest left. The upper end follows the 99th percentile: one hitch does not flatten the rest."""
    top = round_up(float(np.percentile(milliseconds, 99)) if len(milliseconds) else 1.0)
    implot.push_style_var(implot.StyleVar_.plot_padding, (0, 0.3 * imgui.get_font_size()))
    flags = implot.Flags_.canvas_only | implot.Flags_.no_inputs
    if implot.begin_plot("##frame times", (-1, 4 * imgui.get_font_size()), flags):
        implot.setup_axes("", "", implot.AxisFlags_.no_decorations, implot.AxisFlags_.opposite)
        implot.setup_axis_ticks(implot.ImAxis_.y1, [0.0, top / 2, top], ["0", f"{top / 2:g}", f"{top:g} ms"])
        implot.setup_axes_limits(0, max(len(milliseconds) - 1, 1), 0, top, implot.Cond_.always)
        values = np.minimum(milliseconds, top)
        spec = implot.Spec()
        spec.line_color = spec.fill_color = LINE
        spec.fill_alpha = 0.25
        implot.plot_shaded("ms", values, spec=spec)
        implot.plot_line("ms", values, spec=spec)
        implot.end_plot()
    implot.pop_style_var()
    tooltip("Milliseconds of each drawn frame by the clock on the wall, newest on the right.")


def round_up(value: float) -> float:
    """To 1, 2 or 5 times a power of ten, so that the axis stands still while the frames flicker."""
    power = 10.0 ** math.floor(math.log10(max(value, 1e-3)))
    return next(step * power for step in (1, 2, 5, 10) if value <= step * power * (1 + 1e-9))
