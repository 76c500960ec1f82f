"""The panel Scene, by mouse and keyboard in a real window: opening other scenes beside it, and what goes wrong."""

import gc
import os
import shutil
import threading
from dataclasses import replace

import numpy as np
import pytest
import torch
from desktop import Hand, Late, drop, open_for_window, usual_settings, watch_places, xdotool
from imgui_bundle import imgui
from PIL import Image, ImageDraw
from plain import write_plain
from tests.gsrender.synthesise import write_anchor_checkpoint

from gsrender.memory import NoRoom, size
from viewer import opening
from viewer.alignment import Alignment
from viewer.app import Viewer
from viewer.arriving import Arriving
from viewer.camera_path import CameraPath
from viewer.doing import doing
from viewer.fit import Fit
from viewer.forecast import forecast
from viewer.frame import render_frame
from viewer.lines import line_ends
from viewer.opening import Opening
from viewer.pace import FITTING
from viewer.panels import PANELS, crop_lines
from viewer.panels.browser import SCENE, Browser
from viewer.scene import read_model
from viewer.shot import VIEW_OUTPUTS
from viewer.tour import Tour
from vk_interop.depth_settings import DepthSettings
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


def asked(window):
    """The question stands in its place, which takes ImGui some frames."""
    window.until(lambda: window.viewer.files.question, "the question")
    for _ in range(4):
        window.viewer.idle = False
        window.frame()


def drawn_by(viewer) -> np.ndarray:
    """The picture that stands, [H, W, 4] uint8, without what is over it."""
    return viewer.canvas.frame.rgba.numpy().copy()


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


def test_a_path_stays_with_its_model_and_comes_back_when_that_is_undone(window, street, tmp_path):
    viewer, laid = window.viewer, CameraPath.through([view.camera for view in window.viewer.scene.cameras[:3]])
    viewer.path.edit(lambda tour: tour.edited(laid))
    viewer.act("reload")
    opened(window)
    assert viewer.path.tour.path == laid
    shutil.copytree(street / "model", tmp_path / "other" / "model")
    drop(window, tmp_path / "other" / "model")
    opened(window)
    assert viewer.path.tour.path == CameraPath() and "undo in the panel Path brings it back" in viewer.message
    viewer.start_benchmark()
    assert viewer.benchmark.way == "by the dataset's cameras"
    viewer.end_benchmark()
    viewer.path.edit(Tour.undone)
    viewer.start_benchmark()
    assert viewer.path.tour.path == laid and viewer.benchmark.way == "along the path"
    viewer.end_benchmark()
    viewer.path.tour = Tour()
    drop(window, street / "model")
    opened(window)


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


def test_how_far_it_is_is_told_whatever_panel_is_in_front(window, street, monkeypatch):
    viewer, told, is_told = window.viewer, [], threading.Event()

    def slowly(*arguments, **named):
        assert is_told.wait(60)
        return read_model(*arguments, **named)
    monkeypatch.setattr(opening, "read_model", slowly)
    viewer.say("something before")
    drop(window, street / "model")
    while viewer.files.opening:
        told.append(viewer.message or doing(viewer))
        is_told.set()
        window.frame()
    assert told[0].startswith("opening street/model: reading the model") and "something before" not in told
    assert viewer.message.startswith("opened ")
    opened(window)


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
    window.until(lambda: not browser.is_reading, "the directory above")
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


def test_a_model_is_opened_by_its_typed_path_and_enter_alone(window, street, monkeypatch):
    said, text = [], imgui.text_colored
    monkeypatch.setattr(imgui, "text_colored", lambda colour, words: said.append(words) or text(colour, words))
    viewer, scene = window.viewer, window.viewer.scene
    window.key("ctrl+o")
    window.until(lambda: "a model" in said, "the mark beside the model")
    browser = viewer.files.browser
    window.until(lambda: viewer.screen.ui.io.want_text_input, "the field to take keys")
    window.key("ctrl+a")
    xdotool("type", "--delay", "0", str(street / "model"))
    window.until(lambda: browser.typed == str(street / "model"), "what was typed")
    window.key("Return")
    window.until(lambda: browser.folder == street / "model" and not browser.is_reading, "the directory")
    window.frame(3)  # until ImGui gives the field the keyboard again
    assert viewer.screen.ui.io.want_text_input and viewer.files.browser is browser
    assert viewer.files.opening is None
    window.key("Return")
    window.until(lambda: viewer.files.browser is None, "the choice")
    again = opened(window)
    assert again is not scene and again.opened == street / "model"


