"""The panel Camera, by mouse and keyboard in a real window."""

import json
from dataclasses import replace

import numpy as np
import pytest
from imgui_bundle import imgui
from PIL import Image

from viewer.panels import camera
from viewer.panels.rows import GRAB


@pytest.fixture
def desk(desk):
    desk.open("Camera")
    return desk


def pixels(desk):
    left, top, width, height = desk.viewer.area
    return desk.see()[top:top + height, left:left + width].astype(int)


def type_into(desk, label, *numbers):
    """Types over the numbers of a field; Tab goes to the next one, Enter takes them."""
    x, y = desk.places[label]
    desk.click(x - 80, y)
    desk.until(lambda: desk.viewer.screen.ui.io.want_text_input, "the field to take keys")
    for i, number in enumerate(numbers):
        desk.key("ctrl+a", *[{"-": "minus", ".": "period"}.get(letter, letter) for letter in f"{number:g}"])
        desk.frame(2)
        desk.key("Return" if i == len(numbers) - 1 else "Tab")
        desk.frame(4)


def test_the_modes_are_chosen_by_button_and_by_key(desk):
    for mode in ("orbit", "walk", "fly"):
        desk.click(*desk.places[mode])
        assert desk.viewer.state.mode == mode
    for key, mode in zip("231", ("orbit", "walk", "fly")):
        desk.key(key)
        desk.until(lambda: desk.viewer.state.mode == mode, mode)


def test_sliders_set_speed_and_flight_time(desk):
    x, y = desk.places["##speed"]
    before = desk.viewer.state.speed
    desk.drag((x, y), (x + 60, y))
    assert desk.viewer.state.speed > before
    x, y = desk.places["##flight time"]
    desk.drag((x, y), (x - 130, y))
    assert desk.viewer.state.flight_time == 0
    view = desk.viewer.view
    desk.key("Right")
    desk.until(lambda: desk.viewer.view != view, "the next view")
    desk.frame(1)
    assert desk.viewer.state.flight is None


def test_a_wider_field_of_view_shows_more(desk):
    narrow, before = pixels(desk), desk.viewer.state.pose.fov_y
    x, y = desk.places["##field of view"]
    desk.drag((x, y), (x + 60, y))
    assert desk.viewer.state.pose.fov_y > before + 10
    assert np.abs(pixels(desk) - narrow).mean() > 5


def test_a_far_near_plane_cuts_away_what_is_before_it(desk):
    whole = pixels(desk)
    x, y = desk.places["##near"]
    desk.hold("ctrl")
    desk.click(x, y)
    desk.release("ctrl")
    desk.until(lambda: desk.viewer.screen.ui.io.want_text_input, "the field to take keys")
    desk.key("ctrl+a", "4", "0", "Return")
    desk.until(lambda: desk.viewer.state.space.near == 40, "another near plane")
    desk.rest()
    assert desk.viewer.canvas.camera.near == 40 and np.abs(pixels(desk) - whole).mean() > 5


def test_a_typed_position_is_gone_to_and_can_be_taken_back(desk):
    before = desk.viewer.state.pose
    type_into(desk, "##position", 40, 5, 2.5)
    desk.until(lambda: desk.viewer.state.pose.position == (40, 5, 2.5), "the typed position")
    desk.rest()
    desk.click(*desk.places["undo"])
    desk.rest()
    assert np.allclose(desk.viewer.state.pose.position, before.position)
    desk.click(*desk.places["redo"])
    desk.rest()
    assert np.allclose(desk.viewer.state.pose.position, (40, 5, 2.5))


def test_where_nothing_is_in_view_it_is_said_and_one_key_leads_back(desk):
    viewer = desk.viewer
    type_into(desk, "##position", 1e20, 0, 0)
    desk.until(lambda: viewer.state.pose.position == (1e9, 0, 0), "as far as can be gone to")
    desk.rest()
    assert viewer.notices == ["The scene is too far away to be seen: R flies back to the first view."]
    viewer.state = viewer.state.placed(position=(0, 0, 300), pitch=1.5)
    desk.until(lambda: viewer.notices == ["Nothing of the scene is in view: R flies back to the first view."],
               "another sentence")
    desk.key("r")
    desk.until(lambda: desk.viewer.idle and not desk.viewer.notices, "the first view")
    assert desk.viewer.canvas.stats.counts["drawn"] > 1000


