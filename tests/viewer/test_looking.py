"""What the window shows besides the plain picture: views, two settings, frozen culling; by keys and by mouse."""

import gc
from dataclasses import replace

import numpy as np
import pytest
import torch
from desktop import watch_places
from imgui_bundle import imgui

from gsrender.camera import Camera
from gsrender.settings import RenderSettings
from viewer.fit import Fit
from viewer.frame import render_frame
from viewer.look import COMPARISONS, Look, resized
from viewer.looking import combined
from viewer.picture_views import paint
from viewer.reading import Reader
from viewer.shot import Shot, Spare
from viewer.view_table import VIEW_NAMES
from viewer.way import Way, described
from vk_interop.depth_settings import DepthSettings

SETTINGS = RenderSettings()


@pytest.fixture
def panels(hand, monkeypatch):
    """Opens a panel; where its labelled controls are."""
    places = watch_places(monkeypatch)

    def opened(name):
        hand.viewer.set(panel=True)
        hand.open(name)
        return places
    return opened


def of(viewer, **settings):
    """The frame of the window's view under other settings, [H, W, 3] uint8."""
    render = replace(viewer.settings.render, **settings)
    return render_frame(viewer.scene, viewer.state.camera(900, 700), render).rgba[..., :3].numpy().copy()


@pytest.fixture
def words(hand, monkeypatch):
    """What the panels and the menu say in the frame that is drawn now."""
    said = []
    for name, place in (("text_unformatted", 0), ("text_wrapped", 0), ("text_colored", 1)):
        def watched(*given, draw=getattr(imgui, name), place=place):
            said.append(given[place])
            return draw(*given)
        monkeypatch.setattr(imgui, name, watched)

    def now():
        hand.rest()
        said.clear()
        hand.viewer.frame(capture=True)
        return list(said)
    return now


def left(viewer, culling):
    """How many anchors that way of culling leaves of the window's view."""
    aside = Spare(viewer.scene).scene
    render_frame(aside, viewer.state.camera(*viewer.picture_size), replace(viewer.settings.render, culling=culling))
    return f"{aside.renderer.stats.counts['visible']:,}"


def test_m_and_b_go_through_the_kinds_of_pictures(hand):
    for key, view in (("m", "alpha"), ("m", "depth"), ("b", "alpha"), ("b", "picture"), ("b", VIEW_NAMES[-1])):
        hand.key(key)
        hand.until(lambda: hand.viewer.settings.look.view == view, f"the view {view}")
        assert hand.viewer.message.startswith(f"{view}: ")


@pytest.mark.parametrize("kind", ["depth", "overdraw", "removed", "clusters"])
def test_the_window_shows_the_view_that_render_draws(hand, scene, kind):
    hand.viewer.set(look=Look(kind))
    shown = hand.see()
    camera = hand.viewer.state.camera(900, 700)
    expected = paint(kind, Shot(scene, camera, hand.viewer.settings.render, Spare(scene))).picture.numpy()
    above = np.s_[60:560]  # between the message and the legend
    assert np.array_equal(shown[above], expected[above])


def test_a_view_is_chosen_in_its_panel_and_has_a_legend(hand, panels):
    places = panels("Views")
    before = hand.see()
    hand.click(*places["alpha"])
    assert hand.viewer.settings.look.view == "alpha"
    after = hand.see()
    left, top, width, height = hand.viewer.area
    foot = np.s_[top + height - 60:top + height - 10, left + 10:left + 200]
    assert hand.viewer.canvas.looking.legend.title == "covered share of the background"
    assert np.abs(after[foot].astype(int) - before[foot]).mean() > 50


def test_l_draws_a_line_between_culling_on_and_off_that_can_be_dragged(hand):
    on, off = of(hand.viewer), of(hand.viewer, culling="off")
    hand.key("l")
    hand.until(lambda: hand.viewer.settings.look.compare == "split", "a line")
    pose = hand.viewer.state.pose
    hand.see()
    hand.drag((450, 400), (250, 420))
    assert hand.viewer.settings.look.at == pytest.approx(250 / 900, abs=0.003)
    shown, middle = hand.see(), np.s_[80:600]
    assert np.array_equal(shown[middle, :240], on[middle, :240])
    assert np.array_equal(shown[middle, 260:], off[middle, 260:])
    assert hand.viewer.state.pose == pose