def test_the_dialog_tells_what_each_would_take_under_mouse_and_keyboard(window, street, tmp_path, monkeypatch):
    viewer, said = window.viewer, []

    def tells(*words):
        said.clear()
        window.viewer.idle = False
        window.frame()
        return all(any(word in line for line in said) for word in words)
    for name in ("text_unformatted", "text_colored"):
        monkeypatch.setattr(imgui, name, lambda *words, draw=getattr(imgui, name): (said.append(words[-1]),
                                                                                  draw(*words)))
    shutil.copytree(street, tmp_path / "folder" / "street")
    write_plain(tmp_path / "folder", 60_000)
    window.viewer.act("open")
    window.until(lambda: viewer.files.browser.folder == street, "the dialog")
    window.move(5, 5)
    window.until(lambda: tells("street: 16,067 anchors and 112,019 triangles", "about 19.", "are free"), "its words")
    viewer.files.browser._go(tmp_path / "folder")
    window.until(lambda: "splats.ply" in window.places, "the file")
    window.until(lambda: not tells("street: 16,067"), "that this directory is no model")
    window.move(*window.places["splats.ply"])
    window.until(lambda: tells("splats.ply: 60,000 splats", " MiB of memory, "), "of the file")
    window.move(5, 5)
    window.until(lambda: not tells("60,000 splats"), "that the directory is none")
    window.key("Tab", "Tab", "Tab")
    window.until(lambda: tells("street: 16,067 anchors"), "of what the keyboard has come to")
    viewer.act("escape")
    window.rest()


def test_while_a_scene_is_opened_it_is_told_what_it_takes_and_by_name(window, street, monkeypatch):
    viewer, shown, go_on = window.viewer, {}, Opening._go_on

    def wait(opening, step):
        opening._cancelled.wait(60)
        go_on(opening, step)
    monkeypatch.setattr(Opening, "_go_on", wait)
    monkeypatch.setattr("viewer.panels.scene.button", lambda label, help: bool(shown.update({label: help})))
    viewer.files.open(street / "model")
    opening = viewer.files.opening
    window.until(lambda: opening.taken, "what it takes")
    window.frame(2)
    foretold = forecast(street / "model", street / "proxy.glb", "cpu", viewer.scene.detail, outputs=VIEW_OUTPUTS)
    assert opening.taken.startswith(f"about {size(foretold.device)} of memory, ") and opening.taken in doing(viewer)
    for name in ("model", "proxy mesh"):
        assert f"{name} {size(foretold.by_name[name])}" in shown["cancel opening"]  # which the keyboard reaches
    assert sum(foretold.by_name.values()) == foretold.device
    viewer.files.cancel()
    opened(window)


def test_the_window_goes_on_while_a_directory_is_slow(window, street, monkeypatch):
    viewer, answer, scandir, said = window.viewer, threading.Event(), os.scandir, []
    monkeypatch.setattr("viewer.listing.os.scandir", lambda path: answer.wait(60) and scandir(path))
    text = imgui.text_colored
    monkeypatch.setattr(imgui, "text_colored", lambda colour, words: said.append(words) or text(colour, words))
    window.key("ctrl+o")
    window.until(lambda: f"reading {street} ..." in said, "what it waits for")
    browser, state = viewer.files.browser, viewer.state
    assert browser.is_reading and not viewer.resting
    left, top, *_ = viewer.area  # the browser stands in the middle
    window.drag((left + 20, top + 20), (left + 60, top + 30))
    assert viewer.state.pose != state.pose
    viewer.state = state
    window.places.pop("model/", None)
    answer.set()
    window.until(lambda: "model/" in window.places, "the directory")
    viewer.files.browser = None
    window.rest()


def test_a_long_directory_is_drawn_only_where_it_is_in_view(window, tmp_path):
    for number in range(3000):
        (tmp_path / f"{number:04}").mkdir()
    window.places.clear()
    window.viewer.files.browser = Browser(SCENE, tmp_path)
    window.until(lambda: "0000/" in window.places, "the directory")
    assert sum(place.endswith("/") for place in window.places) < 60
    window.viewer.files.browser = None
    window.rest()


