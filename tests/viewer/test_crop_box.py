"""The crop box on a real scene: what is inside is culled by what is inside, and by nothing else."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from gsrender import Camera, Crop, RenderSettings
from gsrender.crop import WORLD
from viewer.crop_box import box_around, box_axes, moved, turned
from viewer.frame import render_frame
from viewer.scene import open_scene
from vk_interop.depth_settings import DepthSettings

BOX = Crop((-20.0, 12.4, -3.0), (70.0, 25.0, 40.0))  # without the fronts of the street's houses
WORDS = ",".join(map(str, (*BOX.low, *BOX.high)))
STREET = Camera.look_at((-4, 2, 3), (20, 14, 3), width=240, height=160, near=0.1)


@pytest.fixture(scope="module")
def sample(street):
    with open_scene(street / "model", backend="cpu", detail=DepthSettings(1.0)) as scene:
        yield scene


def kept(scene, camera, settings) -> np.ndarray:
    """Which items a frame keeps."""
    render_frame(scene, camera, settings)
    mask = np.zeros(len(scene.model.items), bool)
    mask[scene.renderer.drawn_items.numpy()] = True
    return mask


class Triangles:
    """A mesh before a camera, for single rays."""

    def __init__(self, mesh, camera):
        self.camera = camera
        corners = mesh.vertices.astype(np.float64) @ camera.rotation.T + np.array(camera.camera_from_world)[:, 3]
        a, b, c = (corners[mesh.triangles[:, i]] for i in range(3))
        self.sides = np.stack([np.cross(p, q) for p, q in ((b, c), (c, a), (a, b))])
        self.volume = np.einsum("ij,ij->i", a, np.cross(b - a, c - a))

    def hit_before(self, z: float, pixel, margin: float, box: Crop | None) -> bool:
        """Whether the ray through a pixel's middle hits one in the box that is nearer than z by the margin."""
        camera = self.camera
        ray = np.array([(pixel[0] + 0.5 - camera.cx) / camera.fx, (pixel[1] + 0.5 - camera.cy) / camera.fy, 1.0])
        sides = self.sides @ ray
        with np.errstate(divide="ignore", invalid="ignore"):
            depth = self.volume / sides.sum(0)
        hit = ((sides >= 0).all(0) | (sides <= 0).all(0)) & (depth > camera.near) & (depth < z - margin)
        points = torch.from_numpy(camera.position + (ray * depth[hit, None]) @ camera.rotation)
        return bool(hit.any() if box is None else box.contains(points).any())


def shot_at(camera, position):
    """View z of a point, and the column and row where it is seen; None off the picture."""
    x, y, z = camera.rotation @ position + np.array(camera.camera_from_world)[:, 3]
    pixel = int(camera.fx * x / z + camera.cx), int(camera.fy * y / z + camera.cy)
    return (z, pixel) if 0 <= pixel[0] < camera.width and 0 <= pixel[1] < camera.height else None


@pytest.mark.parametrize("pixels", [None, 1.0])
@pytest.mark.parametrize("culling, box", [("centre", BOX), ("footprint", replace(BOX, low=(-20.0, 11.0, -3.0)))])
def test_an_item_in_the_box_is_hidden_only_by_a_surface_in_the_box(sample, culling, box, pixels):
    """From the street into houses whose fronts are cut off, or what stands before the fronts."""
    sample.proxy.settings = DepthSettings(pixels)
    settings = RenderSettings(culling, crop=box)
    seen, left = kept(sample, STREET, replace(settings, culling="off")), kept(sample, STREET, settings)
    uncut = kept(sample, STREET, replace(settings, crop=None))
    assert not (left & ~seen).any() and (seen & ~uncut).sum() > (seen & ~left).sum() + 5
    positions = sample.model.items.position.numpy().astype(np.float64)
    triangles = Triangles(sample.mesh, STREET)
    # Hidden by the cut proxy; hidden by the whole one alone.
    for items, by, margin in ((seen & ~left, box, settings.margin - 1e-3), (left & ~uncut, None, settings.margin)):
        chosen = np.random.default_rng(0).permutation(np.flatnonzero(items))[:40]
        shots = [shot for shot in (shot_at(STREET, positions[item]) for item in chosen) if shot]
        hits = [triangles.hit_before(*shot, margin, by) for shot in shots]
        assert len(hits) > 2 and (all(hits) if by else np.mean(hits) > 0.9)


