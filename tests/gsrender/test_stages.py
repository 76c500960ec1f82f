"""Each stage on each device equals its twin in reference.py."""

from pathlib import Path

import numpy as np
import pytest
import reference
from measures import buffer_of, visible_mask

from gsrender import CULLING, Renderer, RenderSettings

BACKGROUND = (0.2, 0.5, 0.9)


def draw(model, device, camera, depth=None, **settings):
    renderer = Renderer(model.to(device), outputs=("rgb", "alpha", "depth", "gaussians"))
    settings = RenderSettings(background=BACKGROUND, **settings)
    frame = renderer.render(camera, None if depth is None else buffer_of(depth, device), settings)
    return renderer, frame


def columns(renderer, name, count):
    return renderer.buffers.tensors[name][:count].cpu().numpy()


@pytest.mark.parametrize("culling", CULLING)
def test_cull_keeps_what_its_twin_keeps(model, device, camera, depth, culling):
    renderer, _ = draw(model, device, camera, depth, culling=culling, margin=0.1)
    lod, visible = reference.cull(reference.numpy_of(renderer.model.items), camera, depth, culling, 0.1)
    assert renderer.stats.counts["lod"] == lod.sum()
    kept = visible_mask(renderer)
    if culling == "footprint":  # the pyramid may see farther than the exact footprint, and so keep more
        assert not (visible & ~kept).any()
        assert (kept & ~visible).sum() <= 0.05 * visible.sum()
    else:
        assert (kept != visible).sum() <= 1  # a rounding apart
    assert 0 < visible.sum() < len(visible)


def test_what_is_in_view_is_counted_without_touching_the_frame(model, camera, depth):
    renderer, frame = draw(model, "cpu", camera, depth, culling="centre", margin=0.1)
    kept, pixels = renderer.drawn_items.clone(), frame.rgba.clone()
    counted = renderer.in_view(camera, RenderSettings("centre", margin=0.1))
    lod, visible = reference.cull(reference.numpy_of(renderer.model.items), camera)
    assert abs(counted - visible.sum()) <= 1 and counted > len(kept)
    assert renderer.drawn_items.equal(kept) and frame.rgba.equal(pixels)


def test_cull_follows_every_level_map_and_fork(anchors, device, camera):
    renderer, _ = draw(anchors, device, camera)
    lod, visible = reference.cull(reference.numpy_of(renderer.model.items), camera)
    assert abs(renderer.stats.counts["lod"] - lod.sum()) <= 1
    assert (visible_mask(renderer) != visible).sum() <= 1


@pytest.mark.parametrize("bias, limit", [(1.3, None), (-1.3, None), (0, 2), (2.5, 3), (-0.4, 0), (0, 99)])
def test_a_bias_and_a_limit_move_the_levels_as_in_the_twin(anchors, device, camera, bias, limit):
    renderer, _ = draw(anchors, device, camera, level_bias=bias, level_limit=limit)
    items = reference.numpy_of(renderer.model.items)
    lod, visible = reference.cull(items, camera, bias=bias, limit=limit)
    assert abs(renderer.stats.counts["lod"] - lod.sum()) <= 1
    kept = visible_mask(renderer)
    assert (kept != visible).sum() <= 1
    if limit is not None and items.levels:
        assert items.level[kept].max(initial=0) <= limit
    twin = reference.decode(items, camera, kept, bias=bias, limit=limit)
    assert renderer.stats.counts["gaussians"] == pytest.approx(len(twin["opacity"]), abs=2)
    ours = columns(renderer, "gaussians", renderer.stats.counts["gaussians"])
    if len(ours) == len(twin["opacity"]):
        assert np.allclose(ours[:, 3], twin["opacity"], atol=1e-4)


def test_a_finer_bias_draws_more_and_a_coarser_one_less(device, camera):
    from gsrender import load_model
    model = load_model(Path(__file__).parents[2] / "assets/street/model", device)
    counts = [draw(model, device, camera, level_bias=bias)[0].stats.counts["lod"] for bias in (-20, -1, 0, 1, 20)]
    assert counts == sorted(set(counts)) and counts[-1] == len(model.items)


@pytest.mark.parametrize("wrong", [{"level_bias": float("nan")}, {"level_bias": 21}, {"level_limit": -1}])
def test_a_bias_or_limit_out_of_range_is_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        RenderSettings(**wrong)


