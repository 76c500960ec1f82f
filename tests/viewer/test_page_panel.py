"""What a browser's panel has besides the picture: lengths in metres, ways back, keys, figures and files."""

import csv
import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from browser import until
from pages import change, field, open_sample, opened, pick, shows, visit
from PIL import Image

from gsrender.settings import RenderSettings
from viewer.bindings import BINDINGS
from viewer.controls import nearest_view
from viewer.page_keys import ACTIONS, KEYS, keys_text
from viewer.pose import Pose


def says(tab) -> str:
    return tab.run("document.body.innerText")


def handle(visitor, label):
    return next(handle for control, handle in visitor._panel._handles if control.label == label)


def test_lengths_are_told_in_metres_where_a_unit_is_known(page, tab):
    tab, visitor = tab
    panel = visitor._panel
    with opened(tab, "Scene", "Camera"):
        assert "units" in panel.travel._speed.hint and "scene units" in handle(visitor, "margin").hint
        change(tab, visitor, "half a metre a unit", lambda: tab.type("0.5", field(handle(visitor, "metres a unit"))))
        assert visitor.sent.wish.metres == 0.5 and visitor.sent.wish.render.margin == 0.3
        assert panel.travel._speed.hint.endswith(f"{0.5 * visitor._steering.usual_speed:.3g} m a second.")
        assert handle(visitor, "margin").value == 0.15 and "metres" in handle(visitor, "margin").hint
        until(lambda: " m\n" in says(tab) or " m\t" in says(tab), "the extent in metres")
        change(tab, visitor, "a margin in metres", lambda: tab.type("0.2", field(handle(visitor, "margin"))))
        assert visitor.sent.wish.render.margin == pytest.approx(0.4)
        change(tab, visitor, "a scale of the proxy", lambda: tab.type("2", field(handle(visitor, "proxy scale"))))
        change(tab, visitor, "what a unit is by it", lambda: tab.click("in metres"))
        assert visitor.sent.wish.metres == pytest.approx(0.5) and handle(visitor, "proxy scale").value == 2
        assert panel.scene._option.value.startswith("--proxy-transform=2,0,0,0,")
        change(tab, visitor, "the proxy as in its file", lambda: tab.click("as in its file"))
        change(tab, visitor, "units of any length", lambda: tab.type("0", field(handle(visitor, "metres a unit"))))
        assert visitor.sent.wish.metres is None and page.scene.ruler.metres is None
        change(tab, visitor, "the margin as before", lambda: tab.type("0.3", field(handle(visitor, "margin"))))


def test_the_camera_goes_back_from_a_jump_to_the_nearest_view_and_to_the_first(page, tab):
    tab, visitor = tab
    first = visitor.camera
    with opened(tab, "Camera"):
        _, there = change(tab, visitor, "the dataset's first camera", lambda: tab.click("next"))
        assert there.camera.position == pytest.approx(page.scene.cameras[0].camera.position, abs=1e-3)
        _, back = change(tab, visitor, "where it was", lambda: tab.click("undo"))
        assert back.camera.position == pytest.approx(first.position, abs=1e-3)
        assert back.camera.rotation == pytest.approx(first.rotation, abs=1e-3)
        change(tab, visitor, "there again", lambda: tab.click("redo"))
        assert visitor.camera.position == pytest.approx(there.camera.position, abs=1e-3)
        change(tab, visitor, "another camera", lambda: tab.drag((380, 450), (440, 450)))
        space, cameras = visitor._steering.space, [view.camera for view in page.scene.cameras]
        wanted = cameras[nearest_view(Pose.of(visitor.camera, space), space, cameras)]
        change(tab, visitor, "the nearest one", lambda: tab.click("nearest"))
        assert visitor.camera.rotation == pytest.approx(wanted.rotation, abs=1e-3)
        change(tab, visitor, "the first view", lambda: tab.click("first"))
        assert visitor.camera.position == pytest.approx(first.position, abs=1e-3)