def test_render_crops_and_says_so(viewer, street, tmp_path):
    ran = viewer("render", street / "model", "--views", "test_0002", "--size", "96x64", "--crop", WORDS,
                 "--out", tmp_path)
    stats = json.loads((tmp_path / "stats.json").read_text())["views"]["test_0002"]
    assert ran.code == 0 and stats["crop"]["from"] == list(BOX.low) and stats["crop"]["to"] == list(BOX.high)
    assert 0 < stats["visible_anchors"] <= stats["lod_anchors"] <= stats["inside"] < 16067


def test_depth_caches_are_cut_off_as_well(viewer, street, tmp_path):
    common = "--views", "test_0002", "--size", "96x64"
    cameras = "--cameras", street / "model/cameras.json"
    assert viewer("depth", street / "proxy.glb", *cameras, *common, "--out", tmp_path / "depth").code == 0
    visible = {}
    for name, more in (("cut", ("--depth-from", tmp_path / "depth", "--culling", "centre")),
                       ("off", ("--culling", "off")),
                       ("drawn", ("--culling", "centre", "--lod-error", "off"))):
        ran = viewer("render", street / "model", *common, *more, "--crop", WORDS, "--out", tmp_path / name)
        assert ran.code == 0
        stats = json.loads((tmp_path / name / "stats.json").read_text())["views"]["test_0002"]
        visible[name] = stats["visible_anchors"]
    assert visible["drawn"] <= visible["cut"] <= visible["off"]


def test_bench_and_fly_take_a_box(viewer, street, tmp_path):
    common = "--size", "96x64", "--crop", WORDS
    ran = viewer("bench", street / "model", *common, "--views", "test_0002", "--frames", "2",
                 "--json", tmp_path / "b.json")
    report = json.loads((tmp_path / "b.json").read_text())
    assert ran.code == 0 and report["crop"]["to"] == list(BOX.high) and "inside" in ran.out
    assert len({row["counts"]["inside"] for row in report["rows"]}) == 1
    ran = viewer("fly", street / "model", *common, "--path", street / "transforms_fly.json", "--seconds", "20", "--fps",
                 "0.1", "--out", tmp_path / "film")
    assert ran.code == 0 and len(list((tmp_path / "film").glob("*.png"))) == 3


def test_a_box_stands_along_the_models_axes_or_along_level_ones_where_it_lies_askew():
    for up in ((0, 0, 1), (0.0, -1.0, 0.0), (1, 0, 0)):
        assert box_axes(up) == WORLD
    axes = np.array(box_axes((0.0, 0.6, 0.8)))
    assert np.allclose(axes @ axes.T, np.eye(3)) and np.allclose(axes[2], (0, 0.6, 0.8))


def test_a_box_around_points_leaves_the_outermost_out():
    points = torch.arange(1001.0)[:, None].expand(-1, 3) * torch.tensor([1.0, -2.0, 0.0])
    assert box_around(points) == Crop((10, -1980, 0), (990, -20, 0))
    assert box_around(points[:1]) == Crop((0, 0, 0), (0, 0, 0))


def test_a_turned_box_holds_the_one_before():
    box = Crop((-1, -2, -3), (4, 5, 6))
    after = turned(box, box_axes((0.0, 0.6, 0.8)))
    wider = replace(after, low=tuple(x - 1e-4 for x in after.low), high=tuple(x + 1e-4 for x in after.high))
    assert wider.contains(torch.tensor(box.corners)).all() and turned(box, WORLD) == box


def test_an_end_that_is_moved_stops_at_the_other():
    box = Crop((0, 0, 0), (2, 2, 2))
    assert moved(box, (1, 9, 0), box.high) == Crop((1, 2, 0), (2, 2, 2))
    assert moved(box, box.low, (1, -9, 5)) == Crop((0, 0, 0), (1, 0, 5))
