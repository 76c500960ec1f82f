"""Cameras of both formats: axes, lenses, names, and what is refused."""

import json
import math

import numpy as np
import pytest
from PIL import Image

from gsrender import InputError, load_cameras

IDENTITY = np.eye(4).tolist()


def write(path, value):
    path.write_text(json.dumps(value))
    return path


def nerf(tmp_path, frame=(), shared=(), name="transforms.json"):
    """One frame at the origin, with what is given put into the frame and into the file."""
    frame = {"file_path": "train/r_0", "transform_matrix": IDENTITY} | dict(frame)
    return write(tmp_path / name, {"camera_angle_x": 1.0, "w": 80, "h": 60, "frames": [frame]} | dict(shared))


def inria(tmp_path, **entry):
    entry = dict(id=0, img_name="r_0", width=80, height=60, position=[1, 2, 3], rotation=np.eye(3).tolist(), fx=70.0,
                 fy=71.0) | entry
    return write(tmp_path / "cameras.json", [entry])


def test_both_files_of_block_give_the_same_views(block):
    trained = {view.name: view.camera for view in load_cameras(block / "model" / "cameras.json")}
    for view in load_cameras(block / "transforms_test.json"):
        other = trained[view.name]
        assert np.allclose(view.camera.camera_from_world, other.camera_from_world, atol=1e-9)
        assert (view.camera.fx, view.camera.width, view.camera.height) == (other.fx, 960, 640)


def test_views_of_the_sample_are_named_and_split(street):
    path = load_cameras(street / "transforms_fly.json")
    assert len(path) == 120 and (path[7].name, path[7].split) == ("fly_0007", "fly")
    trained = load_cameras(street / "model" / "cameras.json")
    assert len(trained) == 34 and {view.split for view in trained} == {"train", "test"}


def test_nerf_axes_become_opencv_axes(tmp_path):
    pose = [[1, 0, 0, 4], [0, 0, -1, 5], [0, 1, 0, 6], [0, 0, 0, 1]]  # OpenGL: right x, up z, back -y
    camera = load_cameras(nerf(tmp_path, {"transform_matrix": pose}))[0].camera
    assert camera.position.tolist() == [4, 5, 6]
    right, down, forward = camera.rotation
    assert (right.tolist(), down.tolist(), forward.tolist()) == ([1, 0, 0], [0, 0, -1], [0, 1, 0])


def test_inria_rotations_are_world_from_camera(tmp_path):
    rotation = [[0, 0, 1], [-1, 0, 0], [0, -1, 0]]  # looks along x, right is -y
    camera = load_cameras(inria(tmp_path, rotation=rotation))[0].camera
    assert camera.rotation.tolist() == np.transpose(rotation).tolist()
    assert camera.position.tolist() == [1, 2, 3]
    assert (camera.fx, camera.fy, camera.cx, camera.cy) == (70, 71, 40, 30)


def test_the_lens_of_a_frame_wins_over_that_of_the_file(tmp_path):
    frame = dict(fl_x=50.0, fl_y=51.0, cx=20.5, cy=31.0, w=100.0, h=64)
    camera = load_cameras(nerf(tmp_path, frame, dict(fl_x=9.0, cx=1.0)))[0].camera
    assert (camera.fx, camera.fy, camera.cx, camera.cy, camera.width, camera.height) == (50, 51, 20.5, 31, 100, 64)


def test_an_angle_is_turned_into_pixels(tmp_path):
    camera = load_cameras(nerf(tmp_path))[0].camera
    assert camera.fx == camera.fy == pytest.approx(40 / math.tan(0.5))
    camera = load_cameras(nerf(tmp_path, dict(camera_angle_x=2.0, camera_angle_y=1.0)))[0].camera
    assert (camera.fx, camera.fy) == pytest.approx((40 / math.tan(1.0), 30 / math.tan(0.5)))


def test_a_missing_size_is_read_from_the_image(tmp_path):
    (tmp_path / "train").mkdir()
    Image.new("RGB", (33, 22)).save(tmp_path / "train" / "r_0.png")
    view = load_cameras(nerf(tmp_path, shared=dict(w=None, h=None)))[0]
    assert (view.camera.width, view.camera.height) == (33, 22)
    assert view.image == tmp_path / "train" / "r_0.png"


@pytest.mark.parametrize("there, missing", [("{folder}/r_0.png", "{folder}/r_1.png"), ("../r_0.png", "../r_1.png"),
                                            ("../r_0", "../r_1"), ("../notes.txt", "../nothing.txt")])
