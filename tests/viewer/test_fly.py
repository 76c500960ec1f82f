"""`fly`: the real command on the real sample, to PNG files and, where ffmpeg is, to video."""

import json
import os
import pty
import select
import shutil
import signal
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from viewer.camera_path import CameraPath
from viewer.path_file import load_path, save_path
from viewer.picture_views import paint

needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="needs ffmpeg: apt-get install ffmpeg")


@pytest.fixture
def flight(street, tmp_path):
    """Four seconds of the sample's own flight, as a path of ours: every tenth camera a keyframe."""
    every = load_path(street / "transforms_fly.json")[0].stretched(119 / 30)
    save_path(CameraPath(every.keyframes[:111:10]), tmp_path / "flight.json")
    return tmp_path / "flight.json"


@pytest.fixture
def fly(viewer, street, flight):
    def run(*more):
        return viewer("fly", street / "model", "--path", flight, "--size", "96x64", "--backend", "cpu", *more)
    return run


def decibels(a, b):
    return 10 * np.log10(255 ** 2 / max(np.mean((np.asarray(a, float) - np.asarray(b, float)) ** 2), 1e-9))


def frames_of(folder):
    return [np.asarray(Image.open(path)) for path in sorted(folder.glob("*.png"))]


def test_a_film_in_png_files_shows_what_render_draws_from_there(viewer, fly, street, tmp_path):
    ran = fly("--fps", "3", "--out", tmp_path / "film")
    assert ran.code == 0 and "fly: 12 frames in" in ran.err and not ran.out
    assert [path.name for path in sorted((tmp_path / "film").iterdir())] == [
        *(f"{i:06d}.png" for i in range(12)), "film.json"]
    record = json.loads((tmp_path / "film" / "film.json").read_text())
    assert (record["frames"], record["fps"], record["size"], record["culling"]) == (12, 3, [96, 64], "centre")
    names = [f"fly_{10 * i:04d}" for i in range(12)]
    assert viewer("render", street / "model", "--cameras", street / "transforms_fly.json", "--views", ",".join(names),
                  "--size", "96x64", "--backend", "cpu", "--out", tmp_path / "views").code == 0
    for frame, view in zip(frames_of(tmp_path / "film"), frames_of(tmp_path / "views")):
        assert frame.shape == (64, 96, 3) and decibels(frame, view) > 45


def test_seconds_change_the_pace_and_not_the_way(fly, tmp_path):
    assert fly("--fps", "1", "--seconds", "2", "--out", tmp_path / "fast").code == 0
    assert fly("--fps", "0.5", "--seconds", "4", "--out", tmp_path / "slow").code == 0
    fast, slow = frames_of(tmp_path / "fast"), frames_of(tmp_path / "slow")
    assert len(fast) == len(slow) == 3 and all(np.array_equal(a, b) for a, b in zip(fast, slow))


@pytest.mark.parametrize("seconds, frames", [("0.1", 4), ("0.034", 2), ("0.01", 1)])
def test_a_film_may_be_as_short_as_a_frame(fly, tmp_path, seconds, frames):
    """Though its keyframes then lie nearer to each other than a path allows."""
    ran = fly("--seconds", seconds, "--out", tmp_path / "short")
    assert ran.code == 0, ran.err
    assert fly("--fps", "3", "--out", tmp_path / "film").code == 0
    short, film = frames_of(tmp_path / "short"), frames_of(tmp_path / "film")
    assert len(short) == frames and np.array_equal(short[0], film[0])
    if frames == 4:
        assert decibels(short[3], film[11]) > 45


@pytest.mark.parametrize("up, said", [(4, "all 4 frames are empty"), (2, "2 of 4 frames are empty"), (0, None)])
def test_a_film_that_shows_nothing_says_so_in_a_sentence(viewer, street, flight, tmp_path, up, said):
    """A second at each of four cameras; the first ones were moved to a kilometre above."""
    keys = [key.at(i) for i, key in enumerate(load_path(flight)[0].keyframes[:4])]
    keys[:up] = [replace(key, position=(*key.position[:2], key.position[2] + 1000.0)) for key in keys[:up]]
    save_path(CameraPath(tuple(keys)), tmp_path / "way.json")
    ran = viewer("fly", street / "model", "--path", tmp_path / "way.json", "--size", "96x64", "--backend", "cpu",
                 "--fps", "1", "--out", tmp_path / "film")
    assert ran.code == 0 and len(frames_of(tmp_path / "film")) == 4
    told = [line for line in ran.err.splitlines() if "empty" in line]
    assert told == ([f"warning: {tmp_path / 'film'}: {said}: nothing of the scene is in view"] if said else [])


