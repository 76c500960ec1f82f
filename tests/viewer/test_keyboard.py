"""Whose the keys are, the panels' or the picture's, by mouse and keyboard in a real window."""

import pytest
from desktop import watch_controls
from imgui_bundle import imgui

from viewer.panels import PANELS
from viewer.tour import Tour


def is_navigated(desk):
    return desk.viewer.screen.ui.io.nav_visible


def over_picture(desk):
    left, top, width, height = desk.viewer.area
    return left + width // 2, top + height // 2


def step(desk, key="Right"):
    """By that key to another view."""
    view = desk.viewer.view
    desk.key(key)
    desk.until(lambda: desk.viewer.view != view, "the next view")
    desk.rest()


@pytest.fixture
def path(desk):
    desk.viewer.path.tour = Tour()
    yield desk.viewer.path
    desk.viewer.path.tour = Tour()


def test_after_a_click_on_a_control_the_arrows_and_space_are_the_pictures(desk, path):
    viewer = desk.viewer
    desk.open("Compare")
    desk.click(*desk.places["first"])
    desk.move(*over_picture(desk))
    before = viewer.view, viewer.settings
    for _ in range(3):
        step(desk)
    desk.key("space")
    desk.until(lambda: viewer.message, "what the path says")
    assert viewer.view == (before[0] + 3) % len(viewer.scene.cameras) and viewer.settings == before[1]
    assert not is_navigated(desk)
    step(desk, "Home")
    assert viewer.view == viewer.home


def test_a_panel_that_was_opened_by_its_key_leaves_the_arrows_and_space_to_the_picture(desk, path):
    desk.open("Path")
    for _ in range(3):
        count = len(path.tour.path.keyframes)
        desk.key("k")
        desk.until(lambda: len(path.tour.path.keyframes) > count, "a keyframe")
        step(desk)
    keys = path.tour.path.keyframes
    assert len({key.position for key in keys}) == len(keys) == 3
    desk.key("space")
    desk.until(lambda: path.tour.doing == "playing", "a flight along the path")
    assert path.tour.path.keyframes == keys


@pytest.mark.parametrize("leave", ["Escape", "a click"])
def test_tab_goes_into_the_panel_of_the_key_before_and_escape_or_a_click_out_of_it_for_good(desk, leave):
    viewer = desk.viewer
    desk.open("Compare")
    desk.key("Tab")
    desk.until(lambda: is_navigated(desk), "a panel that takes keys")
    view, compare = viewer.view, viewer.settings.look.compare
    for key in ("Home", "Right", "space"):
        desk.key(key)
        desk.frame(3)
    desk.until(lambda: viewer.settings.look.compare != compare, "what the arrow went to and space chose")
    assert viewer.view == view
    if leave == "Escape":
        desk.key("Escape")
    else:
        desk.click(*over_picture(desk))
    desk.until(lambda: not is_navigated(desk), "the panel left")
    compare = viewer.settings.look.compare
    for _ in range(3):
        step(desk)
    assert viewer.settings.look.compare == compare


def test_tab_goes_into_the_panel_that_was_clicked_last(desk):
    desk.open("Statistics")
    desk.click(*desk.places["vsync"])
    before = desk.viewer.settings.vsync
    desk.click(*over_picture(desk))
    desk.key("Tab")
    desk.until(lambda: is_navigated(desk), "a panel that takes keys")
    assert imgui.get_current_context().nav_window.name == "Statistics"
    desk.key("space")
    desk.until(lambda: desk.viewer.settings.vsync != before, "what was clicked last")


def test_a_list_that_was_opened_by_mouse_has_the_keys_until_escape_closes_it_alone(desk):
    viewer, view = desk.viewer, desk.viewer.view
    viewer.complain("a sentence")
    desk.open("Scene")
    desk.click(*desk.scrolled("Scene", "##up"))
    desk.until(lambda: imgui.get_current_context().open_popup_stack, "the list")
    desk.key("Down", "Right", "Escape")
    desk.until(lambda: not imgui.get_current_context().open_popup_stack, "the list closed")
    assert viewer.view == view and viewer.notices == ["a sentence"]
    step(desk)
    desk.key("Escape")
    desk.until(lambda: not viewer.notices, "the sentence gone")


def test_panels_that_are_hidden_while_they_are_used_by_keyboard_have_no_keys(desk):
    desk.key("Tab")
    desk.until(lambda: is_navigated(desk), "a panel that takes keys")
    desk.key("h")
    desk.until(lambda: not desk.viewer.settings.panel, "no panels")
    desk.rest()
    step(desk)


@pytest.mark.parametrize("panel", [panel.name for panel in PANELS])
def test_tab_goes_round_all_controls_of_a_panel(desk, panel, monkeypatch):
    found, reached, context = {}, [], imgui.get_current_context()

    def note(label):
        item = context.last_item_data  # of three numbers beside each other there is none for all
        is_disabled = item.item_flags & imgui.ItemFlags_.disabled
        if imgui.internal.get_current_window().name == panel and item.id_ and not is_disabled:
            found[item.id_] = label
    desk.viewer.set(closed=tuple(other.name for other in PANELS if other.name != panel))  # it is quicker without them
    desk.open(panel)
    watch_controls(monkeypatch, note)
    desk.key("Tab")
    desk.until(lambda: is_navigated(desk), "a panel that takes keys")
    while context.nav_id not in reached:
        reached.append(context.nav_id)
        desk.key("Tab")
        desk.until(lambda: context.nav_id != reached[-1], "the next control")
    assert len(found) >= 5 and found.keys() <= set(reached)
