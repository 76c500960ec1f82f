"""COLMAP's models, text and binary: the same cameras from both, as the pictures were taken, and what is refused."""

import struct

import numpy as np
import pytest
import trimesh

from gsrender import InputError, load_cameras
from gsrender.load import distortion_warning

TURN = np.array([[0, 0, -1], [1, 0, 0], [0, -1, 0]])  # camera from world: looks along -y
LENSES = {1: ("PINHOLE", 80, 60, (70.0, 71.0, 39.5, 31.0)), 7: ("SIMPLE_PINHOLE", 64, 48, (50.0, 32.0, 24.0))}
IMAGES = [(3, TURN, (1.0, 2.0, 3.0), 1, "test/b c.JPG"), (1, np.eye(3), (0.0, 0.0, 4.0), 7, "a.png")]
IDS = {"SIMPLE_PINHOLE": 0, "PINHOLE": 1, "SIMPLE_RADIAL": 2, "OPENCV": 4, "RAD_TAN_THIN_PRISM_FISHEYE": 11}
POINTS = [(1.5, 2.5, -1), (3.0, 4.0, 17)]


def quaternion(rotation):
    pose = np.eye(4)
    pose[:3, :3] = rotation
    return trimesh.transformations.quaternion_from_matrix(pose).tolist()  # w x y z


def write_text(folder, lenses, images):
    folder.mkdir(parents=True, exist_ok=True)
    lines = [f"{i} {model} {w} {h} {' '.join(map(repr, numbers))}" for i, (model, w, h, numbers) in lenses.items()]
    (folder / "cameras.txt").write_text("# Camera list\n# Number of cameras: 2\n" + "\n".join(lines) + "\n")
    text = "# Image list\n\n"
    for i, (number, rotation, translation, camera, name) in enumerate(images):
        text += f"{number} {' '.join(str(float(v)) for v in (*quaternion(rotation), *translation))} {camera} {name}\n"
        text += " ".join(f"{x} {y} {p}" for x, y, p in POINTS * i) + "\n"  # the first image saw none: an empty line
    (folder / "images.txt").write_text(text)
    return folder


def write_binary(folder, lenses, images):
    folder.mkdir(parents=True, exist_ok=True)
    data = struct.pack("<Q", len(lenses))
    for i, (model, w, h, numbers) in lenses.items():
        data += struct.pack(f"<IiQQ{len(numbers)}d", i, IDS[model], w, h, *numbers)
    (folder / "cameras.bin").write_bytes(data)
    data = struct.pack("<Q", len(images))
    for i, (number, rotation, translation, camera, name) in enumerate(images):
        data += struct.pack("<I7dI", number, *quaternion(rotation), *translation, camera) + name.encode() + b"\0"
        data += struct.pack("<Q", 2 * i) + b"".join(struct.pack("<ddq", *point) for point in POINTS * i)
    (folder / "images.bin").write_bytes(data)
    return folder


WRITERS = pytest.mark.parametrize("write", [write_text, write_binary])


def test_text_and_binary_are_the_same_cameras(tmp_path):
    text = load_cameras(write_text(tmp_path / "text", LENSES, IMAGES))
    assert text == load_cameras(write_binary(tmp_path / "binary", LENSES, IMAGES)) and len(text) == 2


@WRITERS
def test_a_pose_and_a_lens_come_through_exactly(tmp_path, write):
    first, second = load_cameras(write(tmp_path, LENSES, IMAGES))  # by name
    assert (first.name, first.split, second.name, second.split) == ("a", "", "b c", "test")
    assert np.allclose(second.camera.rotation, TURN) and np.allclose(second.camera.position, -TURN.T @ (1, 2, 3))
    assert (second.camera.fx, second.camera.fy, second.camera.cx, second.camera.cy) == (70, 71, 39.5, 31)
    assert (first.camera.fx, first.camera.fy, first.camera.cx, first.camera.width) == (50, 50, 32, 64)
    assert not first.distortion and not distortion_warning("f", [first, second])


