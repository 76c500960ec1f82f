"""At every size and scale that people have, each panel, menu, window and sentence has room for what it says."""

from dataclasses import replace

import pytest
from desktop import usual_settings, watch_places
from imgui_bundle import imgui
from texts import Texts

from gsrender.crop import Crop
from gsrender.frame import FrameStats
from viewer.app import Viewer
from viewer.camera_path import CameraPath
from viewer.fit import Fit
from viewer.look import Look
from viewer.opening import Opening
from viewer.panels import PANELS, statistics
from viewer.panels.menu import MENUS
from viewer.panels.question import Question
from viewer.panels.sampled import Sampled
from viewer.statistics import COUNTS
from viewer.tour import Tour
from vk_interop.offscreen import Offscreen

LONG = ("/home/somebody/data/street/proxy_of_the_whole_street.glb: the proxy hides 93 % of what is drawn without it. "
        "The mesh may belong to another model, or lie elsewhere: panel Scene, its up, scale, turn and shift.")


@pytest.fixture(scope="module", params=[(640, 480, 1), (1280, 800, 1), (1280, 800, 2), (1920, 1200, 1)],
                ids=lambda of: "{}x{} at {}x".format(*of))
def whole(request, scene):
    """A window of that size and scale, whose texts are watched."""
    width, height, scale = request.param
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("viewer.app.NAP", 0.0)
        for figures in ("statistics.FIGURES", "statistics.PLOT._sampled", "menu.SPEED"):
            patch.setattr(f"viewer.panels.{figures}", Sampled(0.0))
        viewer = Viewer(scene, Offscreen(scene.device, width, height, scale), usual_settings(scene))
        viewer.texts, viewer.places = Texts(patch), watch_places(patch)
        yield viewer
        viewer.close()


@pytest.fixture
def viewer(whole, scene):
    """That window as at the start."""
    whole.settings = usual_settings(scene, resolution_scale=0.25)
    whole.path.tour, whole.scene.ruler = Tour(), replace(whole.scene.ruler, metres=None)
    whole.start_over()
    whole.say("")
    whole.screen.ui.io.add_mouse_pos_event(-1, -1)
    return whole


def assert_fits(viewer):
    for _ in range(3):  # until ImGui knows how wide everything is
        viewer.frame()
    viewer.texts.begin()
    viewer.frame()
    assert viewer.texts.problems() == []


def busy(viewer):
    """With as much to say as there may be."""
    viewer.path.tour = Tour(CameraPath.through([view.camera for view in viewer.scene.cameras[:12]]), chosen=11)
    viewer.set_metres(0.3048)
    viewer.state = viewer.state.with_mode("walk")
    box = Crop((-1234.56, -1234.56, -12.34), (1234.56, 1234.56, 12.34))
    viewer.crop_box = box
    viewer.set(render=replace(viewer.settings.render, crop=box, culling="footprint"))
    viewer.lay_proxy(Fit("z", 1.2345, (-123.45, 12.34, 0.01), (-123.456, 12.345, 0.001)))


@pytest.mark.parametrize("panel", [panel.name for panel in PANELS])
def test_of_a_panel(viewer, panel):
    viewer.show_panel(panel)
    assert_fits(viewer)
    busy(viewer)
    assert_fits(viewer)
    viewer.lay_proxy(Fit())


def test_of_figures_with_as_many_digits_as_they_may_have(viewer, monkeypatch):
    stats = FrameStats({name: 123_456_789 for name in COUNTS}, {name: 1234.5 for name in (
        "proxy depth", "cull", "decode+project", "sort", "blend")}, incomplete=True)
    monkeypatch.setattr("viewer.canvas.frame_stats", lambda scene, settings: stats)
    for panel in ("Culling and LOD", "Statistics"):
        viewer.show_panel(panel)
    for _ in range(3):
        viewer.frame()
    for frames in (viewer.canvas.recent, viewer.canvas.history):
        for _ in range(30):
            frames.add(0.0625, stats, 12345.6)
    assert_fits(viewer)
    assert viewer.canvas.stats is stats


def test_what_is_taken_of_memory_in_all_is_in_view_in_a_window_of_720_lines(scene, monkeypatch):
    shown = {}

    def watched(label, value, help, draw=statistics.stat_row):
        shown[label] = imgui.get_cursor_screen_pos().y + imgui.get_text_line_height(), value
        draw(label, value, help)
    monkeypatch.setattr(statistics, "stat_row", watched)
    viewer = Viewer(scene, Offscreen(scene.device, 1280, 720), usual_settings(scene))
    for _ in range(4):
        viewer.frame()
    foot, value = shown["memory in all"]
    assert foot < 720 and " MiB of " in value
    viewer.close()


@pytest.mark.parametrize("compare", ["split", "difference"])
def test_of_what_stands_over_the_picture(viewer, compare):
    viewer.complain(LONG)
    viewer.say(LONG[57:150])
    viewer.set(look=Look("gap", compare=compare))
    assert_fits(viewer)
    viewer.send_away(LONG)


@pytest.mark.parametrize("action", ["open", "help", "load path", "save path"])
def test_of_a_window_over_it(viewer, action):
    viewer.path.tour = Tour(CameraPath.through([view.camera for view in viewer.scene.cameras[:2]]))
    viewer.act(action)
    while viewer.files.browser and viewer.files.browser.is_waiting:
        viewer.frame()
    assert_fits(viewer)
    viewer.act("escape")


def test_of_the_benchmark(viewer):
    viewer.start_benchmark()
    viewer.benchmark.cameras[1:] = []
    viewer.benchmark.total = 4
    assert_fits(viewer)
    while not viewer.benchmark.done:
        viewer.frame()
    assert_fits(viewer)
    viewer.act("escape")


def test_of_a_scene_that_is_being_opened(viewer, monkeypatch):
    monkeypatch.setattr(Opening, "_go_on", lambda opening, step: opening._cancelled.wait(60))
    viewer.show_panel("Scene")
    viewer.files.reload()
    while not viewer.files.opening.taken:
        viewer.frame()
    assert_fits(viewer)
    viewer.files.opening.taken = "about 123.45 GiB of the GPU's memory, 123.45 GiB are free"
    assert_fits(viewer)
    viewer.files.cancel()
    viewer.files.close()
    viewer.files.opening = None


def test_of_the_question_about_too_large_a_scene(viewer):
    viewer.files.question = Question(LONG, True, "town/model")
    assert_fits(viewer)
    viewer.act("escape")


@pytest.mark.parametrize("menu", [*MENUS, "Panels"])
def test_of_a_menu(viewer, menu):
    viewer.frame()
    io = viewer.screen.ui.io
    io.add_mouse_pos_event(*viewer.places[menu])
    for down in (False, True, False):
        io.add_mouse_button_event(0, down)
        viewer.frame()
    assert_fits(viewer)
    for down in (True, False):
        io.add_key_event(imgui.Key.escape, down)
        viewer.frame()


def test_of_how_things_stand_while_the_picture_is_coarse(viewer):
    viewer.pace._moved, viewer.pace._moving_share = float("inf"), 0.35
    viewer.set(adaptive=True)
    assert_fits(viewer)
