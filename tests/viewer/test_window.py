"""The window for real: Xvfb, lavapipe, and a hand on the keyboard and the mouse."""

from dataclasses import replace

import numpy as np
import pytest
from desktop import Late, is_in_front, usual_settings, watch_places, xdotool
import imgui_bundle  # noqa: F401  before glfw, as the window does

import glfw

from viewer.frame import render_frame
from viewer.panels import PANELS


@pytest.fixture
def places(monkeypatch, hand):
    """Shows the panels, and where their controls are."""
    found = watch_places(monkeypatch)
    hand.viewer.set(panel=True)
    hand.rest()
    return found


def test_the_screen_shows_exactly_the_picture_that_render_draws(hand, scene):
    camera = hand.viewer.state.camera(900, 700)
    expected = render_frame(scene, camera, hand.viewer.settings.render).rgba[..., :3].numpy()
    assert np.array_equal(hand.see(), expected)


def test_c_cycles_culling_and_what_is_drawn(hand):
    visible, modes = [], []
    for _ in range(4):
        hand.rest()
        modes.append(hand.viewer.settings.render.culling)
        visible.append(hand.viewer.canvas.stats.counts["visible"])
        hand.key("c")
        hand.until(lambda: hand.viewer.settings.render.culling != modes[-1], "another way of culling")
    assert modes == ["centre", "footprint", "off", "centre"]
    assert visible[0] < visible[1] <= visible[2] and visible[3] == visible[0]


def test_w_flies_forward_until_it_is_let_go(hand):
    start = hand.viewer.state.camera(9, 7)
    hand.hold("w")
    hand.until(lambda: any(hand.viewer.state.velocity), "movement")
    hand.frame(3)
    hand.release("w")
    hand.rest()
    moved = hand.viewer.state.camera(9, 7).position - start.position
    assert moved @ start.rotation[2] == pytest.approx(np.linalg.norm(moved)) and np.linalg.norm(moved) > 0.1


def test_losing_the_focus_stops_a_held_key(hand):
    hand.hold("w")
    hand.until(lambda: any(hand.viewer.state.velocity), "movement")
    other = glfw.create_window(100, 100, "another program", None, None)
    xdotool("windowfocus", "--sync", xdotool("search", "--name", "^another program$").split()[0])
    try:
        hand.rest()
    finally:
        hand.release("w")
        glfw.destroy_window(other)


def test_dragging_turns_the_camera_by_the_way_of_the_mouse(hand):
    hand.rest()
    before = hand.viewer.state.pose
    hand.drag((700, 300), (770, 335))  # a tenth of the height right, a twentieth down
    hand.rest()
    after = hand.viewer.state.pose
    assert after.yaw - before.yaw == pytest.approx(-0.15, abs=1e-6)
    assert after.pitch - before.pitch == pytest.approx(-0.075, abs=1e-6)
    assert after.position == before.position


@pytest.fixture(params=["at once", "later"])
def when(request, monkeypatch):
    """The picture's depth is told."""
    if request.param == "later":
        monkeypatch.setattr("viewer.canvas.Arriving", Late)
    return request.param


def view_z(hand, cursor):
    told = []
    hand.viewer.canvas.view_z(tuple(cursor), told.append)
    hand.until(lambda: told, "what is seen there")
    return told[0]


def test_panning_holds_what_was_grabbed_under_the_cursor(hand, when):
    hand.rest()
    camera, cursor = hand.viewer.state.camera(900, 700), np.array([700.0, 500.0])
    z = view_z(hand, cursor / 700)
    ray = np.array([(cursor[0] - camera.cx) / camera.fx, (cursor[1] - camera.cy) / camera.fy, 1])
    point, pose = camera.position + camera.rotation.T @ ray * z, hand.viewer.state.pose
    hand.move(*cursor)
    hand.frame(2)
    xdotool("mousedown", "3")
    hand.move(*cursor + (15, -20))  # before the next frame
    hand.until(lambda: hand.viewer.grip.waits or when == "at once", "a question")
    assert hand.viewer.state.pose.position == pose.position or when == "at once"
    hand.frame(2)
    hand.move(*cursor + (40, -30))
    hand.frame(2)
    xdotool("mouseup", "3")
    hand.rest()
    moved = hand.viewer.state.camera(900, 700)
    x, y, z = moved.rotation @ (point - moved.position)
    assert (moved.fx * x / z + moved.cx, moved.fy * y / z + moved.cy) == pytest.approx((740, 470), abs=0.01)


