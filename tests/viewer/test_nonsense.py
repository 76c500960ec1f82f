"""What is typed into the panels that is no number to draw by: the window goes on with what was there before."""

from dataclasses import fields, is_dataclass, replace
from itertools import product

import numpy as np
import pytest
from desktop import watch_controls
from imgui_bundle import imgui
from test_every_control import TABLE, uncrop, write

from gsrender.settings import RenderSettings
from viewer.camera_path import CameraPath
from viewer.panels import PANELS as ALL
from viewer.panels import camera
from viewer.path_file import load_path
from viewer.tour import Tour

NUMBERS = ("slider_float", "drag_float", "drag_float3", "input_float3")  # which take no whole numbers alone
PANELS = [name for name, controls in TABLE.items() if any(control.label.startswith("##") for control in controls)]


@pytest.fixture
def desk(desk, street):
    """With all rows that there are: of a path and one of its keyframes, a crop box, a line between two settings."""
    viewer, path = desk.viewer, desk.viewer.path
    detail, keys = viewer.scene.proxy.settings, load_path(street / "transforms_fly.json")[0].keyframes[:30:10]
    path.tour = replace(Tour(CameraPath(tuple(key.at(i) for i, key in enumerate(keys)))), chosen=1)
    viewer.set(render=replace(viewer.settings.render, crop=viewer.crop_box),
               look=replace(viewer.settings.look, compare="split"))
    yield desk
    path.tour, path.size, path.fps, viewer.shot_size = Tour(), (1280, 720), 30.0, (1920, 1080)
    viewer.set_detail(detail)
    viewer.set_metres(None)
    uncrop(viewer)
    viewer.act("undo fit")


def numbers_in(value):
    if is_dataclass(value):
        value = [getattr(value, field.name) for field in fields(value)]
    if isinstance(value, (list, tuple)):
        return [number for part in value for number in numbers_in(part)]
    return [value] if isinstance(value, (int, float)) else []


def is_sound(app):
    path, scene = app.path, app.scene
    return np.isfinite(numbers_in((app.settings, app.state, path.tour, path.size, path.fps, scene.fit, scene.ruler,
                                   scene.proxy.settings, app.shot_size))).all()


def picture_of(desk):
    """And the panel Camera beside it; neither the figures at the foot nor what is over both."""
    _, top, _, height = desk.viewer.area
    return desk.see()[top + 30:top + height // 2]


@pytest.mark.parametrize("panel", PANELS)
def test_what_is_no_number_goes_into_no_field(desk, panel, monkeypatch):
    app, seen, numbers = desk.viewer, set(), []

    def note(label):
        if imgui.internal.get_current_window().name == panel and label not in numbers:
            numbers.append(label)
    watch_controls(monkeypatch, seen.add)
    watch_controls(monkeypatch, note, NUMBERS)
    app.set(closed=tuple(other.name for other in ALL if other.name != panel))  # it is quicker without them
    desk.open(panel)
    assert {control.label for control in TABLE[panel] if control.label.startswith("##")} <= seen
    for label, nonsense in product(tuple(numbers), ("nan", "inf", ("minus", *"inf"))):
        at = desk.scrolled(panel, label)
        desk.hold("ctrl")
        desk.click(*at)
        desk.release("ctrl")
        desk.until(lambda: app.screen.ui.io.want_text_input, f"{label} to take keys")
        desk.key("ctrl+a", *nonsense, "Return")
        desk.until(lambda: not app.screen.ui.io.want_text_input, f"{label} left")
        desk.frame(4)  # what was typed is taken in, and drawn
        assert is_sound(app), f"{nonsense} in {label}"
    assert numbers


def test_what_a_panel_makes_no_sense_of_is_said_and_all_is_as_before(desk, monkeypatch):
    desk.open("Camera")
    app, before, row = desk.viewer, picture_of(desk), camera.slider_row

    def nowhere(label, value, *more, **named):
        return float("nan") if label == "field of view" else row(label, value, *more, **named)
    settings, state = app.settings, app.state
    monkeypatch.setattr(camera, "slider_row", nowhere)  # as if it let through what the rows keep out
    desk.frame(2)
    monkeypatch.undo()
    desk.rest()
    assert "focal nan" in app.notices[0] and (app.settings, app.state) == (settings, state)
    app.send_away(app.notices[0])
    assert np.array_equal(picture_of(desk), before)


def test_a_panel_that_ends_in_the_middle_leaves_the_next_frame_whole(desk, monkeypatch):
    def half(*_, **__):
        imgui.begin_table("half", 2)
        imgui.push_style_color(imgui.Col_.text, (1, 0, 0, 1))
        return RenderSettings(margin=-1)
    desk.open("Camera")
    app, before = desk.viewer, picture_of(desk)
    monkeypatch.setattr(camera, "slider_row", half)
    desk.frame(2)
    monkeypatch.undo()
    assert app.notices == ["margin -1 must be zero or more scene units"]
    app.send_away(app.notices[0])
    assert np.array_equal(picture_of(desk), before)


def test_a_picture_larger_than_is_drawn_is_not_made_smaller_without_a_word(desk):
    desk.open("Scene")
    write("20000", aside=-30)(desk, desk.scrolled("Scene", "##save as"))
    desk.until(lambda: desk.viewer.message == "a picture has 1 to 16384 pixels an edge", "a sentence")
    assert desk.viewer.shot_size[0] == 16384
