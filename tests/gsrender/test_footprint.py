"""`footprint` culling drops only what cannot be seen over the proxy: a property, over random scenes."""

import numpy as np
import pytest
import reference
from measures import buffer_of, visible_mask

import gsrender
from gsrender import Camera, Renderer, RenderSettings
from synthesise import write_anchor_checkpoint, write_splats

MARGIN = 0.05


def random_depth(random, camera):
    """Walls of any distance and size, some of the picture open."""
    depth = np.full((camera.height, camera.width), np.inf, np.float32)
    for _ in range(12):
        left, top = random.integers(0, camera.width), random.integers(0, camera.height)
        right, bottom = left + random.integers(20, 160), top + random.integers(20, 120)
        depth[top:bottom, left:right] = np.minimum(depth[top:bottom, left:right], random.uniform(1, 8))
    return depth


@pytest.mark.parametrize("seed", range(12))
def test_every_gaussian_of_a_dropped_item_lies_wholly_behind_the_proxy(seed, device, tmp_path):
    random = np.random.default_rng(seed)
    if seed % 2:
        write_anchor_checkpoint(tmp_path, count=400, seed=seed)
    else:
        write_splats(tmp_path / "splats.ply", count=600, seed=seed)
    model = gsrender.load_model(tmp_path if seed % 2 else tmp_path / "splats.ply")
    camera = Camera.look_at(random.normal(0, 3, 3), random.normal(0, 1, 3), width=200, height=150)
    depth = random_depth(random, camera)
    renderer = Renderer(model.to(device))
    renderer.render(camera)
    seen = visible_mask(renderer)
    renderer.render(camera, buffer_of(depth, device), RenderSettings("footprint", MARGIN))
    kept = visible_mask(renderer)
    assert not (kept & ~seen).any()
    dropped = seen & ~kept
    assert seed % 2 or dropped.any()

    splats = reference.project(camera, reference.decode(reference.numpy_of(renderer.model.items), camera, dropped))
    for i in np.flatnonzero(splats["drawn"]):
        nearest = splats["z"][i] - 3 * splats["scale"][i].max()
        # 1e-4: the twin's depth of a Gaussian and the native bound round differently.
        assert reference.is_behind(depth, splats["tiles"][i], nearest + 1e-4, MARGIN)


def test_what_footprint_drops_cannot_change_a_picture_of_what_is_before_the_proxy(device, tmp_path):
    """An opaque screen of splats stands before the proxy: what is behind both may go, and no pixel changes."""
    write_splats(tmp_path / "splats.ply", count=600, seed=1)
    model = gsrender.load_model(tmp_path / "splats.ply")
    items = model.items
    camera = Camera.look_at((8, 0, 0), (0, 0, 0), width=128, height=96, fov_y=40)
    y, z = np.meshgrid(np.linspace(-2, 2, 24), np.linspace(-2, 2, 24))
    items.position[:576] = items.position.new_tensor(np.stack([0 * y + 4, y, z], -1).reshape(-1, 3))
    items.scale[:576], items.opacity[:576] = 0.15, 1.0
    renderer = Renderer(model.to(device))
    depth = np.full((96, 128), 4.6, np.float32)
    off = renderer.render(camera).rgb.clone()
    footprint = renderer.render(camera, buffer_of(depth, device), RenderSettings("footprint", 0.0)).rgb
    assert renderer.stats.counts["visible"] < 600
    assert (off - footprint).abs().max() < 1e-3