def test_the_line_lies_under_what_the_window_says(hand):
    hand.viewer.set(look=Look(compare="split"))
    hand.see()
    hand.viewer.say("a sentence that is as wide as this one")
    hand.frame(4)
    shown = hand.viewer.frame(capture=True)
    message = imgui.internal.find_window_by_name("###message")
    left, top, height = int(message.pos.x), int(message.pos.y), int(message.size.y)
    inside, above = shown[top + 2:top + 5, 448:453], shown[top - 20:top - 5, 448:453]
    assert left < 440 and height > 20 and above.max() > 230 > 120 > inside.max()


def test_x_flips_between_both_and_the_panel_knows_how_near_they_are(hand):
    on, off = of(hand.viewer), of(hand.viewer, culling="off")
    hand.key("x")
    hand.until(lambda: hand.viewer.settings.look.compare == "second", "the other one")
    assert np.array_equal(hand.see()[80:600], off[80:600])
    expected = 10 * np.log10(255 ** 2 / ((on.astype(float) - off) ** 2).mean())
    assert hand.viewer.canvas.looking.psnr == pytest.approx(expected, abs=1e-3)
    hand.key("x")
    hand.until(lambda: hand.viewer.settings.look.compare == "first", "the first one")
    assert np.array_equal(hand.see()[80:600], on[80:600])


def test_figures_are_of_the_picture_that_is_seen_and_say_so(hand, words):
    viewer = hand.viewer
    viewer.set(panel=True)
    hand.open("Culling and LOD")
    on, off = left(viewer, "centre"), left(viewer, "off")
    said = words()
    assert f"culling centre: {on} of 16,067 anchors left   |   still picture" in said and on in said
    assert "what is left" in said and off not in said
    hand.key("x")
    hand.until(lambda: viewer.canvas.look.compare == "second", "the second picture")
    said = words()
    assert f"culling off: {off} of 16,067 anchors left   |   still picture" in said and off in said
    assert "what is left, culling off" in said and on not in said
    assert any("two pictures a frame, counts of culling off" in text for text in said)


def test_of_two_pictures_beside_each_other_figures_are_of_the_one_under_the_cursor(hand, words):
    viewer = hand.viewer
    viewer.set(panel=True, look=Look(compare="split"))
    hand.open("Views")
    on, off = left(viewer, "centre"), left(viewer, "off")
    x, y, width, height = viewer.area
    for share, count, name in ((0.25, on, "centre"), (0.75, off, "off")):
        hand.move(x + share * width, y + height - 90)
        hand.frame(2)
        said = words()
        assert viewer.seen.name == f"culling {name}" and viewer.seen.stats.counts["visible"] == int(
            count.replace(",", ""))
        assert f"what is left, culling {name}" in said
        assert f"culling centre: {on}, culling off: {off} of 16,067 anchors left   |   still picture" in said
        column, row = viewer.pixel
        shown = hand.see()[y + row, x + column]
        assert f"{shown[0]}, {shown[1]}, {shown[2]}" in words()


def test_what_is_painted_over_the_frame_is_timed_as_a_part_of_it(hand):
    hand.rest()
    assert "view" not in hand.viewer.canvas.recent.stage_milliseconds()
    hand.viewer.set(look=Look("gap", compare="second"), always=True)
    hand.until(lambda: len(hand.viewer.canvas.recent) > 4 and hand.viewer.canvas.look.view == "gap", "frames")
    recent = hand.viewer.canvas.recent
    times = recent.stage_milliseconds()
    assert list(times)[-2:] == ["view", "present"] and times["view"] > max(times["cull"], times["project"])
    assert sum(times.values()) > 0.5 * recent.percentile(50)


