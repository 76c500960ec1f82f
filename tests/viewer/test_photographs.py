import numpy as np
import pytest
from PIL import Image

from gsrender.camera import Camera
from gsrender.load.dataset_camera import DatasetCamera
from viewer.photographs import with_photographs
from viewer.thumbnails import SIZE, _read

CAMERA = Camera.look_at((0, 0, 0), (1, 0, 0))


def cameras(*names):
    return [DatasetCamera(name, CAMERA, "", None) for name in names]


def picture(path, size=(64, 48)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, (250, 10, 10)).save(path)
    return path


@pytest.mark.parametrize("place", ["model/images", "images", "train", "elsewhere/scene/images"])
def test_a_photograph_is_found_by_its_cameras_name(tmp_path, place):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "cfg_args").write_text("Namespace(source_path='elsewhere/scene', images='images')")
    path = picture(tmp_path / place / "a.jpg")
    found, other = with_photographs(cameras("a", "b"), tmp_path / "model")
    assert found.image == path.resolve() or found.image == path
    assert other.image is None


def test_what_the_cameras_file_names_comes_first(tmp_path):
    picture(tmp_path / "images" / "a.png")
    named = DatasetCamera("a", CAMERA, "", tmp_path / "own.png")
    assert with_photographs([named], tmp_path) == [named]


def test_a_note_that_is_no_text_or_a_missing_folder_finds_nothing(tmp_path):
    (tmp_path / "cfg_args").write_bytes(bytes(range(256)) * 100)
    assert with_photographs(cameras("a"), tmp_path)[0].image is None
    assert with_photographs(cameras("a"), tmp_path / "gone")[0].image is None


def test_a_thumbnail_is_small_and_keeps_its_shape(tmp_path):
    pixels = _read(picture(tmp_path / "a.jpg", (3000, 1000)))
    assert pixels.shape[1] == SIZE[0] and pixels.shape[0] == pytest.approx(SIZE[0] / 3, abs=1) and pixels.shape[2] == 4
    assert np.allclose(pixels[..., :3].reshape(-1, 3).mean(0), (250, 10, 10), atol=6)


def test_a_file_that_is_no_picture_has_no_thumbnail(tmp_path):
    (tmp_path / "a.png").write_bytes(b"no picture")
    assert _read(tmp_path / "a.png") is None
