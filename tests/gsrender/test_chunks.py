"""Culling whole chunks changes what culling costs and nothing else."""

import numpy as np
import pytest
import reference
import torch
from measures import buffer_of, visible_mask
from synthesise import write_anchor_checkpoint

import gsrender
from gsrender import CULLING, Camera, Renderer, RenderSettings
from gsrender.chunks import CHUNK, arranged, bounds


@pytest.fixture(scope="module")
def street_model(street):
    return gsrender.load_model(street / "model")


def somewhere(random, model) -> Camera:
    """A camera in or around the model that looks any way."""
    low, high = (corner.numpy() for corner in model.bounds)
    position = random.uniform(low - 5, high + 5)
    return Camera.look_at(position, position + random.normal(0, 1, 3), width=160, height=120, near=model.near)


@pytest.mark.parametrize("seed", range(6))
def test_what_a_chunk_drops_no_item_of_it_would_have_kept(street_model, device, seed):
    random = np.random.default_rng(seed)
    renderer = Renderer(street_model.to(device))
    camera, culling = somewhere(random, street_model), CULLING[seed % 3]
    depth = np.full((120, 160), np.inf, np.float32)
    depth[:, 20:140] = random.uniform(2, 15)
    renderer.render(camera, buffer_of(depth, device), RenderSettings(culling))
    lod, visible = reference.cull(reference.numpy_of(renderer.model.items), camera, depth, culling)
    assert abs(renderer.stats.counts["lod"] - lod.sum()) <= 1
    if culling == "footprint":
        assert not (visible & ~visible_mask(renderer)).any()
    else:
        assert (visible != visible_mask(renderer)).sum() <= 1


@pytest.mark.parametrize("count", [1, 255, 256, 257, 1000])
def test_the_last_chunk_may_be_short(tmp_path, device, count):
    write_anchor_checkpoint(tmp_path, count=max(count, 2), seed=count)
    renderer = Renderer(gsrender.load_model(tmp_path, device))
    camera = Camera.look_at((6, 0, 1), (0, 0, 0), width=64, height=64)
    renderer.render(camera)
    _, visible = reference.cull(reference.numpy_of(renderer.model.items), camera)
    assert (visible_mask(renderer) == visible).all()


def test_arranging_moves_items_and_keeps_each_whole(street_model):
    model = arranged(street_model)
    order = model.file_from_item
    assert torch.equal(order.sort().values, torch.arange(len(order)))
    for name in ("position", "offset", "feature", "scale", "rotation", "level", "extra_level"):
        assert torch.equal(getattr(model.items, name), getattr(street_model.items, name)[order])
    assert (model.items.level.diff() >= 0).all()
    assert arranged(model) is model


def test_bounds_hold_their_items(street_model):
    items = arranged(street_model).items
    rows = bounds(items)
    for chunk in (0, 7, len(rows) - 1):
        part = slice(chunk * CHUNK, (chunk + 1) * CHUNK)
        low, high = rows[chunk, :3], rows[chunk, 3:6]
        assert (items.position[part].amin(0) == low).all() and (items.position[part].amax(0) == high).all()
        assert items.scale[part, :3].max() == rows[chunk, 6] and items.extra_level[part].max() == rows[chunk, 12]
