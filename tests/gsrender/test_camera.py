import math

import numpy as np
import pytest

from gsrender import Camera


def test_look_at_puts_the_target_in_the_middle_and_up_above():
    camera = Camera.look_at((3, -2, 1), (0, 0, 0), width=200, height=100)
    point = camera.rotation @ np.zeros(3) + np.array(camera.camera_from_world)[:, 3]
    assert np.allclose(point, [0, 0, np.sqrt(14)])
    above = camera.rotation @ np.array([0, 0, 1.0])
    assert above[1] < 0  # y points down


def test_a_pose_survives_the_way_in_and_out():
    camera = Camera.look_at((3, -2, 1), (0, 0.5, 0))
    again = camera.moved(camera.world_from_camera)
    assert np.allclose(again.camera_from_world, camera.camera_from_world) and np.allclose(again.position, (3, -2, 1))


def test_equal_views_are_equal_and_hash_alike():
    a, b = (Camera.look_at((3, -2, 1), (0, 0, 0)) for _ in range(2))
    assert a == b and hash(a) == hash(b) and a != a.with_near(0.1)


def test_resizing_keeps_the_vertical_field_of_view_and_the_middle():
    camera = Camera.look_at((3, -2, 1), (0, 0, 0), fov_y=50, width=960, height=640)
    wide = camera.resized(1920, 640)
    assert wide.fov_y == pytest.approx(50) and (wide.cx, wide.cy) == (960, 320)


def test_a_part_stays_a_part_when_it_is_moved_or_resized():
    """What a picture is a part of decides how far ellipses may bend at its sides."""
    part = Camera.look_at((3, -2, 1), (0, 0, 0), fov_y=50, width=960, height=640).part(320, 0, 480, 640)
    moved = part.moved(Camera.look_at((0, -2, 1), (0, 0, 0)).world_from_camera)
    assert moved.whole == (960, 640) and moved.cx == part.cx == 160 and moved.near == part.near
    half = part.resized(240, 320)
    assert half.whole == (480, 320) and half.cx == 80 and half.whole[0] / half.fx == pytest.approx(960 / part.fx)


@pytest.mark.parametrize("pose", [np.eye(3), np.full((4, 4), np.nan), np.diag([1, 1, -1, 1]), 2 * np.eye(4)])
def test_a_pose_that_is_none_is_refused(pose):
    with pytest.raises(ValueError, match="camera pose"):
        Camera.from_pose(pose, 100, 100, 10, 10)


@pytest.mark.parametrize("change", [dict(width=0), dict(fov_y=0), dict(near=0)])
def test_sizes_that_are_none_are_refused(change):
    with pytest.raises((ValueError, ZeroDivisionError)):
        Camera.look_at((1, 0, 0), (0, 0, 0), **change)


@pytest.mark.parametrize("position", [(math.nan, 0, 0), (0, math.inf, 0)])
def test_a_camera_that_stands_nowhere_is_refused(position):
    with pytest.raises(ValueError, match="all must be finite"):
        Camera.standing(((1, 0, 0), (0, 1, 0), (0, 0, 1)), position, 50, 50, 100, 100)
