"""`python -m viewer MODEL` from the shell: with a display, without one, and how it ends."""

import os
import shutil
import subprocess
import sys
import time

import numpy as np
import pytest
from desktop import xdotool
from PIL import Image

from gsrender.errors import InputError
from viewer.remembered import Recent, Remembered, load
from viewer.window import SAMPLE, _scene_at_hand

pytestmark = pytest.mark.usefixtures("software_device")


def shell(street, *arguments):
    """In a process of its own, which sees no display."""
    environment = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
    return subprocess.run([sys.executable, "-m", "viewer", street / "model", "--backend", "cpu", *arguments], text=True,
                          capture_output=True, env=environment, timeout=100)


def test_frames_and_screenshot_save_what_was_on_the_screen_and_close(viewer, display, street, tmp_path):
    ran = viewer(street / "model", "--backend", "cpu", "--frames", "3", "--screenshot", tmp_path / "a.png")
    assert ran.code == 0, ran.err
    pixels = np.asarray(Image.open(tmp_path / "a.png")).astype(int)
    assert pixels.shape == (720, 1280, 3)
    assert pixels[600:700, 40:340].mean() < 90  # the panel, dark
    assert pixels[20:200, 1150:].mean() > 230  # the sky behind it
    assert 90 < pixels[200:450, 500:].mean() < 220  # the street
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_who_names_no_model_sees_the_sample(viewer, street, tmp_path):
    ran = viewer("--backend", "cpu", "--frames", "1", "--screenshot", tmp_path / "a.png")
    assert ran.code == 0 and f"model: {street.resolve() / 'model'}" in ran.out + ran.err


def test_or_the_scene_that_was_open_last_where_it_is_still_there(tmp_path, street, monkeypatch):
    model, mesh = tmp_path / "model", tmp_path / "proxy.glb"
    before = Remembered(recent=(Recent(str(model), str(mesh)), Recent(str(street))))
    assert _scene_at_hand(before) == (SAMPLE, None)
    model.mkdir()
    assert _scene_at_hand(before) == (model, None)
    mesh.touch()
    assert _scene_at_hand(before) == (model, mesh)
    monkeypatch.setattr("viewer.window.SAMPLE", tmp_path / "nothing")
    with pytest.raises(InputError, match="which model"):
        _scene_at_hand(Remembered())


def test_a_single_frame_is_a_whole_one(street, tmp_path):
    """1920 x 1080 does not fit into the buffers that the model suggests, and ImGui hides a panel in its first frame."""
    first, later = tmp_path / "first.png", tmp_path / "later.png"
    for frames, path in (("1", first), ("6", later)):
        ran = shell(street, "--size", "1920x1080", "--frames", frames, "--screenshot", path)
        assert ran.returncode == 0, ran.stderr
    first, later = (np.asarray(Image.open(path)).astype(int) for path in (first, later))
    picture, panels = np.s_[30:800, 400:], np.s_[30:1050, :370]
    assert np.array_equal(first[picture], later[picture])
    assert first[panels].mean() < 60 and np.abs(first - later)[panels].mean() < 3  # but for figures


def test_a_window_that_was_closed_leaves_what_the_next_one_begins_with(display, street, tmp_path):
    environment = os.environ | {"XDG_CONFIG_HOME": str(tmp_path)}
    place = tmp_path / "gsrender-viewer" / "window.json"
    place.parent.mkdir()
    place.write_text("damaged")
    command = [sys.executable, "-m", "viewer", street / "model", "--backend", "cpu", "--size", "640x400",
               "--model-up", "-y"]
    program = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    try:
        window = xdotool("search", "--sync", "--onlyvisible", "--name", "^viewer: ").split()[0]
        xdotool("windowfocus", "--sync", window)
        while program.poll() is None:
            xdotool("key", "ctrl+q")
            time.sleep(0.1)
    finally:
        program.kill()
    assert program.wait() == 0
    remembered, sentence = load(place)
    assert sentence is None and "Statistics" in remembered.layout
    assert remembered.placement.size == (1280, 720)  # what the command line says is for its run alone
    assert remembered.recent == (Recent(str((street / "model").resolve()), str(street.resolve() / "proxy.glb")),)


def test_a_screenshot_that_cannot_be_written_is_one_sentence(viewer, display, street, tmp_path):
    (tmp_path / "file").touch()
    ran = viewer(street / "model", "--backend", "cpu", "--size", "320x200", "--frames", "1",
                 "--screenshot", tmp_path / "file" / "a.png")
    assert ran.code == 2 and ran.err.startswith("viewer: ") and "a.png: cannot be written" in ran.err  # before any work


def test_a_camera_that_is_not_there_is_named_with_some_that_are(viewer, display, street):
    ran = viewer(street / "model", "--backend", "cpu", "--frames", "1", "--camera", "nowhere")
    assert ran.code == 2 and "--camera nowhere" in ran.err and "test_0001" in ran.err


def test_a_window_begins_at_a_camera_and_with_a_kind_of_picture(viewer, display, street, tmp_path):
    common = (street / "model", "--backend", "cpu", "--size", "640x400", "--frames", "1", "--screenshot")
    pictures = {}
    for name, options in {"plain": (), "there": ("--camera", "test_0005"),
                          "depth": ("--view", "depth", "--wireframe")}.items():
        ran = viewer(*common, tmp_path / f"{name}.png", *options)
        assert ran.code == 0, ran.err
        pictures[name] = np.array(Image.open(tmp_path / f"{name}.png")).astype(int)
    for name in ("there", "depth"):
        assert np.abs(pictures[name] - pictures["plain"])[:250, 330:].mean() > 5, name


def test_a_kind_of_picture_that_there_is_not_is_refused_by_the_window_too(viewer, display, street):
    ran = viewer(street / "model", "--backend", "cpu", "--frames", "1", "--view", "removed", "--culling", "off")
    assert ran.code == 2 and "--view removed: culling is off" in ran.err


def test_culling_without_a_proxy_is_refused(viewer, display, street, tmp_path):
    shutil.copytree(street / "model", tmp_path / "alone" / "model")
    ran = viewer(tmp_path / "alone" / "model", "--backend", "cpu", "--frames", "1", "--culling", "centre")
    assert ran.code == 2 and "--scene" in ran.err


@pytest.mark.parametrize("size", ["1x1", "17x900", "1280x720"])
def test_windows_of_odd_sizes_open_and_close(viewer, display, street, size):
    ran = viewer(street / "model", "--backend", "cpu", "--size", size, "--frames", "2", "--vsync", "off")
    assert ran.code == 0, ran.err


def test_without_a_display_the_window_says_what_to_do(street):
    ran = shell(street)
    assert ran.returncode == 3
    assert "no display" in ran.stderr and "`render`" in ran.stderr and "--frames" in ran.stderr
    assert "Traceback" not in ran.stderr and "GLFWError" not in ran.stderr


def test_without_a_display_frames_are_drawn_off_screen(street, tmp_path):
    ran = shell(street, "--size", "640x400", "--frames", "2", "--screenshot", tmp_path / "a.png")
    assert ran.returncode == 0, ran.stderr
    assert Image.open(tmp_path / "a.png").size == (640, 400)