@WRITERS
def test_the_views_of_block_come_back_from_colmap(tmp_path, block, write):
    views = load_cameras(block / "transforms_test.json")
    lenses = {i: ("PINHOLE", v.camera.width, v.camera.height, (v.camera.fx, v.camera.fy, v.camera.cx, v.camera.cy))
              for i, v in enumerate(views)}
    images = [(i, v.camera.rotation, v.camera.rotation @ -v.camera.position, i, f"{v.name}.png")
              for i, v in enumerate(views)]
    again = {view.name: view.camera for view in load_cameras(write(tmp_path, lenses, images[::-1]))}
    for view in views:
        other = again[view.name]
        assert np.allclose(other.camera_from_world, view.camera.camera_from_world, atol=1e-9)
        assert (other.fx, other.fy, other.width) == (view.camera.fx, view.camera.fy, view.camera.width)


@pytest.mark.parametrize("place", ["", "sparse/0", "sparse", "colmap/sparse/0"])
def test_a_model_is_found_in_its_folder_and_by_either_file(tmp_path, place):
    write_text(tmp_path / place, LENSES, IMAGES)
    named = [tmp_path, tmp_path / place, tmp_path / place / "images.txt", tmp_path / place / "cameras.txt"]
    assert all(load_cameras(path) == load_cameras(tmp_path) for path in named)


@WRITERS
def test_photographs_are_found_beside_the_model(tmp_path, write):
    (tmp_path / "images" / "test").mkdir(parents=True)
    (tmp_path / "images" / "test" / "b c.JPG").touch()
    first, second = load_cameras(write(tmp_path / "sparse" / "0", LENSES, IMAGES))
    assert first.image is None and second.image == tmp_path / "images" / "test" / "b c.JPG"
    assert [view.image for view in load_cameras(tmp_path / "sparse" / "0", photographs=False)] == [None, None]


@WRITERS
@pytest.mark.parametrize("model, numbers, lens", [
    ("SIMPLE_RADIAL", (50.0, 31.0, 24.0, 0.1), (50, 50, 31, 24)),
    ("OPENCV", (50.0, 51.0, 31.0, 24.0, 0.1, 0, 0, 0), (50, 51, 31, 24)),
    ("RAD_TAN_THIN_PRISM_FISHEYE", (50.0, 51.0, 31.0, 24.0) + 12 * (0.1,), (50, 51, 31, 24))])
def test_of_a_distorted_lens_the_pinhole_is_kept_and_the_rest_is_told(tmp_path, write, model, numbers, lens):
    views = load_cameras(write(tmp_path, LENSES | {7: (model, 64, 48, numbers)}, IMAGES))
    camera = views[0].camera
    assert (camera.fx, camera.fy, camera.cx, camera.cy) == lens and views[0].distortion == model
    assert f"lens distortion ({model}) of 1 of 2 cameras is left out" in distortion_warning(tmp_path, views)


def test_what_an_image_saw_is_not_read(tmp_path):
    write_text(tmp_path, LENSES, IMAGES)
    text = (tmp_path / "images.txt").read_text().replace("1.5 2.5 -1", "1 1 1 " * 100_000)
    (tmp_path / "images.txt").write_text(text + "# a comment longer than a line may be " * 500)
    assert len(load_cameras(tmp_path)) == 2


