"""Weights laid out for tensor cores: what the kernel makes of them, lane by lane, in NumPy."""

import numpy as np
import pytest
import torch
from synthesise import write_anchor_checkpoint

from gsrender import load_model
from gsrender.fragments import UNITS, fragments, suits
from gsrender.model import Mlp


def mlp_of(inputs: int, outputs: int) -> Mlp:
    random = torch.Generator().manual_seed(inputs + outputs)
    shapes = (inputs, UNITS), (UNITS,), (UNITS, outputs), (outputs,)
    return Mlp(*(torch.randn(shape, generator=random) for shape in shapes), features=UNITS)


def product(left, weights):
    """[16, 8] x [8, 8] as the lanes hold them: left [32, 4], weights [32, 2] -> [32, 4]."""
    lane = np.arange(32)
    row, column = lane // 4, lane % 4
    a, b = np.zeros((16, 8)), np.zeros((8, 8))
    a[row, column], a[row + 8, column], a[row, column + 4], a[row + 8, column + 4] = left.T
    b[column, row], b[column + 4, row] = weights.T
    c = a @ b
    return np.stack([c[row, 2 * column], c[row, 2 * column + 1], c[row + 8, 2 * column], c[row + 8, 2 * column + 1]], 1)


@pytest.mark.parametrize("inputs, offsets, values", [(36, 10, 1), (36, 10, 7), (36, 10, 3), (35, 5, 7), (53, 32, 3)])
def test_a_lane_ends_up_with_the_values_of_its_gaussians(inputs, offsets, values):
    mlp = mlp_of(inputs, offsets * values)
    x = np.random.default_rng(0).standard_normal((16, inputs))
    hidden = np.maximum(x @ mlp.weight1.numpy() + mlp.bias1.numpy(), 0)
    expected = (hidden @ mlp.weight2.numpy() + mlp.bias2.numpy()).reshape(16, offsets, values)

    lane = np.arange(32)
    row, column = lane // 4, lane % 4
    steps, groups, pairs = -(-inputs // 8), -(-offsets // 4), -(-values // 2)
    rest = fragments(mlp, offsets).numpy().astype(np.float64)

    def take(*shape):
        nonlocal rest
        taken, rest = rest[:np.prod(shape)].reshape(shape), rest[np.prod(shape):]
        return taken

    weight1, bias1 = take(steps, 4, 32, 2), take(4, 8)
    weight2, bias2 = take(groups * pairs, 4, 32, 2), take(groups * pairs, 8)
    assert not len(rest)
    padded = np.zeros((16, 8 * steps))
    padded[:, :inputs] = x
    unit = [np.stack([bias1[s, 2 * column + i % 2] for i in range(4)], 1) for s in range(4)]
    for step in range(steps):
        first = 8 * column + 2 * step if step < 4 else 8 * step + column  # a lane's features are neighbours in memory
        second = first + 1 if step < 4 else first + 4
        left = np.stack([padded[row, first], padded[row + 8, first], padded[row, second], padded[row + 8, second]], 1)
        unit = [u + product(left, weight1[step, s]) for s, u in enumerate(unit)]
    unit = [np.maximum(u, 0) for u in unit]
    for group in range(groups):
        for pair in range(pairs):
            strip = group * pairs + pair
            out = np.stack([bias2[strip, 2 * column + i % 2] for i in range(4)], 1)
            for step in range(4):
                out = out + product(unit[step][:, [0, 2, 1, 3]], weight2[strip, step])
            for i in range(4):
                gaussian, value, anchor = 4 * group + column, 2 * pair + i % 2, row + 8 * (i // 2)
                real = (gaussian < offsets) & (value < values)
                theirs = expected[anchor[real], gaussian[real], min(value, values - 1)]
                np.testing.assert_allclose(out[real, i], theirs, atol=1e-9)
                assert not out[~real, i].any()


@pytest.mark.parametrize("kind, fits", [({}, True), ({"n_offsets": 32, "appearance_dim": 8}, True),
                                        ({"n_offsets": 33}, False), ({"feat_dim": 16}, False),
                                        ({"feature_bank": True}, False)])
def test_decoders_of_the_trainers_sizes_are_for_tensor_cores_and_no_others(tmp_path, kind, fits):
    write_anchor_checkpoint(tmp_path, **kind)
    assert suits(load_model(tmp_path).items) == fits
