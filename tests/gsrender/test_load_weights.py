"""Tensors out of torch's files, read without torch's loaders and compared with them."""

import warnings

import pytest
import torch
from torch import nn

from gsrender.load.torchscript import read_weights


def traced(module, example, path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.jit.trace(module.eval(), example).save(str(path))


def assert_same(loaded, expected):
    assert list(loaded) == list(expected)
    for name in expected:
        assert torch.equal(loaded[name], expected[name].float()) and loaded[name].dtype == torch.float32


@pytest.mark.parametrize("name", ["opacity_mlp", "cov_mlp", "color_mlp"])
def test_decoders_of_the_sample_are_those_that_torch_reads(street, name):
    path = street / "model" / "point_cloud" / "iteration_4000" / f"{name}.pt"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        expected = torch.jit.load(str(path), map_location="cpu").state_dict()
    assert_same(read_weights(path), expected)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16, torch.bfloat16])
def test_traced_modules_of_every_precision(tmp_path, dtype):
    module = nn.Sequential(nn.Linear(5, 4), nn.ReLU(), nn.Sequential(nn.Linear(4, 2))).to(dtype)
    traced(module, torch.rand(1, 5, dtype=dtype), tmp_path / "m.pt")
    assert_same(read_weights(tmp_path / "m.pt"), module.state_dict())


def test_a_transposed_weight_keeps_its_strides(tmp_path):
    module = nn.Linear(3, 2)
    module.weight.data = torch.rand(3, 2).T
    traced(module, torch.rand(1, 3), tmp_path / "m.pt")
    assert_same(read_weights(tmp_path / "m.pt"), module.state_dict())


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])
def test_state_dicts_of_both_containers(tmp_path, zipped):
    whole = torch.rand(6, 6)
    states = {"a": nn.Linear(3, 2).state_dict(),
              "b": {"window": whole[1:3, 2:5], "parameter": nn.Parameter(torch.rand(4))},
              "count": torch.arange(3), "epoch": 7, "empty": torch.rand(0)}
    torch.save(states, tmp_path / "s.pt", _use_new_zipfile_serialization=zipped)
    assert_same(read_weights(tmp_path / "s.pt"), {
        "a.weight": states["a"]["weight"], "a.bias": states["a"]["bias"], "b.window": whole[1:3, 2:5],
        "b.parameter": states["b"]["parameter"].data, "empty": states["empty"]})


def test_a_weight_saved_from_a_gpu_is_read_on_the_cpu(street):
    # The sample was traced on CUDA; its storages say so.
    path = street / "model" / "point_cloud" / "iteration_4000" / "cov_mlp.pt"
    assert b"cuda:0" in path.read_bytes()
    assert all(tensor.device.type == "cpu" for tensor in read_weights(path).values())
