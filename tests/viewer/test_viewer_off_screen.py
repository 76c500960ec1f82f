"""The whole frame without a display, on each backend: what a window on that machine would show."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from desktop import watch_places
from imgui_bundle import imgui

from gsrender.settings import CULLING, RenderSettings
from viewer.app import Viewer
from viewer.frame import render_frame
from viewer.look import Look
from viewer.panels import PANELS, menu, statistics
from viewer.words import NOTHING
from viewer.panels.sampled import Sampled
from viewer.reading import Reader
from viewer.scene import open_scene
from viewer.settings import ViewerSettings
from viewer.shot import VIEW_OUTPUTS
from vk_interop.offscreen import Offscreen


@pytest.fixture(scope="module", params=["cpu", "cuda"])
def scene(request, street):
    if request.param == "cuda" and not torch.cuda.is_available():
        pytest.skip("needs an NVIDIA GPU")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VIEWER_VALIDATION", "sync")
        opened = open_scene(street / "model", backend=request.param, outputs=VIEW_OUTPUTS, surface_extensions=[])
    with opened:
        device = opened.device
        yield opened
    assert not device.validation_messages


@pytest.fixture
def viewer(scene):
    render = RenderSettings("centre", background=scene.model.background)
    settings = ViewerSettings(render, panel=False, always=True, adaptive=False)
    opened = Viewer(scene, Offscreen(scene.device, 480, 320), settings)
    yield opened
    opened.close()


@pytest.mark.parametrize("culling", CULLING)
def test_what_is_shown_is_what_render_draws(viewer, scene, culling):
    viewer.settings = replace(viewer.settings, render=replace(viewer.settings.render, culling=culling))
    for _ in range(4):  # once round the ring of pictures
        shown = viewer.frame(capture=True)
    camera = viewer.state.camera(480, 320)
    expected = render_frame(scene, camera, viewer.settings.render).rgba[..., :3].cpu().numpy()
    assert np.array_equal(shown, expected)


def test_what_is_painted_over_a_frame_is_timed(viewer):
    viewer.set(look=Look("depth", compare="second"))
    for view in range(8):
        viewer.state = viewer.state.fly_to(viewer.scene.cameras[view].camera)
        viewer.frame()
    stages = viewer.canvas.recent.stage_milliseconds()
    assert 0 < stages["view"] < 2 * viewer.canvas.recent.percentile(99)


def test_many_frames_in_flight_keep_their_order(viewer):
    """Each frame another camera, none waited for; the last one shown must be the last one asked for."""
    for view in range(20):
        viewer.state = viewer.state.fly_to(viewer.scene.cameras[view].camera)
        viewer.frame()
    viewer.state = replace(viewer.state, flight=None, pose=viewer.state.flight.end)
    viewer.frame()
    shown = viewer.frame(capture=True)
    expected = render_frame(viewer.scene, viewer.state.camera(480, 320), viewer.settings.render).rgba[..., :3]
    assert np.array_equal(shown, expected.cpu().numpy())


def test_statistics_are_of_the_settings_that_are_shown(viewer):
    visible = {}
    for culling in ("off", "centre"):
        viewer.settings = replace(viewer.settings, render=replace(viewer.settings.render, culling=culling))
        for _ in range(6):
            viewer.frame()
            counts = viewer.canvas.stats.counts
            visible.setdefault(culling, set()).update({counts["visible"]} if counts else ())
    assert len(visible["off"]) == len(visible["centre"]) == 1  # no frame of one is booked under the other
    assert visible["centre"].pop() < visible["off"].pop()


def test_a_still_picture_ends_with_complete_figures(viewer):
    viewer.settings = replace(viewer.settings, always=False)
    for _ in range(10):
        viewer.frame()
    assert viewer.idle and viewer.canvas.stats.counts["drawn"] > 0 and len(viewer.canvas.history) < 10


def test_the_first_slow_frames_are_no_part_of_the_figures_and_three_others_are_drawn_for_these(viewer):
    viewer.settings = replace(viewer.settings, always=False)
    viewer.frame()
    history = viewer.canvas.history
    while not viewer.idle:
        viewer.frame()
    first = history.frame_milliseconds[history.is_warm_up]
    assert history.steady == 3 and len(first) and history.percentile(99) in history.frame_milliseconds[-3:]
    assert f"{len(first)} that took up to" in statistics.explain_spread(history)
    assert viewer.canvas.recent.steady and viewer.canvas.recent.percentile(99) <= history.percentile(99)


def test_after_a_change_a_still_picture_keeps_its_last_frames_times_and_says_so(viewer, monkeypatch):
    texts = []
    for name in ("text_unformatted", "text_colored", "text_wrapped"):
        monkeypatch.setattr(imgui, name, lambda *words, draw=getattr(imgui, name): (texts.append(words[-1]),
                                                                                  draw(*words)))
    monkeypatch.setattr(statistics, "FIGURES", Sampled(0.0))  # at once
    monkeypatch.setattr(menu, "SPEED", Sampled(0.0))
    viewer.settings = replace(viewer.settings, panel=True, always=False)
    for culling in ("off", "centre"):
        viewer.set(render=replace(viewer.settings.render, culling=culling))
        viewer.idle = False
        while not (viewer.idle and viewer.settled):
            texts.clear()
            viewer.frame()
            assert culling == "off" or f"{NOTHING} fps" not in texts
        texts.clear()
        viewer.frame()
        stages = {"camera", "cull", "blend", "present"} | ({"proxy depth"} if culling == "centre" else set())
        assert any(text.startswith("still picture, times of the last") for text in texts) and stages <= set(texts)


def test_without_a_screen_there_is_no_vsync_to_tick(viewer, monkeypatch):
    drawn, checkbox = {}, imgui.checkbox

    def watched(label, value):
        drawn[label] = value
        return checkbox(label, value)
    monkeypatch.setattr(imgui, "checkbox", watched)
    viewer.settings = replace(viewer.settings, panel=True)
    viewer.frame()
    assert not drawn["vsync"] and drawn["draw always"] and viewer.settings.vsync


def test_a_picture_without_memory_is_complained_about_and_the_one_before_stands(viewer, scene, monkeypatch):
    while not viewer.settled:
        before = viewer.frame(capture=True)
    assert sum(viewer.memory.values()) == scene.limit.used and viewer.memory["screen, panels, other"] > 0
    monkeypatch.setattr(scene.limit, "most", scene.limit.used)
    viewer.settings = replace(viewer.settings, resolution_scale=1.0)
    monkeypatch.setattr(Viewer, "picture_size", (1920, 1280))
    assert np.array_equal(viewer.frame(capture=True), before)
    [notice] = [sentence for sentence in viewer.notices if "of memory that may be taken" in sentence]
    viewer.send_away(notice)
    monkeypatch.undo()
    assert np.array_equal(viewer.frame(capture=True), before)


def test_a_frame_that_lacks_items_for_good_says_so_and_comes_to_rest(viewer, scene, monkeypatch):
    viewer.frame()
    buffers = scene.renderer.buffers
    room = buffers.room
    buffers.fit(replace(room, pairs=1000))
    monkeypatch.setattr(scene.limit, "most", scene.limit.used)
    viewer.settings = replace(viewer.settings, always=False)
    viewer.state = viewer.state.fly_to(scene.cameras[3].camera)
    viewer.state = replace(viewer.state, flight=None, pose=viewer.state.flight.end)
    for _ in range(4):
        viewer.frame()
    canvas = viewer.canvas
    assert canvas.stats.incomplete and canvas.draw(canvas.camera, canvas.settings, False) is None
    assert any("1,000" not in sentence and "tile pairs needs" in sentence for sentence in viewer.notices)
    monkeypatch.undo()
    buffers.fit(room)


@pytest.mark.parametrize("scale, size", [(1, (1280, 720)), (2, (2560, 1440))])
def test_no_panel_is_wider_than_its_place_in_the_smallest_usual_window(scene, scale, size):
    """Those that are higher can be scrolled."""
    opened = Viewer(scene, Offscreen(scene.device, *size, scale), ViewerSettings(resolution_scale=0.25))
    for panel in PANELS:
        opened.show_panel(panel.name)
        for _ in range(4):
            opened.frame()
        window = imgui.internal.find_window_by_name(panel.name)
        assert window.active and not window.hidden and window.content_size.x <= window.work_rect.get_width() + 1
        assert window.scroll_max.x == 0 and window.pos.y + window.size.y <= size[1]
    left, top, width, height = opened.area
    assert 0.25 < left / size[0] < 0.33 and left + width == size[0] and 0.6 < (top + height) / size[1] < 0.8
    opened.close()


def test_a_low_window_scrolls_a_panel_instead_of_clipping_it(scene):
    opened = Viewer(scene, Offscreen(scene.device, 500, 200), ViewerSettings(resolution_scale=0.25))
    for _ in range(5):
        opened.frame()
    window = imgui.internal.find_window_by_name("Statistics")
    assert window.scroll_max.y > 0 and window.pos.y + window.size.y <= 200
    opened.close()


def test_in_a_narrow_panel_choices_go_below_one_another(viewer, monkeypatch):
    places = watch_places(monkeypatch)
    viewer.set(panel=True)
    viewer.show_panel("Compare")
    for _ in range(8):
        viewer.frame()
    panel = imgui.internal.find_window_by_name("Compare")
    assert places["difference"][0] < panel.pos.x + panel.size.x
    assert places["difference"][1] > places["first"][1]


def test_a_pixel_is_read_without_waiting_for_the_gpu(viewer):
    viewer.frame()
    shot, reader = viewer.canvas.shot, Reader()
    before = reader.look(shot, 9, 9, closely=False)
    if viewer.scene.backend == "cuda":
        torch.cuda.synchronize()
        before = reader.look(shot, 9, 9, closely=False)
        torch.cuda._sleep(2_000_000_000)  # a second or so in which nothing on the stream is done
        assert reader.look(shot, 240, 200, closely=False) == before
        assert not torch.cuda.current_stream().query()
        torch.cuda.synchronize()
    assert (before.x, before.y) == (9, 9)
    found, frame = reader.look(shot, 240, 200, closely=False), shot.newest
    assert (found.x, found.y, found.blended) == (240, 200, None)
    assert found.colour == tuple(frame.rgba[200, 240, :3].tolist())
    assert (found.alpha, found.depth) == (float(frame.alpha[200, 240]), float(frame.depth[200, 240]))


def test_a_pixel_is_read_anew_where_the_cursor_or_the_picture_is_another(viewer):
    viewer.frame()
    reader, found = Reader(), []
    for _ in range(2):
        for x, y in ((240, 200), (100, 300), (240, 200)):
            reader.look(viewer.canvas.shot, x, y, closely=False)
            torch.cuda.synchronize() if viewer.scene.backend == "cuda" else None
            found.append(reader.look(viewer.canvas.shot, x, y, closely=False))
        viewer.state = viewer.state.placed(yaw=viewer.state.pose.yaw + 1)
        viewer.frame()
    assert [(one.x, one.y) for one in found] == 2 * [(240, 200), (100, 300), (240, 200)]
    assert found[0] == found[2] and found[3] == found[5] and found[0].depth != found[3].depth


def test_a_frame_that_is_not_the_renderers_last_is_not_read(viewer, scene):
    viewer.frame()
    shot, reader = viewer.canvas.shot, Reader()
    render_frame(scene, viewer.state.camera(48, 32), viewer.settings.render)
    assert shot.newest is None and reader.look(shot, 4, 2, closely=False) is None
    reader.look(shot, 4, 2, closely=True)  # draws it again
    torch.cuda.synchronize() if scene.backend == "cuda" else None
    assert reader.look(shot, 4, 2, closely=True).blended is not None
