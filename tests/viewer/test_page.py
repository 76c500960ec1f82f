"""The web page in a browser: what it shows, what a hand on its mouse changes, and what is drawn for whom."""

import asyncio
import re
import threading
import time
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from browser import PATIENCE, until
from pages import PANEL, change, field, opened, pick, shows, slide, visit
from PIL import Image, ImageDraw

from gsrender.crop import Crop
from viewer.camera_text import camera_text, parse_camera
from viewer.controls import SPEED, Space
from viewer.crop_box import CROP_COLOUR
from viewer.lines import line_ends
from viewer.look import Look

TEXT = "textarea:not([aria-hidden])"  # but not that which measures it


def edges(request, width: int) -> np.ndarray:
    """[H, W], where the edges of the crop box are in a picture."""
    image = Image.new("1", (request.camera.width, request.camera.height))
    for a, b in request.wish.render.crop.edges:
        ends = line_ends(request.camera, a, b)
        if ends:
            ImageDraw.Draw(image).line([*map(tuple, ends[0])], fill=1, width=width)
    return np.array(image)


def test_a_page_shows_the_scene_as_the_program_draws_it(page, tab, drawn):
    tab, visitor = tab
    until(lambda: shows(tab, drawn(visitor.sent)), "the scene on the page")
    assert visitor.sent.wish.render.culling == "centre"
    assert visitor.sent.camera.position == pytest.approx(page.scene.first_camera(9, 6).position, abs=1e-3)


def test_a_drag_turns_the_camera_and_changes_the_picture(tab, drawn):
    tab, visitor = tab
    old = drawn(visitor.sent)
    before, after = change(tab, visitor, "another camera", lambda: tab.drag((200, 400), (320, 430)))
    assert np.abs(before.camera.rotation - after.camera.rotation).max() > 0.05
    until(lambda: shows(tab, drawn(after)), "the other view on the page")
    assert not shows(tab, old)


def test_a_still_page_asks_for_nothing(tab):
    _, visitor = tab
    now = time.perf_counter()
    assert visitor.next_request(now) is None and visitor.settles_at(now) == float("inf")


def test_while_a_camera_moves_pictures_are_smaller_where_they_take_long(tab, monkeypatch):
    tab, visitor = tab
    monkeypatch.setattr("viewer.visitor.BUDGET", 1e-3)  # milliseconds, which no picture keeps to
    monkeypatch.setattr("viewer.visitor.SETTLE", 2.0)  # so that a busy machine begins one before the camera has settled
    requests, take = [], visitor.take
    monkeypatch.setattr(visitor, "take", lambda request: (requests.append(request), take(request)))
    change(tab, visitor, "another camera", lambda: tab.drag((200, 400), (240, 400)))
    assert requests[-1].sharp and not all(request.sharp for request in requests)
    full = requests[-1].camera.width
    assert {(request.sharp, request.camera.width) for request in requests} == {(True, full), (False, round(full / 4))}


def test_choosing_another_culling_mode_draws_without_the_proxy(tab, drawn):
    tab, visitor = tab

    def choose(mode):
        tab.choose(mode, visitor.sent.wish.render.culling)
    before, after = change(tab, visitor, "culling off", lambda: choose("off"))
    assert after.wish.render.culling == "off" and after.camera == before.camera
    until(lambda: shows(tab, drawn(after)), "the picture with culling off")
    assert not shows(tab, drawn(before))
    until(lambda: "proxy depth" not in tab.run("document.body.innerText"), "figures without the proxy")
    change(tab, visitor, "culling by footprint", lambda: choose("footprint"))
    until(lambda: "proxy depth" in tab.run("document.body.innerText"), "figures with the proxy")
    change(tab, visitor, "culling as before", lambda: choose("centre"))


