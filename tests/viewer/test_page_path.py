"""Paths and films in a browser, by a hand on its mouse and by the files that it takes and gives."""

import asyncio
import io
import json
import shutil
import subprocess
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from browser import until
from pages import change, field, open_sample, told, visit
from PIL import Image

from gsrender.settings import RenderSettings
from viewer.camera_path import CameraPath
from viewer.path_file import load_path, save_path

needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="needs ffmpeg: apt-get install ffmpeg")


@pytest.fixture
def path(tab):
    """The folder of the page's panel, open and without a path."""
    tab, visitor = tab
    tab.unfold("Path")
    folder = visitor._panel.path
    folder.take(CameraPath())
    until(lambda: visitor.is_settled, "a picture")
    yield folder
    tab.unfold("Path")


@pytest.fixture
def taken(tab, tmp_path):
    """Where the browser saves what it is sent."""
    tab[0]._ask("Page.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path / "taken"))
    return tmp_path / "taken"


def far(page, count=3, apart=1.0) -> CameraPath:
    """Through some of the dataset's cameras."""
    return CameraPath.through([view.camera for view in page.scene.cameras[:count]], apart)


def says(tab, sentence: str):
    until(lambda: sentence in tab.run("document.body.innerText"), sentence)


def test_a_flight_by_hand_is_recorded_until_it_is_stopped(tab, path):
    tab, visitor = tab
    tab.click("record")
    until(lambda: path.tour.doing == "recording", "a recording")
    before, after = change(tab, visitor, "another camera", lambda: tab.drag((380, 450), (500, 480)))
    until(lambda: path.tour.path.duration > 0, "some of it")
    tab.click("stop")
    until(lambda: path.tour.doing == "nothing", "its end")
    keys = path.tour.path.keyframes
    assert keys[0].position == pytest.approx(before.camera.position) and path.tour.path.duration > 0.2
    assert keys[-1].camera(9, 6, 0.2).rotation == pytest.approx(after.camera.rotation, abs=1e-6)
    until(lambda: path._chosen.value == len(keys) == path.tour.chosen + 1, "the last one, to be edited")


def test_keyframes_are_added_chosen_put_elsewhere_spaced_removed_and_brought_back(tab, path):
    tab, visitor = tab
    first = visitor.camera
    tab.click("add")
    until(lambda: len(path.tour.path.keyframes) == 1, "a keyframe")
    change(tab, visitor, "another camera", lambda: tab.drag((380, 450), (480, 450)))
    tab.click("add")
    until(lambda: len(path.tour.path.keyframes) == 2, "another one")
    assert path.tour.path.keyframes[0].position == pytest.approx(first.position)
    told(tab, visitor)
    tab.type("2.5", field(path._comes))
    until(lambda: path.tour.path.duration == 2.5, "more seconds between them")
    told(tab, visitor)
    change(tab, visitor, "the first one", lambda: tab.type("1", field(path._chosen)))
    assert path.tour.chosen == 0 and visitor.camera.rotation == pytest.approx(first.rotation, abs=1e-3)
    change(tab, visitor, "a third camera", lambda: tab.drag((380, 450), (380, 510)))
    tab.click("move here")
    until(lambda: path.tour.path.keyframes[0].position == pytest.approx(visitor.camera.position), "it here")
    tab.click("remove")
    until(lambda: len(path.tour.path.keyframes) == 1, "one less")
    for _ in range(3):  # back to before it was put elsewhere, and before it was spaced
        before = path.tour.before
        tab.click("undo")
        until(lambda: path.tour.before == before[:-1], "a change taken back")
    assert path.tour.path.duration == 1
    assert path.tour.path.keyframes[0].position == pytest.approx(first.position)
    tab.click("clear")
    until(lambda: not path.tour.path.keyframes and path._chosen.disabled, "nothing")
    tab.click("remove")
    says(tab, "Choose a keyframe first, or add one.")


def test_who_takes_the_camera_in_hand_stops_the_flight_and_keeps_it(page, tab, path):
    tab, visitor = tab
    path.take(far(page, 4, 20.0))
    told(tab, visitor)
    tab.click("play")
    until(lambda: path.tour.doing == "playing" and path.tour.time > 0.5, "the flight")
    until(lambda: tab.drag((380, 450), (510, 490)) or path.tour.doing == "nothing", "its end by hand")
    assert 0.5 < path.tour.time < 59
    until(lambda: visitor.is_settled, "a picture")
    assert np.abs(visitor.camera.rotation - path.tour.is_at.camera(9, 6, 0.2).rotation).max() > 0.02
    assert path._play.label == "play"


def test_a_flight_goes_on_by_itself_past_a_camera_that_looks_straight_down(page, tab, path):
    tab, visitor = tab
    first, last = (view.camera for view in page.scene.cameras[:2])
    down = replace(first.with_near(0.2), camera_from_world=turned_down(first))
    path.take(CameraPath.through([first, down, last], 0.6))
    told(tab, visitor)
    tab.click("play")
    until(lambda: path.tour.doing == "playing", "the flight")
    until(lambda: path.tour.doing == "nothing", "its end")
    assert path.tour.time == pytest.approx(1.2)
    until(lambda: visitor.is_settled and visitor.camera.position == pytest.approx(last.position, abs=1e-3), "there")


def turned_down(camera):
    """The pose of a camera in the same place that looks along -z."""
    right = camera.rotation[0] * (1, 1, 0) / np.linalg.norm(camera.rotation[0][:2])
    rotation = np.stack([right, np.cross((0, 0, -1), right), (0, 0, -1)])
    return tuple(map(tuple, np.column_stack([rotation, -rotation @ camera.position]).tolist()))


def test_a_path_is_saved_by_the_browser_and_loaded_from_there(page, tab, path, taken):
    tab, visitor = tab
    wanted = far(page).looped(True)
    path.take(wanted)
    until(lambda: path._loop.value, "a loop")
    tab.click("save")
    file = until(lambda: next(taken.glob("path-*.json"), None), "the file")
    assert load_path(file)[0] == wanted
    tab.click("clear")
    until(lambda: not path.tour.path.keyframes, "nothing")
    tab.upload(file)
    until(lambda: path.tour.path == wanted, "the path again")
    until(lambda: visitor.is_settled and visitor.camera.position == pytest.approx(wanted.keyframes[0].position,
                                                                                  abs=1e-3), "its first camera")


def test_a_colmap_model_is_loaded_file_by_file_and_others_are_refused_by_name(page, tab, path, tmp_path):
    tab, _ = tab
    wanted = far(page, 2)
    files = write_colmap(tmp_path, [view.camera for view in page.scene.cameras[:2]])
    tab.upload(files[0])
    says(tab, "cameras.txt is half of a COLMAP model: load images.txt too.")
    assert not path.tour.path.keyframes
    tab.upload(files[1])
    until(lambda: len(path.tour.path.keyframes) == 2, "a path through it")
    for key, other in zip(path.tour.path.keyframes, wanted.keyframes):
        assert key.position == pytest.approx(other.position, abs=1e-4)
    for name, content, sentence in (("secret.txt", "", "secret.txt: expected a .json, or the images and cameras"),
                                    ("scores.json", "{}", "scores.json: neither a list of cameras")):
        (tmp_path / name).write_text(content)
        tab.upload(tmp_path / name)
        says(tab, sentence)
    assert len(path.tour.path.keyframes) == 2


def write_colmap(folder, cameras):
    from gsrender import quaternions
    lines = [f"{i} PINHOLE {c.width} {c.height} {c.fx} {c.fy} {c.cx} {c.cy}" for i, c in enumerate(cameras, 1)]
    (folder / "cameras.txt").write_text("\n".join(lines) + "\n")
    poses = [(*quaternions.of_matrix(c.rotation), *np.array(c.camera_from_world)[:, 3]) for c in cameras]
    (folder / "images.txt").write_text("".join(f"{i} {' '.join(map(str, pose))} {i} {i}.png\n\n"
                                               for i, pose in enumerate(poses, 1)))
    return folder / "cameras.txt", folder / "images.txt"


def test_paths_beside_a_model_are_found_and_no_other_files(tmp_path):
    from viewer.page_path_files import path_files
    model = tmp_path / "model"
    (model / "sparse" / "0").mkdir(parents=True)
    for name in ("cameras.bin", "images.bin"):
        (model / "sparse" / "0" / name).write_bytes(b"")
    (model / "scores.json").write_text("{}")
    (tmp_path / "transforms_train.json").write_text("{}")
    save_path(CameraPath(), tmp_path / "walk.json")
    assert path_files(model) == {"transforms_train.json": tmp_path / "transforms_train.json",
                                 "walk.json": tmp_path / "walk.json",
                                 "COLMAP: sparse/0/images.bin": model / "sparse/0/images.bin"}


def test_an_upload_has_a_limit_and_names_no_other_file(page, tab, path, tmp_path, monkeypatch):
    _, visitor = tab
    Image.new("RGB", (33, 22)).save(tmp_path / "r_0.png")
    complaints, files = [], visitor._panel._files
    monkeypatch.setattr("viewer.page_path_files.complain", lambda client, title, text: complaints.append(text))

    def load(content: bytes):
        value = SimpleNamespace(name="transforms.json", content=content)
        files._load(SimpleNamespace(target=SimpleNamespace(value=value)))
    frame = {"file_path": str(tmp_path / "r_0.png"), "transform_matrix": np.eye(4).tolist()}
    load(json.dumps({"camera_angle_x": 1, "frames": [frame]}).encode())
    load(bytes(16 << 20) + b" ")
    assert complaints == ["transforms.json: frames[0]: neither w and h nor an image that would tell the size",
                          "transforms.json: 16,777,217 bytes, expected 16,777,216 at most"]


@pytest.fixture
def film(tab, path):
    tab[0].unfold("film")
    yield tab[1]._panel.film
    tab[0].unfold("film")


def shoot(tab, film, size, rate):
    film._size.value, film._rate.value = size, rate
    tab.click("draw film")


def test_a_film_of_png_frames_shows_the_path_while_pictures_go_on(page, tab, path, film, taken, drawn):
    tab, visitor = tab
    path.take(far(page, 2, 0.5))
    if film._kind.value != "PNG frames, .zip":
        tab.choose("PNG frames, .zip", film._kind.value)
        until(lambda: film._kind.value == "PNG frames, .zip", "the kind")
    shoot(tab, film, (96, 64), 6.0)
    file = until(lambda: next(taken.glob("film-*.zip"), None), "the film")
    with zipfile.ZipFile(file) as frames:
        assert frames.namelist() == [f"{i:06d}.png" for i in range(4)]
        pictures = [np.array(Image.open(io.BytesIO(frames.read(name)))) for name in frames.namelist()]
    for at, picture in zip((0, 1 / 6, 2 / 6, 0.5), pictures):
        camera = path.tour.path.at(at).camera(96, 64, page.scene.near)
        error = np.square(picture.astype(float) - drawn(replace(visitor.sent, camera=camera))).mean()
        assert picture.shape == (64, 96, 3) and error < 4
    change(tab, visitor, "another camera", lambda: tab.drag((380, 450), (440, 450)))


@needs_ffmpeg
def test_a_film_is_a_video_and_what_it_cannot_be_is_said(page, tab, path, film, taken):
    tab, _ = tab
    if film._kind.value != "video, .mp4":
        tab.choose("video, .mp4", film._kind.value)
        until(lambda: film._kind.value == "video, .mp4", "the kind")
    shoot(tab, film, (96, 64), 6.0)
    says(tab, "There is no path to film yet")
    path.take(far(page, 2, 0.5))
    shoot(tab, film, (97, 64), 6.0)
    says(tab, "film.mp4: a video of 97 x 64, expected even numbers of pixels")
    shoot(tab, film, (96, 64), 6.0)
    file = until(lambda: next(taken.glob("film-*.mp4"), None), "the film")
    asked = ["ffprobe", "-v", "error", "-count_frames", "-show_entries", "stream=width,height,nb_read_frames", "-of",
             "csv=p=0", file]
    assert subprocess.run(asked, capture_output=True, text=True).stdout.strip() == "96,64,4"


def test_a_film_is_cancelled_and_leaves_nothing(page, tab, path, film, taken):
    tab, _ = tab
    path.take(far(page, 2, 60.0))
    shoot(tab, film, (96, 64), 30.0)
    folder = until(lambda: film._film and film._film.done > 2 and film._film.out.parent, "some frames")
    tab.click("cancel film")
    until(lambda: film._film is None and not folder.exists(), "its end")
    assert film._button.label == "draw film" and not taken.exists()


def test_another_film_that_is_wanted_is_begun_anew(page, tab, path, film):
    path.take(far(page, 2, 60.0))
    shoot(tab[0], film, (96, 64), 30.0)
    first = until(lambda: film._film, "a film")
    film._wanted = (*film._wanted[:2], (48, 32), *film._wanted[3:])
    until(lambda: film._film not in (None, first) and film._film.done > 0, "another one")
    assert not first.out.parent.exists() and film._of[2] == (48, 32)
    tab[0].click("cancel film")
    until(lambda: film._film is None, "its end")


def test_a_film_that_grows_too_large_ends_while_it_is_drawn(page, tab, path, film, monkeypatch):
    monkeypatch.setattr("viewer.page_film.MOST", 5000)
    monkeypatch.setattr("viewer.page_film.PAUSE", -1.0)
    path.take(far(page, 2, 60.0))
    film._kind.value = "PNG frames, .zip"
    shoot(tab[0], film, (96, 64), 30.0)
    says(tab[0], "and a browser takes 4.9 KiB at most: make it smaller, shorter or a video.")
    until(lambda: film._film is None and film._folder is None, "its end")


def test_a_film_that_cannot_be_kept_is_said_and_costs_nothing_else(page, tab, path, film, tmp_path, monkeypatch):
    path.take(far(page, 2, 0.5))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
    shoot(tab[0], film, (96, 64), float("nan"))
    says(tab[0], "The machine that draws cannot keep the film: No such file or directory.")
    assert film._wanted is None and film._film is None and tab[1].number in page.visitors
    monkeypatch.undo()
    gone = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
    shutil.rmtree(gone.name)
    film._text.content = "sending"
    film._send(Path(gone.name) / "film", gone)
    assert film._text.content == ""


def test_a_page_closes_its_scene_after_what_its_films_make(street, browser, monkeypatch):
    from viewer import path_render
    from viewer.page import Page
    make, order = path_render._make_beside, []
    with Page(open_sample(street), RenderSettings("centre"), port=0) as page:
        page.start()
        tab, visitor = visit(page, browser)
        film, close = visitor._panel.film, page.scene.close

        def slowly(*arguments):
            until(lambda: page._closing, "the page's end")
            made = make(*arguments)
            order.append("made")
            return made
        monkeypatch.setattr(path_render, "_make_beside", slowly)
        monkeypatch.setattr(page.scene, "close", lambda: (order.append("closed"), close()))
        visitor._panel.path.take(far(page, 2))
        asyncio.run(film._begin_or_cancel(None))
        until(lambda: film._film, "a film")
    tab.close()
    assert order == ["made", "closed"]