def test_a_film_can_be_of_any_view(viewer, fly, street, tmp_path):
    more = "--view", "removed", "--size", "240x160", "--backend", "cpu"
    assert fly("--fps", "0.5", *more, "--out", tmp_path / "film").code == 0
    assert json.loads((tmp_path / "film" / "film.json").read_text())["view"] == "removed"
    assert viewer("render", street / "model", "--cameras", street / "transforms_fly.json", "--views",
                  "fly_0000,fly_0060", *more, "--out", tmp_path / "views").code == 0
    frames = frames_of(tmp_path / "film")
    magenta = [np.all(frame[..., [0, 2]] > frame[..., [1]] + 60.0, -1).mean() for frame in frames]
    assert len(frames) == 2 and max(magenta) > 0.05
    assert all(decibels(frame, view) > 45 for frame, view in zip(frames, frames_of(tmp_path / "views")))


def test_a_colour_means_the_same_number_in_all_of_a_film(fly, tmp_path, monkeypatch):
    painted = []

    def watched(view, shot, scale=None, *more):
        result = paint(view, shot, scale, *more)
        painted.append((scale, result.legend.scale))
        return result
    monkeypatch.setattr("viewer.path_render.paint", watched)
    assert fly("--fps", "1", "--view", "overdraw", "--out", tmp_path / "film").code == 0
    fitted = [own for given, own in painted if given is None]
    frames = [(given, own) for given, own in painted if given is not None]
    assert len(frames) == 4 and len(set(frames)) == 1 and len({own.most for own in fitted}) > 1
    assert frames[0][1] == frames[0][0] and frames[0][0].most == max(own.most for own in fitted)


@pytest.mark.parametrize("view, more, told", [
    ("removed", ["--culling", "off"], "--view removed: culling is off, so nothing is removed; choose --culling centre"),
    ("gape", [], "argument --view: invalid choice: 'gape'")])
def test_a_film_of_no_view_is_refused(fly, tmp_path, view, more, told):
    ran = fly("--view", view, *more, "--out", tmp_path / "film")
    assert ran.code == 2 and told in ran.err and not (tmp_path / "film").exists()


@needs_ffmpeg
def test_a_video_shows_the_same_frames(fly, tmp_path):
    assert fly("--fps", "3", "--out", tmp_path / "film").code == 0
    ran = fly("--fps", "3", "--out", tmp_path / "film.mp4")
    assert ran.code == 0 and "fly: 12 frames in" in ran.err
    raw = subprocess.run(["ffmpeg", "-loglevel", "error", "-i", tmp_path / "film.mp4", "-f", "rawvideo", "-pix_fmt",
                          "rgb24", "-"], capture_output=True, check=True).stdout
    video = np.frombuffer(raw, np.uint8).reshape(-1, 64, 96, 3)
    files = frames_of(tmp_path / "film")
    assert len(video) == len(files) == 12
    assert all(decibels(a, b) > 30 for a, b in zip(video, files))
    assert {path.name for path in tmp_path.iterdir()} == {"film", "film.mp4", "flight.json"}


@needs_ffmpeg
def test_a_video_runs_at_its_rate_and_says_its_colours(fly, tmp_path):
    assert fly("--fps", "5", "--seconds", "1", "--out", tmp_path / "film.mp4").code == 0
    said = subprocess.run(["ffprobe", "-v", "error", "-show_entries", "stream=r_frame_rate,nb_frames,color_space,"
                           "color_range,pix_fmt", "-of", "json", tmp_path / "film.mp4"], stdout=subprocess.PIPE)
    assert json.loads(said.stdout)["streams"] == [{"pix_fmt": "yuv420p", "color_range": "tv", "color_space": "bt709",
                                                   "r_frame_rate": "5/1", "nb_frames": "6"}]