def test_two_settings_are_compared(tab, drawn):
    tab, visitor = tab
    with opened(tab, "Compare"):

        def choose(shown):
            tab.choose(shown, visitor.sent.wish.look.compare)
        before, after = change(tab, visitor, "the second settings", lambda: choose("second"))
        off = replace(after, wish=replace(after.wish, render=replace(after.wish.render, culling="off")))
        until(lambda: shows(tab, drawn(off)), "the picture with culling off")
        assert not shows(tab, drawn(before)) and "Second: culling off." in tab.run("document.body.innerText")
        change(tab, visitor, "the settings as they are now", lambda: tab.click("as now"))
        until(lambda: shows(tab, drawn(before)), "the same picture as the second one")
        change(tab, visitor, "culling on and off", lambda: tab.click("culling on / off"))
        _, split = change(tab, visitor, "a line between them", lambda: choose("split"))
        column = split.camera.width // 2
        both = np.concatenate([drawn(split)[:, :column], drawn(off)[:, column:]], 1)
        both[:, column] = 255  # the line
        until(lambda: shows(tab, both), "one to each side of it")
        change(tab, visitor, "one picture", lambda: choose("first"))


def test_the_field_of_view_is_chosen(tab):
    tab, visitor = tab
    with opened(tab, "Camera"):
        before = visitor._client.camera.fov
        _, wide = change(tab, visitor, "a wide lens", lambda: slide(tab, 0.9))
        assert np.degrees(visitor._client.camera.fov) > 90 and wide.camera.fov_y == pytest.approx(
            np.degrees(visitor._client.camera.fov), abs=0.01)
        _, after = change(tab, visitor, "a view of the dataset", lambda: tab.click("next"))
        assert after.camera.fov_y == pytest.approx(np.degrees(before), abs=0.01)
        change(tab, visitor, "the view before", lambda: tab.click("previous"))


def test_a_camera_of_the_dataset_is_gone_to(page, tab):
    tab, visitor = tab
    with opened(tab, "Camera"):
        _, after = change(tab, visitor, "the first view", lambda: tab.click("next"))
        camera = page.scene.cameras[0].camera
        assert after.camera.position == pytest.approx(camera.position, abs=1e-3)
        assert after.camera.rotation == pytest.approx(camera.rotation, abs=1e-3)
        assert after.camera.fov_y == pytest.approx(camera.fov_y, abs=1e-3)


def test_a_camera_is_pasted_as_text_and_its_place_is_typed(page, tab):
    tab, visitor = tab
    place, camera = visitor._panel.travel.place, page.scene.cameras[3].camera
    tab.unfold("Camera")
    tab.unfold("place")
    tab.type(camera_text(camera), TEXT)
    until(lambda: place._text.value == camera_text(camera), "the text")
    _, pasted = change(tab, visitor, "the camera of the text", lambda: tab.click("go there"))
    assert pasted.camera.position == pytest.approx(camera.position, abs=1e-3)
    assert pasted.camera.rotation == pytest.approx(camera.rotation, abs=1e-3)
    told = until(lambda: place._text.value != camera_text(camera) and place._text.value, "where it is now")
    assert parse_camera(told, 0.2).position == pytest.approx(camera.position, abs=1e-3)
    x, x_field = camera.position[0] + 1.5, field(place._position)
    _, typed = change(tab, visitor, "another x", lambda: tab.type(f"{x:.2f}", x_field))
    assert typed.camera.position == pytest.approx(camera.position + (1.5, 0, 0), abs=0.02)
    assert typed.camera.rotation == pytest.approx(camera.rotation, abs=1e-3)
    tab.type('{"position": 3}', TEXT)
    until(lambda: place._text.value == '{"position": 3}', "a text without a camera")
    tab.click("go there")
    until(lambda: "the text: position is 3, wanted 3 numbers" in tab.run("document.body.innerText"), "the reason")
    tab.unfold("place")
    tab.unfold("Camera")