def test_a_picture_is_saved_in_the_size_asked_for(window, tmp_path):
    window.viewer.shot_size = (320, 200)
    window.click(*window.places["save picture"])
    window.until(lambda: list(tmp_path.glob("picture-*.png")), "the file")
    pixels = np.asarray(Image.open(next(tmp_path.glob("picture-*.png"))))
    viewer = window.viewer
    expected = render_frame(viewer.scene, viewer.state.camera(320, 200), viewer.settings.render).rgba[..., :3]
    assert np.array_equal(pixels, expected.numpy())
    viewer.canvas.forget()


@pytest.fixture
def cropped(window):
    """With the crop box switched on, around the whole scene."""
    window.viewer.crop_box = window.viewer.box_around_scene()
    window.click(*window.scrolled("Scene", "only what is inside"))
    yield window
    window.viewer.set(render=replace(window.viewer.settings.render, crop=None))


def box_of(window):
    return window.viewer.settings.render.crop


def test_the_crop_box_is_dragged_and_typed_and_its_ends_do_not_pass_each_other(cropped):
    whole = box_of(cropped)
    x, y = cropped.scrolled("Scene", "##to")  # the middle one of its three numbers
    cropped.drag((x, y), (x - 60, y))
    box = box_of(cropped)
    assert box.high[1] < whole.high[1] - 1 and replace(box, high=whole.high) == whole
    x, y = cropped.scrolled("Scene", "##from")
    cropped.hold("ctrl")
    cropped.click(x, y)
    cropped.release("ctrl")
    cropped.key("ctrl+a")
    xdotool("type", "--delay", "0", "99")
    cropped.key("Return")
    cropped.until(lambda: box_of(cropped).low[1] == box.high[1], "the lower end where the upper one is")


@pytest.mark.parametrize("field, middle", [("##to", lambda window: box_of(window).high[1]),
                                           ("##its shift", lambda window: window.viewer.scene.fit.shift[1])])
def test_a_number_that_no_scene_reaches_is_typed_and_the_window_draws_on(cropped, field, middle):
    cropped.hold("ctrl")
    cropped.click(*cropped.scrolled("Scene", field))
    cropped.release("ctrl")
    cropped.key("ctrl+a")
    xdotool("type", "--delay", "0", "3e38")
    cropped.key("Return")
    cropped.until(lambda: middle(cropped) == 1e9, "the largest number that is taken")
    cropped.rest()
    cropped.viewer.lay_proxy(Fit())


def test_what_is_inside_the_crop_box_is_counted_and_its_edges_are_drawn_over_it(cropped, monkeypatch):
    viewer = cropped.viewer
    low, high = box_of(cropped).low, box_of(cropped).high
    viewer.crop_box = box = replace(viewer.crop_box, high=(*high[:2], low[2] + 3))
    left, top, width, height = viewer.area
    cropped.move(left + width / 2, top + height / 2)  # away from where a tooltip would come
    cropped.frame(2)
    seen, counts = cropped.see(), viewer.canvas.stats.counts
    assert 0 < counts["inside"] < counts["items"] and counts["visible"] <= counts["lod"] <= counts["inside"]
    monkeypatch.setattr(crop_lines, "draw", lambda *_: None)
    lines = (cropped.see() != seen).any(2)
    assert not lines[:, :left].any()
    near, camera = Image.new("L", (width, height)), viewer.state.camera(width, height)
    for a, b in box.edges:
        ends = line_ends(camera, a, b)
        if ends:
            ImageDraw.Draw(near).line([*map(tuple, ends[0])], fill=255, width=7)
    assert lines.sum() > 300 and not lines[top:top + height, left:][np.asarray(near) == 0].any()


def test_a_crop_box_with_nothing_in_it_says_so(cropped):
    viewer, box = cropped.viewer, box_of(cropped)
    viewer.crop_box = replace(box, low=(*box.low[:2], 1e6), high=(*box.high[:2], 1e6 + 1))
    cropped.until(lambda: viewer.notices, "a sentence")
    assert viewer.notices == ["Nothing of the scene is in the crop box: move or end it in the panel Scene."]
    viewer.crop_box = box
    cropped.until(lambda: viewer.idle and not viewer.notices, "the scene")


def test_the_crop_box_is_fitted_to_what_is_seen_and_to_the_whole_scene(cropped):
    whole = box_of(cropped)
    cropped.click(*cropped.scrolled("Scene", "fit to what is seen"))
    shot = cropped.viewer.canvas.shot
    share = box_of(cropped).contains(shot.scene.model.items.position[shot.items.long()]).float().mean()
    assert box_of(cropped) != whole and share > 0.9
    cropped.click(*cropped.scrolled("Scene", "fit to the whole scene"))
    assert box_of(cropped) == whole


