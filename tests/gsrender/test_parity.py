"""Pictures and visible sets of the trained scenes against the references that came with them (tests/reference/street,
and the official code's results in the data folder)."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from measures import psnr, visible_in_file
from PIL import Image

import gsrender
from gsrender import DepthBuffer, Renderer, RenderSettings

# dB to the float pictures and to the 8-bit ones.
BOUNDS = {"cpu": (60, 55), "cuda": (48, 45)}


class Trained:
    """A trained scene on a device, and its reference."""

    def __init__(self, scene: Path, reference: Path, device: str):
        self.device, self.folder = device, reference
        self.model = gsrender.load_model(scene / "model", device)
        self.cameras = {view.name: view.camera.with_near(self.model.near)
                        for view in gsrender.load_cameras(scene / "model" / "cameras.json")}
        self.counts = json.loads((reference / "reference.json").read_text())["views"]
        self.exact = np.load(reference / "exact.npz")
        self.renderer = Renderer(self.model)

    def render(self, view: str, mode: str):
        """The picture of a view, `full` or `culled` with its stored depth."""
        depth = None
        if mode == "culled":
            depth = DepthBuffer.from_tensor(torch.from_numpy(self.exact[f"{view}_depth"]).to(self.device))
        culling = "centre" if mode == "culled" else "off"
        settings = RenderSettings(culling, background=self.model.background)
        return self.renderer.render(self.cameras[view], depth, settings)

    @property
    def drawable(self):
        """(view, mode) of all that can be drawn without a proxy."""
        return [(view, mode) for view, modes in self.counts.items() for mode in modes
                if mode == "full" or f"{view}_depth" in self.exact]


@pytest.fixture(scope="module")
def trained_scenes():
    return {}


@pytest.fixture(params=["street", "block", "town"])
def trained(request, device, trained_scenes):
    scene = request.getfixturevalue(request.param)
    reference = (Path(__file__).parent.parent if request.param == "street" else scene) / "reference"
    reference = reference / "street" if request.param == "street" else reference
    key = request.param, device
    if key not in trained_scenes:
        trained_scenes[key] = Trained(scene, reference, device)
    return trained_scenes[key]


def test_visible_sets_and_counts_are_the_references(trained):
    compared = 0
    for view, mode in trained.drawable:
        trained.render(view, mode)
        counts, expected = trained.renderer.stats.counts, trained.counts[view][mode]
        assert abs(counts["lod"] - expected["lod_anchors"]) <= 2, view
        assert abs(counts["visible"] - expected["visible_anchors"]) <= 2, view
        assert abs(counts["gaussians"] - expected["gaussians"]) <= max(2, 2e-4 * expected["gaussians"]), view
        if f"{view}_{mode}_visible" in trained.exact:
            mask = np.unpackbits(trained.exact[f"{view}_{mode}_visible"])[:len(trained.model.items)].astype(bool)
            assert (mask != visible_in_file(trained.renderer)).sum() <= 2, view
            compared += 1
    assert compared >= 2


def test_pictures_are_the_references(trained):
    exact_bound, png_bound = BOUNDS[trained.device]
    compared = 0
    for view, mode in trained.drawable:
        png = trained.folder / f"{view}_{mode}.png"
        if png.exists():
            frame = trained.render(view, mode)
            expected = np.asarray(Image.open(png).convert("RGB")) / 255
            assert psnr(frame.rgba.cpu().numpy()[..., :3] / 255, expected) >= png_bound, (view, mode)
            compared += 1
            if f"{view}_{mode}" in trained.exact:
                exact = trained.exact[f"{view}_{mode}"].astype(np.float32).transpose(1, 2, 0)
                assert psnr(frame.rgb.cpu().numpy(), exact) >= exact_bound, (view, mode)
    assert compared >= 2


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no NVIDIA GPU")
@pytest.mark.parametrize("name", ["street", "block"])
def test_cpu_and_cuda_draw_the_same(request, name):
    scene = request.getfixturevalue(name)
    model = gsrender.load_model(scene / "model")
    renderers = Renderer(model), Renderer(model.to("cuda"))
    for view in [v for v in gsrender.load_cameras(scene / "model" / "cameras.json") if v.split == "test"]:
        pictures = [r.render(view.camera.with_near(model.near)).rgb.cpu().numpy() for r in renderers]
        assert psnr(*pictures) >= 50, view.name


def test_the_plain_model_looks_like_inrias(block, device):
    model = gsrender.load_model(block / "plain" / "point_cloud.ply", device)
    assert model.kind == "splats" and model.near == 0.2
    renderer = Renderer(model)
    exact = np.load(block / "plain" / "reference" / "exact.npz")
    cameras = {view.name: view.camera for view in gsrender.load_cameras(block / "model" / "cameras.json")}
    for view in ("test_0000", "test_0001", "test_0002"):
        frame = renderer.render(cameras[view].with_near(0.2), settings=RenderSettings(background=(1, 1, 1)))
        png = np.asarray(Image.open(block / "plain" / "reference" / f"{view}.png").convert("RGB")) / 255
        assert psnr(frame.rgba.cpu().numpy()[..., :3] / 255, png) >= 50, view
        if view in exact:
            assert psnr(frame.rgb.cpu().numpy(), exact[view].astype(np.float32).transpose(1, 2, 0)) >= 50
            assert ((exact[f"{view}_radii"] > 0) != visible_in_file(renderer)).sum() <= 2
