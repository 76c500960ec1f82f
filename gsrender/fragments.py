"""The decoders' weights as the tensor cores of a GPU take them: cuda/decode_tensor.cu says why it is this order.

A matrix instruction takes 8 x 8 weights. A lane of its warp holds two of them, those of row `column` (lane % 4) and of
row `column` + 4, both of column `row` (lane // 4).
"""

from __future__ import annotations

import torch

from gsrender._native import constants
from gsrender.model import Anchors, Mlp

UNITS = constants.GS_TENSOR_UNITS  # features, and hidden units


def suits(items: Anchors) -> bool:
    """Whether the decoders have the sizes that there are kernels for."""
    sizes = {(mlp.features, mlp.hidden) for mlp in items.mlps.values()}
    return sizes == {(UNITS, UNITS)} and items.bank_mlp is None and items.offset.shape[1] <= constants.GS_TENSOR_OFFSETS


def fragments(mlp: Mlp, offsets: int) -> torch.Tensor:
    """[n] float32: the first layer by steps of eight inputs, its biases, the second by strips of eight outputs, theirs.

    Outputs are `values` for each of the `offsets` Gaussians. A strip holds two values of four Gaussians, a pair beside
    the other; where there is no such value or Gaussian, weights and bias are zero.
    """
    device, steps = mlp.weight1.device, -(-mlp.inputs // 8)
    values, groups = mlp.outputs // offsets, -(-offsets // 4)
    pairs = -(-values // 2)

    weight1 = torch.zeros(8 * steps, UNITS, device=device)
    weight1[:mlp.inputs] = mlp.weight1
    step, half, column = _grid(device, steps, 2, 4)
    inputs = torch.where(step < UNITS // 8, 8 * column + 2 * step + half, 8 * step + 4 * half + column)
    first = weight1[inputs].view(steps, 2, 4, UNITS // 8, 8).permute(0, 3, 4, 2, 1)

    weight2 = torch.zeros(UNITS, 4 * groups, 2 * pairs, device=device)
    weight2[:, :offsets, :values] = mlp.weight2.view(UNITS, offsets, values)
    bias2 = torch.zeros(4 * groups, 2 * pairs, device=device)
    bias2[:offsets, :values] = mlp.bias2.view(offsets, values)
    step, half, column = _grid(device, UNITS // 8, 2, 4)
    units = 8 * step + 2 * column + half  # those that a lane holds of the first layer's outputs
    # [step, half, column, group, Gaussian, pair, value] -> strips, then as the first layer
    second = weight2[units].view(UNITS // 8, 2, 4, groups, 4, pairs, 2).permute(3, 5, 0, 4, 6, 2, 1)
    bias2 = bias2.view(groups, 4, pairs, 2).permute(0, 2, 1, 3)
    return torch.cat([part.reshape(-1) for part in (first, mlp.bias1, second, bias2)]).float().contiguous()


def _grid(device, *sizes: int) -> tuple[torch.Tensor, ...]:
    return torch.meshgrid(*(torch.arange(size, device=device) for size in sizes), indexing="ij")