def test_the_crop_box_that_is_switched_off_comes_back_where_it_was(cropped):
    cropped.viewer.crop_box = box = replace(box_of(cropped), high=(9.0, 9.0, 9.0))
    cropped.frame(2)
    cropped.click(*cropped.scrolled("Scene", "only what is inside"))
    assert box_of(cropped) is None and "inside" not in (cropped.see(), cropped.viewer.canvas.stats.counts)[1]
    cropped.click(*cropped.scrolled("Scene", "only what is inside"))
    assert box_of(cropped) == box


def test_the_crop_box_goes_along_with_the_axis_that_is_up(cropped):
    viewer, whole = cropped.viewer, box_of(cropped)
    viewer.set_up((0.0, 0.6, 0.8))
    cropped.frame(3)
    turned = box_of(cropped)
    assert np.allclose(turned.axes[2], (0, 0.6, 0.8))
    grown = replace(turned, low=tuple(x - 1e-3 for x in turned.low), high=tuple(x + 1e-3 for x in turned.high))
    assert grown.contains(torch.tensor(whole.corners)).all()
    viewer.set_up((0, 0, 1))


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


def test_the_proxy_follows_a_drag_under_its_wireframe_and_nothing_is_read_for_it(window):
    viewer = window.viewer
    window.until(lambda: not viewer.message, "the end of what was said before, which covers a part of the picture")
    scene, mesh, before, screen = viewer.scene, viewer.scene.mesh, drawn_by(viewer), window.see()
    x, y = window.scrolled("Scene", "##its shift")
    window.move(x, y)
    window.frame(2)
    xdotool("mousedown", "1")
    for step in range(1, 4):
        window.move(x + 20 * step, y)
        window.until(lambda: viewer.fitting and viewer.canvas.look.wireframe, "the wireframe")
        window.frame(2)
        if step == 2:
            shift = scene.fit.shift
    assert scene.fit.shift[1] > shift[1] > 0 and scene.fit == Fit(shift=(0.0, scene.fit.shift[1], 0.0))
    assert viewer.canvas.settings.culling == "off" and viewer.settings.render.culling == "centre"
    held = viewer.frame(capture=True)
    viewer.set(adaptive=True)
    viewer.pace._moving_share = 0.25  # as on a slow machine
    window.move(x + 61, y)
    window.until(lambda: viewer.pace.is_coarse, "a coarser picture")
    assert viewer.fitting and viewer.pace.share == FITTING
    viewer.set(adaptive=False)
    xdotool("mouseup", "1")
    window.rest()
    assert not viewer.canvas.look.wireframe and viewer.canvas.settings.culling == "centre"
    left, top, width, height = viewer.area
    picture = np.s_[top:top + height, left:left + width]
    blue = [(pixels[picture][..., 2].astype(int) - pixels[picture][..., 0] > 70).mean() for pixels in (screen, held)]
    assert blue[1] > 0.003 + blue[0] and not np.array_equal(drawn_by(viewer), before)
    assert viewer.scene is scene and scene.mesh is mesh
    window.click(*window.scrolled("Scene", "as in its file"))
    window.rest()
    assert scene.fit == Fit() and np.array_equal(drawn_by(viewer), before)


@pytest.mark.parametrize("arriving", [Arriving, Late])
def test_turning_and_scaling_by_hand_leave_what_is_in_the_middle(window, arriving, monkeypatch):
    viewer = window.viewer
    viewer.look_at_middle()
    middle = np.array([*viewer.middle, 1.0])
    monkeypatch.setattr("viewer.canvas.Arriving", arriving)
    for label in ("##its turn", "##its scale"):
        fit = viewer.scene.fit
        x, y = window.scrolled("Scene", label)
        window.drag((x, y), (x + 40, y))
        assert viewer.scene.fit != fit
    window.rest()
    fit = viewer.scene.fit
    assert fit.scale > 1.02 and fit.turn[1] > 2 and np.allclose(fit.matrix @ middle, middle, atol=0.05)
    viewer.act("undo fit")


