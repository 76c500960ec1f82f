"""The look of the panels: dark, quiet, dense enough that a window of 1280 x 720 has room for them."""

from __future__ import annotations

from pathlib import Path

import imgui_bundle
from imgui_bundle import imgui, implot

FONT = Path(imgui_bundle.__file__).parent / "assets/fonts/Roboto/Roboto-Regular.ttf"  # its digits are of one width
SIZE = 15
SIZES = {"window_padding": (8, 6), "frame_padding": (6, 2), "item_spacing": (6, 4), "item_inner_spacing": (5, 4),
         "cell_padding": (4, 1), "window_rounding": 5, "frame_rounding": 3, "grab_rounding": 3, "grab_min_size": 9,
         "popup_rounding": 4, "scrollbar_size": 10, "window_border_size": 0, "frame_border_size": 0,
         "separator_text_border_size": 1, "separator_text_padding": (0, 2)}
COLOURS = {"text": (0.92, 0.93, 0.94, 1), "window_bg": (0.09, 0.10, 0.11, 1), "popup_bg": (0.12, 0.13, 0.14, 0.98),
           "title_bg": (0.09, 0.10, 0.11, 1), "title_bg_active": (0.09, 0.10, 0.11, 1),
           "docking_empty_bg": (0.05, 0.05, 0.06, 1), "menu_bar_bg": (0.12, 0.13, 0.14, 1),
           "tab": (0.13, 0.15, 0.18, 1), "tab_dimmed": (0.12, 0.13, 0.15, 1),
           "title_bg_collapsed": (0.09, 0.10, 0.11, 0.88), "frame_bg": (0.20, 0.21, 0.23, 1),
           "frame_bg_hovered": (0.26, 0.28, 0.31, 1), "frame_bg_active": (0.30, 0.33, 0.37, 1),
           "header": (0.19, 0.23, 0.28, 1), "header_hovered": (0.24, 0.29, 0.35, 1),
           "header_active": (0.28, 0.34, 0.42, 1), "button": (0.22, 0.24, 0.27, 1),
           "button_hovered": (0.29, 0.33, 0.38, 1), "button_active": (0.33, 0.42, 0.52, 1),
           "check_mark": (0.45, 0.74, 1.0, 1),
           "slider_grab": (0, 0, 0, 0), "slider_grab_active": (0, 0, 0, 0),  # rows.py draws another one
           "plot_histogram": (0.28, 0.45, 0.63, 1),
           "separator": (0.25, 0.27, 0.30, 1)}
LINE = (0.45, 0.74, 1.0, 1.0)  # of the plot


def apply(scale: float):
    """Sets the look of the current ImGui context for a screen of that many times the usual size."""
    style = imgui.get_style()
    for name, value in SIZES.items():
        setattr(style, name, tuple(scale * v for v in value) if isinstance(value, tuple) else scale * value)
    for name, colour in COLOURS.items():
        style.set_color_(getattr(imgui.Col_, name), colour)
    if FONT.exists() and not len(imgui.get_io().fonts.fonts):
        imgui.get_io().fonts.add_font_from_file_ttf(str(FONT), SIZE)
    style.font_size_base = SIZE
    style.docking_node_has_close_button = False  # its tabs have theirs
    style.window_menu_button_position = imgui.Dir.none
    plot = implot.get_style()
    plot.set_color_(implot.Col_.frame_bg, (0, 0, 0, 0))
    plot.set_color_(implot.Col_.plot_bg, (0.06, 0.06, 0.07, 1))
    plot.set_color_(implot.Col_.plot_border, (0, 0, 0, 0))
