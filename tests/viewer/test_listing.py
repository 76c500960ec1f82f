"""What the browser of files has to show, read beside the window."""

import time

import pytest

from viewer.listing import Listing
from viewer.panels.browser import LOAD_PATH, SAVE_PATH, SCENE


def read(path, offered=SCENE.offered) -> Listing:
    listing = Listing(path, offered)
    end = time.monotonic() + 30
    while not listing.is_read and time.monotonic() < end:
        time.sleep(0.001)
    assert listing.is_read
    return listing


def test_directories_come_first_then_what_can_be_opened(tmp_path):
    for folder in ("Zoo", "apes", ".git"):
        (tmp_path / folder).mkdir()
    for name in ("b.ply", "A.GLB", "notes.txt", ".hidden.glb"):
        (tmp_path / name).write_bytes(b"12345")
    (tmp_path / "gone.glb").symlink_to(tmp_path / "nowhere")
    (tmp_path / "other").symlink_to(tmp_path / "Zoo")
    listing = read(tmp_path)
    assert [entry.name for entry in listing.entries] == ["apes", "other", "Zoo", "A.GLB", "b.ply"]
    assert [entry.nbytes for entry in listing.entries] == [0, 0, 0, 5, 5]
    assert not listing.problem and not listing.is_file


def test_for_a_path_those_files_are_offered_that_may_have_one(tmp_path):
    for name in ("way.JSON", "transforms.json", "images.txt", "cameras.bin", "points3D.bin", "notes.txt", "a.glb"):
        (tmp_path / name).touch()
    names = [entry.name for entry in read(tmp_path, LOAD_PATH.offered).entries]
    assert names == ["cameras.bin", "images.txt", "transforms.json", "way.JSON"]
    assert [entry.name for entry in read(tmp_path, SAVE_PATH.offered).entries] == names[2:]


def test_a_model_is_told_from_other_directories(tmp_path):
    for folder in ("scene/model/point_cloud", "scene/images", "elsewhere"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "elsewhere" / "point_cloud").touch()
    scene = read(tmp_path / "scene")
    assert [(entry.name, entry.is_model) for entry in scene.entries] == [("images", False), ("model", True)]
    assert read(tmp_path / "scene" / "model").is_model and not scene.is_model
    assert not read(tmp_path / "elsewhere").is_model


def test_a_file_is_told_from_a_directory(tmp_path):
    (tmp_path / "a.ply").write_bytes(b"1")
    assert read(tmp_path / "a.ply").is_file and not read(tmp_path).is_file


@pytest.mark.parametrize("name", ["gone", "round", "nul\0l"])
def test_what_cannot_be_read_is_a_sentence(tmp_path, name):
    (tmp_path / "round").symlink_to(tmp_path / "round")
    listing = read(tmp_path / name)
    assert name in listing.problem and not listing.entries and not listing.is_file