def test_reading_it_anew_lays_the_proxy_as_it_lay(window):
    viewer, fit = window.viewer, Fit("y", 2.0, (0.0, 0.0, 90.0), (1.0, 0.0, 0.0))
    source = viewer.scene.mesh
    viewer.lay_proxy(fit)
    placed, view = viewer.scene.placed_mesh.vertices, (viewer.scene.cameras[3].camera, viewer.settings.render)
    picture = render_frame(viewer.scene, *view).rgba.numpy().astype(int)
    x, y, z = source.vertices.T
    assert np.allclose(placed, np.stack([2 * z + 1, 2 * x, 2 * y], 1), atol=1e-4)
    viewer.act("reload")
    scene = opened(window)
    assert (scene.fit, scene.read_fit) == (fit, fit) and np.allclose(scene.mesh.vertices, placed, atol=1e-4)
    assert (np.abs(render_frame(scene, *view).rgba.numpy() - picture) > 9).mean() < 0.01
    viewer.act("undo fit")
    assert np.allclose(scene.placed_mesh.vertices, source.vertices, atol=1e-4)
    viewer.act("reload")
    opened(window)


def test_how_long_a_unit_is_is_dragged_and_everything_is_told_in_metres(window):
    viewer = window.viewer
    x, y = window.scrolled("Scene", "##one unit is")
    window.drag((x, y), (x + 60, y))
    metres = viewer.scene.ruler.metres
    assert metres and viewer.space.metres == viewer.state.space.metres == metres
    viewer.act("walk")
    assert viewer.state.rate * metres == pytest.approx(1.4)
    viewer.act("fly")
    window.drag((x + 30, y), (x - 200, y))  # elsewhere, or the two would be a double click, which is for typing
    assert viewer.scene.ruler.metres is None and viewer.state.pace is None


def test_a_proxy_in_metres_says_how_long_a_unit_is_and_lies_as_before(window):
    viewer = window.viewer
    viewer.lay_proxy(Fit(scale=4.0, shift=(1.0, 2.0, 3.0)))
    placed = viewer.scene.placed_mesh.vertices
    window.click(*window.scrolled("Scene", "the proxy is in metres"))
    assert viewer.scene.ruler.metres == pytest.approx(0.25)
    assert np.array_equal(viewer.scene.placed_mesh.vertices, placed)
    viewer.set_metres(None)
    viewer.act("undo fit")


def test_how_a_scene_lies_is_there_again_when_it_is_opened_again(window, street, tmp_path):
    viewer, fit = window.viewer, Fit(scale=2.0, turn=(0.0, 0.0, 5.0), shift=(1.0, 0.0, 0.0))
    viewer.set_metres(0.5)
    viewer.set_up((0, 1, 0))
    viewer.lay_proxy(fit)
    shutil.copytree(street / "model", tmp_path / "alone" / "model")
    drop(window, tmp_path / "alone" / "model")
    assert opened(window).ruler.metres is None and viewer.space.up == (0, 0, 1) and not viewer.scene.mesh
    drop(window, street / "model")
    scene = opened(window)
    assert (scene.fit, scene.read_fit, scene.ruler.metres, viewer.space.up) == (fit, fit, 0.5, (0, 1, 0))
    assert viewer.remember().alignment(street / "model", street / "proxy.glb") == Alignment((0, 1, 0), 0.5, fit)
    viewer.set_metres(None)
    viewer.set_up((0, 0, 1))
    viewer.act("undo fit")
    viewer.act("reload")
    opened(window)


@pytest.fixture
def little_room(window):
    """Room for so many more bytes."""
    limit, before = window.viewer.scene.limit, window.viewer.scene.limit.most

    def leave(nbytes):
        gc.collect()  # scenes that were open before, which count for as long as they are there
        limit.most = limit.used + nbytes
    yield leave
    window.viewer.scene.limit.most = before


