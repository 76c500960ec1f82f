"""The list of keys, in the middle of the window."""

from __future__ import annotations

from imgui_bundle import imgui

from viewer.bindings import BINDINGS
from viewer.panels.rows import DIM


def draw(size: tuple[float, float]) -> bool:
    """Whether it stays open."""
    imgui.set_next_window_pos((size[0] / 2, size[1] / 2), imgui.Cond_.appearing, (0.5, 0.5))
    imgui.set_next_window_size_constraints((0, 0), size)  # scrolls where the window is too small for the list
    flags = imgui.WindowFlags_.always_auto_resize | imgui.WindowFlags_.no_collapse
    _, stays = imgui.begin("Keys", True, flags)
    if imgui.begin_table("keys", 2):
        for binding in BINDINGS:
            imgui.table_next_row()
            imgui.table_next_column()
            imgui.text_unformatted(" or ".join(binding.keys))
            imgui.table_next_column()
            imgui.text_colored(DIM, binding.help)
        imgui.end_table()
    imgui.text_colored(DIM, "Keys are named by where they lie on a US keyboard.")
    imgui.end()
    return bool(stays)