def test_without_ffmpeg_a_video_is_refused_with_the_way_out(fly, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    ran = fly("--out", tmp_path / "film.mp4")
    assert ran.code == 3 and "no ffmpeg" in ran.err and "apt-get install ffmpeg" in ran.err and "folder" in ran.err
    assert ran.err.count("\n") == 1 and [path.name for path in tmp_path.iterdir()] == ["flight.json"]


def test_what_ffmpeg_has_against_a_video_is_told(fly, tmp_path, monkeypatch):
    """A real process, though not ffmpeg: one that ends with a sentence, as an ffmpeg without libx264 does."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "ffmpeg").write_text("#!/bin/sh\necho one >&2\necho Unknown encoder libx264 >&2\nexit 1\n")
    (tmp_path / "bin" / "ffmpeg").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    ran = fly("--fps", "1", "--out", tmp_path / "film.mp4")
    assert ran.code == 3
    assert ran.err.splitlines()[-1] == "viewer: ffmpeg could not make the video: Unknown encoder libx264"
    assert {path.name for path in tmp_path.iterdir()} == {"bin", "flight.json"}


@pytest.mark.parametrize("more, told", [
    (["--out", "film.avi"], "film.avi: expected an .mp4, or a folder for PNG frames"),
    (["--out", "film.mp4", "--size", "97x64"], "film.mp4: a video of 97 x 64, expected even numbers of pixels"),
    (["--out", "film", "--path", "missing.json"], "missing.json: no such file"),
    (["--out", "film", "--seconds", "1e9"], "film: a film of 30,000,000,001 frames"),
    (["--out", "film", "--seconds", "1e-9"], "'1e-9' is less than 0.001 seconds"),
    (["--out", "flight.json"], "flight.json: not a directory"),
    (["--out", "."], "stray.png is there and no film.json of an earlier film, so it is not written over"),
    (["--out", "film", "--fps", "100", "--seconds", "86400"], "a film of 8,640,001 frames, expected 1 to 1,000,000"),
])
def test_what_cannot_be_flown_is_one_sentence_before_any_work(fly, tmp_path, monkeypatch, more, told):
    if told.startswith("film.mp4") and shutil.which("ffmpeg") is None:
        pytest.skip("needs ffmpeg")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "stray.png").touch()
    ran = fly(*more)
    assert ran.code == 2 and told in ran.err and ran.err.count("\n") == 1
    assert {path.name for path in tmp_path.iterdir()} == {"flight.json", "stray.png"}


def test_a_shorter_film_does_not_mix_with_a_longer_one(fly, tmp_path):
    assert fly("--fps", "1", "--out", tmp_path / "film").code == 0
    assert fly("--fps", "1", "--out", tmp_path / "film").code == 0  # over its own
    ran = fly("--fps", "0.5", "--out", tmp_path / "film")
    assert ran.code == 2 and "000003.png of an earlier film is there, and this one has 2 frames" in ran.err


@pytest.mark.parametrize("out", ["film", pytest.param("film.mp4", marks=needs_ffmpeg)])
@pytest.mark.usefixtures("software_device")
def test_ctrl_c_shows_how_far_it_was_and_leaves_nothing_half_written(street, flight, tmp_path, out):
    """On a terminal, where the bar is drawn; interrupted in the midst of drawing."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "viewer", "fly", street / "model", "--path", flight, "--backend", "cpu", "--size",
               "96x64", "--fps", "30", "--seconds", "1000", "--out", tmp_path / out]
    process = subprocess.Popen(command, stderr=theirs, stdout=subprocess.DEVNULL)
    os.close(theirs)
    said = b""
    while b"left" not in said or out == "film" and not any((tmp_path / out).glob("*.png")):
        assert select.select([ours], [], [], 60)[0], said
        said += os.read(ours, 4096)
    process.send_signal(signal.SIGINT)
    try:
        while chunk := os.read(ours, 4096):
            said += chunk
    except OSError:  # the terminal's other end is closed
        pass
    os.close(ours)
    assert process.wait(60) == 130 and b"Traceback" not in said
    assert b"a second" in said and b"fly [#" in said or b"fly [." in said
    if out == "film.mp4":
        assert [path.name for path in tmp_path.iterdir()] == ["flight.json"]
    else:
        written = sorted((tmp_path / out).glob("*.png"))
        assert [path.name for path in written] == [f"{i:06d}.png" for i in range(len(written))] and len(written) > 0
        assert all(frame.shape == (64, 96, 3) for frame in frames_of(tmp_path / out))
        assert not list((tmp_path / out).glob(".*"))