def test_a_typed_point_is_turned_to_and_orbited(desk):
    desk.click(*desk.places["orbit"])
    type_into(desk, "##look at", 30, 12, 1)
    desk.rest()
    state = desk.viewer.state
    assert np.allclose(state.pivot, (30, 12, 1), atol=0.02) and state.mode == "orbit"
    desk.drag((900, 300), (960, 290))
    desk.rest()
    assert np.allclose(desk.viewer.state.pivot, state.pivot) and desk.viewer.state.pose != state.pose


def test_a_tilt_is_there_until_the_view_is_kept_level(desk):
    x, y = desk.places["##roll"]
    straight = pixels(desk)
    desk.drag((x, y), (x + 40, y))
    assert desk.viewer.state.pose.roll > 0.3 and np.abs(pixels(desk) - straight).mean() > 5
    desk.click(*desk.places["keep level"])
    desk.rest()
    assert desk.viewer.state.level and desk.viewer.state.pose.roll == 0
    desk.drag((x, y), (x + 40, y))
    assert desk.viewer.state.pose.roll == 0


def test_a_camera_goes_through_the_clipboard(desk):
    there = desk.viewer.state.pose
    desk.click(*desk.places["copy"])
    text = desk.viewer.screen.clipboard()
    assert np.allclose(json.loads(text)["position"], there.position)
    desk.key("Right")
    desk.until(lambda: desk.viewer.state.flight, "a flight")
    desk.rest()
    assert not np.allclose(desk.viewer.state.pose.position, there.position)
    desk.click(*desk.places["paste"])
    desk.rest()
    assert np.allclose(desk.viewer.state.pose.position, there.position)
    assert desk.viewer.state.pose.yaw == pytest.approx(there.yaw, abs=1e-6)
    desk.viewer.screen.set_clipboard("something else")
    desk.key("ctrl+v")
    desk.until(lambda: "no camera" in desk.viewer.message, "a sentence")


def test_the_list_flies_to_a_camera_and_the_nearest_one_is_found_again(desk, scene):
    name = scene.cameras[1].name
    desk.viewer.fly_to(0)  # which the list follows
    desk.rest()
    desk.click(*desk.places[name])
    desk.rest()
    there = scene.cameras[1].camera.position
    assert desk.viewer.view == 1 and np.allclose(desk.viewer.state.pose.position, there)
    type_into(desk, "##position", *np.round(there + 0.3, 2))
    desk.click(*desk.places["nearest"])
    desk.rest()
    assert desk.viewer.view == 1 and np.allclose(desk.viewer.state.pose.position, there)


@pytest.fixture
def rows(desk, monkeypatch):
    """Whether each of the list's rows that are in view is marked, by its label."""
    found = {}

    def watched(label, chosen, *more, draw=imgui.selectable):
        result = draw(label, chosen, *more)
        room = imgui.internal.get_current_window().clip_rect
        low, high = imgui.get_item_rect_min().y, imgui.get_item_rect_max().y
        if room.min.y <= low and high <= room.max.y:
            found[label] = chosen
        return result
    monkeypatch.setattr(imgui, "selectable", watched)

    def now():
        desk.viewer.stir()
        desk.rest()
        desk.frame(3)
        found.clear()
        desk.viewer.idle = False
        desk.frame()
        return dict(found)
    return now


def test_the_list_marks_a_camera_only_while_one_stands_there(desk, scene, rows):
    name = scene.cameras[1].name
    desk.drag((900, 300), (930, 310))
    desk.rest()
    desk.key("ctrl+c")
    desk.until(lambda: "clipboard" in desk.viewer.message, "the copy")
    desk.viewer.fly_to(1)
    assert rows()[name]
    desk.key("ctrl+v")
    desk.until(lambda: desk.viewer.standing is None, "the way back")
    shown = rows()
    assert name not in shown and not shown[f"{name}   visited last"]
    desk.viewer.fly_to(1)
    desk.drag((900, 300), (960, 320))
    assert not any(rows().values())
    desk.viewer.undo()  # to where it had been before it flew there
    desk.viewer.stir()
    desk.rest()
    assert desk.viewer.standing != 1


def test_the_list_follows_to_the_camera_that_is_visited(desk, scene, rows):
    for view in (len(scene.cameras) - 1, 0, 20):
        desk.viewer.fly_to(view)
        assert rows()[scene.cameras[view].name]


