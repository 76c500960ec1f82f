"""What a window is closed with, the next one begins with: real windows, one after the other, each opened by the command
line and closed again."""

import shutil
import subprocess
import sys
import time
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from desktop import PATIENCE, Hand, ask_to_maximise, own_display, xdotool

from viewer.chosen import CHOSEN
from viewer.crop_box import box_around
from viewer.habits import habits_of
from viewer.look import Look
from viewer.remembered import Remembered, load, place, save
from vk_interop.depth_settings import DepthSettings
from vk_interop.placement import Placement

pytestmark = pytest.mark.usefixtures("display", "software_device")
PICTURE = {"culling": "footprint", "margin": 0.75, "background": (0.0, 0.5, 1.0), "level_bias": -0.5, "level_limit": 3}


@pytest.fixture
def window(viewer, street, tmp_path, monkeypatch):
    """Opens a window with these options, lets a hand do something, and closes it. What `do` returns."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr("viewer.app.NAP", 0.0)

    def run(do, *options, model=street / "model"):
        found = []

        def in_place_of_a_person(opened, *_):
            hand = Hand(opened, f"viewer: {model}")
            hand.rest()
            found.append(do(hand))
            hand.rest()
        with monkeypatch.context() as patch:
            patch.setattr("viewer.window.fly", in_place_of_a_person)
            ran = viewer(model, "--backend", "cpu", *options)
        assert ran.code == 0, ran.err
        return found[0]
    return run


def set_everything(hand):
    app = hand.viewer
    app.set(**{"resolution_scale": 0.5, "adaptive": False, "mode": "pipelined", "closed": ("Compare",)},
            render=replace(app.settings.render, **PICTURE, crop=box_around(app.scene.model.items.position, np.eye(3))))
    app.set_detail(DepthSettings(2.5, "hybrid", occlusion=False))
    app.state = app.state.with_flights(1.5, True).with_mode("orbit")
    app.shot_size, app.path.size, app.path.fps = (640, 480), (320, 180), 12.0
    app.act("freeze")
    app.set(look=Look("depth"))
    hand.key("t")
    hand.until(lambda: not app.settings.vsync, "vsync off")
    xdotool("windowsize", hand.window, "700", "500", "windowmove", hand.window, "120", "90")
    hand.until(lambda: app.screen.placement.at == (120, 90) and tuple(app.screen.units) == (700, 500), "its place")
    return told(hand)


def told(hand):
    app = hand.viewer
    return {**vars(habits_of(app)), **{name: getattr(app.settings.render, name) for name in CHOSEN},
            "size": tuple(app.screen.units), "at": tuple(map(int, (
                line.split("=")[1] for line in xdotool("getwindowgeometry", "--shell", hand.window).splitlines()
                if line[:2] in ("X=", "Y="))))}


def test_all_that_is_set_for_good_is_as_it_was_and_what_belongs_to_a_moment_is_not(window):
    before = window(set_everything)

    def look(hand):
        app = hand.viewer
        assert told(hand) == before
        assert app.scene.proxy.settings == DepthSettings(2.5, "hybrid", False) and app.state.pose.roll == 0
        assert (app.path.size, app.path.fps, app.shot_size) == ((320, 180), 12.0, (640, 480))
        assert app.settings.render.crop is app.settings.render.culling_camera is None
        assert app.settings.look == Look() and app.state.mode == "fly" and not app.notices
    window(look)
    window(look)  # without a change nothing is lost either


def test_the_command_line_wins_and_is_not_kept_but_what_is_changed_after_it_is(window):
    before = window(set_everything)

    def change(hand):
        app, now = hand.viewer, told(hand)
        assert now == before | {"culling": "off", "margin": 0.3, "lod_error": 1.0, "vsync": True, "mode": "same-frame",
                                "background": (1.0, 1.0, 1.0), "size": (800, 600)}
        app.set(render=replace(app.settings.render, margin=0.5))
    window(change, "--culling", "off", "--margin", "0.3", "--lod-error", "1", "--vsync", "on", "--mode", "same-frame",
           "--background", "white", "--size", "800x600")
    assert window(told) == before | {"margin": 0.5}
    assert window(told, "--fresh")["lod_error"] == 1.0 and window(told)["flight_time"] == 0.3


def test_what_was_chosen_for_a_scene_is_for_it_alone_and_how_the_camera_flies_for_all(window, street, tmp_path):
    other = tmp_path / "other" / "model"
    shutil.copytree(street, tmp_path / "other")

    def change_and_open_the_other(hand):
        set_everything(hand)
        app, scene = hand.viewer, hand.viewer.scene
        app.files.open(other)
        hand.until(lambda: app.scene is not scene, "the other scene")
        hand.rest()
        return told(hand), app.scene.proxy.settings
    now, detail = window(change_and_open_the_other)
    assert (now["culling"], now["margin"], now["level_limit"]) == ("centre", 0.3, None) and detail.lod_error == 2.5
    assert (now["flight_time"], now["level"], now["film_rate"]) == (1.5, True, 12.0)
    assert window(told, model=other) == now
    assert {name: window(told)[name] for name in PICTURE} == PICTURE


def test_a_scene_that_lost_its_proxy_opens_with_the_culling_that_it_can_have(window, street, tmp_path):
    shutil.copytree(street, tmp_path / "moved")
    model = tmp_path / "moved" / "model"
    window(set_everything, model=model)
    (tmp_path / "moved" / "proxy.glb").unlink()
    now = window(told, model=model)
    assert (now["culling"], now["margin"], now["lod_error"]) == ("off", 0.75, 2.5)


@pytest.mark.parametrize("text", ["", "{}", '{"version": 1, "size": [16384, 16384], "settings": {}, "layout": "", '
                                  '"scale": 1.0, "check": 0, "recent": []}'])
def test_a_broken_or_strange_file_opens_a_window_all_the_same(window, text):
    place().parent.mkdir(parents=True)
    place().write_text(text)
    now = window(told)
    assert now["size"][0] <= 1400 and now["size"][1] <= 900  # the display's
    assert load(place())[1] is None


@pytest.fixture
def managed(tmp_path, monkeypatch):
    """A display of its own with a window manager on it, which puts frames around windows and maximises them."""
    if shutil.which("openbox") is None:
        pytest.skip("needs openbox: apt-get install openbox")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    with own_display():
        manager = subprocess.Popen(["openbox", "--sm-disable"], stderr=subprocess.DEVNULL)
        wait_for(lambda: subprocess.run(["xdotool", "get_desktop"], capture_output=True).returncode == 0)
        yield
        manager.terminate()
        manager.wait()


def wait_for(condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def size_of(window) -> tuple[int, int]:
    [line] = [line for line in xdotool("getwindowgeometry", window).splitlines() if "Geometry" in line]
    return tuple(map(int, line.split()[1].split("x")))


def is_small(size):
    return size == (700, 500)


def is_full(size):
    return size[0] > 1300 and size[1] > 800


def placement_after(on: bool, street, before, after):
    """Opens a window, lets it be maximised or not once its size is as `before` says, and closes it when it is as
    `after` does. What is kept of it."""
    command = [sys.executable, "-m", "viewer", street / "model", "--backend", "cpu"]
    program = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        next(line for line in program.stderr if line.startswith("proxy: "))  # it is read; before, nothing is kept
        window = xdotool("search", "--sync", "--onlyvisible", "--name", "^viewer: ").split()[0]
        wait_for(lambda: before(size_of(window)))
        ask_to_maximise(int(window), on)
        wait_for(lambda: after(size_of(window)))
        Hand.press_close_button(SimpleNamespace(window=window))
        assert program.wait(PATIENCE) == 0
    finally:
        program.kill()
    return load(place())[0].placement


def test_a_maximised_window_is_maximised_again_and_has_the_place_that_it_had_before(managed, street):
    save(Remembered(Placement((700, 500), (120, 90))), place())
    assert placement_after(True, street, is_small, is_full) == Placement((700, 500), (120, 90), True)
    assert placement_after(False, street, is_full, is_small) == Placement((700, 500), (120, 90), False)
