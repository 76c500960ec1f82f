"""Pictures of any size, drawn in parts between the window's frames."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from gsrender import RenderSettings
from viewer.frame import render_frame
from viewer.measures import psnr
from viewer.still import LEAST, corners, draw_still, part_size

SIZE, PART = (300, 170), (150, 85)


def parts_of(scene, camera, settings, part=PART):
    *_, (done, image) = draw_still(scene, camera, settings, part)
    assert done == len(corners((camera.width, camera.height), part))
    return np.asarray(image)


@pytest.mark.parametrize("size, part", [(SIZE, PART), (PART, PART), ((129, 301), (128, 100))])
def test_parts_of_one_size_cover_the_picture_and_no_more(size, part):
    covered = np.zeros(size[::-1], bool)
    for left, top in corners(size, part):
        assert left >= 0 and top >= 0 and left + part[0] <= size[0] and top + part[1] <= size[1]
        covered[top:top + part[1], left:left + part[0]] = True
    assert covered.all()


def test_parts_are_like_the_frames_but_no_larger_than_the_picture_and_not_tiny():
    assert part_size((4000, 3000), (900, 600)) == (900, 600)
    assert part_size((320, 3000), (900, 600)) == (320, 600)
    assert part_size((320, 200), (100, 60)) == (320, 200)
    assert part_size((4000, 3000), (40, 20)) == (LEAST, LEAST)


def test_parts_make_the_picture_that_is_drawn_at_once(scene):
    """But for a few items at its edges, where the rule for what is in view counts pixels."""
    focal = SIZE[1] / (2 * np.tan(np.radians(110.0) / 2))  # a wide lens, whose parts would each bend ellipses otherwise
    camera = replace(scene.first_camera(*SIZE), fx=focal, fy=focal)
    whole = render_frame(scene, camera, RenderSettings("off")).rgba[..., :3].float() / 255
    parts = whole.new_tensor(parts_of(scene, camera, RenderSettings("off"))) / 255
    assert psnr(parts, whole) > 40


def test_every_part_is_of_what_culling_leaves_in_the_whole_view(scene):
    camera, kept = scene.first_camera(*SIZE), []
    for _ in draw_still(scene, camera, RenderSettings("centre"), PART):
        kept.append(scene.renderer.drawn_items.tolist())
    assert len(kept) == 4 and kept == 4 * kept[:1]
    render_frame(scene, camera.fitted(*PART), RenderSettings("centre"))
    assert scene.renderer.drawn_items.tolist() == kept[0]


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
    assert viewer.saving.still.total == len(corners((1280, 900), part)) == 6
    left, presented, pose = 6 - viewer.saving.still.done, viewer.presented, viewer.state.pose
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