def test_without_a_proxy_only_settings_that_differ_are_compared(hand, scene, monkeypatch):
    monkeypatch.setattr(scene, "proxy", None)
    viewer = hand.viewer
    viewer.set(render=replace(viewer.settings.render, culling="off"))
    for key in "lx":
        viewer.say("")
        hand.key(key)
        hand.until(lambda: "nothing can be hidden" in viewer.message, "a sentence")
        assert viewer.settings.look.compare == "first"
    viewer.set(look=Look(other=Way.of(scene, replace(viewer.settings.render, background=(0, 0, 0)))))
    hand.key("l")
    hand.until(lambda: viewer.settings.look.compare == "split", "a line")


def test_the_difference_is_ten_times_what_lies_between(hand, panels):
    places = panels("Compare")
    hand.click(*places["difference"])
    hand.move(890, 690)  # away, and its tooltip with it
    hand.frame(2)
    shown = hand.see()
    left, top, width, height = hand.viewer.area
    camera = hand.viewer.state.camera(width, height)
    on, off = (render_frame(hand.viewer.scene, camera, replace(hand.viewer.settings.render, culling=culling))
               .rgba[..., :3].numpy().astype(int) for culling in ("centre", "off"))
    expected = np.minimum(10 * np.abs(on - off), 255)
    lower = np.s_[top + height // 2:top + height - 40, left:left + width]
    assert np.array_equal(shown[lower], expected[height // 2:height - 40]) and expected.mean() > 5


def test_settings_that_are_held_stay_while_the_first_ones_change(hand, panels):
    places = panels("Compare")
    hand.click(*places["keep as second"])
    held = Way.of(hand.viewer.scene, hand.viewer.settings.render)
    hand.key("c")
    hand.until(lambda: hand.viewer.settings.render.culling == "footprint", "other settings")
    assert hand.viewer.settings.look.other == held
    hand.rest()
    hand.click(*places["culling on / off"])
    assert hand.viewer.settings.look.other is None


def test_the_second_settings_and_the_line_are_set_in_the_panel(hand, panels):
    places = panels("Compare")
    hand.click(*places["split"])
    hand.until(lambda: "##line" in places, "the line's slider")
    hand.rest()
    x, y = places["##line"]
    hand.drag((x, y), (x + 60, y))
    assert hand.viewer.settings.look.at > 0.6
    hand.click(*places["footprint"])
    first = Way.of(hand.viewer.scene, hand.viewer.settings.render)
    assert hand.viewer.settings.look.other == first.drawn(culling="footprint")
    hand.click(*places["centre"])
    before = hand.see()
    hand.drag(places["##margin"], (places["##margin"][0] + 150, places["##margin"][1]))
    assert hand.viewer.settings.look.other.render.margin > 0.5 and hand.viewer.settings.render.margin == 0.3
    hand.click(*places["off"])
    left, top, width, height = hand.viewer.area
    second = np.s_[top + 80:top + height - 60, left + int(0.75 * width):left + width]
    assert (before[second] != hand.see()[second]).any()


WAYS = {
    "margin": (RenderSettings("centre", margin=4.0), DepthSettings(1.0), Fit()),
    "footprint": (RenderSettings("footprint"), DepthSettings(1.0), Fit()),
    "proxy error": (RenderSettings("centre"), DepthSettings(16.0), Fit()),
    "all triangles": (RenderSettings("centre"), DepthSettings(0.0), Fit()),
    "fit": (RenderSettings("centre"), DepthSettings(1.0), Fit(shift=(0.0, 0.0, 1.5))),
    "anchor bias": (RenderSettings("centre", level_bias=-1.5), DepthSettings(1.0), Fit()),
    "finest level": (RenderSettings("centre", level_limit=1), DepthSettings(1.0), Fit()),
    "raster and fit": (RenderSettings("centre"), DepthSettings(1.0, "compute"), Fit(turn=(0.0, 0.0, 4.0)))}


@pytest.mark.parametrize("differs", WAYS)
def test_the_second_picture_is_what_these_settings_draw_when_they_are_the_first(hand, differs, monkeypatch):
    # What is said of a proxy that lies askew comes when it was looked at, and would be over either picture or none.
    monkeypatch.setattr(type(hand.viewer), "notices", property(lambda viewer: []))
    viewer, (render, detail, fit) = hand.viewer, WAYS[differs]
    render = replace(render, background=viewer.settings.render.background)
    usual, first = Way.of(viewer.scene, viewer.settings.render), hand.see()[80:600]
    before = viewer.canvas.stats.counts
    try:
        viewer.set_detail(detail)
        viewer.lay_proxy(fit)
        viewer.set(render=render)
        expected = hand.see()[80:600]
    finally:
        viewer.set_detail(usual.detail)
        viewer.lay_proxy(usual.fit)
    viewer.set(render=usual.render, look=Look(compare="second", other=Way(render, detail, fit)))
    shown = hand.see()[80:600]
    assert np.array_equal(shown, expected) and (shown != first).any(-1).mean() > 1e-3
    assert Way.of(viewer.scene, viewer.settings.render) == usual
    assert viewer.canvas.stats.counts["visible"] == before["visible"]  # what is told is of the first picture
    viewer.set(look=replace(viewer.settings.look, compare="first"))
    assert np.array_equal(hand.see()[80:600], first)


def test_second_settings_of_the_proxy_are_set_in_the_panel_and_both_change_places(desk):
    viewer = desk.viewer
    usual = Way.of(viewer.scene, viewer.settings.render)
    desk.open("Compare")
    try:
        viewer.lay_proxy(laid := Fit(shift=(0.0, 0.0, 1.0)))
        desk.rest()
        desk.click(*desk.scrolled("Compare", "centre"))
        desk.click(*desk.scrolled("Compare", "as its file has it"))
        x, y = desk.scrolled("Compare", "##proxy error")
        desk.drag((x - 40, y), (x + 40, y))
        second = viewer.settings.look.other
        assert second.fit == Fit() and second.detail.lod_error > 2 and second.render == usual.render
        assert Way.of(viewer.scene, viewer.settings.render) == replace(usual, fit=laid)
        viewer.set(look=replace(viewer.settings.look, compare="second"))
        left, top, width, height = viewer.area
        picture = np.s_[top + height // 2:top + height - 40, left:left + width]  # without what is said at its head
        desk.move(1200, 300)  # and no tooltip lies over it
        shown = desk.see()[picture]
        desk.click(*desk.scrolled("Compare", "swap"))
        viewer.set(look=replace(viewer.settings.look, compare="first"))
        desk.move(1200, 300)
        assert Way.of(viewer.scene, viewer.settings.render) == second and viewer.settings.look.other.fit == laid
        assert np.array_equal(desk.see()[picture], shown)
    finally:
        viewer.set_detail(usual.detail)
        viewer.lay_proxy(usual.fit)


def test_z_freezes_culling_while_the_camera_flies_on(hand):
    hand.rest()
    kept = hand.viewer.canvas.stats.counts["visible"]
    hand.key("z")
    hand.until(lambda: hand.viewer.settings.render.culling_camera is not None, "frozen culling")
    hand.key("Right")
    hand.rest()
    assert hand.viewer.canvas.stats.counts["visible"] == kept
    frozen = hand.see()
    hand.key("z")
    hand.until(lambda: hand.viewer.settings.render.culling_camera is None, "culling that follows")
    assert (frozen != hand.see()).any(-1).mean() > 0.05
    assert hand.viewer.canvas.stats.counts["visible"] != kept


def test_frozen_culling_outlives_a_window_of_another_size(hand, panels):
    hand.key("z")
    hand.until(lambda: hand.viewer.settings.render.culling_camera is not None, "frozen culling")
    panels("Views")
    hand.rest()
    assert hand.viewer.canvas.camera.width < 900
    assert hand.viewer.canvas.settings.culling_camera.width == hand.viewer.canvas.camera.width


def test_the_pixel_under_the_cursor_is_read(hand, panels):
    panels("Views")
    left, top, width, height = hand.viewer.area
    hand.move(left + 200, top + height - 90)
    hand.frame(2)
    hand.rest()
    assert hand.viewer.pixel == (200, height - 90)
    found = Reader().look(hand.viewer.canvas.shot, *hand.viewer.pixel, closely=True)
    shown = hand.see()
    assert found.colour == tuple(shown[top + height - 90, left + 200])
    assert 0.5 < found.alpha <= 1 and found.depth > 0 and found.proxy > 0
    assert found.cluster >= 0 and found.level >= 0 and 0 < found.blended <= found.tile_splats
    hand.move(100, 200)
    hand.frame(2)
    assert hand.viewer.pixel is None


def test_where_there_is_no_memory_for_a_second_picture_the_first_one_stands(hand, monkeypatch):
    plain = hand.see()
    limit = hand.viewer.scene.limit
    gc.collect()  # windows of other tests, whose pictures count for as long as they are there
    monkeypatch.setattr(limit, "most", limit.used)
    hand.key("l")
    hand.until(lambda: hand.viewer.notices, "a sentence")
    assert "of memory that may be taken" in hand.viewer.notices[0]
    assert hand.viewer.settings.look == Look()
    hand.viewer._sent_away.update(hand.viewer.notices)
    hand.until(lambda: not hand.viewer.message, "the end of the message")
    assert np.array_equal(hand.see(), plain)


def test_two_pictures_are_put_together_as_the_look_says():
    first, second = torch.full((2, 4, 3), 10, dtype=torch.uint8), torch.full((2, 4, 3), 13, dtype=torch.uint8)
    row = {mode: combined(Look(compare=mode, at=0.25), first, second)[0, :, 0].tolist() for mode in COMPARISONS[1:]}
    assert row == {"split": [10, 13, 13, 13], "second": [13] * 4, "difference": [30] * 4}


def test_settings_are_told_apart_by_what_differs():
    off = Way(SETTINGS)
    on = Look().second(off, "centre")
    assert (on.render.culling, Look().second(on, "centre").render.culling) == ("centre", "off")
    assert described(on, off) == "culling centre"
    assert described(on, on.drawn(margin=0.5)) == "culling centre, margin 0.3"
    assert described(off, off.drawn(margin=0.5, level_bias=1.0)) == "culling off, level bias +0"
    assert described(on.drawn(level_limit=3), on) == "culling centre, levels to 3"
    assert described(on.drawn(background=(1, 0.5, 0)), on) == "culling centre, background 100% 50% 0%"
    coarse = replace(on, detail=DepthSettings(4.0, "compute"))
    assert described(coarse, on) == "culling centre, proxy error 4 pixels, proxy drawn by compute"
    assert described(on, coarse) == "culling centre, the whole proxy, proxy drawn by what is fastest"
    moved = replace(on, fit=Fit(scale=1.5, shift=(0.0, 0.25, -2.0)))
    assert described(moved, on) == "culling centre, proxy scaled 1.5, proxy shifted 0 0.25 -2"
    frozen = on.drawn(culling_camera=Camera.look_at((0, 0, 0), (1, 0, 0)))
    assert (described(frozen, on), described(on, frozen)) == ("culling centre, frozen", "culling centre, not frozen")


def test_a_frozen_camera_has_the_pictures_size(scene):
    camera = scene.cameras[0].camera
    frozen = replace(SETTINGS, culling_camera=camera)
    assert resized(frozen, 300, 200).culling_camera == camera.resized(300, 200)
    assert resized(SETTINGS, 300, 200) is SETTINGS


def test_names_of_compared_pictures_stand_below_what_went_wrong(desk):
    desk.viewer.complain("a sentence")
    desk.viewer.set(look=Look(compare="split"))
    desk.rest()
    notices, name = map(imgui.internal.find_window_by_name, ("###notices", "###compared first"))
    assert name.active and name.pos.y >= notices.pos.y + notices.size.y
    desk.viewer.send_away("a sentence")
