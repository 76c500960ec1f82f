"""Camera paths on disk: what is written is what is read, and what is no path is one sentence."""

import json
import re

import numpy as np
import pytest

from gsrender import load_cameras
from gsrender.camera import Camera
from gsrender.errors import InputError
from viewer.camera_path import CameraPath, Keyframe
from viewer.path_file import load_path, save_path

VIEWS = [Camera.look_at((x, 2 * x, 1), (4, -3, 0), fov_y=40 + 10 * x) for x in range(4)]
KEY = {"time": 0, "position": [1, 2, 3], "world_from_camera": [1, 0, 0, 0], "fov_y": 60}


@pytest.mark.parametrize("path", [CameraPath.through(VIEWS), CameraPath.through(VIEWS, 0.3).looped(True),
                                  CameraPath.through(VIEWS[:1])], ids=["open", "loop", "still"])
def test_a_path_that_was_saved_is_the_same_again(tmp_path, path):
    save_path(path, tmp_path / "deep" / "a.json")
    again, warning = load_path(tmp_path / "deep" / "a.json")
    assert not warning and again == path
    assert [file.name for file in (tmp_path / "deep").iterdir()] == ["a.json"]


def test_the_file_says_what_it_is(tmp_path):
    save_path(CameraPath((Keyframe(0.0, (1.0, 2.0, 3.0), (1.0, 0.0, 0.0, 0.0), 60.0),)), tmp_path / "a.json")
    assert json.loads((tmp_path / "a.json").read_text()) == {"format": "gsrender camera path", "version": 1,
                                                             "keyframes": [KEY]}


def test_a_path_is_written_over_a_path_only(tmp_path, street):
    save_path(CameraPath.through(VIEWS), tmp_path / "a.json")
    save_path(CameraPath.through(VIEWS[:2]), tmp_path / "a.json")
    assert len(load_path(tmp_path / "a.json")[0].keyframes) == 2
    for name, text in (("cameras.json", (street / "model" / "cameras.json").read_text()), ("notes.json", "hello")):
        (tmp_path / name).write_text(text)
        with pytest.raises(InputError, match=f"{name}: is there and is no camera path, so it is not written over"):
            save_path(CameraPath.through(VIEWS), tmp_path / name)
        assert (tmp_path / name).read_text() == text


def test_a_file_of_cameras_is_a_path_through_them(street, tmp_path):
    path, warning = load_path(street / "transforms_fly.json")
    views = load_cameras(street / "transforms_fly.json")
    assert path == CameraPath.through([view.camera for view in views], 1.0) and not warning
    (tmp_path / "cameras.txt").write_text("1 OPENCV 96 64 60 60 48 32 0.1 0 0 0\n")
    (tmp_path / "images.txt").write_text("1 0 1 0 0 -20 5 30 1 a.png\n\n2 0 1 0 0 -20 6 30 1 b.png\n\n")
    for name in (tmp_path, tmp_path / "images.txt"):
        path, warning = load_path(name)
        assert path.duration == 1 and "lens distortion (OPENCV)" in warning


def keyframe(**changes):
    return {"keyframes": [KEY, KEY | {"time": 1} | changes]}


@pytest.mark.parametrize("changes, said", [
    ({"format": "nerf"}, "format 'nerf', version 1, expected 'gsrender camera path', version 1"),
    ({"version": 2}, "format 'gsrender camera path', version 2, expected"),
    ({"keyframes": []}, "keyframes [], expected a list of one or more"),
    ({"keyframes": {"0": KEY}}, "expected a list of one or more"),
    ({"keyframes": [7]}, "keyframes[0]: 7, expected an object"),
    ({"closing": -1}, ".closing: -1, expected a number above 0"),
    ({"closing": 1e-9}, "1e-09 of them back to its beginning, expected 0.01 or more"),
    (keyframe(time=None), "keyframes[1].time: missing"),
    (keyframe(time=0), "keyframes[1].time: 0, expected at least 0.01 s more than the 0 of the one before"),
    (keyframe(time=-3), "keyframes[1].time: -3, expected at least"),
    (keyframe(time="soon"), "keyframes[1].time: 'soon', expected a number"),
    (keyframe(time=1e9), "keyframes[1].time: 1000000000.0, expected a number above"),
    (keyframe(time=10 ** 400), "keyframes[1].time: 1000"),
    (keyframe(position=[1, 2]), "keyframes[1].position: [1, 2], expected [3] numbers"),
    (keyframe(position=[1, 2, 1e300]), "keyframes[1].position: [1, 2, 1e+300], expected finite numbers"),
    (keyframe(position=[1, 2, -1e20]), "keyframes[1].position: [1.0, 2.0, -1e+20], expected at most 1e+15 scene units"),
    (keyframe(world_from_camera=[0, 0, 0, 0]), "world_from_camera: [0.0, 0.0, 0.0, 0.0], expected a quaternion of"),
    (keyframe(world_from_camera=[1e30, 1e30, 0, 0]), "expected a quaternion of length 1"),
    (keyframe(world_from_camera="up"), "world_from_camera: 'up', expected"),
    (keyframe(fov_y=180), "fov_y: 180, expected a number above 0.1 and at most 179"),
    (keyframe(fov_y=True), "fov_y: True, expected a number")])
def test_what_is_no_path_is_refused_by_field(tmp_path, changes, said):
    data = {"format": "gsrender camera path", "version": 1, "keyframes": [KEY]} | changes
    (tmp_path / "a.json").write_text(json.dumps(data))
    with pytest.raises(InputError, match=re.escape(said)) as refused:
        load_path(tmp_path / "a.json")
    assert "a.json" in str(refused.value) and "\n" not in str(refused.value)


@pytest.mark.parametrize("text, said", [
    ("", "0 bytes, expected 1 to"), ("{", "not valid JSON"), ("[" * 100_000, "nested too deeply"),
    ("7", "neither a list"), ('{"keyframes": [NaN]}', "NaN is not a number"),
    ('{"path": 1}', "neither a list of cameras"), ("[]", "no cameras")])
def test_what_is_no_json_of_ours_is_refused(tmp_path, text, said):
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(InputError, match=f"a.json: .*{said}"):
        load_path(tmp_path / "a.json")


def test_a_far_place_and_a_short_time_still_make_a_finite_camera(tmp_path):
    far = [KEY | {"time": i / 100, "position": [(-1) ** i * 1e15, 0, 3e14 * i], "fov_y": 179} for i in range(4)]
    data = {"format": "gsrender camera path", "version": 1, "closing": 0.01, "keyframes": far}
    (tmp_path / "a.json").write_text(json.dumps(data))
    path, _ = load_path(tmp_path / "a.json")
    for time in np.linspace(0, path.duration, 50):
        assert np.isfinite(path.at(time).camera(96, 64, 0.1).camera_from_world).all()
