"""Files of cameras that lie or break off: refused as hostile.py says."""

import os

import pytest

from gsrender import load_cameras
from tests.hostile import refused, refused_as_noise, refused_where_no_file_is

FRAME = '{"file_path": "a", "transform_matrix": [[1,0,0,0],[0,1,0,0],[0,0,1,0],[0,0,0,1]]}'
JSON = {
    "empty": (b"", "0 bytes"), "truncated": (b'{"frames": [{"file_', "not valid JSON"),
    "not UTF-8": (b'{"frames": "\xff"}', "not UTF-8 text"), "text": (b"cameras", "not valid JSON"),
    "nested": (b"[" * 200_000, "JSON nested too deeply"), "nested objects": (b'{"a":' * 200_000,
               "JSON nested too deeply"),
    "NaN": (b'{"w": NaN, "frames": []}', "NaN is not a number"),
    "number": (b"7", "neither a list of cameras"), "no frames": (b"{}", "neither a list of cameras"),
    "frames a number": (b'{"frames": 3}', "neither a list of cameras"), "no cameras": (b"[]", "no cameras in it"),
    "frame a number": (b'{"frames": [3]}', r"frames\[0\]: 3, expected an object"),
    "camera a list": (b"[[]]", r"\[0\]: \[\], expected an object"),
    "10^5000": (b'{"w": 1' + b"0" * 5000 + b', "frames": []}', "not valid JSON"),
    "10^400": (f'{{"w": 1{"0" * 400}, "h": 1, "camera_angle_x": 1, "frames": [{FRAME}]}}'.encode(),
               r"\.w: 1000.* expected a number"),
    "1e999": (f'{{"w": 9, "h": 1, "camera_angle_x": 1e999, "frames": [{FRAME}]}}'.encode(),
              r"camera_angle_x: inf, expected"),
    "huge picture": (f'{{"w": 1e9, "h": 1e9, "camera_angle_x": 1, "frames": [{FRAME}]}}'.encode(), "at most 16384"),
    "huge pose": (f'{{"w": 9, "h": 9, "camera_angle_x": 1, "frames": [{FRAME}]}}'.replace("[0,0,1,0]",
                  "[0,0,1,1e39]").encode(),
                  "transform_matrix: .* expected finite numbers"),
    "ragged pose": (f'{{"w": 9, "h": 9, "camera_angle_x": 1, "frames": [{FRAME}]}}'.replace("[0,0,1,0]",
                    "[0,0,1]").encode(),
                    r"transform_matrix: .* expected \[4, 4\]"),
}


@pytest.mark.parametrize("name", ["a.ply", "a.glb", "transforms.json"])
def test_what_is_no_file(tmp_path, name):
    refused_where_no_file_is(load_cameras, tmp_path / name, "a directory without a COLMAP model")


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "transforms.json")
    refused(load_cameras, tmp_path / "transforms.json", "not a regular file")


def test_noise(tmp_path):
    refused_as_noise(load_cameras, tmp_path / "a.json")


@pytest.mark.parametrize("case", JSON)
def test_cameras(tmp_path, case):
    data, said = JSON[case]
    (tmp_path / "transforms.json").write_bytes(data)
    refused(load_cameras, tmp_path / "transforms.json", said)


def test_an_image_that_is_none_does_not_tell_a_size(tmp_path):
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 30)
    (tmp_path / "transforms.json").write_text(f'{{"camera_angle_x": 1, "frames": [{FRAME}]}}')
    refused(load_cameras, tmp_path / "transforms.json", "not an image that would tell the size", named="a.png")
