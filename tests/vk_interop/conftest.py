"""Devices to test on: the software one always, the GPU where there is one. Both run the same test bodies."""

import pytest
import torch

from vk_interop.calls import vk
from vk_interop.device import Device
from vk_interop.opening import LAYER

HAS_LAYER = LAYER in [layer.layerName for layer in vk.vkEnumerateInstanceLayerProperties()]


@pytest.fixture(scope="session", params=["cpu", "cuda"])
def backend(request):
    if request.param == "cuda" and not torch.cuda.is_available():
        pytest.skip("needs an NVIDIA GPU")
    return request.param


@pytest.fixture(scope="session")
def shared_device(backend):
    with Device.open(backend, validation="sync" if HAS_LAYER else False) as device:
        yield device
        messages = device.validation_messages
    assert not messages, messages[0]  # also of what was left behind when the device closed


@pytest.fixture
def layer():
    if not HAS_LAYER:
        pytest.skip(f"needs {LAYER}: apt-get install vulkan-validationlayers")


@pytest.fixture
def device(shared_device):
    """An open device of each backend; the test fails on anything that the validation layer says meanwhile."""
    before = len(shared_device.validation_messages)
    yield shared_device
    shared_device.wait_idle()
    assert not shared_device.validation_messages[before:]


@pytest.fixture
def stream(shared_device):
    """A CUDA stream of its own, current during the test, by its handle; None where the host does the work."""
    if not shared_device.shares_cuda:
        yield None
        return
    own = torch.cuda.Stream(shared_device.torch_device)  # torch's streams are non-blocking ones
    with torch.cuda.stream(own):
        yield own.cuda_stream
    own.synchronize()