def test_the_picture_begins_at_the_near_plane(tab, drawn):
    tab, visitor = tab
    with opened(tab, "Camera"):
        near = visitor._panel.travel._near
        before, after = change(tab, visitor, "a near plane far ahead", lambda: tab.type("9", field(near)))
        assert after.camera == before.camera.with_near(9.0)
        until(lambda: shows(tab, drawn(after)), "only what is behind it")
        assert not shows(tab, drawn(before))
        change(tab, visitor, "the near plane as before", lambda: tab.type(f"{before.camera.near}", field(near)))


def test_the_keys_of_the_one_table_work_on_the_page(tab):
    tab, visitor = tab
    tab.run("document.activeElement.blur()")
    for key, what, holds in (("C", "culling by footprint", lambda wish: wish.render.culling == "footprint"),
                             ("C", "culling off", lambda wish: wish.render.culling == "off"),
                             ("C", "culling as before", lambda wish: wish.render.culling == "centre"),
                             ("M", "alpha", lambda wish: wish.look.view == "alpha"),
                             ("B", "the picture", lambda wish: wish.look.view == "picture"),
                             ("X", "the second settings", lambda wish: wish.look.compare == "second"),
                             ("X", "the first ones", lambda wish: wish.look.compare == "first"),
                             ("Z", "frozen culling", lambda wish: wish.render.culling_camera is not None),
                             ("Z", "culling for this view", lambda wish: wish.render.culling_camera is None)):
        tab.press(key)
        until(lambda: holds(visitor._panel.wish), what)
    until(lambda: handle(visitor, "view").value == "picture" and not visitor._panel._frozen.value, "the controls")
    path = visitor._panel.path
    tab.press("K")
    until(lambda: len(path.tour.path.keyframes) == 1, "a keyframe")
    tab.press("2")
    tab.press("N")
    until(lambda: visitor.is_settled and visitor._panel.travel._views.value != "–", "the nearest camera")
    tab.press("K")
    until(lambda: len(path.tour.path.keyframes) == 2, "another one")
    for doing in ("playing", "nothing"):
        tab.press(" ")
        until(lambda: path.tour.doing == doing, doing)
    jumps = visitor._panel.travel._jumps.back
    tab.press("Z", ctrl=True)
    until(lambda: visitor._panel.travel._jumps.back == jumps[:-1], "back")


def test_the_keys_of_a_page_are_the_windows_and_stand_in_the_readme():
    assert keys_text() in (Path(__file__).parents[2] / "README.md").read_text()
    actions = [binding.action for binding in BINDINGS]
    assert set(ACTIONS) <= set(actions) and len(set(KEYS.values())) == len(KEYS) == len(ACTIONS)
    assert not {"W", "A", "S", "D", "Q", "E"} & set(KEYS.values())  # with which viser moves the camera


def test_a_pixel_that_is_clicked_on_is_read(page, tab):
    tab, visitor = tab
    until(lambda: visitor.is_settled, "a picture")
    tab.click_at((400, 450))
    until(lambda: visitor._cost.reading, "the pixel")
    reading = visitor._cost.reading
    assert (reading.x, reading.y) == (400, 450) and reading.alpha > 0.9 and reading.depth > 0 and reading.blended
    text = until(lambda: "splats in the tile" in says(tab) and says(tab), "what is there")
    assert f"{reading.colour[0]}, {reading.colour[1]}, {reading.colour[2]}" in text


def test_what_is_left_is_told_step_by_step_and_what_takes_memory_by_name(tab):
    tab, visitor = tab
    change(tab, visitor, "another camera", lambda: tab.drag((380, 450), (440, 450)))
    until(lambda: visitor._cost.in_view, "what is in the picture without culling")
    counts, in_view = visitor._cost.stats.counts, visitor._cost.in_view
    assert counts["items"] > counts["lod"] > in_view > counts["visible"] > 0
    until(lambda: f"{in_view:,} {in_view / counts['items']:.1%}" in " ".join(says(tab).split()), "the step")
    with opened(tab, "memory"):
        assert "memory in all" in says(tab) and "MiB of " in says(tab)
    assert sum(visitor._cost.memory.values()) > 0


