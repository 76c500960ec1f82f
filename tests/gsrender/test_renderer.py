"""What the renderer promises beyond each stage."""

import dataclasses

import numpy as np
import pytest
import torch
from measures import buffer_of
from synthesise import write_anchor_checkpoint

from gsrender import Camera, DepthBuffer, InputError, Renderer, RenderSettings, load_model
from gsrender.depth import pyramid_sizes
from gsrender.model import rows_of


def test_the_same_camera_gives_the_same_picture_bit_for_bit(model, device, camera, depth):
    renderer, other = Renderer(model.to(device)), Renderer(model.to(device))
    first = renderer.render(camera, buffer_of(depth, device), RenderSettings("centre")).rgb.clone()
    renderer.render(Camera.look_at((0, 4, 0), (0, 0, 0)))
    assert torch.equal(renderer.render(camera, buffer_of(depth, device), RenderSettings("centre")).rgb, first)
    assert torch.equal(other.render(camera, buffer_of(depth, device), RenderSettings("centre")).rgb, first)


def test_buffers_that_are_too_small_are_never_written_past_and_grow(model, device, camera):
    renderer = Renderer(model.to(device), outputs=("rgb", "gaussians"))
    right = renderer.render(camera).rgb.clone()
    counts = renderer.stats.counts
    buffers = renderer.buffers
    few = counts["gaussians"] // 3, counts["pairs"] // 3
    for gaussians, pairs in ((few[0], counts["pairs"]), (counts["gaussians"], few[1]), (1, 1)):
        buffers.fit(dataclasses.replace(buffers.room, gaussians=gaussians, pairs=pairs))
        guards = {name: _guarded(buffers, name) for name in ("gaussians", "splats", "pairs")}
        renderer.draw(camera)
        assert not renderer.wait()
        assert all((whole[size:] == 77).all() for whole, size in guards.values())
        assert torch.equal(renderer.render(camera).rgb, right)
        assert not renderer.stats.incomplete and renderer.stats.counts == counts


