"""Rows of a panel: a name on the left, a value or a knob on the right, and what it means under the cursor."""

from __future__ import annotations

import math
from contextlib import contextmanager

from imgui_bundle import imgui

from viewer.ruler import Ruler
from viewer.settings import MOST

# Made once, as flags are: a frame has a hundred of such texts, and takes longer to make their colour than to draw them.
DIM, WARN = imgui.ImVec4(0.62, 0.64, 0.67, 1.0), imgui.ImVec4(1.0, 0.72, 0.25, 1.0)
RESTS = imgui.HoveredFlags_.for_tooltip | imgui.HoveredFlags_.allow_when_disabled
STRETCH, CLAMP = imgui.TableColumnFlags_.width_stretch, imgui.SliderFlags_.always_clamp
LOGARITHMIC = CLAMP | imgui.SliderFlags_.logarithmic
GRAB, LIT = imgui.ImVec4(0.33, 0.54, 0.76, 1.0), imgui.ImVec4(0.45, 0.74, 1.0, 1.0)  # of a slider, and while it is used
FOOT = 0.2  # of a slider's height: below its digits
# Of fields that are being typed into, by ImGui's number of the field: what stands there; frames since it was left.
_typed: dict[int, tuple] = {}
_left: dict[int, int] = {}


@contextmanager
def columns(name: str, least: float, most: int):
    """Parts of a panel side by side, as many as there is room for at `least` font sizes each, else below one another;
    `imgui.table_next_column()` stands between them."""
    room = imgui.get_content_region_avail().x / (least * imgui.get_font_size())
    imgui.begin_table(name, max(1, min(most, int(room))), imgui.TableFlags_.sizing_stretch_same)
    imgui.table_next_column()
    yield
    imgui.end_table()


class table:
    """What the rows stand in; the names take that share of its width, and so many font sizes where it is narrow."""

    def __init__(self, name: str, share: float = 0.42, least: float = 0.0):
        share = max(share, least * imgui.get_font_size() / max(imgui.get_content_region_avail().x, 1.0))
        imgui.begin_table(name, 2)
        imgui.table_setup_column("name", STRETCH, share)
        imgui.table_setup_column("value", STRETCH, 1 - share)

    def __enter__(self):
        pass

    def __exit__(self, *_):
        imgui.end_table()


def tooltip(text: str, hint: str = ""):
    """Explains the item before it, once the cursor rests there; not while it is used, when it would lie in the way.
    `hint` is a further sentence."""
    if imgui.is_item_hovered(RESTS) and not imgui.is_item_active() and imgui.begin_tooltip():
        imgui.push_text_wrap_pos(imgui.get_font_size() * 24)
        imgui.text_unformatted(f"{text} {hint}" if hint else text)
        imgui.pop_text_wrap_pos()
        imgui.end_tooltip()


def stat_row(label: str, value: str, help: str):
    """A number that is only read."""
    stat_cells(label, value, help)


def stat_cells(label: str, value: str, help: str, colour=DIM):
    """The next two cells: a name and a number, right-aligned so that digits stand under each other. What is too long
    goes on in the next line."""
    imgui.table_next_column()
    imgui.text_colored(colour, label)
    tooltip(help)
    imgui.table_next_column()
    room = imgui.get_content_region_avail().x - imgui.calc_text_size(value).x
    if room < 0:
        imgui.text_wrapped(value)
    else:
        imgui.set_cursor_pos_x(imgui.get_cursor_pos_x() + room)
        imgui.text_unformatted(value)
    tooltip(help)


def choice_row(label: str, value: str, choices, help: str) -> str:
    """One of a few words, side by side where there is room."""
    _name(label, help)
    for i, choice in enumerate(choices):
        if i:
            beside(choice, is_box=True)
        if imgui.radio_button(choice, value == choice):
            value = choice
        tooltip(help)
    return value


def list_row(label: str, index: int | None, names, help: str, nothing: str = "") -> int | None:
    """One of many names; `nothing` stands there while none is chosen."""
    _knob(label, help)
    if imgui.begin_combo(f"##{label}", nothing if index is None else names[index]):
        clipper = imgui.ListClipper()  # a long recording has thousands of keyframes
        clipper.begin(len(names))
        while clipper.step():
            for i in range(clipper.display_start, clipper.display_end):
                if imgui.selectable(f"{names[i]}##{i}", i == index)[0]:
                    index = i
        clipper.end()
        imgui.end_combo()
    tooltip(help)
    return index


def slider_row(label: str, value: float, least: float, most: float, format: str, help: str, log=False) -> float:
    _knob(label, help)
    changed, new = imgui.slider_float(f"##{label}", value, least, most, format, LOGARITHMIC if log else CLAMP)
    value = _finite(new, value) if changed else value
    _bar(*(_share(at, least, most, log) for at in (min(max(0.0, least), most), value)))
    tooltip(help, "Ctrl+click to type a number.")
    return value


def _share(value: float, least: float, most: float, log: bool) -> float:
    """Of the way along a slider, 0 to 1."""
    if log:
        value, least, most = math.log(value), math.log(least), math.log(most)
    return min(max((value - least) / (most - least), 0.0), 1.0)


def along_slider(low, high, share: float) -> float:
    """Where a share of the way along a slider is, whose edges are given: as ImGui reckons, which leaves room for half
    of the grab, and two pixels, at either end."""
    grab = imgui.get_style().grab_min_size
    return low.x + 2 + grab / 2 + share * (high.x - low.x - 4 - grab)