@pytest.mark.parametrize("answer", ["cancel", "open anyway", "half precision"])
def test_what_will_not_fit_is_asked_about_and_there_are_ways_out(window, tmp_path, little_room, answer):
    viewer, scene, path = window.viewer, window.viewer.scene, write_plain(tmp_path, 200_000)
    full, half = (forecast(path, None, "cpu", DepthSettings(), precision=precision).device
                  for precision in ("full", "half"))
    little_room((full + half) // 2)
    drop(window, path)
    asked(window)
    assert viewer.scene is scene and "200,000 splats will take about" in viewer.files.question.sentence
    little_room((full + half) // 2)  # the frames have taken some meanwhile
    window.click(*window.places[answer])
    assert viewer.files.question is None
    found = opened(window)
    if answer == "cancel":
        assert found is scene
        return
    assert len(found.model.items) == 200_000 and found.precision == ("half" if "half" in answer else "full")
    found.limit.most = None
    viewer.files.open(scene.opened, scene.mesh_path)
    opened(window)


def test_opening_anyway_is_for_that_scene_alone(window, tmp_path, little_room):
    """Which may grow as it likes; what is opened next is asked about again."""
    viewer, scene, path = window.viewer, window.viewer.scene, write_plain(tmp_path, 200_000)
    limit = scene.limit
    little_room(10 << 20)
    ceiling = limit.most
    drop(window, path)
    asked(window)
    window.click(*window.places["open anyway"])
    found = opened(window)
    assert "without the memory limit, which holds again for the next" in viewer.message and limit.most == ceiling
    limit.check(1 << 40, "what it grows by")
    window.until(lambda: viewer.idle and viewer.scene is found, "its picture")
    drop(window, path)
    asked(window)
    assert "may be taken are taken already" in viewer.files.question.sentence
    window.click(*window.places["cancel"])
    limit.most = None
    viewer.files.open(scene.opened, scene.mesh_path)
    opened(window)
    limit.most = ceiling
    with pytest.raises(NoRoom):
        limit.check(1 << 40, "too much")


@pytest.mark.parametrize("end", ["cancelled", "broken"])
def test_an_opening_anyway_that_came_to_nothing_leaves_the_limit_as_it_was(window, tmp_path, end):
    viewer, path = window.viewer, write_plain(tmp_path, 200_000)
    scene, limit = viewer.scene, viewer.scene.limit
    path.write_bytes(path.read_bytes()[:-9] if end == "broken" else path.read_bytes())
    viewer.files.opening = Opening(scene, VIEW_OUTPUTS, path, viewer.remembered, anyway=True)
    viewer.stir()  # as the event does that opens something
    assert limit.is_lifted
    if end == "cancelled":
        viewer.files.cancel()
    window.until(lambda: viewer.files.opening is None, "the end")
    assert viewer.scene is scene and not limit.is_lifted


def test_where_even_half_is_too_much_it_is_not_offered(window, tmp_path, little_room):
    little_room(10 << 20)
    window.places.pop("half precision", None)
    drop(window, write_plain(tmp_path, 60_000))
    asked(window)
    assert "half precision" not in window.places and "open anyway" in window.places
    window.click(*window.places["cancel"])
    assert window.viewer.files.question is None and window.viewer.files.opening is None


def test_escape_answers_the_question_by_leaving_the_scene_unopened(window, tmp_path, little_room):
    little_room(10 << 20)
    drop(window, write_plain(tmp_path, 60_000))
    asked(window)
    window.key("Escape")
    window.until(lambda: window.viewer.files.question is None, "the end of the question")
    assert window.viewer.files.opening is None and "was not opened" in window.viewer.message


def test_opening_another_scene_takes_the_question_back(window, tmp_path, little_room):
    """Its answer would open a scene beside one that is closed by then."""
    little_room(10 << 20)
    drop(window, write_plain(tmp_path, 60_000))
    asked(window)
    window.viewer.scene.limit.most = None
    window.key("F5")
    window.until(lambda: window.viewer.files.opening, "the other scene")
    assert window.viewer.files.question is None
    opened(window)


def test_the_wireframe_can_stay(window):
    window.click(*window.scrolled("Scene", "wireframe"))
    window.rest()
    assert window.viewer.settings.look.wireframe and window.viewer.canvas.look.wireframe
    window.click(*window.scrolled("Scene", "wireframe"))
    assert not window.viewer.settings.look.wireframe


def test_up_can_be_taken_from_a_tilted_view(window):
    viewer = window.viewer
    viewer.state = viewer.state.placed(roll=0.5)
    window.rest()
    wanted = -viewer.state.pose.axes(viewer.space)[:, 1]
    window.click(*window.scrolled("Scene", "up as in this view"))
    assert np.allclose(viewer.space.up, wanted) and abs(viewer.state.pose.roll) < 1e-6
    viewer.set_up((0, 0, 1))


def test_the_photograph_whose_appearance_is_taken_is_chosen_where_a_model_learned_some(window, street, tmp_path):
    write_anchor_checkpoint(tmp_path / "model", schema="scaffold", appearance_dim=8)
    drop(window, tmp_path / "model")
    opened(window)
    before = drawn_by(window.viewer)
    x, y = window.scrolled("Scene", "##appearance")
    window.drag((x, y), (x + 60, y))
    assert window.viewer.settings.render.appearance == 3 and not np.array_equal(drawn_by(window.viewer), before)
    drop(window, street / "model")
    opened(window)
