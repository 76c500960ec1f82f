"""The panel Path, by mouse and keyboard in a real window."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from desktop import drop, xdotool
from test_camera_panel import pixels

from viewer.frame import render_frame
from gsrender.settings import RenderSettings
from viewer.app import Viewer
from viewer.camera_path import CameraPath
from viewer.look import Look
from viewer.path_file import load_path, save_path
from viewer.picture_views import paint
from viewer.settings import ViewerSettings
from viewer.shot import Shot, Spare
from viewer.tour import Tour
from vk_interop.offscreen import Offscreen


@pytest.fixture
def desk(desk, tmp_path, monkeypatch):
    """The panel with an empty path, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    path = desk.viewer.path
    path.tour, path.file, path.out = Tour(), tmp_path / "path.json", "film"
    path.view, path.size, path.fps = None, (96, 64), 10.0
    desk.open("Path")
    yield desk
    path.cancel()
    path.tour = Tour()


@pytest.fixture
def flight(desk, street):
    """Four cameras of the sample's own flight, a second from one to the next."""
    every = load_path(street / "transforms_fly.json")[0]
    path = CameraPath(tuple(key.at(i) for i, key in enumerate(every.keyframes[:60:15])))
    desk.viewer.path.tour = Tour(path)
    desk.rest()
    return path


def type_text(desk, label, text):
    x, y = desk.places[label]
    desk.click(x, y)
    desk.until(lambda: desk.viewer.screen.ui.io.want_text_input, "the field to take keys")
    desk.key("ctrl+a")
    desk.frame(2)
    desk.key(*[{"-": "minus", ".": "period", "/": "slash", "_": "underscore"}.get(letter, letter) for letter in text])
    desk.frame(4)
    desk.key("Return")
    desk.frame(3)


def click(desk, label):
    """A control by its label, or by what stands behind ### in it."""
    desk.rest()
    desk.click(*desk.places[next(name for name in reversed(desk.places) if label in (name, name.split("###")[-1]))])


def at(desk):
    return np.array(desk.viewer.state.pose.position)


def fly_to(desk, view):
    desk.viewer.fly_to(view)
    desk.rest()


def test_keyframes_are_added_where_the_camera_is_by_button_and_key(desk, scene):
    fly_to(desk, 0)
    click(desk, "add")
    fly_to(desk, 1)
    desk.key("k")
    desk.until(lambda: len(desk.viewer.path.tour.path.keyframes) == 2, "a second keyframe")
    keys = desk.viewer.path.tour.path.keyframes
    assert [key.time for key in keys] == [0, 1]
    for key, view in zip(keys, scene.cameras):
        assert np.allclose(key.camera(960, 640, 0.2).camera_from_world, view.camera.camera_from_world, atol=1e-6)


def test_playing_flies_along_the_path_and_stops_at_its_end(desk, flight):
    first = pixels(desk)
    click(desk, "play")
    seen = []
    desk.until(lambda: seen.append(at(desk)) or desk.viewer.path.tour.doing == "nothing", "the end of the path")
    desk.rest()
    assert np.allclose(at(desk), flight.keyframes[-1].position) and desk.viewer.path.tour.time == 3
    assert len(seen) > 3 and np.abs(pixels(desk) - first).mean() > 2
    forward = np.subtract(flight.keyframes[-1].position, flight.keyframes[0].position)
    assert (np.diff(np.array(seen)[2:] @ forward) >= -1e-9).all()


def test_space_plays_and_the_hand_takes_over(desk, flight):
    desk.viewer.path.tour = desk.viewer.path.tour.stretched(100)
    desk.key("space")
    desk.until(lambda: desk.viewer.path.tour.doing == "playing", "the flight")
    desk.frame(2)
    desk.drag((900, 300), (950, 310))
    assert desk.viewer.path.tour.doing == "nothing" and 0 < desk.viewer.path.tour.time < 100
    desk.until(lambda: not any(desk.viewer.state.turning), "rest")  # else the hand goes on
    desk.key("space")
    desk.until(lambda: desk.viewer.path.tour.doing == "playing", "the flight again")
    desk.key("space")
    desk.until(lambda: desk.viewer.path.tour.doing == "nothing", "a stop")


def test_without_a_path_space_says_what_is_missing(desk):
    desk.key("space")
    desk.until(lambda: "two keyframes" in desk.viewer.message, "a sentence")


def test_a_loop_comes_round_again(desk, flight):
    click(desk, "loop")
    path = desk.viewer.path.tour.path
    assert path.closing == pytest.approx(3, rel=0.05) and desk.viewer.path.tour.is_at.position == path.at(0).position
    desk.viewer.path.tour = desk.viewer.path.tour.scrubbed(path.duration - 0.1)
    click(desk, "play")
    desk.until(lambda: desk.viewer.path.tour.time < 1, "the next round")
    click_stop(desk)
    click(desk, "loop")
    assert desk.viewer.path.tour.path == flight


