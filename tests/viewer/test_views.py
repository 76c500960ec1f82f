"""Under which name a view's picture is kept: no two share one, and none moves."""

import json

import pytest

from gsrender import Camera, InputError
from viewer.views import View, choose_views, load_views, name_views

CAMERA = Camera.look_at((0, 0, 1), (1, 0, 1), width=8, height=6)


def view(name, file="/data/transforms_test.json", split="test", ordinal=0):
    return View(CAMERA, name, file, split, ordinal)


def names(views, taken=None):
    return list(name_views(views, taken or {}))


def test_a_view_has_its_own_name_where_no_other_has_it():
    assert names([view("b"), view("a")]) == ["b", "a"]


def test_two_splits_of_one_name_are_told_apart_by_split():
    found = names([view("a"), view("b"), view("a", "/data/transforms_train.json", "train")])
    assert found == ["test/a", "b", "train/a"]


def test_two_files_of_one_split_are_told_apart_by_file_then_by_folder():
    assert names([view("a", "/d/one.json", ""), view("a", "/d/two.json", "")]) == ["one/a", "two/a"]
    assert names([view("a", "/x/c.json", ""), view("a", "/y/c.json", "")]) == ["x/c/a", "y/c/a"]


def test_what_nothing_tells_apart_is_numbered():
    assert names([view("a", "/p/x/c.json"), view("a", "/q/x/c.json")]) == ["x/c/test/a~1", "x/c/test/a~2"]
    assert names([view("a"), view("a", ordinal=1), view("b")]) == [
        "data/transforms_test/test/a~1", "data/transforms_test/test/a~2", "b"]


def test_a_name_of_an_earlier_run_is_not_taken_and_is_kept():
    first, second = view("a"), view("a", "/data/transforms_train.json", "train")
    taken = {"a": first.origin}
    assert names([second], taken) == ["train/a"]
    assert names([first], taken) == ["a"]
    assert names([first, second], taken) == ["a", "train/a"]


def test_a_name_that_no_run_would_have_given_is_not_kept():
    assert names([view("a")], {"../../a": view("a").origin}) == ["a"]
    assert names([view("a")], {"/etc/a~1": view("a").origin}) == ["a"]


def test_names_do_not_depend_on_which_views_are_wanted():
    named = name_views([view("a"), view("a", "/data/t.json", "train"), view("b")], {})
    assert list(choose_views(named, ["a"])) == ["test/a", "train/a"]
    assert list(choose_views(named, ["train/a", "b"])) == ["train/a", "b"]


def test_an_unknown_view_is_named_beside_known_ones():
    with pytest.raises(InputError, match="no view is called 'c'; there are a, b"):
        choose_views(name_views([view("a"), view("b")], {}), ["c"])


def test_frames_of_one_name_in_one_file_are_all_loaded(tmp_path):
    pose = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]
    frames = [{"file_path": f"{folder}/0001.png", "transform_matrix": pose} for folder in ("left", "right")]
    path = tmp_path / "transforms_train.json"
    path.write_text(json.dumps({"camera_angle_x": 1.0, "w": 8, "h": 6, "frames": frames}))
    views = load_views([path, path])
    assert [(v.name, v.split, v.ordinal) for v in views] == [("0001", "train", 0), ("0001", "train", 1)]
    assert len(set(name_views(views, {}))) == 2
