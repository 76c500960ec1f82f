"""How near two pictures are to each other: PSNR and SSIM, as papers on Gaussian Splatting report them."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

WINDOW, SIGMA = 11, 1.5  # pixels (Wang et al. 2004)
C1, C2 = 0.01 ** 2, 0.03 ** 2


def psnr(a: torch.Tensor, b: torch.Tensor) -> float:
    """dB between two pictures in 0..1 of one shape; infinite where they are equal."""
    return float(-10 * (a - b).square().mean().log10())


def ssim(a: torch.Tensor, b: torch.Tensor) -> float:
    """Structural similarity, at most 1, of two pictures [H, W, 3] in 0..1. Beyond their edges they count as black."""
    mean_a, mean_b = _blurred(a), _blurred(b)
    variance_a, variance_b = _blurred(a * a) - mean_a ** 2, _blurred(b * b) - mean_b ** 2
    covariance = _blurred(a * b) - mean_a * mean_b
    structure = (2 * mean_a * mean_b + C1) * (2 * covariance + C2)
    return float((structure / ((mean_a ** 2 + mean_b ** 2 + C1) * (variance_a + variance_b + C2))).mean())


def _blurred(picture: torch.Tensor) -> torch.Tensor:
    """By a Gaussian, along the rows and along the columns. Sums of moved pictures: on a CPU conv2d takes seven times as
    long."""
    weights = [math.exp(-(i - WINDOW // 2) ** 2 / (2 * SIGMA ** 2)) for i in range(WINDOW)]
    for axis in (0, 1):
        length = picture.shape[axis]
        edge = (0, 0) * (2 - axis) + (WINDOW // 2, WINDOW // 2)
        padded = F.pad(picture, edge)
        picture = torch.zeros_like(picture)
        for i, weight in enumerate(weights):
            picture.add_(padded.narrow(axis, i, length), alpha=weight / sum(weights))
    return picture
