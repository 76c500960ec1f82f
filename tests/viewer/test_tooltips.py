"""What everybody may ask of the panels, whichever it is."""

import pytest
from desktop import watch_controls
from imgui_bundle import imgui

from viewer.panels import PANELS


@pytest.mark.parametrize("panel", [panel.name for panel in PANELS])
def test_every_control_says_under_the_cursor_what_it_changes(desk, panel, monkeypatch):
    found, explained = {}, set()  # by ImGui's number of the item

    def note(label):
        found[imgui.get_item_id()] = label

    def is_hovered(flags=0, ask=imgui.is_item_hovered):
        explained.add(imgui.get_item_id())
        return ask(flags)
    watch_controls(monkeypatch, note)
    monkeypatch.setattr(imgui, "is_item_hovered", is_hovered)
    desk.open(panel)
    desk.frame(2)
    menus = {"File", "Camera", "Picture", "Panels", "Help"}
    assert found and {label for item, label in found.items() if item not in explained} <= menus
