"""What is written over the picture: warnings and errors at its head, until they are sent away, and what just happened
at its foot."""

from __future__ import annotations

from imgui_bundle import imgui

from viewer.panels.rows import WARN, button

OVER = (imgui.WindowFlags_.no_decoration | imgui.WindowFlags_.always_auto_resize | imgui.WindowFlags_.no_docking
        | imgui.WindowFlags_.no_saved_settings | imgui.WindowFlags_.no_focus_on_appearing | imgui.WindowFlags_.no_move)
WIDTH = 46  # font sizes


def notices(area, sentences: list[str]) -> str | None:
    """Draws sentences at the head of the picture, whose `area` is in units of the mouse; the one that was sent away."""
    gone = None
    if not sentences:
        return None
    font = imgui.get_font_size()
    width = min(WIDTH * font, area[2] - 2 * font)
    imgui.set_next_window_pos((area[0] + font, area[1] + 0.6 * font))
    imgui.set_next_window_size_constraints((width, 0), (width, max(area[3] - 2 * font, 3 * font)))
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


def below_notices(area) -> float:
    """How far down the picture is free of them, in units of the mouse; `notices` was called before."""
    window = imgui.internal.find_window_by_name("###notices")
    return window.pos.y + window.size.y if window is not None and window.active else area[1]


def message(area, text: str):
    """A line at the foot of the picture; several where it is narrow."""
    if not text:
        return
    foot = area[1] + area[3] - 1.2 * imgui.get_font_size()
    imgui.set_next_window_pos((area[0] + area[2] / 2, foot), imgui.Cond_.always, (0.5, 1.0))
    imgui.set_next_window_bg_alpha(0.82)
    imgui.begin("###message", None, OVER | imgui.WindowFlags_.no_inputs)
    imgui.push_text_wrap_pos(max(area[2] - 3 * imgui.get_font_size(), 1))
    imgui.text_unformatted(text)
    imgui.pop_text_wrap_pos()
    imgui.end()