def test_three_photographs_are_in_view_at_once(desk, scene, tmp_path, monkeypatch, rows):
    Image.new("RGB", (60, 40)).save(tmp_path / "photograph.png")
    monkeypatch.setattr(scene, "cameras", [replace(view, image=tmp_path / "photograph.png") for view in scene.cameras])
    desk.viewer.fly_to(0)
    assert len(rows()) >= 3


def test_the_list_shows_photographs_where_there_are_some(desk, scene, tmp_path, monkeypatch):
    path = tmp_path / "photograph.png"
    Image.new("RGB", (60, 40), (10, 250, 20)).save(path)
    monkeypatch.setattr(scene, "cameras", [replace(view, image=path) for view in scene.cameras])
    desk.until(lambda: desk.viewer.thumbnails.of(path), "the thumbnail")
    desk.move(1200, 320)
    shown = (np.abs(desk.see()[:, :375].astype(int) - (10, 250, 20)) < 12).all(2)
    assert shown.sum() > 40 * 60


def test_walking_stays_above_the_street_at_the_height_of_the_eyes(desk):
    desk.click(*desk.places["walk"])
    desk.until(lambda: desk.viewer.state.ground and desk.viewer.state.eyes, "ground")
    start = desk.viewer.state
    desk.hold("w")
    desk.until(lambda: np.linalg.norm(np.subtract(desk.viewer.state.pose.position, start.pose.position)) > 1, "a walk")
    desk.release("w")
    desk.rest()
    state = desk.viewer.state
    assert state.ground.below(state.pose.position) == pytest.approx(start.eyes, abs=0.1)
    assert abs(state.pose.position[2] - start.pose.position[2]) < 0.5


def test_that_walking_is_as_fast_as_flying_is_said_until_a_unit_has_a_length(desk, monkeypatch):
    said = []
    monkeypatch.setattr(camera, "dim", said.append)
    desk.frame()
    assert camera.NO_PACE not in said
    desk.click(*desk.places["walk"])
    assert camera.NO_PACE in said and desk.viewer.state.rate == desk.viewer.state.speed
    desk.viewer.set_metres(1.0)
    try:
        desk.frame(2)
        said.clear()
        desk.frame()
        assert not said and desk.viewer.state.rate == 1.4
    finally:
        desk.viewer.set_metres(None)


def test_buttons_go_to_the_neighbours_in_the_dataset_back_from_a_jump_and_home(desk, scene):
    viewer, first, home, before = desk.viewer, desk.viewer.view, desk.viewer.state.pose, pixels(desk)
    desk.click(*desk.scrolled("Camera", "next"))
    assert viewer.view == (first + 1) % len(scene.cameras)
    assert np.abs(pixels(desk) - before).mean() > 3
    desk.click(*desk.scrolled("Camera", "undo"))
    desk.rest()
    assert viewer.state.pose == home
    desk.click(*desk.scrolled("Camera", "redo"))
    desk.rest()
    desk.click(*desk.scrolled("Camera", "previous"))
    assert viewer.view == first
    viewer.visit(3)
    desk.rest()
    desk.click(*desk.scrolled("Camera", "reset"))
    desk.rest()
    assert viewer.view == first and viewer.state.pose == home


def test_a_key_puts_all_panels_back_to_their_places(desk):
    wide = desk.viewer.area
    desk.viewer.set(closed=("Statistics", "Path"))
    desk.rest()
    assert desk.viewer.area[3] > wide[3]
    desk.key("ctrl+0")
    desk.until(lambda: desk.viewer.settings.closed == (), "all panels")
    desk.rest()
    assert desk.viewer.area == wide


@pytest.mark.parametrize("label", ["##speed", "##field of view", "##flight time"])
def test_where_a_slider_stands_is_seen_under_its_number_and_not_behind_it(desk, label):
    """In the middle, where the number is."""
    x, y = desk.places[label]
    desk.click(x, y)
    desk.move(1200, 300)
    pixels = desk.see().astype(int)
    half = round(imgui.get_frame_height() / 2)
    of_bar = (np.abs(pixels - np.round(255 * np.array([*GRAB][:3]))) <= 2).all(2)
    digits, foot = of_bar[round(y) - half + 2:round(y) + 5, round(x) - 40:round(x) + 40], of_bar[round(y) + half - 3]
    assert not digits.any() and foot[round(x) - 3:round(x) + 4].all() and not foot[round(x) + 12:350].any()
