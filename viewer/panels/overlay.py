"""What is written over the picture: warnings and errors at its head, until they are sent away, and what just happened
at its foot."""

from __future__ import annotations

from imgui_bundle import imgui

from viewer.panels.rows import WARN, button

OVER = (imgui.WindowFlags_.no_decoration | imgui.WindowFlags_.always_auto_resize | imgui.WindowFlags_.no_docking
        | imgui.WindowFlags_.no_saved_settings | imgui.WindowFlags_.no_focus_on_appearing | imgui.WindowFlags_.no_move)
WIDTH = 46  # font sizes


def notices(area, sentences: list[str]) -> str | None:
    """Draws sentences at the head of the picture, whose `area` is in units of the mouse, down to the message; the one
    that was sent away."""
    gone = None
    if not sentences:
        return None
    font, foot = imgui.get_font_size(), free_rows(area)[1]
    width = min(WIDTH * font, area[2] - 2 * font)
    imgui.set_next_window_pos((area[0] + font, area[1] + 0.6 * font))
    imgui.set_next_window_size_constraints((width, 0), (width, max(foot - area[1] - 1.2 * font, 3 * font)))
    imgui.set_next_window_bg_alpha(0.82)
    imgui.begin("###notices", None, OVER)
    for i, sentence in enumerate(sentences):
        imgui.push_id(i)
        if button("OK", "Sends this sentence away."):
            gone = sentence
        imgui.same_line()
        imgui.push_style_color(imgui.Col_.text, WARN)
        imgui.text_wrapped(sentence)
        imgui.pop_style_color()
        imgui.pop_id()
    imgui.end()
    return gone


def free_rows(area) -> tuple[float, float]:
    """From where to where the picture is free of what was drawn before: notices at its head, the legend and the message
    at its foot. In units of the mouse, as `area` is."""
    top, foot = area[1], area[1] + area[3]
    for name in ("###notices", "###legend", "###message"):
        window = imgui.internal.find_window_by_name(name)
        if window is not None and window.active and name == "###notices":
            top = window.pos.y + window.size.y
        elif window is not None and window.active:
            foot = window.pos.y
    return top, foot


def message(area, text: str):
    """A line at the foot of the picture, above the legend where there is one; several where it is narrow."""
    if not text:
        return
    foot = free_rows(area)[1] - 0.6 * imgui.get_font_size()
    imgui.set_next_window_pos((area[0] + area[2] / 2, foot), imgui.Cond_.always, (0.5, 1.0))
    imgui.set_next_window_bg_alpha(0.82)
    imgui.begin("###message", None, OVER | imgui.WindowFlags_.no_inputs)
    imgui.push_text_wrap_pos(max(area[2] - 3 * imgui.get_font_size(), 1))
    imgui.text_unformatted(text)
    imgui.pop_text_wrap_pos()
    imgui.end()