def test_a_path_is_scrubbed_flown_to_its_end_and_looped(page, tab):
    tab, visitor = tab
    path, cameras = visitor._panel.path, [view.camera for view in page.scene.cameras]

    tab.unfold("Path")
    tab.choose("transforms_fly.json", "–")
    until(lambda: path.tour.path.keyframes, "the path of the file")
    until(lambda: visitor.is_settled and visitor.sent.camera.position == pytest.approx(
        path.tour.is_at.position, abs=1e-3), "its first camera")
    tab.type("4", field(path._duration))
    until(lambda: path.tour.path.duration == 4, "another duration")
    visitor._client.local_storage.get_item("any", 30)  # so that the slider has its new end
    change(tab, visitor, "somewhere near its end", lambda: slide(tab, 0.9))
    assert 0.8 * path.tour.path.duration < path.tour.time < path.tour.path.duration
    at = path.tour.is_at
    assert visitor.sent.camera.position == pytest.approx(at.position, abs=1e-3)
    tab.click("play")
    until(lambda: path.tour.doing == "playing", "the flight")
    until(lambda: path.tour.doing == "nothing" and visitor.is_settled and
          visitor.sent.camera.position == pytest.approx(path.tour.path.keyframes[-1].position, abs=1e-3), "its end")
    tab.click("loop", "label")
    until(lambda: path.tour.path.closing, "a loop")
    tab.click("play")
    until(lambda: path.tour.doing == "playing", "a flight without an end")
    tab.click("stop")
    until(lambda: path.tour.doing == "nothing", "its end by hand")
    tab.choose("the dataset's cameras", "transforms_fly.json")
    until(lambda: len(path.tour.path.keyframes) == len(cameras), "the dataset's path")
    until(lambda: visitor.is_settled and visitor.sent.camera.position == pytest.approx(cameras[0].position, abs=1e-3),
          "its first camera")
    assert cameras[0].position == pytest.approx(path.tour.path.keyframes[0].position)
    tab.unfold("Path")


def test_a_benchmark_tells_both_ways_and_can_be_cancelled(page, tab, monkeypatch):
    tab, visitor = tab
    folder, sent = visitor._panel.benchmark, visitor.sent
    tab.unfold("benchmark")
    tab.click("run")
    until(lambda: folder._benchmark, "a benchmark")
    tab.click("cancel")
    until(lambda: "The benchmark was cancelled." in tab.run("document.body.innerText"), "its end by hand")
    monkeypatch.setattr("viewer.benchmark.MOST", 2)
    tab.click("run")
    way = "along the path" if visitor._panel.path.tour.path.duration else "by the dataset's cameras"
    said = until(lambda: f"2 views {way}, " in (text := tab.run("document.body.innerText")) and text, "what it found")
    assert f"{sent.camera.width} × {sent.camera.height} pixels. With culling centre the median frame takes" in said
    ways = re.search(r"left\s+([\d,]+)\s+([\d,]+)", said).groups()
    assert int(ways[0].replace(",", "")) > int(ways[1].replace(",", "")) > 0
    assert re.search(r"PSNR to off\s+\d+\.\d dB", said) and re.search(r"proxy depth\s+[\d.]+ ms", said)
    tab.unfold("benchmark")
    change(tab, visitor, "a picture as before", lambda: tab.drag((200, 400), (260, 400)))


def test_the_panel_says_what_culling_changes_and_how_late_pictures_come(tab):
    tab, visitor = tab
    change(tab, visitor, "another camera", lambda: tab.drag((200, 400), (260, 400)))
    for sought in (r"PSNR to off\s+\d+\.\d dB", r"from a move to its picture\s+\d+ ms"):
        until(lambda: re.search(sought, tab.run("document.body.innerText")), sought)


def test_another_speed_of_the_keys_leaves_the_camera_where_it_is(page, tab):
    tab, visitor = tab
    with opened(tab, "Camera"):
        before = visitor.sent.camera
        pick(tab, visitor._panel.travel._speed, "4")
        wanted = before.position * 2.0 / (4 * SPEED * page.scene.radius)
        until(lambda: visitor._client.camera.position == pytest.approx(wanted, rel=1e-3), "viser's camera, in others")
        _, after = change(tab, visitor, "another camera", lambda: tab.drag((200, 400), (202, 400)))
        assert after.camera.position == pytest.approx(before.position, abs=1.0)  # of 15


