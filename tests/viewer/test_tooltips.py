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


def test_what_explains_a_control_goes_while_it_is_used(desk):
    def explained():
        window = imgui.internal.find_window_by_name("##Tooltip_00")
        return window is not None and window.active and not window.hidden
    desk.open("Camera")
    desk.move(*desk.places["##position"])
    desk.until(explained, "what it says")
    desk.click(*desk.places["##position"])
    desk.until(lambda: desk.viewer.screen.ui.io.want_text_input and not explained(), "the field free of it")
    desk.key("Escape")


def test_the_list_of_keys_is_whole_in_720_lines(desk):
    desk.key("F1")
    desk.until(lambda: desk.viewer.settings.help, "the list")
    desk.frame(4)
    window = imgui.internal.find_window_by_name("Keys")
    assert window.scroll_max.y == 0 and window.size.y <= 700 and window.size.x <= 1280


def test_escape_closes_the_benchmark_though_it_is_used_by_keyboard(desk):
    desk.key("Tab")
    desk.until(lambda: imgui.get_io().nav_visible, "a panel that takes keys")
    desk.viewer.act("benchmark")
    desk.frame(5)
    assert imgui.get_io().nav_visible and desk.viewer.benchmark
    desk.key("Escape")
    desk.until(lambda: not desk.viewer.benchmark, "the benchmark closed")


def test_escape_closes_what_is_over_the_picture_one_after_the_other(hand):
    """In a window of its own: at the desk a control that was used before may still have the keyboard."""
    viewer = hand.viewer
    viewer.complain("a sentence")
    viewer.files.browse()
    viewer.set(help=True)
    hand.frame(5)

    def opened():
        return viewer.settings.help + (viewer.files.browser is not None) + ("a sentence" in viewer.notices)
    for left in (2, 1, 0):  # whoever has the keyboard closes first
        hand.key("Escape")
        hand.until(lambda: opened() == left, f"only {left} to be left")
        hand.frame(5)  # until ImGui has given the keyboard to what is next