def test_a_frame_that_was_queued_before_the_buffers_grew_is_incomplete_too(model, device, camera):
    renderer = Renderer(model.to(device))
    right = renderer.render(camera).rgb.clone()
    room = dataclasses.replace(renderer.buffers.room, pairs=renderer.stats.counts["pairs"] // 3)
    renderer.buffers.fit(room)
    renderer.draw(camera)
    renderer._queue.submit(renderer._model.struct, renderer._view, renderer._buffers, renderer.buffers.tensors)
    assert not renderer.wait()
    assert torch.equal(renderer.render(camera).rgb, right) and not renderer.stats.incomplete


def _guarded(buffers, name):
    """Puts a buffer in front of some known values; returns the whole and the buffer's size."""
    tensor = buffers.tensors[name]
    whole = torch.full((len(tensor) + 64, *tensor.shape[1:]), 77, dtype=tensor.dtype, device=tensor.device)
    buffers.tensors[name] = whole[:len(tensor)]
    return whole, len(tensor)


def test_a_model_behind_the_camera_is_the_background(model, device):
    away = Camera.look_at((50, 0, 0), (100, 0, 0), width=64, height=48)
    renderer = Renderer(model.to(device))
    frame = renderer.render(away, settings=RenderSettings(background=(0, 0.5, 1)))
    assert frame.rgba.reshape(-1, 4).unique(dim=0).tolist() == [[0, 128, 255, 255]]
    assert (frame.alpha == 0).all() and torch.isposinf(frame.depth).all()
    assert renderer.stats.counts["drawn"] == renderer.stats.counts["pairs"] == 0


def test_the_picture_goes_where_the_caller_wants_it(model, device, camera):
    renderer = Renderer(model.to(device), outputs=())
    target = torch.zeros((camera.height, camera.width, 4), dtype=torch.uint8, device=device)
    frame = renderer.draw(camera, rgba=target)
    renderer.wait()
    assert frame.rgba is target and (target[..., 3] == 255).all()
    assert frame.rgb is None and frame.alpha is None and frame.depth is None
    assert torch.equal(renderer.render(camera).rgba, target)


def test_no_depth_and_a_depth_of_infinity_hide_nothing(model, device, camera, depth):
    renderer = Renderer(model.to(device))
    free = renderer.render(camera).rgb.clone()
    for culling in ("centre", "footprint"):
        assert torch.equal(renderer.render(camera, None, RenderSettings(culling)).rgb, free)
        empty = buffer_of(np.full_like(depth, np.inf), device)
        assert torch.equal(renderer.render(camera, empty, RenderSettings(culling)).rgb, free)
        unknown = buffer_of(np.full_like(depth, np.nan), device)
        assert torch.equal(renderer.render(camera, unknown, RenderSettings(culling)).rgb, free)
    assert torch.equal(renderer.render(camera, buffer_of(depth, device), RenderSettings("off")).rgb, free)


def test_near_cuts_what_is_before_it(model, device, camera):
    renderer = Renderer(model.to(device))
    nearest = [float(renderer.render(camera.with_near(near)).depth.min()) for near in (0.2, 6.5)]
    assert nearest[0] < 6.5 <= nearest[1]


def test_a_larger_picture_of_the_same_view_shows_the_same(model, device, camera):
    renderer = Renderer(model.to(device))
    small = renderer.render(camera).rgb.clone()
    large = renderer.render(camera.resized(2 * camera.width, 2 * camera.height)).rgb
    halved = large.reshape(camera.height, 2, camera.width, 2, 3).mean((1, 3))
    assert (halved - small).abs().mean() < 0.02
    assert torch.equal(renderer.render(camera).rgb, small)


@pytest.mark.parametrize("width, height", [(1, 1), (15, 17), (16, 16), (1000, 3)])
def test_any_size_is_drawn(model, device, width, height):
    frame = Renderer(model.to(device)).render(Camera.look_at((5, -3, 1), (0, 0, 0), width=width, height=height),
                                              settings=RenderSettings("footprint"))
    assert frame.rgba.shape == (height, width, 4) and torch.isfinite(frame.rgb).all()


def test_a_depth_of_another_size_is_refused(model, device, camera, depth):
    with pytest.raises(InputError, match="depth of 213 x 130 for culling by a view of 213 x 131"):
        Renderer(model.to(device)).render(camera, buffer_of(depth[:-1], device))


def test_a_picture_beyond_all_size_is_refused(model, device):
    with pytest.raises(InputError, match="20000 x 10"):
        Renderer(model.to(device)).render(Camera.look_at((5, -3, 1), (0, 0, 0), width=20000, height=10))


def test_a_model_of_nothing_is_refused(model, device):
    none = {name: rows[:0] for name, rows in rows_of(model.items).items()}
    nothing = dataclasses.replace(model, items=dataclasses.replace(model.items, **none))
    with pytest.raises(InputError, match=f"0 {model.kind}, and there is something to draw from 1 on"):
        Renderer(nothing.to(device))


def test_statistics_carry_the_stages_and_the_counts(model, device, camera):
    renderer = Renderer(model.to(device))
    renderer.render(camera)
    assert "+".join(renderer.stats.milliseconds).split("+") == ["cull", "decode", "project", "sort", "blend"]
    assert all(ms >= 0 for ms in renderer.stats.milliseconds.values())
    counts = renderer.stats.counts
    assert counts["items"] >= counts["lod"] >= counts["visible"] and counts["gaussians"] >= counts["drawn"] > 0
    assert renderer.memory["model"] == model.nbytes and renderer.memory["picture"] == camera.width * camera.height * 4


def test_an_unknown_appearance_is_refused(tmp_path, device, camera):
    write_anchor_checkpoint(tmp_path, appearance_dim=8, cameras=5)
    renderer = Renderer(load_model(tmp_path).to(device))
    pictures = [renderer.render(camera, settings=RenderSettings(appearance=row)).rgb.clone() for row in (0, 4)]
    assert not torch.equal(*pictures)
    with pytest.raises(InputError, match="rows 0 to 4"):
        renderer.render(camera, settings=RenderSettings(appearance=5))


def test_a_decoder_too_wide_is_refused(tmp_path):
    write_anchor_checkpoint(tmp_path, n_offsets=40)
    with pytest.raises(InputError, match="280 wide; at most 256"):
        Renderer(load_model(tmp_path))


def test_items_in_a_deliberately_bad_state_do_not_spoil_the_picture(model, device, camera):
    items = model.items
    bad = dataclasses.replace(items, position=items.position.clone(), scale=items.scale.clone())
    bad.position[::7], bad.scale[3::7] = torch.nan, torch.inf
    frame = Renderer(dataclasses.replace(model, items=bad).to(device)).render(camera)
    assert torch.isfinite(frame.rgb).all()


@pytest.mark.parametrize("width, height", [(1, 1), (7, 5), (960, 640), (33, 1)])
def test_the_pyramid_holds_the_maximum_of_what_is_under_each_texel(width, height):
    depth = torch.rand(height, width, generator=torch.Generator().manual_seed(1))
    buffer, at = DepthBuffer.from_tensor(depth), 0
    for level, (w, h) in enumerate(pyramid_sizes(width, height)):
        ours = buffer.levels[at:at + w * h].view(h, w)
        step = 2 ** level
        for y, x in ((0, 0), (h - 1, w - 1), (h // 2, w // 3)):
            assert ours[y, x] == depth[y * step:(y + 1) * step, x * step:(x + 1) * step].max()
        at += w * h
    assert at == len(buffer.levels) and ours.shape == (1, 1)
