"""The picture is compared with the photograph that was taken from where the camera stands."""

import threading
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from gsrender.load.dataset_camera import DatasetCamera
from gsrender.settings import RenderSettings
from viewer.frame import render_frame
from viewer.photograph import AtPhotograph, read_photograph
from viewer.scene import open_scene
from viewer.shot import VIEW_OUTPUTS, Spare


@pytest.fixture(scope="module")
def scene(street):
    with open_scene(street / "model", backend="cpu", outputs=VIEW_OUTPUTS) as opened:
        yield opened


@pytest.fixture
def at(scene, tmp_path, monkeypatch):
    """Cameras of 96 x 64, of which the second one's photograph is the picture itself, and the third one's is grey."""
    monkeypatch.setattr("viewer.photograph.PAUSE", 0)
    views = [DatasetCamera(view.name, view.camera.resized(96, 64), "", None) for view in scene.cameras[:3]]
    settings = RenderSettings("centre", background=scene.model.background)
    frame = render_frame(scene, views[1].camera.with_near(scene.near), settings)
    Image.fromarray(frame.rgba.numpy()).save(tmp_path / "one.png")
    Image.new("RGB", (192, 128), (128, 128, 128)).save(tmp_path / "two.jpg")
    views[1:] = replace(views[1], image=tmp_path / "one.png"), replace(views[2], image=tmp_path / "two.jpg")
    made = AtPhotograph(views, scene.near, Spare(scene))
    made.views, made.settings = views, settings
    yield made
    made.close()


def look(at, camera, settings) -> bool:
    """Frame after frame; whether a picture was drawn for it."""
    drew = at.look(camera, settings)
    while at.is_pending:
        drew |= at.look(camera, settings)
    return drew


def test_standing_at_a_camera_measures_by_its_own_lens(at):
    window = at.views[1].camera.resized(300, 200)
    assert at.photographs == 2 and at.match is None
    assert look(at, window, at.settings) and not at.is_pending
    assert at.match.psnr == float("inf") and at.match.ssim == pytest.approx(1)
    assert not look(at, window, at.settings)  # it is known
    assert look(at, window, replace(at.settings, culling="off")) and at.match.psnr < 60


def test_a_photograph_of_something_else_is_far(at):
    assert look(at, at.views[2].camera, at.settings)
    assert 5 < at.match.psnr < 20 and at.match.ssim < 0.9 and at.match.name == at.views[2].name


def test_beside_a_camera_or_at_one_without_a_photograph_nothing_is_said(at):
    pose = at.views[1].camera.world_from_camera
    pose[:3, 3] += 0.01
    for camera in (at.views[1].camera.moved(pose), at.views[0].camera):
        assert not look(at, camera, at.settings) and at.match is None


def test_no_frame_waits_for_a_photograph_to_be_read(at, monkeypatch):
    read, may = threading.Event(), threading.Event()

    def slow(*of):
        read.set()
        assert may.wait(60)
        return read_photograph(*of)
    monkeypatch.setattr("viewer.photograph.read_photograph", slow)
    camera = at.views[1].camera
    assert not at.look(camera, at.settings) and read.wait(60)
    assert not at.look(camera, at.settings) and at.match is None and at.is_pending
    may.set()
    assert look(at, camera, at.settings) and at.match.psnr == float("inf")


def test_a_photograph_that_cannot_be_read_is_no_end(at):
    at.views[1].image.write_bytes(b"nothing of the kind")
    assert look(at, at.views[1].camera, at.settings) and at.match.psnr is None


def test_what_is_transparent_shows_the_background(tmp_path):
    Image.fromarray(np.full((4, 4, 4), (255, 0, 0, 51), np.uint8)).save(tmp_path / "a.png")
    pixels = read_photograph(tmp_path / "a.png", 2, 2, (0.0, 1.0, 0.5))
    np.testing.assert_allclose(pixels, np.full((2, 2, 3), (0.2, 0.8, 0.4)), atol=1e-6)
