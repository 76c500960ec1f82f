"""PSNR and SSIM are those of the papers."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

from viewer.measures import psnr, ssim


def read(path):
    return torch.from_numpy(np.array(Image.open(path).convert("RGB"))).float() / 255


def test_equal_pictures_are_infinitely_near_and_entirely_alike():
    picture = torch.rand(20, 30, 3, generator=torch.Generator().manual_seed(0))
    assert psnr(picture, picture) == float("inf") and ssim(picture, picture) == pytest.approx(1)


def test_psnr_is_of_the_mean_squared_difference():
    assert psnr(torch.zeros(4, 4, 3), torch.full((4, 4, 3), 0.1)) == pytest.approx(20)


def test_ssim_is_its_formula_over_windows_of_11_by_11():
    random = np.random.default_rng(0)
    a, b = random.random((2, 17, 14, 3))
    line = np.exp(-(np.arange(11) - 5) ** 2 / (2 * 1.5 ** 2))
    window = np.outer(line, line) / line.sum() ** 2
    values = []
    for y, x, c in np.ndindex(17, 14, 3):
        p, q = (np.pad(picture[..., c], 5)[y:y + 11, x:x + 11] for picture in (a, b))
        mean_p, mean_q = (window * p).sum(), (window * q).sum()
        var_p, var_q = (window * p * p).sum() - mean_p ** 2, (window * q * q).sum() - mean_q ** 2
        both = (window * p * q).sum() - mean_p * mean_q
        values.append((2 * mean_p * mean_q + 1e-4) * (2 * both + 9e-4)
                      / ((mean_p ** 2 + mean_q ** 2 + 1e-4) * (var_p + var_q + 9e-4)))
    assert ssim(torch.from_numpy(a), torch.from_numpy(b)) == pytest.approx(np.mean(values), abs=1e-5)


def test_the_official_figures_come_out(block):
    """From 8-bit pictures, where the official ones are from float."""
    views = json.loads((block / "reference/reference.json").read_text())["views"]
    for view in ("test_0000", "test_0001"):
        photograph = read(block / f"reference/{view}_gt.png")
        for mode in ("culled", "full"):
            picture = read(block / f"reference/{view}_{mode}.png")
            assert psnr(picture, photograph) == pytest.approx(views[view][mode]["psnr"], abs=2e-3)
            assert ssim(picture, photograph) == pytest.approx(views[view][mode]["ssim"], abs=1e-3)
