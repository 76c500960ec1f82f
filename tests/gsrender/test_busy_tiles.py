"""Tiles with so many splats that CUDA shares them among blocks."""

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
@pytest.mark.parametrize("count", [600, 3000, 60_000])
@pytest.mark.parametrize("opacity", [0.005, 0.5])  # thousands blend, or few do
def test_a_busy_tile_looks_as_on_the_cpu_every_time(count, opacity):
    model = column(count, opacity)
    expected = Renderer(model).render(CAMERA)
    renderer = Renderer(model.to("cuda"))
    first = renderer.render(CAMERA).rgb.clone()
    assert expected.alpha.max() > 0.1
    assert psnr(first.cpu().numpy(), expected.rgb.numpy()) > 70  # a pixel may take splats up to 1e-4 of it more
    assert torch.equal(renderer.render(CAMERA).rgb, first)
