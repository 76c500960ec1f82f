"""What the tests of the stages ask of a renderer and of pictures."""

import numpy as np
import torch

from gsrender import DepthBuffer, Renderer


def buffer_of(depth, device):
    return DepthBuffer.from_tensor(torch.from_numpy(depth).to(device))


def visible_mask(renderer: Renderer) -> np.ndarray:
    """Which items the last frame of a renderer kept."""
    mask = np.zeros(len(renderer.model.items), bool)
    mask[renderer.buffers.tensors["item_from_visible"][:renderer.stats.counts["visible"]].cpu().numpy()] = True
    return mask


def visible_in_file(renderer: Renderer) -> np.ndarray:
    """The same, in the order of the model's file."""
    mask = np.zeros(len(renderer.model.items), bool)
    mask[renderer.model.file_from_item.cpu().numpy()] = visible_mask(renderer)
    return mask


def psnr(a, b) -> float:
    """Of two pictures in 0..1, dB."""
    return float(10 * np.log10(1 / max(np.mean((np.asarray(a, np.float64) - b) ** 2), 1e-20)))
