"""Frames in both modes: the same pictures, one camera later where the depth is drawn ahead."""

from dataclasses import replace
from itertools import cycle, islice

import pytest
import torch

from gsrender.settings import RenderSettings
from viewer.canvas import Canvas
from viewer.choices import FRAME_MODES
from viewer.frame import FrameOrder, end_frame, render_frame
from viewer.scene import open_scene
from viewer.shot import Spare
from vk_interop.depth_settings import DepthSettings


@pytest.fixture(scope="module", params=["cpu", "cuda"])
def scene(request, street):
    if request.param == "cuda" and not torch.cuda.is_available():
        pytest.skip("needs an NVIDIA GPU")
    with open_scene(street / "model", backend=request.param, outputs=("alpha", "depth"), surface_extensions=[],
                    detail=DepthSettings(1.0)) as opened:
        yield opened


def looks(scene, count: int, sizes=((160, 120),)):
    """Cameras of the dataset and their settings: other ones each frame, and culling switched off and on."""
    usual = RenderSettings("centre", background=scene.model.background)
    settings = usual, usual, replace(usual, culling="footprint"), usual, replace(usual, margin=0.1)
    cameras = (view.camera.with_near(scene.near).resized(*size) for view, size in zip(scene.cameras[::3], cycle(sizes)))
    return list(islice(zip(cameras, cycle(settings)), count))


def drawn(scene, shots, mode: str) -> list[torch.Tensor]:
    """The picture of each frame, none waited for before the last was queued."""
    order, pictures = FrameOrder(scene), []
    for camera, settings in shots:
        due = order.begin(camera, settings, mode)
        pictures.append(end_frame(scene, due).rgba.clone())
    assert scene.renderer.wait()
    return pictures


@pytest.mark.parametrize("sizes", [[(160, 120)], [(160, 120), (97, 61), (97, 61)]])
def test_both_modes_draw_the_same_pictures_bit_for_bit(scene, sizes):
    shots = looks(scene, 10, sizes)
    expected = [render_frame(scene, *shot).rgba.clone() for shot in shots]
    same, ahead = (drawn(scene, shots, mode) for mode in FRAME_MODES)
    assert all(map(torch.equal, same, expected))
    assert all(map(torch.equal, ahead, expected[:1] + expected[:-1]))  # of one camera earlier, but for the first


def test_the_depth_of_the_next_frame_is_on_its_way_before_the_gaussians_of_this_one(scene, monkeypatch):
    began, ended = [], []
    render, draw = scene.proxy.render, scene.renderer.draw
    monkeypatch.setattr(scene.proxy, "render", lambda camera, **more: (began.append(camera), render(camera, **more))[1])
    monkeypatch.setattr(scene.renderer, "draw", lambda camera, *rest: (ended.append((camera, began[-1])),
                                                                       draw(camera, *rest))[1])
    shots = looks(scene, 5)
    drawn(scene, shots, "pipelined")
    cameras = [camera for camera, _ in shots]
    assert ended == list(zip(cameras[:1] + cameras[:-1], cameras))


@pytest.mark.parametrize("others", range(9))
def test_a_frame_that_others_came_before_is_right_or_begun_again(scene, others):
    (first, settings), (second, _), (other, _) = looks(scene, 3)
    order = FrameOrder(scene)
    end_frame(scene, order.begin(first, settings, "pipelined"))
    for _ in range(others):
        render_frame(scene, other, settings)
    due = order.begin(second, settings, "pipelined")
    picture = end_frame(scene, due).rgba.clone()
    assert due.camera in (first, second) and torch.equal(picture, render_frame(scene, due.camera, due.settings).rgba)


def test_without_a_depth_to_wait_for_a_picture_is_of_its_own_camera(scene):
    shots = [(camera, replace(settings, culling="off")) for camera, settings in looks(scene, 3)]
    expected = [render_frame(scene, *shot).rgba.clone() for shot in shots]
    assert all(map(torch.equal, drawn(scene, shots, "pipelined"), expected))


def test_a_canvas_that_comes_to_rest_shows_the_last_camera_and_starts_afresh(scene):
    (first, settings), (second, _), (third, _) = ((camera, looks(scene, 1)[0][1]) for camera, _ in looks(scene, 3))
    canvas, shown = Canvas(scene, Spare(scene)), []
    for camera in (first, second, second, second, third, third, third):
        drew = canvas.draw(camera, settings, False, "pipelined") is not None
        while canvas.is_coming:  # which nobody waits for
            canvas.draw(camera, settings, False, "pipelined")
        shown.append((drew, canvas.camera))
    canvas.close()
    assert shown == [(True, first), (True, first), (True, second), (False, second), (True, third), (False, third),
                     (False, third)]
