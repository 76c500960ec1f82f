"""Finds texts of ImGui that have no room: cut off by an edge of what they stand in, wider than their knob or their tab,
or written over one another."""

from __future__ import annotations

from itertools import combinations

from imgui_bundle import imgui

PLAIN = "text_unformatted", "text_colored", "text_wrapped", "button", "checkbox", "radio_button", "menu_item"
NUMBERS = {"slider_float": (1, 4), "drag_float": (1, 5), "drag_float3": (3, 5), "input_float3": (3, 2),
           "input_int2": (2, None)}  # how many stand side by side; where in the arguments their format is
LISTED = "begin_menu", "selectable"  # which are as wide as what they stand in
SLACK = 1.0  # pixels; ImGui rounds places
WINDOWS = "Open", "Load a path", "Save the path", "Benchmark", "Too large", "Keys"
OVER = "###notices", "###message", "###legend", "###compared first", "###compared second"


class Texts:
    """Of the frame that was drawn last. `patch` is a MonkeyPatch."""

    def __init__(self, patch):
        self._found: list[tuple[str, str, tuple, tuple]] = []  # window, text, its edges and those of its place
        for name in PLAIN:
            self._watch(patch, name, lambda words: self._note(words, *_item()))
        for name in LISTED:
            self._watch(patch, name, self._note_at_left)
        for name, (count, place) in NUMBERS.items():
            self._watch_numbers(patch, name, count, place)
        self._watch_more(patch)

    def begin(self):
        self._found.clear()

    def problems(self) -> list[str]:
        cut = [f"{window}: {text!r} is cut" for window, text, edges, room in self._found
               if edges[0] < room[0] - SLACK or edges[2] > room[2] + SLACK]
        return cut + list(self._overlaps()) + list(_tabs()) + list(_over()) + list(_outside())

    def _overlaps(self):
        for (window, a, of_a, _), (other, b, of_b, _) in combinations(self._found, 2):
            if window == other and all(min(of_a[i + 2], of_b[i + 2]) - max(of_a[i], of_b[i]) > SLACK for i in (0, 1)):
                yield f"{window}: {a!r} is written over {b!r}"

    def _watch(self, patch, name, note):
        def watched(*words, draw=getattr(imgui, name), **named):
            result = draw(*words, **named)
            text = next(word for word in words if isinstance(word, str))
            note(text.split("##")[0])
            return result
        patch.setattr(imgui, name, watched)

    def _watch_numbers(self, patch, name, count, place):
        def watched(label, value, *more, draw=getattr(imgui, name)):
            result = draw(label, value, *more)
            shape = "%d" if place is None else (label, value, *more)[place]
            values = [value] if count == 1 else value
            widest = max((shape % number if "%" in shape else shape for number in values), key=_width)
            self._note_inside(widest, count, 0 if "input" not in name else imgui.get_style().frame_padding.x)
            return result
        patch.setattr(imgui, name, watched)

    def _watch_more(self, patch):
        def combo(label, preview, *more, draw=imgui.begin_combo):
            result = draw(label, preview, *more)
            if not result:
                self._note_inside(preview, 1, (imgui.get_frame_height() + imgui.get_style().frame_padding.x) / 2)
            return result

        def bar(share, size, text, draw=imgui.progress_bar):
            draw(share, size, text)
            self._note_inside(text, 1, 0)

        def paint(painter, place, colour, text, draw=imgui.ImDrawList.add_text):
            draw(painter, place, colour, text)
            size = imgui.calc_text_size(text)
            self._note(text, (*place, place[0] + size.x, place[1] + size.y))
        patch.setattr(imgui, "begin_combo", combo)
        patch.setattr(imgui, "progress_bar", bar)
        patch.setattr(imgui.ImDrawList, "add_text", paint)

    def _note(self, text, left, top=None, right=None, lower=None):
        edges = left if top is None else (left, top, right, lower)
        window = imgui.internal.get_current_window()
        if window.hidden:  # until ImGui knows its size
            return
        room = window.clip_rect
        self._found.append((window.name, text, edges, (room.min.x, room.min.y, room.max.x, room.max.y)))

    def _note_at_left(self, text):
        left, top, _, lower = _item()
        self._note(text, left, top, left + _width(text), lower)

    def _note_inside(self, text, count, padding):
        """In the middle of one of `count` equal fields, which have that much to each side."""
        left, top, right, lower = _item()
        width = (right - left - (count - 1) * imgui.get_style().item_inner_spacing.x) / count
        self._note("", left, top, right, lower)
        if _width(text) > width - 2 * padding + SLACK:
            self._note(text, left, top, float("inf"), lower)


def _item():
    low, high = imgui.get_item_rect_min(), imgui.get_item_rect_max()
    return low.x, low.y, high.x, high.y


def _width(text):
    return imgui.calc_text_size(text).x


def _tabs():
    """Names of panels that are shortened, or pushed aside."""
    from viewer.panels import PANELS
    for panel in PANELS:
        window = imgui.internal.find_window_by_name(panel.name)
        bar = window.dock_node and window.dock_node.tab_bar
        if not bar:
            continue
        for tab in bar.tabs:
            if tab.id_ == window.tab_id and tab.width < tab.content_width - SLACK:
                yield f"the tab {panel.name} is shortened"
        if bar.width_all_tabs > bar.bar_rect.max.x - bar.bar_rect.min.x + SLACK:
            yield f"the tabs beside {panel.name} do not fit"


def _over():
    """What is written over the picture, written over one another."""
    windows = [window for window in map(imgui.internal.find_window_by_name, OVER) if window and window.active]
    for a, b in combinations(windows, 2):
        edges = [(w.pos.x, w.pos.y, w.pos.x + w.size.x, w.pos.y + w.size.y) for w in (a, b)]
        if all(min(e[i + 2] for e in edges) - max(e[i] for e in edges) > SLACK for i in (0, 1)):
            yield f"{a.name} lies over {b.name}"


def _outside():
    """Windows over the picture that reach out of the program's, or hide their foot."""
    edges = imgui.get_io().display_size
    for window in map(imgui.internal.find_window_by_name, WINDOWS):
        if window and window.active and (min(window.pos.x, window.pos.y) < 0
                                         or window.pos.x + window.size.x > edges.x + SLACK
                                         or window.pos.y + window.size.y > edges.y + SLACK):
            yield f"{window.name} reaches out of the window"
        elif window and window.active and window.scroll_max.y and window.name != "Keys":  # a list as long as it is
            yield f"{window.name} has to be scrolled"