def test_without_photographs_a_name_tells_nothing_of_the_files_that_are_there(tmp_path, there, missing):
    Image.new("RGB", (33, 22)).save(tmp_path / "r_0.png")
    (tmp_path / "notes.txt").write_text("no image")
    (tmp_path / "in").mkdir()
    said = []
    for name in (there, missing):
        file = nerf(tmp_path / "in", dict(file_path=name.format(folder=tmp_path)), dict(w=None, h=None))
        with pytest.raises(InputError) as error:
            load_cameras(file, photographs=False)
        said.append(str(error.value))
    assert said[0] == said[1] and "neither w and h nor an image" in said[0]
    named = nerf(tmp_path / "in", dict(file_path=there.format(folder=tmp_path)))
    assert load_cameras(named, photographs=False)[0].image is None and load_cameras(named)[0].image is not None


@pytest.mark.parametrize("file_path, name, split", [
    ("./train/r_0", "r_0", "train"), ("images/a.b.png", "a.b", ""), ("val\\c.JPG", "c", "val"), ("r_0.5", "r_0.5", ""),
    ("test_0004", "test_0004", "test")])
def test_names_lose_folders_and_the_last_extension(tmp_path, file_path, name, split):
    view = load_cameras(nerf(tmp_path, dict(file_path=file_path)))[0]
    assert (view.name, view.split) == (name, split)


def test_a_name_that_is_too_long_for_a_file_is_still_a_cameras(tmp_path):
    view = load_cameras(nerf(tmp_path, dict(file_path=300 * "a")))[0]
    assert view.name == 300 * "a" and view.image is None


def test_the_name_of_the_file_says_the_split(tmp_path):
    assert load_cameras(nerf(tmp_path, name="transforms_val.json"))[0].split == "val"


def test_a_pose_with_a_small_scale_becomes_a_rotation(tmp_path):
    turn = np.array([[0.8, -0.6, 0], [0.6, 0.8, 0], [0, 0, 1]])
    pose = np.eye(4)
    pose[:3, :3] = turn * 1.02 + 1e-4
    camera = load_cameras(nerf(tmp_path, dict(transform_matrix=pose.tolist())))[0].camera
    assert np.allclose(camera.rotation @ camera.rotation.T, np.eye(3), atol=1e-12)
    assert np.allclose(camera.rotation.T * [1, -1, -1], turn, atol=1e-3)


@pytest.mark.parametrize("frame, said", [
    (dict(transform_matrix=np.diag([2.0, 2, 2, 1]).tolist()),
     "transform_matrix: not a rotation, it stretches by 2, 2, 2"),
    (dict(transform_matrix=np.diag([1.0, 1, -1, 1]).tolist()), "transform_matrix: not a rotation.* and mirrors"),
    (dict(transform_matrix=[[1, 2], [3, 4]]), r"transform_matrix: .*expected \[4, 4\] or \[3, 4\] numbers"),
    (dict(transform_matrix=None), "transform_matrix: None, expected"),
    (dict(transform_matrix=np.diag([1.0, 1, 1, 1])[:3].tolist()[:2] + [[0, 0, 1, 1e20]]),
     r"a camera at \[0.0, 0.0, 1e\+20\], expected at most 1e\+15 scene units from 0"),
    (dict(w=None, h=None), "neither w and h nor an image that would tell the size"),
    (dict(w=80.5), "w: 80.5, expected whole pixels"), (dict(w=1e300), r"w: 1e\+300, expected a number"),
    (dict(camera_angle_x="wide"), "camera_angle_x: 'wide', expected a number above 0 and at most 3.14"),
    (dict(camera_angle_x=True), "camera_angle_x: True, expected a number"),
    (dict(file_path="train/.."), "file_path: 'train/..', expected the name of an image"),
    (dict(file_path=7), "file_path: 7, expected the name of an image")])
def test_what_is_no_camera_is_refused_by_field(tmp_path, frame, said):
    shared = dict(w=None, h=None) if "h" in frame else {}
    with pytest.raises(InputError, match=rf"transforms.json: frames\[0\].*{said}"):
        load_cameras(nerf(tmp_path, frame, shared))


@pytest.mark.parametrize("entry, said", [
    (dict(rotation=np.zeros((3, 3)).tolist()), "rotation: not a rotation"),
    (dict(fx=0), "fx: 0, expected a number above 0"),
    (dict(position=[1, 2]), r"position: \[1, 2\], expected \[3\] numbers"), (dict(fy=None), "fy: missing"),
    (dict(height=-4), "height: -4, expected a number above 0"), (dict(width=None), "width or height is missing")])
def test_what_is_no_inria_camera_is_refused_by_field(tmp_path, entry, said):
    with pytest.raises(InputError, match=rf"cameras.json: \[0\].*{said}"):
        load_cameras(inria(tmp_path, **entry))