def test_another_axis_that_is_up_turns_the_picture_upright(page, tab):
    tab, visitor = tab
    with opened(tab, "Scene"):

        def choose(up):
            tab.choose(up, before)
        for before, up, axis in (("+z", "+y", (0, 1, 0)), ("+y", "+z", (0, 0, 1))):
            _, after = change(tab, visitor, f"{up} upwards", lambda: choose(up))
            right, down, _ = after.camera.rotation
            assert right @ axis == pytest.approx(0, abs=1e-3) and down @ axis < -0.1
        tab.drag((200, 400), (260, 400))
        until(lambda: visitor.is_settled, "a picture")
        assert visitor.sent.camera.rotation[0][2] == pytest.approx(0, abs=1e-3)


def test_frozen_culling_leaves_what_its_camera_saw_while_another_looks(tab):
    tab, visitor = tab
    before, frozen = change(tab, visitor, "frozen culling", lambda: tab.click("freeze culling", "label"))
    assert frozen.wish.render.culling_camera == before.camera
    visible = visitor._cost.stats.counts["visible"]
    _, after = change(tab, visitor, "another camera", lambda: tab.drag((200, 400), (320, 400)))
    assert after.camera != before.camera and visitor._cost.stats.counts["visible"] == visible
    _, free = change(tab, visitor, "culling for this camera", lambda: tab.click("freeze culling", "label"))
    assert free.wish == before.wish and visitor._cost.stats.counts["visible"] != visible


def test_the_crop_box_leaves_out_what_is_outside_and_its_ends_do_not_pass_each_other(page, tab, drawn):
    tab, visitor = tab
    with opened(tab, "Scene"):
        before, on = change(tab, visitor, "the crop box", lambda: tab.click("crop box", "label"))
        assert on.wish.render.crop == on.wish.box and before.wish.box == on.wish.box and before.wish.render.crop is None
        until(lambda: "in the crop box" in tab.run("document.body.innerText"), "how many items are in it")
        low, high = on.wish.box.low, on.wish.box.high

        def put(label, value):
            from viewer.page_controls import controls
            control = next(control for control in controls(page.scene) if control.label == label)
            visitor._panel.wish = control.write(visitor._panel.wish, value)
            visitor._wake()
        _, cut = change(tab, visitor, "a box above the street", lambda: put("crop from", (*low[:2], low[2] + 2)))
        assert cut.wish.render.crop.low == (*low[:2], low[2] + 2)
        inside, near = drawn(cut), edges(cut, 9)[..., None]
        until(lambda: shows(tab, np.where(near, tab.see(), inside)), "the picture of what is inside")
        assert not shows(tab, np.where(near, tab.see(), drawn(on)))
        _, flat = change(tab, visitor, "an end beyond the other", lambda: put("crop from", (*low[:2], high[2] + 9)))
        assert flat.wish.render.crop.low == (*low[:2], high[2])
        put("crop from", low)
        put("crop to", high)
        _, off = change(tab, visitor, "no crop box", lambda: tab.click("crop box", "label"))
        assert off.wish.render == before.wish.render


def test_the_edges_of_the_crop_box_are_drawn_over_what_is_inside(page, tab, drawn):
    tab, visitor = tab
    camera = visitor.sent.camera
    ahead = camera.position + 8 * camera.rotation[2] - 2 * camera.rotation[0] + camera.rotation[1]
    wish = visitor._panel.wish
    box = Crop(tuple(ahead - 1.5), tuple(ahead + 1.5))

    def wear(other):
        visitor._panel.wish = other
        visitor._wake()
    cropped = replace(wish, box=box, render=replace(wish.render, crop=box))
    _, sent = change(tab, visitor, "a box ahead", lambda: wear(cropped))
    inside, line, near = drawn(sent), edges(sent, 1), edges(sent, 9)[..., None]
    line[:, PANEL:] = line[:250] = False
    until(lambda: shows(tab, np.where(near, tab.see(), inside)), "what is in the box")
    away = [np.abs(picture[line] - 255 * np.array(CROP_COLOUR)).mean() for picture in (tab.see(), inside)]
    assert line.sum() > 100 and away[0] < 0.8 * away[1], away  # JPEG blurs thin lines
    change(tab, visitor, "no box", lambda: wear(wish))