def click_stop(desk):
    desk.click(*desk.places["stop##play"])
    assert desk.viewer.path.tour.doing == "nothing"


def test_dragging_the_time_scrubs_and_undo_of_the_camera_goes_back(desk, flight):
    fly_to(desk, 3)
    before, (x, y) = at(desk), desk.places["##time"]
    desk.drag((x, y), (x + 60, y))
    time = desk.viewer.path.tour.time
    assert 1.5 < time < 3 and np.allclose(at(desk), flight.at(time).position)
    desk.key("ctrl+z")
    desk.until(lambda: desk.viewer.state.flight, "the way back")
    desk.rest()
    assert np.allclose(at(desk), before)


def test_recording_keeps_what_the_hand_flies(desk):
    start = at(desk)
    click(desk, "record")
    assert desk.viewer.path.tour.doing == "recording"
    desk.hold("w")
    desk.until(lambda: desk.viewer.path.tour.time > 1, "a second of flying")
    desk.release("w")
    desk.until(lambda: not any(desk.viewer.state.velocity), "a stop")
    desk.click(*desk.places["stop##record"])
    tour = desk.viewer.path.tour
    assert tour.doing == "nothing" and tour.path.duration > 1 and len(tour.path.keyframes) >= 4
    assert np.allclose(tour.path.at(0).position, start) and np.allclose(tour.path.at(99).position, at(desk))
    assert np.linalg.norm(at(desk) - start) > 0.5


def test_a_chosen_keyframe_is_gone_to_moved_spaced_and_removed(desk, flight):
    x, y = desk.places["##keyframe"]
    desk.click(x, y)
    desk.until(lambda: "3 of 4, at 2.00 s##2" in desk.places, "the list")
    desk.frame(2)
    desk.click(*desk.places["3 of 4, at 2.00 s##2"])
    desk.rest()
    assert desk.viewer.path.tour.chosen == 2 and np.allclose(at(desk), flight.keyframes[2].position)
    fly_to(desk, 2)
    click(desk, "move here")
    assert np.allclose(desk.viewer.path.tour.path.keyframes[2].position, at(desk))
    x, y = desk.places["##comes"]
    desk.drag((x, y), (x + 50, y))
    times = [key.time for key in desk.viewer.path.tour.path.keyframes]
    assert times[1] == 1 and times[2] > 2.5 and times[3] == pytest.approx(times[2] + 1)
    click(desk, "remove")
    assert len(desk.viewer.path.tour.path.keyframes) == 3 and desk.viewer.path.tour.chosen == 1
    for _ in range(3):
        click(desk, "undo##path")
    assert desk.viewer.path.tour.path == flight
    click(desk, "clear")
    assert not desk.viewer.path.tour.path.keyframes


def test_the_duration_stretches_the_path(desk, flight):
    x, y = desk.places["##duration"]
    desk.drag((x, y), (x + 40, y))
    path = desk.viewer.path.tour.path
    assert path.duration > 4 and [key.time / path.duration for key in path.keyframes] == \
        pytest.approx([0, 1 / 3, 2 / 3, 1])


def test_a_path_is_saved_and_loaded_by_choosing_a_file(desk, flight, tmp_path):
    click(desk, "save...")
    desk.until(lambda: "##name" in desk.places, "the dialog")
    desk.frame(3)
    xdotool("key", "ctrl+a")
    xdotool("type", "--delay", "0", "way")
    desk.until(lambda: desk.viewer.files.browser.name == "way", "the name")
    desk.key("Return")
    desk.until(lambda: (tmp_path / "way.json").exists(), "the file")
    desk.until(lambda: f"saved {tmp_path / 'way.json'}" == desk.viewer.message, "where it is")
    assert load_path(tmp_path / "way.json")[0] == flight and desk.viewer.files.browser is None
    click(desk, "clear")
    desk.viewer.path.load(tmp_path / "way.json")  # from where the next one is chosen
    desk.until(lambda: desk.viewer.path.tour.path.keyframes, "the path")
    save_path(CameraPath(flight.keyframes[:2]), tmp_path / "short.json")
    click(desk, "load...")
    desk.until(lambda: "short.json" in desk.places, "the list")
    desk.rest()
    desk.click(*desk.places["short.json"])
    desk.until(lambda: len(desk.viewer.path.tour.path.keyframes) == 2, "the other path")
    assert "short.json: 2 keyframes, 1.0 s" in desk.viewer.message and desk.viewer.files.browser is None
    assert desk.viewer.path.file == tmp_path / "short.json"


