"""Looking at frames: what blending did at each pixel, frames of given items, and culling by another camera."""

from dataclasses import replace

import numpy as np
import pytest
import reference
import torch
from measures import buffer_of, visible_mask

from gsrender import CULLING, Camera, InputError, Renderer, RenderSettings


@pytest.mark.parametrize("opacity", [0.0, 0.5])
def test_what_pixels_took_and_what_stands_in_front_are_the_twins(model, device, opacity):
    camera = Camera.look_at((5, -3, 1.5), (0, 0, 0), width=77, height=50, fov_y=50)
    renderer = Renderer(model.to(device), outputs=())
    renderer.render(camera)
    found = renderer.inspect(opacity)
    items = reference.numpy_of(renderer.model.items)
    splats = reference.project(camera, reference.decode(items, camera, visible_mask(renderer)))
    blended, front = reference.inspect(camera, splats, reference.sort(camera, splats), opacity)
    # A splat at the edge of 1/255, or of 1 sigma, may be in one and not in the other.
    assert (found.blended.cpu().numpy() == blended).mean() > 0.995 and blended.max() > 10
    assert (found.front.cpu().numpy() == front).mean() > 0.995 and len(np.unique(front)) > 10
    listed = found.front >= 0
    assert (found.opacity[found.front[listed].long()] >= opacity).all()
    named = np.unique(front[front >= 0])
    np.testing.assert_allclose(found.opacity.cpu()[named], splats["opacity"][named], atol=1e-4)
    np.testing.assert_allclose(found.centre.cpu()[named], splats["centre"][named], atol=2e-3)


def test_the_splats_of_all_tiles_are_the_frames_pairs(model, device, camera):
    renderer = Renderer(model.to(device), outputs=())
    renderer.render(camera)
    listed = renderer.tile_splats
    assert listed.shape == (9, 14) and listed.sum() == renderer.stats.counts["pairs"] and listed.unique().numel() > 5


def test_looking_at_a_frame_does_not_change_the_next_one(model, device, camera, depth):
    renderer = Renderer(model.to(device))
    first = renderer.render(camera, buffer_of(depth, device), RenderSettings("centre")).rgb.clone()
    renderer.inspect()
    assert torch.equal(renderer.render(camera, buffer_of(depth, device), RenderSettings("centre")).rgb, first)


@pytest.mark.parametrize("culling", CULLING)
def test_the_culling_camera_decides_what_is_there(model, device, camera, depth, culling):
    renderer, settings = Renderer(model.to(device)), RenderSettings(culling)
    renderer.render(camera, buffer_of(depth, device), settings)
    kept = visible_mask(renderer)
    aside = camera.moved(Camera.look_at((-4, 5, 3), (0, 0, 0)).world_from_camera)
    frozen = renderer.render(aside, buffer_of(depth, device), replace(settings, culling_camera=camera)).rgb.clone()
    assert np.array_equal(visible_mask(renderer), kept)
    own = renderer.render(aside, buffer_of(depth, device), settings).rgb
    assert not torch.equal(own, frozen)


def test_a_culling_camera_that_is_the_cameras_own_changes_nothing(model, device, camera, depth):
    renderer, settings = Renderer(model.to(device)), RenderSettings("centre")
    first = renderer.render(camera, buffer_of(depth, device), settings).rgb.clone()
    same = renderer.render(camera, buffer_of(depth, device), replace(settings, culling_camera=camera)).rgb
    assert torch.equal(same, first)


def test_given_items_are_drawn_and_no_others(model, device, camera, depth):
    renderer = Renderer(model.to(device))
    renderer.render(camera, buffer_of(depth, device), RenderSettings("centre"))
    kept = renderer.drawn_items.clone()
    culled = renderer.render(camera, buffer_of(depth, device), RenderSettings("centre")).rgb.clone()
    assert torch.equal(renderer.render(camera, items=kept).rgb, culled)
    assert torch.equal(renderer.drawn_items, kept)
    nothing = renderer.render(camera, items=kept[:0])
    assert (nothing.alpha == 0).all() and renderer.stats.counts["drawn"] == 0


@pytest.mark.parametrize("culling", CULLING)
@pytest.mark.parametrize("size", [(32, 20), (640, 393)])
def test_a_culling_camera_may_have_another_size(model, device, camera, culling, size):
    renderer, seen_by = Renderer(model.to(device)), camera.resized(*size)
    depth = buffer_of(np.full(size[::-1], 5.5, np.float32), device)
    renderer.render(seen_by, depth, RenderSettings(culling))
    kept = visible_mask(renderer)
    renderer.render(camera, depth, RenderSettings(culling, culling_camera=seen_by))
    assert np.array_equal(visible_mask(renderer), kept) and (culling == "off" or not kept.all())


def test_a_depth_of_another_size_than_the_culling_cameras_is_refused(model, device, camera, depth):
    with pytest.raises(InputError, match="depth of 213 x 131 for culling by a view of 32 x 20"):
        settings = RenderSettings("centre", culling_camera=camera.resized(32, 20))
        Renderer(model.to(device)).render(camera, buffer_of(depth, device), settings)
