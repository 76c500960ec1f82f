"""What a window shows is drawn once before there is one: nothing that takes long is left for it."""

from dataclasses import replace

import pytest
import torch

from gsrender.crop import Crop
from gsrender.settings import RenderSettings
from viewer import picture_views, warm_up
from viewer.frame import render_frame
from viewer.scene import open_scene
from viewer.shot import VIEW_OUTPUTS, Shot, Spare
from viewer.view_table import VIEW_NAMES
from vk_interop import depth_passes

SIZE = 200, 120


@pytest.fixture(params=["cpu", "cuda"])
def scene(request, street, monkeypatch):
    if request.param == "cuda" and not torch.cuda.is_available():
        pytest.skip("needs an NVIDIA GPU")
    monkeypatch.setattr(warm_up, "SIZE", (160, 100))
    with open_scene(street / "model", backend=request.param, outputs=VIEW_OUTPUTS) as opened:
        yield opened


def test_no_view_makes_a_pipeline_after_it_and_the_picture_is_what_it_was(scene, monkeypatch):
    camera, usual = scene.first_camera(*SIZE), RenderSettings("centre")
    before = render_frame(scene, camera, usual).rgba.clone()
    warm_up.draw_everything(scene)

    def refused(*arguments):
        raise AssertionError(f"a pipeline is made only now: {arguments}")
    for name in ("compute_pipeline", "mesh_pipeline"):
        monkeypatch.setattr(depth_passes, name, refused)
    for view in VIEW_NAMES:
        picture_views.paint(view, Shot(scene, camera, usual, Spare(scene)))
    low, high = (tuple(corner.tolist()) for corner in scene.model.bounds)
    for settings in (replace(usual, culling_camera=camera), replace(usual, crop=Crop(low, high))):
        render_frame(scene, camera, settings)
    detail = scene.proxy.settings
    for error in (0.0, 3.5, 16.0):
        scene.proxy.settings = replace(detail, lod_error=error)
        render_frame(scene, camera, usual)
    scene.proxy.settings = detail
    assert torch.equal(render_frame(scene, camera, usual).rgba, before)


def test_a_scene_on_the_cpu_or_without_a_proxy_opens_as_well(street):
    with open_scene(street / "model", backend="cpu", with_proxy=False, outputs=VIEW_OUTPUTS) as scene:
        warm_up.draw_everything(scene)
        queued = scene.renderer.queued
        warm_up.warm_up(scene)
        assert scene.renderer.queued == queued  # nothing is gained there