def test_a_click_on_a_file_takes_its_name_to_save_under(desk, flight, tmp_path):
    (tmp_path / "notes.json").write_text("hello")
    save_path(CameraPath(flight.keyframes[:2]), tmp_path / "old.json")
    for name in ("notes.json", "old.json"):
        desk.key("ctrl+s")
        desk.until(lambda: name in desk.places and desk.viewer.files.browser, "the list")
        desk.rest()
        desk.click(*desk.places[name])
        assert desk.viewer.files.browser.name == name
        desk.click(*desk.places["save"])
        desk.until(lambda: not desk.viewer.saving.is_busy, "the file")
        desk.viewer.files.browser = None
    [notice] = desk.viewer.notices
    assert "notes.json: is there and is no camera path" in notice and (tmp_path / "notes.json").read_text() == "hello"
    assert load_path(tmp_path / "old.json")[0] == flight
    desk.viewer.send_away(notice)


def test_without_a_path_there_is_nothing_to_save(desk, tmp_path):
    desk.key("ctrl+s")
    desk.until(lambda: "no path to save" in desk.viewer.message, "a sentence")
    assert desk.viewer.files.browser is None and not list(tmp_path.iterdir())


def write_colmap(folder):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cameras.txt").write_text("1 OPENCV 96 64 60 60 48 32 0.1 0 0 0\n")
    (folder / "images.txt").write_text("1 0 1 0 0 -20 5 30 1 a.png\n\n2 0 1 0 0 -20 6 30 1 b.png\n\n")


@pytest.mark.parametrize("dropped", ["", "sparse/0", "sparse/0/images.txt", "sparse/0/cameras.txt"])
def test_cameras_of_colmap_are_dropped_and_what_was_left_out_is_told(desk, tmp_path, dropped):
    write_colmap(tmp_path / "sparse/0")
    drop(desk, tmp_path / dropped)
    desk.until(lambda: desk.viewer.path.tour.path.keyframes, "the path")
    assert len(desk.viewer.path.tour.path.keyframes) == 2 and desk.viewer.files.opening is None
    [notice] = [notice for notice in desk.viewer.notices if "lens distortion (OPENCV)" in notice]
    desk.rest()
    click(desk, "OK")
    assert notice not in desk.viewer.notices


def test_dropped_cameras_are_flown_through_and_the_scene_stays(desk, scene, street):
    drop(desk, street / "transforms_fly.json")
    desk.until(lambda: desk.viewer.path.tour.path.keyframes, "the path")
    assert desk.viewer.path.tour.path == load_path(street / "transforms_fly.json")[0]
    assert "transforms_fly.json: 120 keyframes, 119.0 s: Space flies along it" == desk.viewer.message
    assert desk.viewer.scene is scene and desk.viewer.files.opening is None


def test_a_dropped_directory_without_cameras_is_a_sentence_of_a_scene(desk, flight, tmp_path):
    (tmp_path / "empty").mkdir()
    drop(desk, tmp_path / "empty")
    desk.until(lambda: any("empty: no model here" in notice for notice in desk.viewer.notices), "a sentence")
    assert desk.viewer.path.tour.path == flight
    desk.rest()
    click(desk, "OK")


def test_a_file_that_is_no_path_is_a_sentence_and_leaves_the_path(desk, flight, tmp_path):
    (tmp_path / "notes.json").write_text("hello")
    drop(desk, tmp_path / "notes.json")
    desk.until(lambda: any("notes.json: not valid JSON" in notice for notice in desk.viewer.notices), "a sentence")
    assert desk.viewer.path.tour.path == flight
    desk.rest()
    click(desk, "OK")


def test_the_film_is_drawn_while_the_window_goes_on(desk, flight, scene, tmp_path):
    desk.rest()
    presented, before = desk.viewer.presented, desk.viewer.canvas.frame.rgba.clone()
    click(desk, "draw film")
    assert desk.viewer.path.film.total == 31
    desk.until(lambda: desk.viewer.path.film.done > 2, "some frames")
    desk.key("c")
    desk.until(lambda: desk.viewer.settings.render.culling == "footprint", "a key to do what it does")
    desk.until(lambda: desk.viewer.path.film is None, "the film")
    assert desk.viewer.presented - presented > 31 and "31 frames are in" in desk.viewer.message
    files = sorted((tmp_path / "film").glob("*.png"))
    assert [file.name for file in files] == [f"{i:06d}.png" for i in range(31)]
    record = json.loads((tmp_path / "film" / "film.json").read_text())
    assert (record["frames"], record["fps"], record["size"], record["culling"]) == (31, 10, [96, 64], "centre")
    for i in (0, 17, 30):  # at the settings that it began with
        camera = flight.at(i / 10).camera(96, 64, scene.near)
        settings = RenderSettings("centre", background=scene.model.background)
        expected = render_frame(scene, camera, settings).rgba[..., :3].numpy()
        assert np.array_equal(np.asarray(Image.open(files[i])), expected)
    desk.key("c", "c")
    desk.until(lambda: desk.viewer.settings.render.culling == "centre", "the culling that was")
    desk.rest()
    assert torch.equal(desk.viewer.canvas.frame.rgba, before)  # the window's own picture is as it was


