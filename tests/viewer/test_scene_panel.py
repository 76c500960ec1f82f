"""The panel Scene, by mouse and keyboard in a real window: opening other scenes beside it, and what goes wrong."""

import shutil

import numpy as np
import pytest
from desktop import Hand, open_for_window, usual_settings, watch_places, xdotool
from PIL import Image

from viewer.app import Viewer
from viewer.frame import render_frame
from viewer.opening import Fit
from viewer.panels import PANELS
from vk_interop.window import Window


@pytest.fixture(scope="module")
def one_window(display, street):
    """A window of its own, whose scene is closed and another one opened. Every Vulkan call is checked."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VIEWER_VALIDATION", "sync")
        scene = open_for_window(street)
        device = scene.device
        closed = tuple(panel.name for panel in PANELS if panel.name != "Scene")
        viewer = Viewer(scene, Window(device, 900, 800, "the other"),
                        usual_settings(scene, resolution_scale=0.25, closed=closed))
        hand = Hand(viewer, "the other")
        hand.places = watch_places(patch)
        hand.rest()
        yield hand
    viewer.close()
    viewer.scene.close()
    assert not device.validation_messages


@pytest.fixture
def window(one_window, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    one_window.focus()
    xdotool("mouseup", "1", "mousemove", "800", "700")
    one_window.rest()
    return one_window


def opened(window):
    window.until(lambda: window.viewer.files.opening is None, "what was opened")
    window.rest()
    return window.viewer.scene


def drop(window, *paths):
    """As the display would tell of it; xdotool cannot drop."""
    window.viewer.screen.input.drop([str(path) for path in paths])
    window.frame()


def test_reloading_shows_the_same_picture_by_another_scene(window):
    before, scene = window.see(), window.viewer.scene
    window.click(*window.places["reload"])
    assert window.viewer.files.opening and not window.viewer.closing
    again = opened(window)
    assert again is not scene and scene.device is None and scene.proxy is None and again.device is not None
    window.until(lambda: not window.viewer.message, "the end of the message")
    left, top, width, height = window.viewer.area
    picture = np.s_[top:top + height, left:left + width]
    assert np.array_equal(window.see()[picture], before[picture])


def test_a_directory_that_is_dropped_is_opened_and_can_be_opened_again(window, street, tmp_path):
    shutil.copytree(street / "model", tmp_path / "alone" / "model", ignore=shutil.ignore_patterns("cameras.json"))
    drop(window, tmp_path / "alone" / "model")
    scene = opened(window)
    assert scene.proxy is None and scene.opened == tmp_path / "alone" / "model" and not scene.cameras
    assert np.isfinite(window.viewer.state.camera(9, 6).camera_from_world).all()
    assert window.viewer.settings.render.culling == "off"
    assert [recent.model for recent in window.viewer.files.recent][:2] == [str(scene.opened), str(street / "model")]
    drop(window, street / "proxy.glb")  # now with a proxy
    scene = opened(window)
    assert scene.proxy is not None and window.viewer.settings.render.culling == "centre"
    window.click(*window.places["##recent"])
    window.frame(2)
    label = next(label for label in window.places if label.endswith("street/model##1"))
    window.click(*window.places[label])
    assert opened(window).opened == street / "model"


@pytest.mark.parametrize("make, said", [
    (lambda folder: folder / "gone", "no such file"), (lambda folder: folder / "notes.txt", "neither a model"),
    (lambda folder: folder / "broken.glb", "broken.glb"), (lambda folder: folder / "broken.ply", "broken.ply"),
    (lambda folder: folder / "empty", "empty")])
def test_what_cannot_be_opened_is_a_sentence_and_the_scene_stays(window, tmp_path, make, said):
    for name in ("notes.txt", "broken.glb", "broken.ply"):
        (tmp_path / name).write_bytes(b"not what it seems" * 9)
    (tmp_path / "empty").mkdir()
    scene = window.viewer.scene
    drop(window, make(tmp_path))
    opened(window)
    assert window.viewer.scene is scene and scene.proxy is not None
    assert any(said in sentence for sentence in window.viewer.notices)
    window.click(*window.places["OK"])
    assert not window.viewer.notices and not window.viewer.closing


def test_opening_can_be_cancelled(window, street):
    scene = window.viewer.scene
    drop(window, street / "model")
    window.viewer.files.opening.cancel()
    opened(window)
    assert window.viewer.scene is scene


def test_the_browser_goes_through_directories_to_a_file(window, street):
    window.key("ctrl+o")
    window.until(lambda: "open this directory" in window.places, "the browser")
    browser = window.viewer.files.browser
    assert browser.folder == street
    window.rest()
    window.click(*window.places["up"])
    assert browser.folder == street.parent and browser.typed == str(street.parent)
    window.click(*window.places["##path"])
    window.key("ctrl+a")
    xdotool("type", "--delay", "0", str(street))
    window.until(lambda: browser.typed == str(street), "what was typed")
    window.key("Return")
    window.until(lambda: browser.folder == street and "model/" in window.places, "the directory")
    window.rest()
    window.click(*window.places["proxy.glb"])
    scene = opened(window)
    assert scene.mesh_path == street / "proxy.glb" and scene.opened == street / "model"


def test_a_picture_is_saved_in_the_size_asked_for(window, tmp_path):
    window.viewer.shot_size = (320, 200)
    window.click(*window.places["save picture"])
    pixels = np.asarray(Image.open(next(tmp_path.glob("picture-*.png"))))
    viewer = window.viewer
    expected = render_frame(viewer.scene, viewer.state.camera(320, 200), viewer.settings.render).rgba[..., :3]
    assert np.array_equal(pixels, expected.numpy())
    viewer.canvas.forget()


def test_another_axis_can_be_up_and_the_view_stays(window):
    before = window.viewer.state.camera(90, 60)
    window.click(*window.scrolled("Scene", "##up"))
    window.until(lambda: "+y##2" in window.places, "the axes")
    window.frame(2)
    window.click(*window.places["+y##2"])
    assert window.viewer.space.up == (0, 1, 0)
    after = window.viewer.state.camera(90, 60)
    assert np.allclose(after.camera_from_world, before.camera_from_world)
    window.viewer.set_up((0, 0, 1))


def test_a_proxy_is_moved_scaled_and_turned(window):
    before = window.viewer.scene.mesh
    window.click(*window.scrolled("Scene", "y"))
    assert window.viewer.files.fit == Fit("y") and window.viewer.files.fitted == Fit()
    window.viewer.files.fit = Fit("y", 2.0, (1.0, 0.0, 0.0))
    window.frame(2)
    window.click(*window.scrolled("Scene", "fit the proxy"))
    after = opened(window).mesh
    x, y, z = before.vertices.T
    assert np.allclose(after.vertices, np.stack([2 * x + 1, -2 * z, 2 * y], 1), atol=1e-4)
    window.viewer.files.fit = Fit()
    window.viewer.act("fit proxy")
    assert np.allclose(opened(window).mesh.vertices, before.vertices)


def test_up_can_be_taken_from_a_tilted_view(window):
    viewer = window.viewer
    viewer.state = viewer.state.placed(roll=0.5)
    window.rest()
    wanted = -viewer.state.pose.axes(viewer.space)[:, 1]
    window.click(*window.scrolled("Scene", "up as in this view"))
    assert np.allclose(viewer.space.up, wanted) and abs(viewer.state.pose.roll) < 1e-6
    viewer.set_up((0, 0, 1))


def test_coarser_pictures_while_moving_are_a_choice(window):
    before = window.viewer.settings.adaptive
    for wanted in (not before, before):
        window.click(*window.scrolled("Scene", "coarser where frames are slow"))
        assert window.viewer.settings.adaptive == wanted
