import dataclasses
import json

import pytest

from viewer.alignment import Alignment
from viewer.fit import Fit
from viewer.habits import Habits
from viewer.remembered import Recent, Remembered, kept, load, place, save
from vk_interop.placement import Placement

FIT = Fit("y", 3.0, (10.0, 20.0, 30.0), (-4.0, 5.0, 6.0))
HABITS = {"vsync": False, "closed": ("Scene",), "resolution_scale": 0.5, "lod_error": 3.5, "raster": "hybrid",
          "flight_time": 1.75, "level": True, "shot_size": (640, 480), "film_size": (960, 540), "film_rate": 23.5}
CHOSEN = {"culling": "footprint", "margin": 0.125, "background": (0.0, 1.0, 0.375), "level_limit": 6, "appearance": 7}
SOME = Remembered(Placement((1111, 777), (-31, 43), True), HABITS, "[Window][A]\nPos=1,2\n", 2.0,
                  (Recent("/models/a", "/models/a.glb", Alignment((0.0, 0.6, -0.8), 0.25, FIT), CHOSEN),
                   Recent("/models/b")))


def test_what_was_saved_comes_back(tmp_path):
    save(SOME, tmp_path / "deep" / "window.json")
    assert load(tmp_path / "deep" / "window.json") == (SOME, None)
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["window.json"]


def test_without_a_file_everything_is_as_usual(tmp_path):
    assert load(tmp_path / "window.json") == (Remembered(), None)
    assert Remembered().habits == Habits()


@pytest.mark.parametrize("change", [
    lambda text: text[:50], lambda text: "[]", lambda text: "[" * 100_000, lambda text: text.replace("777", "1e99"),
    lambda text: text.replace("Pos=1", "Pos=9"), lambda text: text.replace("0.5", "50"),
    lambda text: text.replace("false", '"no"'), lambda text: text.replace('"/models/a"', "17"),
    lambda text: text.replace('"version": 1', '"version": 0'), lambda text: text.replace('"Scene"', "[]"),
    lambda text: text.replace("2.0", "null"), lambda text: "\0", lambda text: text.replace("0.25", "-0.25"),
    lambda text: text.replace("0.25", "NaN"), lambda text: text.replace('"up": "y"', '"up": "x"'),
    lambda text: text.replace("30.0", '"30"'), lambda text: text.replace("3.0,", "0.0,"),
    lambda text: text.replace("-0.8", "-0.8, 1.0"), lambda text: text.replace("3.5,", "1e9,"),
    lambda text: text.replace("hybrid", "hybrids"), lambda text: text.replace("1.75", "NaN"),
    lambda text: text.replace("1.75", "-1.0"), lambda text: text.replace("1.75", "1" + 400 * "0"),
    lambda text: text.replace("640,", "0,"), lambda text: text.replace("540", "540.5"),
    lambda text: text.replace("23.5", "Infinity"), lambda text: text.replace("footprint", "foot"),
    lambda text: text.replace("0.125", "Infinity"), lambda text: text.replace("0.375", "1.5"),
    lambda text: text.replace("0.375", '"0"'), lambda text: text.replace(": 6", ": 6.5"),
    lambda text: text.replace(": 7", ": -1"), lambda text: text.replace("-31", "null"),
    lambda text: text.replace("43", "1" + 9 * "0"), lambda text: text.replace('"at"', '"where"')])
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


def test_what_was_changed_is_kept_over_what_was_kept_before_and_the_usual_is_not():
    before, begun = {"vsync": False, "film_rate": 24.0}, Habits(vsync=False, film_rate=60.0)  # by the command line

    def after(**changes):
        return kept(before, begun, dataclasses.replace(begun, **changes), Habits(), ["vsync", "film_rate", "level"])
    assert after() == before
    assert after(level=True) == before | {"level": True} and after(film_rate=25.0) == before | {"film_rate": 25.0}
    assert after(vsync=True) == {"film_rate": 24.0} and after(adaptive=False) == before


def test_the_newest_of_ten_scenes_is_first_and_each_is_there_once(tmp_path):
    remembered = Remembered()
    for name in "abcdefghijklm":
        remembered = remembered.opened(tmp_path / name, None)
    remembered = remembered.opened(tmp_path / "k", tmp_path / "k.glb")
    assert [scene.model for scene in remembered.recent] == [str(tmp_path / name) for name in "kmljihgfed"]
    assert remembered.recent[0].proxy == str(tmp_path / "k.glb")


def test_a_file_of_an_older_program_is_read(tmp_path):
    """One that kept neither how scenes lie nor what was chosen for them, and of the window its size alone."""
    path = tmp_path / "window.json"
    save(SOME, path)
    data = json.loads(path.read_text())
    for scene in data["recent"]:
        del scene["alignment"], scene["chosen"]
    data["size"] = data.pop("placement")["size"]
    path.write_text(json.dumps(data))
    plain = tuple(Recent(scene.model, scene.proxy) for scene in SOME.recent)
    assert load(path) == (dataclasses.replace(SOME, placement=Placement((1111, 777)), recent=plain), None)


def test_how_a_scene_lies_is_kept_for_it_and_the_fit_for_its_proxy_alone(tmp_path):
    model, proxy, lies = tmp_path / "a", tmp_path / "a.glb", Alignment((0.0, 1.0, 0.0), 0.25, FIT)
    remembered = Remembered().opened(model, proxy).with_scene(model, alignment=lies, chosen=CHOSEN)
    remembered = remembered.opened(tmp_path / "b", None)
    assert remembered.chosen(model) == remembered.opened(model, None).recent[0].chosen == CHOSEN
    assert remembered.chosen(tmp_path / "b") == {}
    assert remembered.alignment(model, proxy) == remembered.opened(model, proxy).recent[0].alignment == lies
    assert remembered.alignment(model, tmp_path / "b.glb") == dataclasses.replace(lies, fit=Fit())
    assert remembered.alignment(tmp_path / "b", None) == Alignment()


def test_it_is_kept_where_the_user_keeps_such_things(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert place() == tmp_path / "gsrender-viewer" / "window.json"
    monkeypatch.delenv("XDG_CONFIG_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert place() == tmp_path / ".config" / "gsrender-viewer" / "window.json"


def test_a_user_without_a_home_has_a_place_too(monkeypatch):
    for name in ("XDG_CONFIG_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("os.path.expanduser", lambda path: path)  # as where the user is in no list of users
    assert place().is_absolute() and place().name == "window.json"


MONITORS = [(0, 30, 1920, 1050), (1920, 0, 1280, 1024)]


@pytest.mark.parametrize("before, after", [
    (Placement((800, 600), (100, 60)), Placement((800, 600), (100, 60))),
    (Placement((800, 600), (2000, 50), True), Placement((800, 600), (2000, 50), True)),
    (Placement((800, 600), (1500, 800)), Placement((800, 600), (1500, 800))),  # a part of it is seen
    (Placement((3000, 2000), (10, 40)), Placement((1920, 1050), (10, 40))),
    (Placement((800, 600), (-790, 60)), Placement((800, 600))),
    (Placement((800, 600), (4000, 60)), Placement((800, 600))),
    (Placement((800, 600), (100, 1080)), Placement((800, 600))), (Placement((4000, 600)), Placement((1920, 600)))])
def test_a_window_is_put_where_a_hand_can_reach_it(before, after):
    assert before.on(MONITORS) == after and before.on([]) == before