def test_the_proxy_is_moved_for_one_browser_alone(page, browser, tab):
    tab, visitor = tab
    wish = visitor._panel.wish

    def shift(z):
        from viewer.page_controls import controls
        control = next(control for control in controls(page.scene) if control.label == "proxy shift")
        visitor._panel.wish = control.write(wish, (0.0, 0.0, z))
        visitor._wake()
    kept = visitor._cost.stats.counts["visible"]
    _, away = change(tab, visitor, "a proxy high above", lambda: shift(500.0))
    assert away.wish.fit.shift == (0.0, 0.0, 500.0) and visitor._cost.stats.counts["visible"] > kept
    other, second = visit(page, browser)
    assert second.sent.wish.fit == wish.fit == page.scene.fit
    other.close()
    until(lambda: second not in page.visitors.values(), "the visitor's leave")
    change(tab, visitor, "the proxy in its place", lambda: shift(0.0))
    assert visitor._cost.stats.counts["visible"] == kept


def test_the_wireframe_is_drawn_over_the_picture(tab):
    tab, visitor = tab
    before = tab.see().astype(int)
    _, wired = change(tab, visitor, "the wireframe", lambda: tab.click("wireframe", "label"))
    after = tab.see().astype(int)
    blue = [(seen[..., 2] - seen[..., 0] > 70).mean() for seen in (before, after)]
    assert wired.wish.look.wireframe and blue[1] > blue[0] + 0.002
    assert np.abs(after - before).mean() > 1


def test_each_control_writes_what_it_reads_and_refuses_what_is_out_of_range(page, tab):
    from viewer.page_controls import controls
    wish = tab[1].sent.wish
    wrong = {"hide by": "all", "margin": -1.0, "proxy error": 1e6, "anchor bias": -21.0, "finest level": 6,
             "drawn by": "me", "no hidden clusters": 1, "metres a unit": -1.0, "view": "sound", "wireframe": 1,
             "compare": "third", "line": 101, "resolution": 101, "crop box": 1,
             "crop from": (0, 0, float("nan")), "crop to": (0, 0), "proxy up": "x",
             "proxy scale": 0.0, "proxy turn": (0, 0), "proxy shift": (0, 0, float("nan")), "background": (0, 0, 256)}
    for control in controls(page.scene):
        value = control.read(wish)
        assert control.fits(value) and control.write(wish, value) == wish
        assert not control.fits(wrong.pop(control.label))
    assert not wrong


def test_dragging_looks_around_in_fly_mode_and_turns_around_the_middle_in_orbit_mode(page, tab):
    tab, visitor = tab
    with opened(tab, "Camera"):
        change(tab, visitor, "a view of the dataset", lambda: tab.click("next"))

        def dragged(mode, from_mode):
            tab.choose(mode, from_mode)
            until(lambda: visitor._steering._mode == mode, mode)
            visitor._client.local_storage.get_item("any", 30)  # the browser answers in the order in which it is told
            before, after = change(tab, visitor, f"{mode}: another camera", lambda: tab.drag((200, 400), (260, 400)))
            assert np.abs(before.camera.rotation - after.camera.rotation).max() > 0.05
            return np.linalg.norm(before.camera.position - after.camera.position)
        assert dragged("fly", "orbit") < 0.2 < 1 < dragged("orbit", "fly")


