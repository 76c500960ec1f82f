import pytest

from vk_interop.input import Collector, Input


def test_the_first_frame_of_a_drag_never_jumps():
    events = Collector()
    events.cursor(0.1, 0.1)
    events.button("left", True)
    assert events.take().drag == {}
    events.cursor(0.2, 0.1)
    assert events.take().drag["left"] == (0.1, 0.0)


def test_a_drag_after_the_cursor_was_elsewhere_does_not_jump():
    events = Collector()
    events.cursor(0.9, 0.9)
    events.lose_focus()
    events.button("left", True)
    events.cursor(0.1, 0.1)  # the first place it is seen at again
    assert events.take().drag == {}


def test_losing_the_focus_releases_every_key_and_button():
    events = Collector()
    events.key("W", True)
    events.cursor(0.0, 0.0)
    events.button("left", True)
    events.lose_focus()
    events.cursor(0.3, 0.0)
    assert events.take() == Input(cursor=(0.3, 0.0))


def test_a_key_held_is_pressed_once():
    events = Collector()
    events.key("C", True)
    events.key("C", True)  # the system's repeat
    assert events.take().pressed == ("C",)
    events.key("C", True)
    given = events.take()
    assert given.pressed == () and given.held == {"C"}


def test_a_tap_within_a_slow_frame_is_not_lost():
    events = Collector()
    events.key("W", True)
    events.key("W", False)
    assert events.take().held == {"W"}
    assert events.take().held == frozenset()


@pytest.mark.parametrize("frames_begin_at", range(4))
def test_ctrl_counts_for_the_keys_that_went_down_under_it_wherever_frames_begin(frames_begin_at):
    events, taken = Collector(), []
    for i, (name, down) in enumerate([("Ctrl", True), ("1", True), ("1", False), ("Ctrl", False), ("C", True)]):
        if i == frames_begin_at:
            taken.append(events.take())
        events.key(name, down)
    taken.append(events.take())
    pressed = [name for given in taken for name in given.pressed]
    assert pressed == ["Ctrl", "Ctrl+1", "C"]
    assert all("Ctrl" in given.held for given in taken if "1" in given.held)  # so that nothing moves by it


def test_a_drag_that_began_on_the_panel_stays_the_panels():
    events = Collector()
    events.cursor(0.5, 0.5)
    events.button("left", True)
    assert events.take(panel_has_mouse=True) == Input(cursor=(0.5, 0.5))
    events.cursor(0.6, 0.5)
    assert events.take(panel_has_mouse=False).drag == {}
    events.button("left", False)
    events.button("left", True)
    events.cursor(0.7, 0.5)
    assert "left" in events.take().drag


def test_the_wheel_over_the_panel_does_not_reach_the_scene():
    events = Collector()
    events.wheel(1)
    assert events.take(panel_has_mouse=True).wheel == 0
    events.wheel(1)
    events.wheel(0.5)
    assert events.take().wheel == 1.5


def test_keys_that_move_through_a_panel_are_the_panels_and_others_the_scenes():
    events = Collector()
    events.key("Right", True)
    events.key("W", True)
    given = events.take(panel_is_navigated=True)
    assert given.held == {"W"} and given.pressed == ("W",)


def test_a_part_of_the_window_measures_in_its_own_heights():
    given = Input(drag={"left": (0.1, -0.2)}, cursor=(0.6, 0.5)).within(left=0.4, top=0.1, height=0.5)
    assert given.drag == {"left": (0.2, -0.4)} and given.cursor == pytest.approx((0.4, 0.8))


def test_typing_into_a_field_moves_nothing():
    events = Collector()
    events.key("W", True)
    given = events.take(panel_has_keys=True)
    assert given.held == frozenset() and given.pressed == ()