@pytest.fixture
def taken(tab, tmp_path):
    """Where the browser saves what it is sent."""
    tab[0]._ask("Page.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path / "taken"))
    return tmp_path / "taken"


def test_the_figures_of_the_last_frames_are_saved_by_the_browser(page, tab, taken):
    tab, visitor = tab
    tab.click("CSV")
    table = until(lambda: next(taken.glob("frames-*.csv"), None), "a table")
    tab.click("JSON")
    summary = json.loads(until(lambda: next(taken.glob("frames-*.json"), None), "a summary").read_text())
    rows = list(csv.DictReader(table.open()))
    assert len(rows) == sum(kind["frames"] for kind in summary["kinds"]) == len(visitor._history)
    assert float(rows[-1]["blend ms"]) > 0 and rows[-1]["culling"] == visitor.sent.wish.render.culling
    assert summary["machine"]["backend"] == "cpu"
    for told in (summary, rows[-1]):  # and no folder of the machine that draws
        assert told["model"] == "street/model" and told["proxy"] == page.scene.mesh_path.name


def test_the_crop_box_is_put_around_what_is_seen_and_around_all(page, tab):
    tab, visitor = tab
    with opened(tab, "Scene"):
        whole = visitor._panel.wish.box
        change(tab, visitor, "the crop box", lambda: tab.click("crop box", "label"))
        _, near = change(tab, visitor, "a box around what is seen", lambda: tab.click("to what is seen"))
        assert np.prod(np.subtract(near.wish.box.high, near.wish.box.low)) < 0.9 * np.prod(
            np.subtract(whole.high, whole.low))
        assert handle(visitor, "crop from").value == pytest.approx(near.wish.box.low)
        _, far = change(tab, visitor, "a box around all", lambda: tab.click("to the whole"))
        assert far.wish.render.crop == far.wish.box == whole
        change(tab, visitor, "no crop box", lambda: tab.click("crop box", "label"))


def test_the_proxy_is_drawn_another_way_and_two_settings_are_measured(page, tab):
    tab, visitor = tab
    _, other = change(tab, visitor, "another way", lambda: pick(tab, handle(visitor, "drawn by"), "vertex"))
    assert other.wish.detail.raster == "vertex" == page.scene.proxy.settings.raster
    change(tab, visitor, "the fastest", lambda: pick(tab, handle(visitor, "drawn by"), "fastest"))
    with opened(tab, "Compare"):
        change(tab, visitor, "the difference", lambda: pick(tab, handle(visitor, "compare"), "difference"))
        assert 10 < visitor._cost.both < 60
        until(lambda: f"PSNR of both {visitor._cost.both:.1f} dB" in " ".join(says(tab).split()), "how near they are")
        change(tab, visitor, "one picture", lambda: pick(tab, handle(visitor, "compare"), "first"))


def test_the_photograph_is_compared_with_where_the_camera_stands_at_it(page, tab, drawn, street, browser, tmp_path):
    """Of a copy of the sample that has one photograph: what the model shows from there, but for a tint."""
    from viewer.page import Page
    view, folder = page.scene.cameras[0], tmp_path / "street" / "model" / "images"
    shutil.copytree(street, tmp_path / "street", copy_function=os.link)
    folder.mkdir()
    picture = drawn(replace(tab[1].sent, camera=view.camera.with_near(page.scene.near))).astype(int)
    Image.fromarray(np.minimum(picture + 8, 255).astype(np.uint8)).save(folder / f"{view.name}.png")
    scene = open_sample(tmp_path / "street")
    with Page(scene, RenderSettings(scene.default_culling, background=scene.model.background), port=0) as page:
        page.start()
        tab, visitor = visit(page, browser)
        with opened(tab, "Camera", "Compare"):
            assert "1 found" in says(tab)
            change(tab, visitor, "the camera of the photograph", lambda: tab.click("next"))
            match = until(lambda: visitor._cost.match, "how near it is")
            assert match.name == view.name and 25 < match.psnr < 40 and match.ssim > 0.8
            until(lambda: f"PSNR to it {match.psnr:.1f} dB" in " ".join(says(tab).split()), "that")
        tab.close()