@pytest.mark.parametrize("file, before, after, said", [
    ("cameras", "PINHOLE 80", "SPHERE 80", "cameras.txt: line 3: camera model 'SPHERE', expected one of SIMPLE_"),
    ("cameras", "80 60 70.0", "80 60", "cameras.txt: line 3: 3 numbers for PINHOLE, expected 4"),
    ("cameras", "80 60", "80 99999", "cameras.txt: line 3: 80 x 99999 pixels, expected 1 to 16384 each"),
    ("cameras", "80 60", "80.5 60", "cameras.txt: line 3: .*80.5.*, expected whole numbers"),
    ("cameras", "70.0", "nan", "cameras.txt: line 3: focal length nan, 71"),
    ("cameras", "70.0", "-70.0", "cameras.txt: line 3: focal length -70, 71 .*expected focal lengths above 0"),
    ("cameras", "70.0", "wide", "cameras.txt: line 3: 'wide .*, expected numbers"),
    ("cameras", "1 PINHOLE", "2 PINHOLE", "images.txt: line 3: camera 1 is not in cameras.txt"),
    ("images", "3 ", "x ", "images.txt: line 3: 'x', expected whole numbers"),
    ("images", " 1 test/b c.JPG", "", "images.txt: line 3: .* expected IMAGE_ID QW"),
    ("images", "test/b c.JPG", "..", "images.txt: line 3 name: '..', expected the name of an image"),
    ("images", "test/b c.JPG", "a" * 5000, "images.txt: line 3: longer than 4,096 bytes"),
    ("images", "1.0 2.0 3.0 ", "1.0 inf 3.0 ", r"images.txt: line 3: quaternion .* translation \(1.0, inf, 3.0\)"),
    ("images", "1 1.0 0.0", "1 2.0 0.0", r"images.txt: line 5: quaternion \(2.0, .*expected a quaternion of length 1")])
def test_a_broken_text_is_refused_by_file_and_line(tmp_path, file, before, after, said):
    path = write_text(tmp_path, LENSES, IMAGES) / f"{file}.txt"
    assert before in path.read_text()
    path.write_text(path.read_text().replace(before, after, 1))
    with pytest.raises(InputError, match=said):
        load_cameras(tmp_path)


def replaced(data, at, layout, *values):
    return data[:at] + struct.pack(layout, *values) + data[at + struct.calcsize(layout):]


@pytest.mark.parametrize("file, edit, said", [
    ("cameras", lambda d: d[:-1], "cameras.bin: it breaks off after"),
    ("cameras", lambda d: b"", "cameras.bin: it breaks off after 0 bytes"),
    ("cameras", lambda d: replaced(d, 0, "<Q", 2 ** 63), "cameras.bin: it breaks off after"),
    ("cameras", lambda d: replaced(d, 12, "<i", 99), "cameras.bin: camera 1: camera model 99, expected one of"),
    ("cameras", lambda d: replaced(d, 12, "<i", -1), "cameras.bin: camera 1: camera model -1, expected one of"),
    ("cameras", lambda d: replaced(d, 16, "<Q", 2 ** 62), "cameras.bin: camera 1: 46116"),
    ("images", lambda d: d[:50], "images.bin: it breaks off after 50 bytes"),
    ("images", lambda d: replaced(d, 0, "<Q", 3), "images.bin: it breaks off after"),
    ("images", lambda d: replaced(d, 0, "<Q", 0), "images.bin: no images in it"),
    ("images", lambda d: d.replace(b"JPG\0", b"JPG" + b"a" * 9999), "image 3: its name has no end within 4,096"),
    ("images", lambda d: d.replace(b"JPG\0" + bytes(8), b"JPG\0" + b"\xff" * 8),
     "image 3: 18,446,744,073,709,551,615 points need"),
    ("images", lambda d: replaced(d, 12, "<d", np.nan),
     "image 3: quaternion .nan, .* expected a quaternion of length")])
def test_a_broken_binary_is_refused(tmp_path, file, edit, said):
    path = write_binary(tmp_path, LENSES, IMAGES) / f"{file}.bin"
    before = path.read_bytes()
    path.write_bytes(edit(before))
    assert path.read_bytes() != before
    with pytest.raises(InputError, match=said):
        load_cameras(tmp_path)


def test_half_a_model_is_refused(tmp_path):
    write_text(tmp_path, LENSES, IMAGES)
    (tmp_path / "cameras.txt").unlink()
    with pytest.raises(InputError, match="cameras.txt: no such file"):
        load_cameras(tmp_path / "images.txt")
    with pytest.raises(InputError, match="a directory without a COLMAP model, expected images and cameras"):
        load_cameras(tmp_path)