def _bar(zero: float, at: float):
    """At the foot of the slider that was drawn last: a line from zero, and where it stands. ImGui's own grab, which the
    number would be written over, has no colour."""
    low, high = imgui.get_item_rect_min(), imgui.get_item_rect_max()
    start, x = along_slider(low, high, zero), along_slider(low, high, at)
    half, foot = imgui.get_style().grab_min_size / 2, high.y - FOOT * (high.y - low.y)
    lit = imgui.is_item_active() or imgui.is_item_hovered()
    painter, colour = imgui.get_window_draw_list(), imgui.get_color_u32(LIT if lit else GRAB)
    painter.add_rect_filled((min(start, x), foot + 1), (max(start, x), high.y - 1), colour)
    painter.add_rect_filled((x - half, foot), (x + half, high.y), colour, 2.0)


def drag_row(label: str, value: float, step: float, least: float, format: str, help: str) -> float:
    """A number up to any that makes sense."""
    _knob(label, help)
    changed, new = imgui.drag_float(f"##{label}", value, step, least, MOST, format, CLAMP)
    tooltip(help, "Drag, or Ctrl+click to type a number.")
    return _finite(new, value) if changed else value


def length_row(label: str, length: float, ruler: Ruler, step: float, least: float, format: str, help: str) -> float:
    """A length in scene units, told by the ruler, as `step` and `least` are already."""
    told = length * ruler.factor
    new = drag_row(label, told, step, least, f"{format} {ruler.unit}", help)
    return length if new == told else new / ruler.factor


def drags_row(label: str, values, step: float, format: str, help: str) -> tuple[float, float, float]:
    """Three numbers, as large as makes sense."""
    _knob(label, help)
    changed, new = imgui.drag_float3(f"##{label}", list(values), step, -MOST, MOST, format, CLAMP)
    tooltip(help, "Drag, or Ctrl+click to type a number.")
    return _finite(tuple(new), values) if changed else values


def numbers_row(label: str, values, format: str, help: str) -> tuple[float, float, float] | None:
    """Three numbers to type over; what was typed, once the last of them is left. Escape leaves them as they were."""
    _knob(label, help)
    key = imgui.get_id(label)
    before = _typed.get(key, values)
    changed, new = imgui.input_float3(f"##{label}", list(before), format)
    if changed:
        _typed[key] = tuple(min(max(number, -MOST), MOST) for number in _finite(new, before))
    if imgui.is_item_active():
        _left[key] = 0
    elif key in _typed:
        _left[key] += 1
    tooltip(help)
    if key not in _typed:
        return None
    if imgui.is_key_pressed(imgui.Key.escape):
        del _typed[key]
        return None
    # A frame lies between the one number that Tab leaves and the next one.
    return _typed.pop(key) if _left[key] > 2 else None


def text_row(label: str, value: str, help: str) -> str:
    """Words to type over."""
    _knob(label, help)
    _, new = imgui.input_text(f"##{label}", value)
    tooltip(help)
    return new


def sizes_row(label: str, value: tuple[int, int], most: int, help: str) -> tuple[int, int]:
    """Two whole numbers from 1 to `most`."""
    _knob(label, help)
    _, new = imgui.input_int2(f"##{label}", list(value))
    tooltip(help)
    return tuple(min(max(edge, 1), most) for edge in new)


def colour_row(label: str, value, help: str):
    """A colour, red green blue in 0..1, to pick; there is room for more behind it."""
    _name(label, help)
    changed, new = imgui.color_edit3(f"##{label}", list(value), imgui.ColorEditFlags_.no_inputs)
    tooltip(help)
    return _finite(tuple(new), value) if changed else value


def check_row(label: str, what: str, value: bool, help: str) -> bool:
    """Yes or no, with the word for yes beside the box."""
    _name(label, help)
    return checkbox(what, value, help)


def dim(text: str):
    """A sentence that explains, in several lines where it is long."""
    imgui.push_style_color(imgui.Col_.text, DIM)
    imgui.text_wrapped(text)
    imgui.pop_style_color()


def heading(text: str):
    """Over a table of rows that belong together."""
    imgui.spacing()
    imgui.text_unformatted(text)


def checkbox(label: str, value: bool, help: str) -> bool:
    _, value = imgui.checkbox(label, value)
    tooltip(help)
    return value


def button(label: str, help: str) -> bool:
    pressed = imgui.button(label)
    tooltip(help)
    return pressed


def is_left() -> bool:
    """Whether Escape was pressed in the window that is being drawn while it was used by keyboard: else the scene alone
    hears of the key."""
    return imgui.is_window_focused() and imgui.is_key_pressed(imgui.Key.escape)


def beside(label: str, is_box: bool = False):
    """The button of that label, or the box to tick, goes beside the item before it where there is room, else below."""
    style = imgui.get_style()
    mark = imgui.get_frame_height() + style.item_inner_spacing.x if is_box else 2 * style.frame_padding.x
    width = mark + imgui.calc_text_size(label).x
    imgui.same_line()
    if imgui.get_content_region_avail().x < width:
        imgui.new_line()


def _finite(new, old):
    """A number that was typed, or several: the old ones instead of `nan` and `inf`, which ImGui reads as numbers and
    whose `nan` passes every limit."""
    return new if all(map(math.isfinite, new if isinstance(new, (tuple, list)) else (new,))) else old


def _name(label: str, help: str):
    imgui.table_next_column()
    imgui.align_text_to_frame_padding()
    imgui.text_colored(DIM, label)
    tooltip(help)
    imgui.table_next_column()


def _knob(label: str, help: str):
    _name(label, help)
    imgui.set_next_item_width(-1)
