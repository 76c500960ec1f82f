"""Frame times of a benchmark along its way: where culling helps, and where it does not."""

from __future__ import annotations

from functools import cache

import numpy as np
from imgui_bundle import imgui, implot

from viewer.benchmark import Row
from viewer.panels.rows import DIM
from viewer.panels.stage_plot import round_up
from viewer.statistics import milliseconds

COLOURS = (0.95, 0.72, 0.30, 1.0), (0.45, 0.74, 1.0, 1.0)  # without culling, with it
HEIGHT = 6.0  # font sizes
FLAGS = implot.Flags_.canvas_only | implot.Flags_.no_inputs


def draw(rows: list[Row]):
    """A line for each way of culling, from the first view to the last."""
    imgui.text_colored(DIM, "frame times from the first view to the last:")
    for row, colour in zip(rows, COLOURS):
        imgui.same_line()
        imgui.text_colored(colour, f"culling {row.culling}")
    times = [row.statistics.frame_milliseconds for row in rows]
    top = round_up(max(row.statistics.percentile(99) for row in rows) or 1.0)
    implot.push_style_var(implot.StyleVar_.plot_padding, (0, 0.3 * imgui.get_font_size()))
    if implot.begin_plot("##along the way", (-1, HEIGHT * imgui.get_font_size()), FLAGS):
        implot.setup_axes("", "", implot.AxisFlags_.no_decorations, implot.AxisFlags_.opposite)
        implot.setup_axis_ticks(implot.ImAxis_.y1, [0.0, top / 2, top], ["0", f"{top / 2:g}", f"{top:g} ms"])
        implot.setup_axes_limits(0, max(len(times[0]) - 1, 1), 0, top, implot.Cond_.always)
        for i, (row, values) in enumerate(zip(rows, times)):
            implot.plot_line(f"culling {row.culling}", np.arange(len(values), dtype=np.float64), values, spec=_spec(i))
        if implot.is_plot_hovered():
            _explain(rows, times, round(implot.get_plot_mouse_pos().x))
        implot.end_plot()
    implot.pop_style_var()


def _explain(rows: list[Row], times: list[np.ndarray], i: int):
    if not 0 <= i < len(times[0]) or not imgui.begin_tooltip():
        return
    imgui.text_unformatted(f"view {i + 1} of {len(times[0])}, from the camera to the finished picture:")
    for place, (row, values) in enumerate(zip(rows, times)):
        imgui.text_colored(COLOURS[place], f"{milliseconds(values[i])} ms  culling {row.culling}")
    imgui.end_tooltip()


@cache
def _spec(place: int) -> implot.Spec:
    spec = implot.Spec()
    spec.line_color, spec.line_weight = COLOURS[place], 1.5
    return spec
