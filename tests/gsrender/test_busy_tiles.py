"""Tiles of so many splats that CUDA shares them among blocks, and pictures of so many tiles that it sorts in bands."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from measures import psnr

from gsrender import Camera, Renderer
from gsrender.model import GaussianModel, Splats

CAMERA = Camera.from_pose(np.eye(4), 300, 300, 200, 100)


def column(count: int, opacity: float) -> GaussianModel:
    """Splats behind each other, all in the same few tiles."""
    random = torch.Generator().manual_seed(1)
    across, away = torch.rand(count, 2, generator=random), torch.rand(count, 1, generator=random)
    items = Splats(position=torch.cat([0.02 * across - 0.01, 5 + 20 * away], 1), scale=torch.full((count, 3), 0.01),
                   rotation=torch.tensor([[1.0, 0, 0, 0]]).repeat(count, 1), opacity=torch.full((count,), opacity),
                   sh=torch.rand(count, 1, 3, generator=random))
    return GaussianModel(items, "3dgs", (0, 0, 0), 0.2)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no NVIDIA GPU")
@pytest.mark.parametrize("count", [600, 3000, 60_000, 1_100_000])
@pytest.mark.parametrize("opacity", [0.005, 0.5])  # thousands blend, or few do
def test_a_busy_tile_looks_as_on_the_cpu_every_time(count, opacity):
    model = column(count, opacity)
    expected = Renderer(model).render(CAMERA)
    renderer = Renderer(model.to("cuda"))
    first = renderer.render(CAMERA).rgb.clone()
    assert expected.alpha.max() > 0.1
    assert psnr(first.cpu().numpy(), expected.rgb.numpy()) > 70  # a pixel may take splats up to 1e-4 of it more
    assert torch.equal(renderer.render(CAMERA).rgb, first)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no NVIDIA GPU")
def test_a_busy_tile_of_which_most_is_about_as_far_looks_as_on_the_cpu():
    model = column(60_000, 0.005)
    model.items.position[3000:50_000, 2] = 20 + 1e-3 * torch.rand(47_000, generator=torch.Generator().manual_seed(2))
    expected, renderer = Renderer(model).render(CAMERA), Renderer(model.to("cuda"))
    first = renderer.render(CAMERA).rgb.clone()
    assert psnr(first.cpu().numpy(), expected.rgb.numpy()) > 70
    assert torch.equal(renderer.render(CAMERA).rgb, first)


@pytest.mark.parametrize("count", [3, 600, 5000])
def test_splats_as_far_as_each_other_are_blended_in_their_order(count, device):
    model = column(count, 0.5)
    model.items.position[:] = torch.tensor([0.0, 0.0, 5.0])
    model.items.scale[:] = 2.0  # 120 pixels: next to no falloff in the middle
    frame = Renderer(model.to(device)).render(CAMERA)
    colours = 0.5 + 0.28209479177387814 * model.items.sh[:13, 0]  # the 14th would let too little through
    expected = (colours * 0.5 ** torch.arange(1, len(colours) + 1)[:, None]).sum(0)
    assert torch.allclose(frame.rgb[50, 100].cpu(), expected, atol=1e-3)


@pytest.mark.parametrize("part", [3, 10**9])  # of the pairs of a tile that CUDA cuts; one pair
def test_a_busy_tile_with_room_for_few_of_its_pairs_is_incomplete_and_then_right(device, part):
    renderer = Renderer(column(60_000, 0.5).to(device))
    right, pairs = renderer.render(CAMERA).rgb.clone(), renderer.stats.counts["pairs"]
    renderer.buffers.fit(replace(renderer.buffers.room, pairs=max(pairs // part, 1)))
    renderer.draw(CAMERA)
    assert not renderer.wait() and renderer.stats.counts["pairs"] == pairs >= 60_000
    assert torch.equal(renderer.render(CAMERA).rgb, right)


def test_a_needle_whose_conic_rounding_has_spoilt_covers_no_more_than_its_opacity(device):
    camera, spoilt = Camera.from_pose(np.eye(4), 800, 800, 960, 640), 0
    for half_angle in np.arange(0.01, 1.5, 0.025):
        turn = torch.tensor([[np.cos(half_angle), 0, 0, np.sin(half_angle)]], dtype=torch.float32)
        items = Splats(position=torch.tensor([[0.0, 0, 1]]), scale=torch.tensor([[30, 1e-3, 1e-3]]), rotation=turn,
                       opacity=torch.tensor([0.2]), sh=torch.ones(1, 1, 3))
        renderer = Renderer(GaussianModel(items, "3dgs", (0, 0, 0), 0.2).to(device))
        assert renderer.render(camera).alpha.max() <= 0.2 + 1e-3
        spoilt += bool(renderer.buffers.tensors["splats"][0, 2] < 0)
    assert spoilt >= 10


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no NVIDIA GPU")
def test_a_picture_of_more_tiles_than_a_band_looks_as_on_the_cpu():
    model, camera = column(3000, 0.5), Camera.from_pose(np.eye(4), 150_000, 150_000, 2100, 2000)
    assert -(-2100 // 16) * -(-2000 // 16) > 16_384
    expected, found = (Renderer(model.to(device)).render(camera).rgb.cpu().numpy() for device in ("cpu", "cuda"))
    assert expected[-16:].std() > 0.05 and psnr(found, expected) > 50