def test_the_wheel_changes_the_speed(hand):
    before = hand.viewer.state.speed
    hand.move(700, 300)
    hand.frame(2)
    hand.wheel(3)
    hand.until(lambda: hand.viewer.state.speed != before, "another speed")
    hand.rest()
    assert hand.viewer.state.speed == pytest.approx(before * 1.2 ** 3)
    assert hand.viewer.message == f"speed {hand.viewer.scene.ruler.text(hand.viewer.state.speed, '.3g')}/s"


def test_the_right_arrow_flies_to_the_next_camera_of_the_dataset(hand, scene):
    first, after = scene.first_view, (scene.first_view + 1) % len(scene.cameras)
    hand.key("Right")
    hand.until(lambda: hand.viewer.view == after, "the next view")
    hand.rest()
    there = scene.cameras[after].camera.resized(900, 700)
    assert np.allclose(hand.viewer.state.camera(900, 700).camera_from_world, there.camera_from_world, atol=1e-6)
    hand.key("r")
    hand.until(lambda: hand.viewer.view == first, "the first view")
    hand.rest()
    assert np.allclose(hand.viewer.state.pose.position, scene.cameras[first].camera.position)


def test_orbiting_goes_round_the_point_under_the_cursor(hand, when):
    hand.rest()
    hand.move(700, 550)
    hand.frame(2)
    hand.key("f")
    hand.until(lambda: hand.viewer.state.mode == "orbit", "orbit mode")
    hand.rest()
    s = hand.viewer.state
    pivot = s.pose.position + s.pose.axes(s.space)[:, 2] * s.distance
    hand.drag((600, 300), (700, 280))
    hand.rest()
    s = hand.viewer.state
    assert np.allclose(s.pose.position + s.pose.axes(s.space)[:, 2] * s.distance, pivot)


def test_orbiting_goes_round_what_is_in_the_middle(hand, when):
    hand.rest()
    z = view_z(hand, (900 / 700 / 2, 0.5))
    assert hand.viewer.state.distance != z
    hand.key("2")
    hand.until(lambda: hand.viewer.state.mode == "orbit", "orbit mode")
    hand.rest()
    assert hand.viewer.state.distance == z


def test_a_picture_that_the_gpu_still_draws_is_waited_for_by_nobody(hand, scene, monkeypatch):
    """And the window does not rest before it is whole."""
    hand.rest()
    monkeypatch.setattr(type(scene.renderer), "is_finished", False)
    monkeypatch.setattr(scene.renderer, "wait", lambda: pytest.fail("waited"))
    hand.frame(3)
    assert not hand.viewer.idle
    monkeypatch.undo()
    hand.rest()


def test_buttons_in_the_panel_change_settings_and_pixels(hand, places):
    before = hand.see()
    hand.click(*places["off"])
    assert hand.viewer.settings.render.culling == "off"
    hand.open("Scene")
    hand.click(*places["black"])
    assert hand.viewer.settings.render.background == (0, 0, 0)
    after = hand.see()
    left, top, *_ = hand.viewer.area
    assert before[top + 5, left + 5].min() > 240 and after[top + 5, left + 5].max() < 60  # the sky


def test_the_vsync_box_changes_how_the_window_presents(hand, places):
    hand.rest()
    assert hand.viewer.settings.vsync and hand.viewer.screen.vsync
    hand.click(*places["vsync"])
    assert not hand.viewer.settings.vsync and not hand.viewer.screen.vsync
    hand.key("t")
    hand.until(lambda: hand.viewer.screen.vsync, "vsync again")


def test_a_smaller_resolution_is_stretched_over_the_same_place(hand, places):
    hand.open("Scene")
    sharp = hand.see()
    hand.drag(places["##resolution"], (places["##resolution"][0] - 200, places["##resolution"][1]))
    assert hand.viewer.settings.resolution_scale == 0.25
    soft = hand.see()
    left, top, width, height = hand.viewer.area
    assert hand.viewer.picture_size == (round(width / 4), round(height / 4)) and soft.shape == sharp.shape
    picture = np.s_[top:top + height, left:left + width]
    assert 0 < np.abs(soft[picture].astype(int) - sharp[picture]).mean() < 8


def test_a_drag_on_the_panel_does_not_turn_the_camera(hand, places):
    hand.rest()
    before = hand.viewer.state.pose
    hand.drag(places["##margin"], (700, 400))
    hand.rest()
    assert hand.viewer.state.pose == before and hand.viewer.settings.render.margin > 0.3


def test_typing_into_a_field_is_not_flying(hand, places):
    hand.rest()
    before, culling = hand.viewer.state.pose, hand.viewer.settings.render.culling
    x, y = places["##position"]
    hand.click(x - 80, y)
    hand.until(lambda: hand.viewer.screen.ui.io.want_text_input, "the field to take keys")
    hand.key("c", "w")
    hand.frame(5)
    assert hand.viewer.state.pose == before and hand.viewer.settings.render.culling == culling
    hand.key("ctrl+a", "9", "period", "5", "Return")
    hand.until(lambda: hand.viewer.state.pose.position[0] == 9.5, "the typed position")


