"""Windows over the others, which are there until they are answered or left."""

from __future__ import annotations

from imgui_bundle import imgui

from viewer.panels.rows import is_left

FLAGS = imgui.WindowFlags_.no_docking | imgui.WindowFlags_.no_collapse | imgui.WindowFlags_.no_saved_settings
GROUND, EDGE = imgui.ImVec4(0.12, 0.13, 0.14, 1.0), imgui.ImVec4(0.45, 0.49, 0.55, 1.0)


def begin(title: str, window: tuple[float, float], width: float, top: float | None = None) -> bool:
    """Begins one that is `width` font sizes wide, or as wide as the window, whose size is given: in its middle, or from
    `top` of its height down. Whether its cross has not been clicked."""
    pivot, y = (0.5, 0.5 if top is None else 0.0), 0.5 if top is None else top
    imgui.set_next_window_pos((window[0] / 2, y * window[1]), imgui.Cond_.appearing, pivot)
    imgui.set_next_window_size((min(width * imgui.get_font_size(), window[0]), 0))
    # Lest words that it cuts off seem to go on in its own.
    imgui.push_style_var(imgui.StyleVar_.window_border_size, 1.0)
    imgui.push_style_color(imgui.Col_.window_bg, GROUND)
    imgui.push_style_color(imgui.Col_.border, EDGE)
    stays = bool(imgui.begin(title, True, FLAGS)[1])
    imgui.pop_style_color(2)
    imgui.pop_style_var()
    return stays


def end(stays: bool) -> bool:
    """Ends it. Whether it stays open: neither closed, as `begin` said, nor left with Escape."""
    left = is_left()
    imgui.end()
    return stays and not left
