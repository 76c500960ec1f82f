"""A crop box: items whose centres are outside of it are not there, and depth from outside of it hides nothing."""

from dataclasses import replace

import numpy as np
import pytest
import reference
import torch
from measures import buffer_of, visible_mask

import gsrender
from gsrender import CULLING, Camera, Crop, DepthBuffer, InputError, Renderer, RenderSettings
from gsrender.chunks import CHUNK


def turned(yaw: float, pitch: float):
    """Three axes at right angles that are none of the world's."""
    c, s, u, v = np.cos(yaw), np.sin(yaw), np.cos(pitch), np.sin(pitch)
    return tuple(map(tuple, np.array([[c, s, 0], [-s * u, c * u, v], [s * v, -c * v, u]]).tolist()))


BOXES = {"aligned": Crop((-1.5, -2, -1), (2, 1, 3)), "turned": Crop((-2, -1, -1.5), (1, 2, 2), turned(0.5, 0.3)),
         "a slice": Crop((-9, -9, 0.2), (9, 9, 0.6)), "all": Crop((-9, -9, -9), (9, 9, 9)),
         "elsewhere": Crop((20, 20, 20), (21, 21, 21))}


@pytest.fixture(params=BOXES)
def box(request):
    return BOXES[request.param]


@pytest.mark.parametrize("culling", CULLING)
def test_items_with_their_centres_in_the_box_are_culled_as_ever_and_no_others_are_there(model, device, camera, depth,
                                                                                      culling, box):
    renderer = Renderer(model.to(device))
    renderer.render(camera, DepthBuffer.from_tensor(torch.from_numpy(depth).to(device), camera, box),
                    RenderSettings(culling, crop=box))
    items = reference.numpy_of(renderer.model.items)
    cut = DepthBuffer.from_tensor(torch.from_numpy(depth), camera, box).depth.numpy()
    lod, visible = reference.cull(items, camera, cut, culling, crop=box)
    # 1: an item on the edge of a picture, of a level or of a turned box.
    assert (visible != visible_mask(renderer)).sum() <= 1
    counts = renderer.stats.counts
    assert abs(counts["inside"] - reference.inside_crop(box, items.position).sum()) <= 1
    assert abs(counts["lod"] - lod.sum()) <= 1 and counts["visible"] == visible_mask(renderer).sum()


@pytest.mark.parametrize("seed", range(8))
def test_whole_chunks_are_dropped_and_counted_as_their_items_would_be(street, device, seed):
    """Boxes of all sizes and turns over a model of 63 chunks, each against a test of every item."""
    random = np.random.default_rng(seed)
    model = gsrender.load_model(street / "model", device)
    low, high = (corner.cpu().numpy() for corner in model.bounds)
    axes = turned(*random.uniform(0, 3, 2)) if seed % 2 else Crop((0, 0, 0), (0, 0, 0)).axes
    middle = np.array(axes) @ random.uniform(low, high)
    half = random.uniform(0.02, 0.6) * (high - low)
    box = Crop(tuple((middle - half).tolist()), tuple((middle + half).tolist()), axes)
    position = random.uniform(low - 5, high + 5)
    camera = Camera.look_at(position, random.uniform(low, high), width=160, height=120, near=model.near)
    renderer = Renderer(model)
    renderer.render(camera)
    whole = visible_mask(renderer)
    renderer.render(camera, settings=RenderSettings(crop=box))
    inside = box.contains(renderer.model.items.position).cpu().numpy()
    assert len(inside) > 60 * CHUNK
    # A turned box's faces: the sums of the two sides round differently.
    assert (visible_mask(renderer) != (whole & inside)).sum() <= seed % 2
    assert abs(renderer.stats.counts["inside"] - inside.sum()) <= seed % 2


def test_a_box_around_everything_changes_no_pixel(model, device, camera, depth):
    renderer, everything = Renderer(model.to(device)), Crop((-99, -99, -99), (99, 99, 99))
    without = renderer.render(camera, buffer_of(depth, device), RenderSettings("centre")).rgb.clone()
    assert "inside" not in renderer.stats.counts
    buffer = replace(buffer_of(depth, device), crop=everything)
    assert torch.equal(renderer.render(camera, buffer, RenderSettings("centre", crop=everything)).rgb, without)
    assert renderer.stats.counts["inside"] == renderer.stats.counts["items"]