def test_tab_goes_to_the_panels_the_arrows_through_them_and_escape_back(hand, places):
    hand.key("Tab")
    hand.until(lambda: hand.viewer.screen.ui.io.nav_visible, "a panel that takes keys")
    view, pose = hand.viewer.view, hand.viewer.state.pose
    for key in ("Home", "Right", "space"):
        hand.key(key)
        hand.frame(3)
    hand.until(lambda: hand.viewer.state.mode == "orbit", "what the arrow went to and space chose")
    assert hand.viewer.view == view and hand.viewer.state.pose == pose
    hand.key("Escape")
    hand.until(lambda: not hand.viewer.screen.ui.io.nav_visible, "the panels left")
    hand.key("Right")
    hand.until(lambda: hand.viewer.view != view, "the next view: the key is the picture's again")


def test_a_closed_panel_comes_back_by_its_key_and_all_of_them_by_theirs(hand):
    hand.viewer.set(panel=True)
    hand.rest()
    narrow = hand.viewer.area[2]
    names = tuple(panel.name for panel in PANELS if panel.place != "foot")
    for name in names:
        hand.viewer.close_panel(name)
    hand.rest()
    assert hand.viewer.area[2] == 900 > narrow
    hand.open("Camera")
    assert hand.viewer.area[2] == narrow and hand.viewer.settings.closed == names[1:]
    hand.key("ctrl+0")
    hand.until(lambda: not hand.viewer.settings.closed, "all panels")
    hand.rest()
    assert is_in_front("Camera") and is_in_front("Culling and LOD")


def test_a_panels_edge_can_be_dragged_and_the_picture_follows(hand):
    hand.viewer.set(panel=True)
    hand.rest()
    left, top, width, height = hand.viewer.area
    hand.drag((left - 1, 300), (left - 81, 300))
    hand.rest()
    assert hand.viewer.area == (left - 80, top, width + 80, height)
    assert hand.viewer.canvas.camera.width == width + 80


def test_f1_lists_the_keys_and_escape_closes_the_list(hand):
    before = hand.see()
    hand.key("F1")
    hand.until(lambda: hand.viewer.settings.help, "the list")
    hand.frame(3)
    listed = hand.see()
    middle = np.s_[200:500, 400:600]
    assert np.abs(listed[middle].astype(int) - before[middle]).mean() > 20
    hand.key("Escape")
    hand.until(lambda: not hand.viewer.settings.help, "the list closed")
    assert np.array_equal(hand.see()[middle], before[middle])


def test_h_hides_the_panel_and_says_how_to_get_it_back(hand):
    alone = hand.see()
    hand.key("h")
    hand.until(lambda: hand.viewer.settings.panel, "the panels")
    hand.rest()
    beside = hand.see()
    left, top, width, height = hand.viewer.area
    assert left > 300 and top > 10 and left + width == 900 and top + height < 600
    assert beside[100:600, 50:350].mean() < 60 and (beside[top + 5, left + 5:-5] > 60).all()  # a panel, the sky
    hand.key("h")
    hand.until(lambda: not hand.viewer.settings.panel, "the panels hidden")
    assert hand.viewer.message == "H shows the panels"
    hand.until(lambda: not hand.viewer.message, "the end of the message")
    assert np.array_equal(hand.see(), alone)


def test_a_still_picture_is_not_drawn_again(hand, places):
    hand.rest()
    frames = len(hand.viewer.canvas.history)
    hand.frame(5)
    assert len(hand.viewer.canvas.history) == frames
    hand.click(*places["draw always"])
    frames = len(hand.viewer.canvas.history)
    hand.frame(5)
    assert len(hand.viewer.canvas.history) == frames + 5


def test_a_slow_machines_picture_is_coarse_while_it_moves_and_sharpens_when_it_stops(hand):
    hand.viewer.set(adaptive=True)
    sharp = hand.see()
    assert hand.viewer.picture_size == (900, 700)
    hand.viewer.pace.measure(1000.0)  # as slow as no test should have to be
    hand.hold("w")
    hand.until(lambda: hand.viewer.pace.is_coarse, "a coarse picture")
    hand.frame(2)
    assert hand.viewer.canvas.camera.width < 900
    hand.release("w")
    hand.rest()
    assert hand.viewer.canvas.camera.width == 900 and hand.see().shape == sharp.shape


