import json

import numpy as np
import pytest

from gsrender.camera import Camera
from gsrender.errors import InputError
from viewer.camera_text import camera_text, parse_camera

CAMERA = Camera.look_at((1, 2, 3), (4, 6, 2.5), (0.2, 0.1, 1), fov_y=50, near=0.05)


def test_a_camera_comes_back_from_its_text_tilt_and_all():
    again = parse_camera(camera_text(CAMERA), near=0.2, width=CAMERA.width, height=CAMERA.height)
    assert np.allclose(again.camera_from_world, CAMERA.camera_from_world, atol=1e-7)
    assert again.fy == pytest.approx(CAMERA.fy) and again.near == 0.05


def test_near_and_field_of_view_may_be_left_out():
    text = json.dumps({"position": [0, 0, 0], "look_at": [1, 0, 0], "up": [0, 0, 1]})
    camera = parse_camera(text, near=0.3)
    assert camera.near == 0.3 and camera.fov_y == pytest.approx(60)


@pytest.mark.parametrize("change, said", [
    ({"position": [1, 2]}, "position"), ({"look_at": [1, 2, "x"]}, "look_at"), ({"up": None}, "up"),
    ({"fov_y": 180}, "fov_y"), ({"near": 0}, "near"), ({"position": [1, 2, float("nan")]}, "position"),
    ({"up": [3, 4, -0.5]}, "parallel"), ({"position": [4, 6, 2.5], "look_at": [4, 6, 2.5]}, "same point"),
    ({"fov_y": True}, "fov_y"),
    ({"position": [1e20, 0, 0]}, "position is .1e.20, 0, 0., wanted 3 numbers of less than 1e.09")])
def test_a_wrong_value_is_named(change, said):
    data = json.loads(camera_text(CAMERA)) | {"look_at": [4, 6, 2.5]} | change
    with pytest.raises(InputError, match=said):
        parse_camera(json.dumps(data), near=0.2)


@pytest.mark.parametrize("text", ["", "hello", "[1]", "{}", "3", "[" * 100_000, '{"position": 3}'])
def test_other_text_is_no_camera(text):
    with pytest.raises(InputError, match="clipboard"):
        parse_camera(text, near=0.2)
