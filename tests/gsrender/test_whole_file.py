"""Files that are whole: what is begun under another name beside them."""

import os

import pytest

from gsrender.whole_file import remove_leftovers, whole_file

NOBODY = 999_999_999  # no Linux has as many processes


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_the_old_file_stays_until_the_new_one_is_whole(tmp_path):
    (tmp_path / "a").write_text("old")
    with whole_file(tmp_path / "a") as unfinished:
        unfinished.write_text("new")
        assert (tmp_path / "a").read_text() == "old" and unfinished.parent == tmp_path
    assert (tmp_path / "a").read_text() == "new" and names(tmp_path) == ["a"]


def test_what_fails_leaves_the_old_file_and_no_other(tmp_path):
    (tmp_path / "a").write_text("old")
    with pytest.raises(SystemExit), whole_file(tmp_path / "a") as unfinished:
        unfinished.write_text("half")
        raise SystemExit
    assert (tmp_path / "a").read_text() == "old" and names(tmp_path) == ["a"]


def test_leftovers_of_killed_processes_go_and_nothing_else_does(tmp_path):
    running, gone = (f".a.png.{process}" for process in (os.getpid(), NOBODY))
    for name in (running, gone, f".a.txt.{NOBODY}", ".a.png", f"a.png.{NOBODY}", ".a.png.old"):
        (tmp_path / name).touch()
    remove_leftovers(tmp_path, lambda name: name.endswith(".png"))
    assert names(tmp_path) == sorted([running, f".a.txt.{NOBODY}", ".a.png", f"a.png.{NOBODY}", ".a.png.old"])