def test_where_nothing_happens_nothing_is_shown_anew_until_something_does(hand):
    hand.until(lambda: not hand.viewer.watch.is_looking and hand.viewer.comparison.psnr, "what is measured at rest")
    hand.until(lambda: hand.viewer.resting, "a rest")
    presented = hand.viewer.presented
    hand.frame(2)
    assert hand.viewer.presented == presented
    hand.move(300, 300)
    hand.until(lambda: hand.viewer.presented > presented, "a frame for the mouse")


def test_the_next_window_is_as_this_one_was_left(hand, scene):
    from viewer.app import Viewer
    from viewer.window import Offscreen
    hand.viewer.set(panel=True, resolution_scale=0.5, vsync=False)
    hand.viewer.close_panel("Statistics")
    hand.rest()
    left, top, *_ = hand.viewer.area
    hand.drag((left - 1, 300), (left - 61, 300))
    hand.rest()
    remembered, area = hand.viewer.remember(), hand.viewer.area
    assert remembered.settings == {"resolution_scale": 0.5, "vsync": False, "closed": ("Statistics",)}
    assert remembered.recent[0].model.endswith("street/model")
    settings = replace(usual_settings(scene), **remembered.settings)
    again = Viewer(scene, Offscreen(scene.device, 900, 700), settings, None, remembered)
    for _ in range(4):
        again.frame()
    assert again.area == area and again.settings == hand.viewer.settings
    again.close()


def test_figures_add_up(hand, places):
    hand.rest()
    hand.click(*places["draw always"])
    hand.frame(10)
    recent = hand.viewer.canvas.recent
    times = recent.stage_milliseconds()
    assert list(times) == ["camera", "proxy depth", "cull", "decode", "project", "sort", "blend", "present"]
    serial = sum(time for stage, time in times.items() if stage != "present")  # which overlaps
    assert serial <= recent.percentile(100)
    counts = recent.counts()
    assert counts["items"] >= counts["lod"] >= counts["visible"] > 0 < counts["drawn"] <= counts["gaussians"]


def test_the_panel_says_what_culling_changes(hand, scene, monkeypatch):
    monkeypatch.setattr("viewer.compare.PAUSE", np.inf)
    hand.key("Left")
    hand.until(lambda: hand.viewer.view != scene.first_view, "another view")
    hand.rest()
    assert hand.viewer.comparison.psnr is None  # not measured yet
    monkeypatch.setattr("viewer.compare.PAUSE", 0.0)
    hand.until(lambda: hand.viewer.comparison.psnr is not None, "a comparison")
    camera, settings = hand.viewer.state.camera(900, 700), hand.viewer.settings.render
    culled, full = (render_frame(scene, camera, replace(settings, culling=mode)).rgba[..., :3].numpy().astype(float)
                    for mode in ("centre", "off"))
    expected = 10 * np.log10(255 ** 2 / ((culled - full) ** 2).mean())
    assert hand.viewer.comparison.psnr == pytest.approx(expected, abs=1e-3)
    hand.key("c", "c")
    hand.until(lambda: hand.viewer.settings.render.culling == "off", "culling off")
    hand.rest()
    assert hand.viewer.comparison.psnr is None


def test_resizing_keeps_the_field_of_view_and_fills_the_window(hand):
    before = hand.viewer.state.pose
    for size in ((1100, 500), (640, 800)):
        xdotool("windowsize", "--sync", hand.window, *map(str, size))
        hand.until(lambda: hand.viewer.screen.size == size, "the new size")
        seen = hand.see()
        assert seen.shape == (size[1], size[0], 3) and hand.viewer.picture_size == size
        assert (seen[:, -1] != 0).any() and (seen[-1] != 0).any()
    assert hand.viewer.state.pose == before


def test_a_hidden_window_presents_nothing_and_comes_back(hand):
    before = hand.see()
    xdotool("windowunmap", "--sync", hand.window)
    hand.until(lambda: hand.viewer.screen.minimised, "the window gone")
    presented = hand.viewer.presented
    hand.frame(3)
    assert hand.viewer.presented == presented
    xdotool("windowmap", "--sync", hand.window)
    hand.until(lambda: not hand.viewer.screen.minimised, "the window back")
    hand.frame(2)
    assert hand.see().shape == before.shape


def test_the_close_button_and_ctrl_q_close(hand):
    hand.rest()
    assert not hand.viewer.closing
    hand.key("ctrl+q")
    hand.until(lambda: hand.viewer.closing, "the end")
    hand.viewer.closing = False
    hand.press_close_button()
    hand.until(lambda: hand.viewer.closing, "the end again")


def test_p_saves_what_is_on_the_screen(hand, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    hand.rest()
    hand.key("p")
    hand.until(lambda: list(tmp_path.glob("viewer-*.png")), "the screenshot")
    from PIL import Image
    [path] = tmp_path.glob("viewer-*.png")
    assert Image.open(path).size == (900, 700)
