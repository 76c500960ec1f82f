"""What stands over two pictures that are compared: the line between them, to be dragged, and what each one is."""

from __future__ import annotations

from dataclasses import replace

from imgui_bundle import imgui

from viewer.look import Look
from viewer.panels.overlay import OVER, free_rows
from viewer.way import described

GRAB = 0.8  # font sizes to each side of the line
LEAST = 4.0  # font sizes that a name needs
HANDLE = 0.4  # font sizes: the radius of what shows that it can be dragged
LINE, HELD, RIM = (1.0, 1.0, 1.0, 0.85), (0.45, 0.74, 1.0, 1.0), (0.0, 0.0, 0.0, 0.35)


def draw(app, area) -> Look:
    """`area` of the picture is in units of the mouse."""
    look = app.settings.look
    first, second = app.canvas.looking.both(look, app.settings.render)
    names = described(first, second), described(second, first)
    if look.compare == "split":
        look = _line(area, look)
        _name("first", area, look.at, names[0], on_left=True)
    words = f"difference of {names[0]} and {names[1]}, times 10" if look.compare == "difference" else names[1]
    _name("second", area, look.at if look.compare == "split" else 0.0, words, on_left=False)
    return look


def _line(area, look: Look) -> Look:
    left, top, width, height = area
    grab, x = GRAB * imgui.get_font_size(), left + look.at * width
    imgui.set_next_window_pos((x - grab, top))
    imgui.set_next_window_size((2 * grab, height))
    imgui.push_style_var(imgui.StyleVar_.window_padding, (0, 0))
    flags = OVER & ~imgui.WindowFlags_.always_auto_resize | imgui.WindowFlags_.no_background
    imgui.begin("###divider", None, flags)
    imgui.pop_style_var()
    imgui.invisible_button("##line", (2 * grab, height))
    held = imgui.is_item_active()
    if held or imgui.is_item_hovered():
        imgui.set_mouse_cursor(imgui.MouseCursor_.resize_ew)
    if held:
        look = replace(look, at=min(max((imgui.get_mouse_pos().x - left) / max(width, 1), 0.0), 1.0))
    x = left + look.at * width
    draw = imgui.get_background_draw_list()  # under whatever is written over the picture
    for colour, rim in ((RIM, 2.0), (HELD if held else LINE, 0.0)):  # for white pictures as well as for dark ones
        colour = imgui.get_color_u32(colour)
        draw.add_line((x, top), (x, top + height), colour, 2.0 + 1.5 * rim)
        draw.add_circle_filled((x, top + height / 2), HANDLE * imgui.get_font_size() + rim, colour)
    imgui.end()
    return look


def _name(which: str, area, at: float, text: str, on_left: bool):
    """A few words at the head of a picture, beside the line, where there is room for them."""
    left, _, width, _ = area
    gap = 1.2 * imgui.get_font_size()
    x = left + at * width + (-gap if on_left else gap)
    room = (at if on_left else 1 - at) * width - 2 * gap
    top, foot = free_rows(area)
    if min(room, foot - top) < LEAST * imgui.get_font_size():
        return
    place = x, top + 0.6 * imgui.get_font_size()
    imgui.set_next_window_pos(place, imgui.Cond_.always, (1.0 if on_left else 0.0, 0.0))
    imgui.set_next_window_bg_alpha(0.7)
    imgui.begin(f"###compared {which}", None, OVER | imgui.WindowFlags_.no_inputs)
    imgui.push_text_wrap_pos(imgui.get_cursor_pos_x() + room)
    imgui.text_unformatted(text)
    imgui.pop_text_wrap_pos()
    imgui.end()
