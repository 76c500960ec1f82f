"""The list of keys over the picture, in groups; side by side where there is room."""

from __future__ import annotations

from imgui_bundle import imgui

from viewer.bindings import GROUPS
from viewer.panels import dialog
from viewer.panels.rows import DIM

COLUMN = 40  # font sizes that a column of groups takes
KEYS = 10  # of them, the keys
LEFT = 3  # groups that stand in the left one of two columns


def draw(size: tuple[float, float]) -> bool:
    """Whether it stays open."""
    font = imgui.get_font_size()
    count = 2 if size[0] > 2 * COLUMN * font else 1
    imgui.set_next_window_size_constraints((0, 0), size)  # scrolls where the window is too small for the list
    stays = dialog.begin("Keys", size, count * COLUMN)
    imgui.begin_table("groups", count, imgui.TableFlags_.sizing_stretch_same)
    for i, (title, bindings) in enumerate(GROUPS.items()):
        if i in (0, LEFT):
            imgui.table_next_column()
        _group(title, bindings)
    imgui.end_table()
    imgui.text_colored(DIM, "Keys are named by where they lie on a US keyboard.")
    imgui.end()
    return stays


def _group(title: str, bindings):
    imgui.spacing()
    imgui.separator_text(title)
    imgui.begin_table(title, 2)
    imgui.table_setup_column("keys", imgui.TableColumnFlags_.width_fixed, KEYS * imgui.get_font_size())
    imgui.table_setup_column("help", imgui.TableColumnFlags_.width_stretch)
    for binding in bindings:
        imgui.table_next_column()
        imgui.text_unformatted(" or ".join(binding.keys))
        imgui.table_next_column()
        imgui.push_style_color(imgui.Col_.text, DIM)
        imgui.text_wrapped(binding.help)
        imgui.pop_style_color()
    imgui.end_table()