def test_decode_makes_the_twins_gaussians_of_anchors(anchors, device, camera):
    check_gaussians(anchors, device, camera)


def test_decode_makes_the_twins_gaussians_of_splats(splats, device, camera):
    check_gaussians(splats, device, camera)


def check_gaussians(model, device, camera):
    renderer, _ = draw(model, device, camera)
    twin = reference.decode(reference.numpy_of(renderer.model.items), camera, visible_mask(renderer))
    count = renderer.stats.counts["gaussians"]
    assert count == len(twin["position"]) > 0
    ours = columns(renderer, "gaussians", count)
    expected = np.concatenate([twin["position"], twin["opacity"][:, None], twin["scale"], twin["rotation"],
                               twin["colour"]], axis=1)
    np.testing.assert_allclose(ours, expected, atol=2e-5, rtol=2e-4)


def test_project_makes_the_twins_ellipses(model, device, camera):
    renderer, _ = draw(model, device, camera)
    items = reference.numpy_of(renderer.model.items)
    twin = reference.project(camera, reference.decode(items, camera, visible_mask(renderer)))
    splats = columns(renderer, "splats", len(twin["z"]))
    tiles = splats[:, 10:].copy().view(np.int16)
    drawn = tiles[:, 0] < tiles[:, 2]
    assert (drawn != twin["drawn"]).sum() <= 1
    both = drawn & twin["drawn"]
    assert both.sum() > 50
    np.testing.assert_allclose(splats[both, :2], twin["centre"][both], atol=2e-3)
    np.testing.assert_allclose(splats[both, 9], twin["z"][both], rtol=1e-5)
    conic = twin["conic"][both]
    np.testing.assert_allclose(splats[both, 2:5], np.stack([conic[:, 0, 0], conic[:, 0, 1], conic[:, 1, 1]], 1),
                               rtol=2e-3, atol=1e-4)
    assert (tiles[both] != twin["tiles"][both]).any(1).mean() < 0.01  # an edge that falls on a tile's


def test_sort_lists_what_shows_in_each_tile_from_near_to_far(model, device, camera):
    renderer, _ = draw(model, device, camera)
    counts = renderer.stats.counts
    splats = columns(renderer, "splats", counts["gaussians"])
    tiles = splats[:, 10:].copy().view(np.int16).astype(int)
    touched = reference.sort(camera, dict(z=splats[:, 9], tiles=tiles, drawn=tiles[:, 0] < tiles[:, 2]))
    pairs, first = columns(renderer, "pairs", counts["pairs"]), columns(renderer, "pair_from_tile", None)
    assert first[0] == 0 and first[-1] == counts["pairs"] == len(pairs)
    left_out = 0
    for tile, (twin, pair) in enumerate(zip(touched, np.split(pairs, first[1:-1]))):
        ours = (np.sort(pair) if device == "cuda" else pair) & 0xffffffff  # CUDA sorts them when it blends
        assert [i for i in twin if i in set(ours)] == ours.tolist()
        for i in set(twin) - set(ours):
            assert reference.alpha_in_tile(camera, splats[i], tile).max() < 1 / 255
            left_out += 1
    assert 0 < left_out < 0.8 * sum(map(len, touched))


def test_blend_draws_the_twins_picture(model, device, camera, depth):
    renderer, frame = draw(model, device, camera, depth, culling="centre")
    (rgb, alpha, z), _ = reference.render(renderer.model.items, camera, depth, "centre", background=BACKGROUND)
    # 1e-3: a splat at the edge of 1/255 may be in one and not in the other.
    assert np.abs(frame.rgb.cpu().numpy() - rgb).mean() < 2e-5 and np.abs(frame.rgb.cpu().numpy() - rgb).max() < 5e-3
    assert np.abs(frame.alpha.cpu().numpy() - alpha).max() < 5e-3
    ours, solid = frame.depth.cpu().numpy(), alpha > 0.05
    assert np.isposinf(ours[alpha == 0]).all()
    np.testing.assert_allclose(ours[solid], z[solid], rtol=5e-3)
    assert (frame.rgba.cpu().numpy()[..., :3] == np.floor(np.clip(frame.rgb.cpu().numpy(), 0, 1) * 255 + 0.5)).all()
    assert (frame.rgba[..., 3] == 255).all()
    assert 0.2 < solid.mean() < 0.99
