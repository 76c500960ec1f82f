"""What the person should know before believing the picture."""

from __future__ import annotations

from imgui_bundle import imgui

from viewer.panels.rows import WARN


def draw(warnings: list[str]):
    for warning in warnings:
        imgui.push_style_color(imgui.Col_.text, WARN)
        imgui.text_wrapped(f"! {warning}")
        imgui.pop_style_color()
    if warnings:
        imgui.separator()
