"""What each stage took, frame by frame, one on top of the other."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from imgui_bundle import imgui, implot

from viewer.panels.rows import DIM
from viewer.panels.sampled import Sampled
from viewer.statistics import SHOWN, Statistics

# A colour each, which the table's marks and the benchmark's bars have too.
COLOURS = dict(zip(SHOWN, (
    (0.62, 0.64, 0.67, 1), (0.90, 0.55, 0.25, 1), (0.95, 0.80, 0.30, 1), (0.55, 0.78, 0.35, 1),
    (0.25, 0.70, 0.62, 1), (0.35, 0.60, 0.90, 1), (0.60, 0.45, 0.85, 1), (0.75, 0.30, 0.25, 1),
    (0.85, 0.45, 0.60, 1))))
FRAME = (0.92, 0.93, 0.94, 1.0)


def colour_of(stage: str):
    """Of the first of stages that are done at once."""
    return COLOURS.get(stage.split("+")[0], DIM)


class StagePlot:
    """Holds what it draws between the times at which it is made anew."""

    def __init__(self):
        self._sampled = Sampled(0.2)  # seconds
        self._layers: list[tuple[str, np.ndarray, np.ndarray]] = []  # stage, from, to

    def draw(self, history: Statistics, height: float):
        """Oldest left. The upper end follows the 99th percentile: one hitch does not flatten the rest."""
        self._sampled.get(history, lambda: self._follow(history))
        frames, top = self._frames, self._top
        implot.push_style_var(implot.StyleVar_.plot_padding, (0, 0.3 * imgui.get_font_size()))
        flags = implot.Flags_.canvas_only | implot.Flags_.no_inputs
        if implot.begin_plot("##frame times", (-1, height), flags):
            implot.setup_axes("", "", implot.AxisFlags_.no_decorations, implot.AxisFlags_.opposite)
            implot.setup_axis_ticks(implot.ImAxis_.y1, [0.0, top / 2, top], ["0", f"{top / 2:g}", f"{top:g} ms"])
            implot.setup_axes_limits(0, max(len(frames) - 1, 1), 0, top, implot.Cond_.always)
            for stage, low, high in self._layers:
                implot.plot_shaded(stage, self._x, low, high, spec=_spec(stage))
            implot.plot_line("frame", self._x, frames, spec=_spec("frame"))
            if implot.is_plot_hovered():
                self._explain(round(implot.get_plot_mouse_pos().x))
            implot.end_plot()
        implot.pop_style_var()

    def _follow(self, history: Statistics):
        self._frames, self._is_warm_up = history.frame_milliseconds, history.is_warm_up
        self._x = np.arange(len(self._frames), dtype=np.float64)
        self._top = round_up(history.percentile(99) or 1.0)
        ground, self._layers = np.zeros(len(self._frames)), []
        for stage, milliseconds in history.stages_over_time().items():
            self._layers.append((stage, ground, ground + milliseconds))
            ground = ground + milliseconds

    def _explain(self, i: int):
        if not 0 <= i < len(self._frames) or not imgui.begin_tooltip():
            return
        first = ", one of the first after opening" if self._is_warm_up[i] else ""
        imgui.text_unformatted(f"{self._frames[i]:.2f} ms from frame to frame{first}; the stages in it:")
        for stage, low, high in self._layers:
            imgui.text_colored(colour_of(stage), f"{high[i] - low[i]:8.2f} ms  {stage}")
        imgui.end_tooltip()


@cache
def _spec(name: str) -> implot.Spec:
    """How a stage, or a frame, is drawn."""
    spec = implot.Spec()
    spec.line_color = spec.fill_color = FRAME if name == "frame" else colour_of(name)
    spec.fill_alpha = 0.85
    return spec


def round_up(value: float) -> float:
    """To 1, 2 or 5 times a power of ten, so that the axis stands still while the frames flicker."""
    power = 10.0 ** math.floor(math.log10(max(value, 1e-3)))
    return next(step * power for step in (1, 2, 5, 10) if value <= step * power * (1 + 1e-9))
