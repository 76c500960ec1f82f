"""The panel Culling and LOD, by mouse and keyboard in a real window."""

from dataclasses import replace

import numpy as np
import pytest

from gsrender import Renderer
from gsrender.frame import FrameStats
from gsrender.settings import RenderSettings
from viewer.frame import render_frame
from viewer.funnel import steps
from viewer.panels.funnel import FILL, stages


@pytest.fixture
def desk(desk, scene):
    detail = scene.proxy.settings
    desk.open("Culling and LOD")
    yield desk
    desk.viewer.set_detail(detail)


def counts(desk):
    desk.rest()
    return desk.viewer.canvas.stats.counts


def scrolled(desk, label):
    return desk.scrolled("Culling and LOD", label)


def test_each_way_of_hiding_draws_what_render_draws(desk, scene):
    for mode in ("off", "footprint", "centre"):
        desk.click(*desk.places[mode])
        desk.move(1200, 300)  # off the button, whose tooltip is over the picture
        shown = desk.see()
        left, top, width, height = desk.viewer.area
        camera = desk.viewer.canvas.camera
        assert desk.viewer.settings.render.culling == mode == desk.viewer.canvas.settings.culling
        frame = render_frame(scene, camera, desk.viewer.settings.render)
        assert desk.viewer.canvas.stats.counts["visible"] == scene.renderer.stats.counts["visible"]
        expected = frame.rgba[..., :3].numpy().astype(float)
        coarse = shown[top:top + height, left:left + width].astype(float)
        assert abs(coarse.mean() - expected.mean()) < 2


def test_a_wider_margin_keeps_more(desk):
    before = counts(desk)["visible"]
    x, y = desk.places["##margin"]
    desk.drag((x, y), (x + 100, y))
    assert desk.viewer.settings.render.margin > 0.5 and counts(desk)["visible"] > before


def test_more_error_draws_fewer_triangles_of_the_proxy(desk, scene):
    before = counts(desk)["triangles_drawn"]
    desk.until(lambda: desk.viewer.comparison.compared, "a comparison")
    compared = desk.viewer.comparison.compared
    x, y = scrolled(desk, "##proxy error")
    desk.drag((x - 60, y), (x + 60, y))
    assert scene.proxy.settings.lod_error > 5
    assert counts(desk)["triangles_drawn"] < before
    assert desk.viewer.comparison.compared is not compared  # of another depth


def test_what_draws_the_proxy_can_be_chosen_and_hidden_clusters_kept(desk, scene):
    desk.click(*scrolled(desk, "##drawn by"))
    desk.until(lambda: "compute##3" in desk.places, "the list")
    desk.frame(2)
    desk.click(*desk.places["compute##3"])
    assert scene.proxy.settings.raster == "compute"
    desk.click(*scrolled(desk, "left out"))
    assert not scene.proxy.settings.occlusion
    assert counts(desk)["visible"] > 0


def test_a_coarser_bias_and_a_lower_limit_draw_fewer_anchors(desk):
    before = counts(desk)["lod"]
    x, y = scrolled(desk, "##anchor bias")
    desk.drag((x, y), (x - 60, y))
    assert desk.viewer.settings.render.level_bias < -1
    coarse = counts(desk)["lod"]
    x, y = scrolled(desk, "##finest level")
    desk.drag((x, y), (x - 60, y))
    assert desk.viewer.settings.render.level_limit < 3
    assert counts(desk)["lod"] < coarse < before


def test_the_funnel_knows_what_is_in_the_picture_once_it_was_compared(desk, scene):
    desk.rest()
    desk.until(lambda: desk.viewer.comparison.compared, "a comparison")
    settings = desk.viewer.canvas.settings
    render_frame(scene, desk.viewer.canvas.camera, replace(settings, culling="off"))
    assert desk.viewer.comparison.compared.in_view == scene.renderer.stats.counts["visible"]


def test_while_the_camera_moves_the_funnel_counts_what_is_in_the_picture_too(desk, scene):
    seen, off = set(), Renderer(scene.model)
    desk.hold("w", "d")
    for _ in range(6):
        desk.frame()
        canvas = desk.viewer.canvas
        found = {step.name: step.count for step in stages(desk.viewer)}
        off.render(canvas.camera, settings=replace(canvas.settings, culling="off"))
        assert found["in the picture"] == off.stats.counts["visible"] > found["not hidden"] > 0
        seen.add(found["in the picture"])
    desk.release("w", "d")
    assert len(seen) > 1 and desk.viewer.comparison.compared is None


def test_frozen_culling_counts_what_its_own_view_has(desk, scene):
    desk.viewer.act("freeze")
    frozen = desk.viewer.settings.render.culling_camera
    desk.viewer.visit(3)
    desk.rest()
    render_frame(scene, frozen, RenderSettings())
    found = {step.name: step.count for step in stages(desk.viewer)}
    assert found["in the picture"] == scene.renderer.stats.counts["visible"] != found["not hidden"]


def test_a_bar_is_as_long_as_its_share(desk):
    desk.rest()
    stats = desk.viewer.canvas.stats.counts
    screen = desk.see().astype(int)
    bar = (np.abs(screen - np.round(255 * np.array(FILL[:3]))) <= 1).all(2)
    lengths = bar[:, :370].sum(1)  # the number that is written over a bar takes some of it away
    rows = np.flatnonzero(lengths > 10)
    bars = [lengths[part].max() for part in np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1)]
    assert bars[1] / bars[0] == pytest.approx(stats["lod"] / stats["items"], abs=0.03)


def test_the_funnel_is_of_items_and_then_of_their_splats():
    stats = FrameStats({"items": 1000, "lod": 800, "visible": 100, "gaussians": 600, "drawn": 500})
    found = [(step.name, step.count, step.whole) for step in steps(stats, "anchors", True, 10, 300)]
    assert found == [("anchors in all", 1000, 1000), ("level of detail", 800, 1000), ("in the picture", 300, 1000),
                     ("not hidden", 100, 1000), ("splats of them", 1000, 1000), ("opaque enough", 600, 1000),
                     ("drawn", 500, 1000)]
    plain = [step.name for step in steps(stats, "splats", False, 1, None)]
    assert plain == ["splats in all", "in the picture", "not hidden", "opaque enough", "drawn"]


def test_before_anything_was_counted_the_funnel_is_empty():
    assert {step.count for step in steps(FrameStats(), "anchors", True, 10, None)} == {None}

