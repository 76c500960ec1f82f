"""The window at the side that the panels stand in, and the messages at the foot of the picture."""

from __future__ import annotations

from contextlib import contextmanager

from imgui_bundle import imgui

from viewer.panels.rows import DIM

WIDTH = 25  # font sizes
GAP = 0.6


@contextmanager
def side(size: tuple[float, float], title: str, line: str):
    """Takes what the panels draw; scrolls where the window of the program is too low. `size` is that window's."""
    font = imgui.get_font_size()
    gap, width = GAP * font, min(WIDTH * font, size[0] - 2 * GAP * font)
    imgui.set_next_window_pos((gap, gap))
    imgui.set_next_window_size_constraints((width, 0), (width, max(size[1] - 2 * gap, 4 * font)))
    imgui.set_next_window_bg_alpha(0.93)
    flags = imgui.WindowFlags_
    imgui.begin(f"{title}###side", None, flags.always_auto_resize | flags.no_move | flags.no_saved_settings)
    imgui.text_colored(DIM, line)
    yield
    imgui.end()


def shown_size() -> tuple[float, float] | None:
    """Of the panel as it was drawn last; None where it was not, as in its first frame, which only measures it."""
    window = imgui.internal.find_window_by_name("###side")
    return None if window is None or window.hidden or not window.was_active else (window.size.x, window.size.y)


def message(size: tuple[float, float], text: str):
    """A line at the foot of the picture."""
    if not text:
        return
    imgui.set_next_window_pos((size[0] / 2, size[1] - 2 * imgui.get_font_size()), imgui.Cond_.always, (0.5, 1.0))
    imgui.set_next_window_bg_alpha(0.75)
    flags = imgui.WindowFlags_
    imgui.begin("###message", None, flags.no_decoration | flags.always_auto_resize | flags.no_inputs
                | flags.no_saved_settings | flags.no_focus_on_appearing)
    imgui.text_unformatted(text)
    imgui.end()