def test_the_box_moves_with_the_view_and_not_with_the_graph(model, device, camera):
    """On CUDA: what is captured once serves every box."""
    renderer, pictures, graphs = Renderer(model.to(device)), [], []
    for box in (None, BOXES["aligned"], BOXES["a slice"], None):
        pictures.append(renderer.render(camera, settings=RenderSettings(crop=box)).rgb.clone())
        graphs.append(getattr(renderer._queue, "_graph", None))
    assert len(set(graphs)) == 1
    assert torch.equal(pictures[0], pictures[3])
    assert not torch.equal(pictures[0], pictures[1]) and not torch.equal(pictures[1], pictures[2])


def test_frozen_culling_keeps_what_is_in_the_box_for_the_frozen_view(model, device, camera):
    renderer, box = Renderer(model.to(device)), BOXES["aligned"]
    renderer.render(camera, settings=RenderSettings(crop=box))
    kept = visible_mask(renderer)
    aside = camera.moved(Camera.look_at((-4, 5, 3), (0, 0, 0)).world_from_camera)
    renderer.render(aside, settings=RenderSettings(crop=box, culling_camera=camera))
    assert np.array_equal(visible_mask(renderer), kept)


def test_depth_from_outside_of_the_box_is_a_miss():
    camera = Camera.look_at((4, 1, 2), (0, 0, 0), width=33, height=21)
    random = np.random.default_rng(0)
    depth = random.uniform(1, 9, (21, 33)).astype(np.float32)
    depth[3:6], depth[8, 8] = np.inf, np.nan
    box = BOXES["turned"]
    cut = DepthBuffer.from_tensor(torch.from_numpy(depth), camera, box)
    assert cut.crop == box
    for y, x in np.ndindex(depth.shape):
        ray = np.array([(x + 0.5 - camera.cx) / camera.fx, (y + 0.5 - camera.cy) / camera.fy, 1.0])
        point = camera.position + camera.rotation.T @ ray * depth[y, x]
        inside = np.isfinite(depth[y, x]) and reference.inside_crop(box, point[None])[0]
        assert cut.depth[y, x] == (depth[y, x] if inside else np.inf)
    assert 20 < cut.depth.isfinite().sum() < 300 and cut.levels[-1] == np.inf


def test_a_depth_of_another_box_is_refused(model, device, camera, depth):
    with pytest.raises(InputError, match="the crop boxes must be equal"):
        Renderer(model.to(device)).render(camera, buffer_of(depth, device), RenderSettings("centre", crop=BOXES["all"]))


@pytest.mark.parametrize("low, high, axes", [
    ((1, 0, 0), (0, 1, 1), None), ((0, 0, 0), (1, np.nan, 1), None), ((-np.inf, 0, 0), (1, 1, 1), None),
    ((0, 0, 0), (1, 1, 1), ((1, 0, 0), (0, 1, 0), (0, 0.6, 0.8))),
    ((0, 0, 0), (1, 1, 1), ((2, 0, 0), (0, 1, 0), (0, 0, 1)))])
def test_what_is_no_box_is_refused(low, high, axes):
    with pytest.raises(ValueError, match="are wanted"):
        Crop(low, high, *filter(None, [axes]))


def test_corners_are_the_ends_of_edges():
    box = Crop((1, 2, 3), (4, 6, 8), turned(0.7, 0.2))
    lengths = sorted(np.linalg.norm(np.subtract(a, b)) for a, b in box.edges)
    assert all(end in box.corners for edge in box.edges for end in edge)
    assert np.allclose(lengths, [3] * 4 + [4] * 4 + [5] * 4)
    grown = Crop((0.99, 1.99, 2.99), (4.01, 6.01, 8.01), box.axes)
    assert grown.contains(torch.tensor(box.corners)).all() and not grown.contains(2 * torch.tensor(box.corners)).all()
