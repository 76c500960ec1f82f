"""What the colours of the picture mean, in its lower left corner."""

from __future__ import annotations

from imgui_bundle import imgui

from viewer.colours import Legend
from viewer.panels.overlay import OVER

LENGTH, HEIGHT = 18, 0.7  # font sizes
TICK = 3.0


def draw(area, legend: Legend | None):
    """`area` of the picture is in units of the mouse."""
    if legend is None:
        return
    font = imgui.get_font_size()
    imgui.set_next_window_pos((area[0] + 0.6 * font, area[1] + area[3] - 0.6 * font), imgui.Cond_.always, (0.0, 1.0))
    imgui.set_next_window_bg_alpha(0.82)
    imgui.begin("###legend", None, OVER | imgui.WindowFlags_.no_inputs)
    imgui.text_unformatted(legend.title)
    left, top = imgui.get_cursor_screen_pos()
    left += font
    draw = imgui.get_window_draw_list()
    edges = [round(left + i * LENGTH * font / len(legend.bar)) for i in range(len(legend.bar) + 1)]  # else they blur
    for colour, start, end in zip(legend.bar, edges, edges[1:]):
        low, high = (start, top), (end, top + HEIGHT * font)
        draw.add_rect_filled(low, high, imgui.get_color_u32((*(part / 255 for part in colour), 1.0)))
    text = imgui.get_color_u32(imgui.Col_.text)
    for place, word in legend.ticks:
        x, y = left + place * LENGTH * font, top + HEIGHT * font
        draw.add_line((x, y), (x, y + TICK), text)
        draw.add_text((x - imgui.calc_text_size(word).x / 2, y + TICK), text, word)
    imgui.dummy(((LENGTH + 2) * font, (HEIGHT + 1.2) * font))
    imgui.end()
