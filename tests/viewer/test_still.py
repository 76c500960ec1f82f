"""Pictures of any size, drawn in parts between the window's frames."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from gsrender import RenderSettings
from gsrender.crop import Crop
from viewer.fit import Fit
from viewer.frame import render_frame
from viewer.measures import psnr
from viewer.still import LEAST, corners, draw_still, part_size
from vk_interop.depth_settings import RASTERS, DepthSettings

SIZE, PART = (300, 170), (150, 85)


def parts_of(scene, camera, settings, part=PART):
    *_, (share, image) = draw_still(scene, camera, settings, part)
    assert share == 1
    return np.asarray(image)


@pytest.mark.parametrize("size, part", [(SIZE, PART), (PART, PART), ((129, 301), (128, 100))])
def test_parts_of_one_size_cover_the_picture_and_no_more(size, part):
    covered = np.zeros(size[::-1], bool)
    for left, top in corners(size, part):
        assert left >= 0 and top >= 0 and left + part[0] <= size[0] and top + part[1] <= size[1]
        covered[top:top + part[1], left:left + part[0]] = True
    assert covered.all()


@pytest.mark.parametrize("size, part, overlap", [(SIZE, PART, 4), (SIZE, PART, 84), (PART, PART, 200)])
def test_parts_may_overlap(size, part, overlap):
    """By so much at least, so that without their outermost pixels they still cover what is between them."""
    for axis in (0, 1):
        starts = sorted({corner[axis] for corner in corners(size, part, overlap)})
        assert starts[0] == 0 and starts[-1] == size[axis] - part[axis]
        assert all(b <= a + part[axis] - overlap for a, b in zip(starts, starts[1:]))


def test_parts_are_like_the_frames_but_no_larger_than_the_picture_and_not_tiny():
    assert part_size((4000, 3000), (900, 600)) == (900, 600)
    assert part_size((320, 3000), (900, 600)) == (320, 600)
    assert part_size((320, 200), (100, 60)) == (320, 200)
    assert part_size((4000, 3000), (40, 20)) == (LEAST, LEAST)


@pytest.mark.parametrize("culling", ["off", "centre", "footprint"])
def test_parts_make_the_picture_that_is_drawn_at_once(scene, culling):
    """Of the same items to the last one, though their tiles and their depths are cut out otherwise."""
    focal = SIZE[1] / (2 * np.tan(np.radians(110.0) / 2))  # a wide lens, whose parts would each bend ellipses otherwise
    camera = replace(scene.first_camera(*SIZE), fx=focal, fy=focal)
    settings = RenderSettings(culling, crop=Crop((-20.0, -20.0, -1.0), (20.0, 20.0, 9.0)))
    whole = render_frame(scene, camera, settings).rgba[..., :3].float() / 255
    items = scene.renderer.drawn_items.tolist()
    parts = whole.new_tensor(parts_of(scene, camera, settings)) / 255
    assert psnr(parts, whole) > 60 and scene.renderer.drawn_items.tolist() == items


def test_parts_are_of_what_a_frozen_view_leaves(scene):
    camera, elsewhere = (scene.cameras[i].camera.with_near(scene.near).resized(*SIZE) for i in (3, 0))
    settings = RenderSettings("centre", culling_camera=elsewhere)
    whole = render_frame(scene, camera, settings).rgba[..., :3].float() / 255
    assert psnr(whole.new_tensor(parts_of(scene, camera, settings)) / 255, whole) > 60


@pytest.mark.parametrize("error", [None, 0.0, 5.5, 30.0])
def test_a_depth_in_parts_is_that_of_the_whole_view(scene, error):
    """Though culling's depth takes the farthest of so many texels around each."""
    before, camera, seen = scene.proxy.settings, scene.first_camera(*SIZE), []
    scene.proxy.settings = DepthSettings(error)
    try:
        whole = scene.proxy.render(camera)
        whole.ready.wait()
        expected = whole.levels.clone()
        with pytest.MonkeyPatch.context() as patch:
            render = scene.renderer.render
            patch.setattr(scene.renderer, "render", lambda *given: seen.append(given[1].levels) or render(*given))
            parts_of(scene, camera, RenderSettings("centre"))
    finally:
        scene.proxy.settings = before
    close = torch.isclose(seen[0], expected, rtol=1e-4)  # another projection rounds otherwise, at edges by a texel
    assert len(close) == len(expected) and close.float().mean() > 0.998 and expected.isfinite().float().mean() > 0.1


def test_what_changes_of_the_proxy_between_the_parts_is_not_in_the_picture(scene):
    camera, settings, usual = scene.first_camera(*SIZE), RenderSettings("centre"), scene.proxy.settings
    expected = parts_of(scene, camera, settings)
    try:
        scene.lay(Fit(shift=(0.0, 0.0, 2.0)))
        laid = parts_of(scene, camera, settings)
        scene.lay(Fit())
        steps = draw_still(scene, camera, settings, PART)
        for count, (_, image) in enumerate(steps, start=1):
            scene.proxy.settings = DepthSettings(16.0, RASTERS[count % len(RASTERS)])
            scene.lay(Fit(shift=(0.0, 0.0, 2.0 * (count % 2))))
    finally:
        scene.proxy.settings = usual
        scene.lay(Fit())
    assert np.array_equal(image, expected) and not np.array_equal(laid, expected)


@pytest.fixture
def desk(desk, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("viewer.saving.A_FRAME", 0)  # a part a frame, however quick the machine
    desk.open("Scene")
    yield desk
    desk.viewer.saving.cancel()
    desk.until(lambda: not desk.viewer.saving.is_busy, "the file")
    desk.viewer.shot_size = (1920, 1080)


def save(desk, width: int, height: int):
    desk.viewer.shot_size = (width, height)
    desk.click(*desk.scrolled("Scene", "save picture"))
    desk.until(lambda: desk.viewer.saving.is_busy, "a picture under way")


def test_the_window_goes_on_while_a_picture_is_saved(desk, tmp_path):
    viewer = desk.viewer
    save(desk, 1280, 900)
    camera, settings, part = viewer.state.camera(1280, 900), viewer.settings.render, part_size((1280, 900),
                                                                                           viewer.picture_size)
    parts = 2 * len(corners((1280, 900), part))  # of the depth and of the picture
    left, presented, pose = parts * (1 - viewer.saving.still.done), viewer.presented, viewer.state.pose
    assert parts == 12 and 0 < left < parts
    desk.drag((900, 300), (960, 320))
    desk.until(lambda: list(tmp_path.glob("picture-*.png")), "the file")
    assert viewer.presented - presented >= left and viewer.state.pose != pose
    *_, (_, expected) = draw_still(viewer.spare.scene, camera, settings, part)
    [path] = tmp_path.glob("picture-*.png")
    assert np.array_equal(np.asarray(Image.open(path)), np.asarray(expected))


def test_a_picture_can_be_left_undrawn(desk, tmp_path):
    save(desk, 8000, 6000)
    desk.until(lambda: "cancel##picture" in desk.places, "the button")
    desk.click(*desk.places["cancel##picture"])
    assert desk.viewer.saving.still is None
    desk.rest()
    assert not list(tmp_path.iterdir())
