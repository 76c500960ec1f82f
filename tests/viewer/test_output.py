"""Folders of results: nothing half-written, nothing of anyone else written over."""

import json
import os
import signal
import subprocess
import sys

import pytest

from gsrender import Camera, InputError
from viewer.export import file_name
from viewer.output import OutputFolder, write_whole
from viewer.views import View

CAMERA = Camera.look_at((0, 0, 1), (1, 0, 1), width=8, height=6)
TEST = View(CAMERA, "a", "/data/transforms_test.json", "test")
TRAIN = View(CAMERA, "a", "/data/transforms_train.json", "train")


def write(folder, view, content=b"x"):
    with OutputFolder(folder, ".bin", [view]) as out:
        name, = out.views
        out.check([name])
        out.write(name, lambda file: file.write(content), {"drawn": 1})
    return name


def test_a_later_run_on_another_split_does_not_write_over_the_first(tmp_path):
    assert [write(tmp_path, TEST, b"test"), write(tmp_path, TRAIN, b"train")] == ["a", "train/a"]
    assert (tmp_path / "a.bin").read_bytes() == b"test" and (tmp_path / "train/a.bin").read_bytes() == b"train"
    stats = json.loads((tmp_path / "stats.json").read_text())["views"]
    assert stats["a"]["origin"]["cameras"] == TEST.file and stats["train/a"]["origin"]["split"] == "train"


def test_the_same_view_again_takes_its_own_place(tmp_path):
    assert [write(tmp_path, TEST, b"old"), write(tmp_path, TEST, b"new")] == ["a", "a"]
    assert (tmp_path / "a.bin").read_bytes() == b"new"


def test_what_is_saved_three_times_in_a_second_is_three_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("viewer.export.time.strftime", lambda text: text.replace("%Y%m%d-%H%M%S", "now"))
    (tmp_path / "picture-now-3.png").touch()
    assert [file_name("picture", ".png").name for _ in range(3)] == [
        "picture-now.png", "picture-now-2.png", "picture-now-4.png"]


def test_a_strangers_file_is_not_written_over(tmp_path):
    (tmp_path / "a.bin").write_bytes(b"photograph")
    with pytest.raises(InputError, match="a.bin is there and is not in its stats.json"):
        write(tmp_path, TEST)
    assert (tmp_path / "a.bin").read_bytes() == b"photograph"


ORIGIN = '{"name": [], "cameras": "", "split": "", "ordinal": 0}'


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"views": []}', '{"views": {"a": {"psnr": 1}}}', "\xff",
                                  "[" * 10 ** 5, '{"views": {"a": {"origin": %s}}}' % ORIGIN])
def test_a_strangers_stats_are_not_written_over(tmp_path, text):
    (tmp_path / "stats.json").write_text(text, encoding="latin-1")
    with pytest.raises(InputError, match="not a stats.json of this program"):
        write(tmp_path, TEST)
    assert (tmp_path / "stats.json").read_text(encoding="latin-1") == text


def test_a_failure_leaves_the_old_file_and_no_other(tmp_path):
    (tmp_path / "f").write_bytes(b"old")
    with pytest.raises(KeyboardInterrupt), write_whole(tmp_path / "f") as file:
        file.write(b"half of it")
        raise KeyboardInterrupt
    assert [path.name for path in tmp_path.iterdir()] == ["f"] and (tmp_path / "f").read_bytes() == b"old"


def test_an_interrupted_run_lists_what_it_finished(tmp_path):
    with pytest.raises(KeyboardInterrupt), OutputFolder(tmp_path, ".bin", [TEST, TRAIN]) as out:
        out.write("test/a", lambda file: file.write(b"x"), {})
        raise KeyboardInterrupt
    assert list(json.loads((tmp_path / "stats.json").read_text())["views"]) == ["test/a"]


KILLED = """
import os, signal
from pathlib import Path
from test_output import TEST, TRAIN
from viewer.export import file_name
from viewer.output import OutputFolder
with OutputFolder(Path("."), ".bin", [TEST, TRAIN]) as out:
    out.check(out.views)
    out.write("train/a", lambda file: file.write(b"whole"), {})
    out.write("test/a", lambda file: (file.write(b"half"), file.flush(), os.kill(os.getpid(), signal.SIGKILL)), {})
"""


def test_a_killed_run_can_be_run_again_and_leaves_nothing_behind(tmp_path, request):
    root = request.config.rootpath
    killed = subprocess.run([sys.executable, "-c", KILLED], cwd=tmp_path,
                            env=os.environ | {"PYTHONPATH": f"{root}:{root / 'tests/viewer'}"})
    assert killed.returncode == -signal.SIGKILL
    assert (tmp_path / "train/a.bin").exists() and len(list(tmp_path.glob("test/.a.bin.*"))) == 1
    (tmp_path / "test" / ".a.bin.txt").touch()  # somebody's
    with OutputFolder(tmp_path, ".bin", [TEST, TRAIN]) as out:
        out.check(out.views)
        for name in out.views:
            out.write(name, lambda file: file.write(b"again"), {})
    stats = json.loads((tmp_path / "stats.json").read_text())
    assert list(stats) == ["views"] and set(stats["views"]) == {"test/a", "train/a"}
    assert {path.name for path in tmp_path.rglob("*") if path.is_file()} == {"stats.json", "a.bin", ".a.bin.txt"}
    assert (tmp_path / "train/a.bin").read_bytes() == b"again"


def test_what_a_killed_run_left_stays_known_until_it_is_written_anew(tmp_path):
    write(tmp_path, TEST)
    stats = json.loads((tmp_path / "stats.json").read_text())
    (tmp_path / "stats.json").write_text(json.dumps({"views": {}, "unfinished": stats["views"]}))
    (tmp_path / "train").mkdir()
    (tmp_path / "train/a.bin").write_bytes(b"a stranger's")
    with pytest.raises(InputError, match="is there and is not in its stats.json"):
        write(tmp_path, TRAIN)
    assert write(tmp_path, TEST, b"new") == "a"
    assert list(json.loads((tmp_path / "stats.json").read_text())) == ["views"]


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="--out .*: not a directory"):
        OutputFolder(tmp_path / "file", ".bin", [TEST])
    with pytest.raises(InputError, match="cannot be written, Is a directory"), write_whole(tmp_path) as file:
        file.write(b"x")