@pytest.mark.parametrize("size", ["as shown", "1920 x 1080"])
def test_a_picture_is_saved_by_the_browser(tab, drawn, tmp_path, size):
    tab, visitor = tab
    with opened(tab, "Scene"):
        tab._ask("Page.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
        visitor._panel.wish = replace(visitor._panel.wish, look=Look())  # whatever was looked at before
        visitor._wake()
        until(lambda: visitor.is_settled and visitor.sent.wish.look == Look(), "the picture")
        if size != "as shown":
            tab.choose(size, "as shown")
            until(lambda: visitor._panel.scene._size.value == size, "the size")
        tab.click("save picture")
        path = until(lambda: next(tmp_path.glob("picture-*.png"), None), "the file")
        camera = visitor.sent.camera if size == "as shown" else visitor.sent.camera.resized(1920, 1080)
        saved, expected = np.array(Image.open(path)), drawn(replace(visitor.sent, camera=camera))
        assert saved.shape == expected.shape
        # What lies at an edge of the proxy may be hidden by one renderer's depth and not by the other's.
        assert np.square(saved.astype(float) - expected).mean() < 4


def test_other_views_are_drawn_and_what_cannot_be_is_said(tab):
    tab, visitor = tab
    tab.click("picture", "input")
    _, after = change(tab, visitor, "a view of the proxy", lambda: tab.click("levels"))
    assert after.wish.look.view == "levels"
    until(lambda: (tab.see()[250:, :PANEL] == (0, 255, 0)).all(-1).mean() > 0.2 or "green is the source" in
          tab.run("document.body.innerText"), "what its colours mean")
    change(tab, visitor, "culling off", lambda: tab.choose("off", "centre"))
    tab.choose("removed", "levels")
    until(lambda: "culling is off, so nothing is removed" in tab.run("document.body.innerText"), "the reason")


def test_each_browser_has_a_camera_and_settings_of_its_own(page, browser, tab):
    _, first = tab
    sent = first.sent
    other, second = visit(page, browser)
    assert second.sent.wish.render.culling == "centre" and second.sent.wish != sent.wish
    change(other, second, "another camera", lambda: other.drag((200, 400), (320, 430)))
    assert first.sent == sent
    other.close()
    until(lambda: second not in page.visitors.values(), "the visitor's leave")


def test_a_browser_that_asks_again_waits_for_the_others(page, browser, tab, monkeypatch):
    first, (other, second) = tab[1], visit(page, browser)
    drawn, gate, draw = [], threading.Event(), page._draw

    def slow(request):
        drawn.append(request.wish.resolution)
        gate.wait(PATIENCE)
        return draw(request)

    def ask(visitor, resolution):
        visitor._panel.wish = replace(visitor._panel.wish, resolution=resolution)
        visitor._wake()
    monkeypatch.setattr(page, "_draw", slow)
    ask(first, 0.5)
    until(lambda: drawn, "a picture that is being drawn")
    ask(first, 0.7)
    ask(second, 0.6)
    gate.set()
    until(lambda: len(drawn) > 2, "two more")
    assert drawn[:3] == [0.5, 0.6, 0.7]
    other.close()


def test_what_cannot_be_drawn_costs_one_browser_its_page_and_no_other(page, browser, tab, capfd):
    other, second = visit(page, browser)

    def fails(shot):
        raise ArithmeticError("nobody expected that")
    second._ask(fails)
    until(lambda: second.number not in page.visitors, "its end")
    until(lambda: "nothing more is drawn" in other.run("document.body.innerText"), "a sentence on its page")
    assert "ArithmeticError: nobody expected that" in capfd.readouterr().err
    other.close()
    tab, visitor = tab
    change(tab, visitor, "another camera", lambda: tab.drag((200, 400), (320, 430)))


def test_a_click_at_no_number_is_read_at_an_end(tab):
    _, visitor = tab
    asyncio.run(visitor._ask_for_pixel(SimpleNamespace(screen_pos=(float("nan"), "-inf"))))
    until(lambda: visitor._cost.reading, "its reading")
    assert (visitor._cost.reading.x, visitor._cost.reading.y) == (visitor.sent.camera.width - 1, 0)


@pytest.mark.parametrize("number, wrong", [(0, float("nan")), (5, float("inf")), (4, 1e41), (7, 0.0), (8, 0.0),
                                           (8, 3.2)])
def test_what_is_no_camera_is_not_drawn(number, wrong):
    from viewer.page_camera import camera_of
    pose = [1.0, 0, 0, 0, 2.0, 3.0, 4.0, 0.01, 1.0, 1e9, 10]
    assert (camera_of(tuple(pose), Space(), 1).width, camera_of(tuple(pose), Space(), 0.5).height) == (4096, 5)
    pose[number] = wrong
    with pytest.raises(ValueError, match="no camera"):
        camera_of(tuple(pose), Space(), 1)
