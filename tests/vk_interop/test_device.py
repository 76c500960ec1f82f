"""Opening the right GPU, saying what is missing, running commands."""

import subprocess
import sys

import numpy as np
import pytest
import torch

from gsrender.errors import DeviceError
from vk_interop.calls import vk, vulkan_errors
from vk_interop.device import ALL, Device, Submission
from vk_interop.opening import Found, pick
from vk_interop.resources import Buffer, memory_barrier
from vk_interop.sharing import SharedBuffer, Timeline

COPY = vk.VK_BUFFER_USAGE_TRANSFER_SRC_BIT | vk.VK_BUFFER_USAGE_TRANSFER_DST_BIT
COPIED = (vk.VK_PIPELINE_STAGE_2_ALL_TRANSFER_BIT, vk.VK_ACCESS_2_TRANSFER_WRITE_BIT)

WITHOUT_LOADER = """
import importlib.abc, importlib.machinery, sys
class NoLoader(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path, target=None):
        return importlib.machinery.ModuleSpec(name, self) if name == "vulkan" else None
    def create_module(self, spec):
        raise OSError("Cannot find Vulkan SDK version")  # as the package does
    def exec_module(self, module):
        pass
sys.meta_path.insert(0, NoLoader())
from gsrender.errors import DeviceError
try:
    import vk_interop.device
except DeviceError as error:
    print(error)
"""


def found(name="llvmpipe", uuid=b"0" * 16, is_cpu=True, version=(1, 3)):
    return Found(None, name, "its driver", uuid, is_cpu, version, 1.0, 1 << 30, 1 << 14)


def test_cpu_opens_the_software_device_and_cuda_the_gpu_that_torch_uses(backend):
    with Device.open(backend) as device:
        assert device.is_cpu == (backend == "cpu") and device.shares_cuda == (backend == "cuda")
        assert device.torch_device.type == backend
        assert device.is_cpu or device.name == torch.cuda.get_device_name(device.torch_device)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_cuda_without_a_gpu_names_the_way_out():
    with pytest.raises(DeviceError, match="--backend cpu"):
        Device.open("cuda")


def test_an_unknown_backend_is_refused():
    with pytest.raises(ValueError, match="'metal'.*auto"):
        Device.open("metal")


def test_a_missing_loader_names_the_package_to_install():
    done = subprocess.run([sys.executable, "-c", WITHOUT_LOADER], capture_output=True, text=True)
    assert "apt-get install libvulkan1" in done.stdout, done.stderr


def test_no_driver_names_the_package_to_install(monkeypatch):
    for name in ("VK_DRIVER_FILES", "VK_ICD_FILENAMES"):
        monkeypatch.setenv(name, "/nonexistent.json")
    with pytest.raises(DeviceError, match="apt-get install mesa-vulkan-drivers"):
        Device.open("cpu")


def test_the_gpu_is_chosen_by_uuid_and_the_software_device_by_kind():
    first, second, software = found("A", b"a" * 16, False), found("B", b"b" * 16, False), found()
    assert pick([software, first, second], b"b" * 16) is second
    assert pick([first, second, software], None) is software


@pytest.mark.parametrize("devices, uuid, says", [
    ([], None, "no software device .*none.*apt-get"),
    ([found("GPU", is_cpu=False)], None, "lists: GPU.*apt-get"),
    ([found("other GPU", b"x" * 16, False)], b"y" * 16, "lists: other GPU.*NVIDIA_DRIVER_CAPABILITIES"),
    ([found("old", version=(1, 2))], None, "old offers Vulkan 1.2.*update its driver"),
])
def test_a_device_that_will_not_do_is_refused_with_its_name(devices, uuid, says):
    with pytest.raises(DeviceError, match=says):
        pick(devices, uuid)


@pytest.mark.parametrize("error, says", [
    (vk.VkErrorDeviceLost, "GPU was lost while drawing"),
    (vk.VkErrorOutOfDeviceMemory, "too little memory while drawing"),
    (vk.VkTimeout, "did not answer within"),
])
def test_what_the_driver_reports_becomes_a_sentence(error, says):
    with pytest.raises(DeviceError, match=says):
        with vulkan_errors("drawing"):
            raise error


def test_validation_hears_a_wrong_call(layer, backend):
    with Device.open(backend, validation=True) as device:
        info = vk.VkBufferCreateInfo(usage=vk.VK_BUFFER_USAGE_TRANSFER_SRC_BIT)  # of no size
        vk.vkDestroyBuffer(device.handles.logical, vk.vkCreateBuffer(device.handles.logical, info, None), None)
        assert "VUID-VkBufferCreateInfo-size-00912" in device.validation_messages[0]


@pytest.mark.parametrize("ordered", [True, False])
def test_synchronisation_validation_hears_a_missing_barrier(layer, backend, ordered):
    with Device.open(backend, validation="sync") as device:
        target = Buffer(device, 64, COPY)

        def fill_twice(command):
            vk.vkCmdFillBuffer(command, target.handle, 0, 64, 1)
            if ordered:
                memory_barrier(command, COPIED, COPIED)
            vk.vkCmdFillBuffer(command, target.handle, 0, 64, 2)

        device.run(fill_twice)
        target.close()
        assert bool(device.validation_messages) is not ordered


def test_a_submit_waits_for_the_timelines_it_names(device):
    timeline, target = Timeline(device, exported=False), Buffer(device, 64, COPY, host=True)
    fills = [device.record(lambda c: vk.vkCmdFillBuffer(c, target.handle, 0, 64, value)) for value in (1, 2)]
    first = Submission(device, fills[:1], waits=[(timeline.semaphore, ALL)], signals=[timeline.semaphore])
    second = Submission(device, fills[1:], waits=[timeline.semaphore], signals=[timeline.semaphore])
    target.array[:] = 0
    first.submit([1], [2])
    second.submit([2], [3])
    assert timeline.value == 0 and not target.array.any()
    timeline.signal(1)
    timeline.wait(3)
    assert (target.array.view(np.uint32) == 2).all()
    for part in (timeline, target):
        part.close()
    for command in fills:
        device.free(command)


def test_a_device_closes_twice_without_harm(backend):
    device = Device.open(backend)
    device.close()
    device.close()


def test_a_device_stands_until_its_memory_came_back(backend):
    device = Device.open(backend)
    shared = SharedBuffer(device, 64)
    device.close()
    assert device.handles
    shared.close()
    assert device.handles is None


def test_an_allocation_beyond_the_limit_is_refused_with_its_size(device):
    with pytest.raises(DeviceError, match="GiB in one piece"):
        Buffer(device, device.largest_allocation + 1, COPY)