def test_a_film_of_nothing_is_told_of_until_it_is_read(desk, flight, tmp_path):
    up = [replace(key, position=(*key.position[:2], key.position[2] + 1000.0)) for key in flight.keyframes[:2]]
    desk.viewer.path.tour, desk.viewer.path.fps = Tour(CameraPath(tuple(up))), 3.0
    click(desk, "draw film")
    desk.until(lambda: desk.viewer.path.film is None, "the film")
    assert desk.viewer.notices == [f"{tmp_path / 'film'}: all 4 frames are empty: nothing of the scene is in view."]
    desk.viewer.send_away(desk.viewer.notices[0])


def test_the_film_is_of_the_view_that_is_chosen_else_of_the_windows(desk, flight, scene, tmp_path):
    desk.viewer.path.fps = 1.0
    desk.viewer.set(look=Look("alpha"))
    for view, choice in (("alpha", None), ("removed", "removed##6")):
        if choice:
            desk.click(*desk.scrolled("Path", "##shows"))
            desk.until(lambda: choice in desk.places, "the list")
            desk.frame(2)
            desk.click(*desk.places[choice])
            assert desk.viewer.path.view == view
        desk.viewer.path.out = view
        desk.scrolled("Path", "##to")
        click(desk, "draw film")
        desk.until(lambda: desk.viewer.path.film is None, "the film")
        assert json.loads((tmp_path / view / "film.json").read_text())["view"] == view
        shot = Shot(scene, flight.at(1).camera(96, 64, scene.near), desk.viewer.settings.render, Spare(scene))
        drawn = np.asarray(Image.open(tmp_path / view / "000001.png"))
        assert np.array_equal(drawn, paint(view, shot).picture.numpy()), view


def test_a_film_of_a_view_that_there_is_not_is_a_sentence(desk, flight, tmp_path):
    desk.viewer.path.view = "removed"
    desk.viewer.set(render=replace(desk.viewer.settings.render, culling="off"))
    click(desk, "draw film")
    desk.until(lambda: any("removed: culling is off" in notice for notice in desk.viewer.notices), "a sentence")
    assert desk.viewer.path.film is None and not list(tmp_path.iterdir())
    click(desk, "OK")


def test_a_film_that_is_cancelled_leaves_nothing_half_written(desk, flight, tmp_path):
    desk.viewer.path.fps = 1000.0
    desk.rest()
    click(desk, "draw film")
    desk.until(lambda: desk.viewer.path.film.done > 3, "some frames")
    desk.frame()
    desk.click(*desk.places["cancel"])
    assert desk.viewer.path.film is None
    desk.rest()
    files = sorted(file.name for file in (tmp_path / "film").iterdir())
    assert files[-1] == "film.json" and files[:-1] == [f"{i:06d}.png" for i in range(len(files) - 1)] and len(files) > 1


def test_a_film_that_cannot_be_is_a_sentence(desk, flight, tmp_path):
    (tmp_path / "old.mp4").touch()
    for out, said in (("old.mp4", "old.mp4 is there: give the film another name"), ("old.avi", "expected an .mp4, or")):
        type_text(desk, "##to", out)
        click(desk, "draw film")
        desk.until(lambda: any(said in notice for notice in desk.viewer.notices), "a sentence")
        assert desk.viewer.path.film is None
        desk.rest()
        click(desk, "OK")
    assert [file.name for file in tmp_path.iterdir()] == ["old.mp4"]


def test_a_benchmark_flies_the_path(desk, flight):
    desk.viewer.start_benchmark()
    cameras, width = desk.viewer.benchmark.cameras, desk.viewer.picture_size[0]
    desk.viewer.end_benchmark()
    assert np.allclose(cameras[0].position, flight.at(0).position) and cameras[0].width == width
    assert np.allclose(cameras[-1].position, flight.at(3).position) and len(cameras) == 120


def test_a_closed_window_ends_its_film(scene, street, tmp_path):
    opened = Viewer(scene, Offscreen(scene.device, 320, 200), ViewerSettings(panel=False))
    opened.path.load(street / "transforms_fly.json")
    while opened.path.is_busy:
        opened.frame()
    opened.path.out, opened.path.size = str(tmp_path / "film"), (96, 64)
    opened.path.start_film()
    for _ in range(8):
        opened.frame()
    opened.close()
    assert opened.path.film is None and not list((tmp_path / "film").glob(".*"))
    save_path(opened.path.tour.path, tmp_path / "path.json")
    assert load_path(tmp_path / "path.json")[0].duration == 119
