import dataclasses
import json

import pytest

from viewer.alignment import Alignment
from viewer.fit import Fit
from viewer.remembered import Recent, Remembered, kept, load, place, save
from viewer.settings import ViewerSettings

FIT = Fit("y", 3.0, (10.0, 20.0, 30.0), (-4.0, 5.0, 6.0))
SOME = Remembered((1111, 777), {"vsync": False, "closed": ("Scene",), "resolution_scale": 0.5},
                  "[Window][A]\nPos=1,2\n", 2.0,
                  (Recent("/models/a", "/models/a.glb", Alignment((0.0, 0.6, -0.8), 0.25, FIT)), Recent("/models/b")))


def test_what_was_saved_comes_back(tmp_path):
    save(SOME, tmp_path / "deep" / "window.json")
    assert load(tmp_path / "deep" / "window.json") == (SOME, None)
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["window.json"]


def test_without_a_file_everything_is_as_usual(tmp_path):
    assert load(tmp_path / "window.json") == (Remembered(), None)
    assert Remembered().apply(ViewerSettings()) == ViewerSettings()


@pytest.mark.parametrize("change", [
    lambda text: text[:50], lambda text: "[]", lambda text: "[" * 100_000, lambda text: text.replace("777", "1e99"),
    lambda text: text.replace("Pos=1", "Pos=9"), lambda text: text.replace("0.5", "50"),
    lambda text: text.replace("false", '"no"'), lambda text: text.replace('"/models/a"', "17"),
    lambda text: text.replace('"version": 1', '"version": 0'), lambda text: text.replace('"Scene"', "[]"),
    lambda text: text.replace("2.0", "null"), lambda text: "\0", lambda text: text.replace("0.25", "-0.25"),
    lambda text: text.replace("0.25", "NaN"), lambda text: text.replace('"up": "y"', '"up": "x"'),
    lambda text: text.replace("30.0", '"30"'), lambda text: text.replace("3.0,", "0.0,"),
    lambda text: text.replace("-0.8", "-0.8, 1.0")])
def test_a_damaged_file_is_told_in_a_sentence_and_the_usual_taken(tmp_path, change):
    path = tmp_path / "window.json"
    save(SOME, path)
    path.write_text(change(path.read_text()))
    found, sentence = load(path)
    assert found == Remembered() and str(path) in sentence and "damaged" in sentence


def test_a_setting_that_this_program_does_not_know_is_left_out(tmp_path):
    path = tmp_path / "window.json"
    save(SOME, path)
    data = json.loads(path.read_text())
    data["settings"]["of the future"] = 3
    path.write_text(json.dumps(data))
    assert load(path) == (SOME, None)


def test_only_what_a_person_set_for_good_is_kept():
    settings = ViewerSettings(vsync=False, help=True, closed=("Scene",))
    assert kept(settings) == {"vsync": False, "closed": ("Scene",)}
    assert Remembered(settings=kept(settings)).apply(ViewerSettings()) == dataclasses.replace(settings, help=False)


def test_the_newest_of_ten_scenes_is_first_and_each_is_there_once(tmp_path):
    remembered = Remembered()
    for name in "abcdefghijklm":
        remembered = remembered.opened(tmp_path / name, None)
    remembered = remembered.opened(tmp_path / "k", tmp_path / "k.glb")
    assert [scene.model for scene in remembered.recent] == [str(tmp_path / name) for name in "kmljihgfed"]
    assert remembered.recent[0].proxy == str(tmp_path / "k.glb")


def test_a_file_from_before_alignments_were_kept_is_read(tmp_path):
    path = tmp_path / "window.json"
    save(SOME, path)
    data = json.loads(path.read_text())
    for scene in data["recent"]:
        del scene["alignment"]
    path.write_text(json.dumps(data))
    plain = tuple(dataclasses.replace(scene, alignment=Alignment()) for scene in SOME.recent)
    assert load(path) == (dataclasses.replace(SOME, recent=plain), None)


def test_how_a_scene_lies_is_kept_for_it_and_the_fit_for_its_proxy_alone(tmp_path):
    model, proxy, lies = tmp_path / "a", tmp_path / "a.glb", Alignment((0.0, 1.0, 0.0), 0.25, FIT)
    remembered = Remembered().opened(model, proxy).aligned(model, lies).opened(tmp_path / "b", None)
    assert remembered.alignment(model, proxy) == remembered.opened(model, proxy).recent[0].alignment == lies
    assert remembered.alignment(model, tmp_path / "b.glb") == dataclasses.replace(lies, fit=Fit())
    assert remembered.alignment(tmp_path / "b", None) == Alignment()


def test_it_is_kept_where_the_user_keeps_such_things(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert place() == tmp_path / "gsrender-viewer" / "window.json"
    monkeypatch.delenv("XDG_CONFIG_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert place() == tmp_path / ".config" / "gsrender-viewer" / "window.json"
