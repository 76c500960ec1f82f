"""The border to CUDA, on the GPU; the same border to the host, with the software device."""

import gc
import os

import numpy as np
import pytest
import torch

from gsrender.errors import DeviceError
from vk_interop import sharing
from vk_interop.calls import vk
from vk_interop.device import Submission
from vk_interop.resources import Buffer
from vk_interop.sharing import SharedBuffer, Timeline

COPY = vk.VK_BUFFER_USAGE_TRANSFER_SRC_BIT | vk.VK_BUFFER_USAGE_TRANSFER_DST_BIT
STAGE = vk.VK_PIPELINE_STAGE_2_ALL_TRANSFER_BIT


def fill(shared: SharedBuffer, value: int):
    """Commands that put a value into every word and hand the memory over."""
    def commands(command):
        vk.vkCmdFillBuffer(command, shared.buffer, 0, shared.nbytes, value)
        shared.release(command, STAGE, vk.VK_ACCESS_2_TRANSFER_WRITE_BIT)
    return commands


def test_torch_reads_what_vulkan_wrote(device):
    shared = SharedBuffer(device, 1000)
    assert shared.tensor.shape == (1000,) and shared.tensor.dtype == torch.uint8
    assert shared.tensor.device == device.torch_device
    device.run(fill(shared, 0x04030201))
    assert shared.tensor.cpu().tolist() == [1, 2, 3, 4] * 250
    shared.close()


def test_vulkan_reads_what_torch_wrote(device, stream):
    shared, host, written = SharedBuffer(device, 1000), Buffer(device, 1000, COPY, host=True), Timeline(device)
    values = torch.arange(1000).to(torch.uint8)
    shared.tensor.copy_(values)
    written.signal(1, stream)

    def read(command):
        shared.acquire(command, STAGE, vk.VK_ACCESS_2_TRANSFER_READ_BIT)
        vk.vkCmdCopyBuffer(command, shared.buffer, host.handle, 1, [vk.VkBufferCopy(size=1000)])

    command = device.record(read)
    Submission(device, [command], waits=[written.semaphore]).submit([1])
    device.wait_idle()
    assert np.array_equal(host.array, values.numpy())
    device.free(command)
    for part in (shared, host, written):
        part.close()


def test_a_stream_waits_for_vulkan_and_vulkan_for_the_stream(device, stream):
    shared, drawn, read = SharedBuffer(device, 4 << 20), Timeline(device), Timeline(device)
    done = Timeline(device, exported=False)
    commands = [device.record(fill(shared, n)) for n in range(1, 9)]
    seen = []
    for n, command in enumerate(commands, 1):
        submission = Submission(device, [command], waits=[read.semaphore], signals=[drawn.semaphore, done.semaphore])
        submission.submit([n - 1], [n, n])
        drawn.wait(n, stream)
        seen.append(shared.tensor.view(torch.int32).clone())
        read.signal(n, stream)
    read.wait(8)
    done.wait(8)
    assert [(values.min().item(), values.max().item()) for values in seen] == [(n, n) for n in range(1, 9)]
    for part in (shared, drawn, read, done):
        part.close()
    for command in commands:
        device.free(command)


def test_tensors_outlive_the_buffer(device):
    shared = SharedBuffer(device, 4096)
    device.run(fill(shared, 7))
    held = shared.tensor[:8].view(torch.int32)
    shared.close()
    gc.collect()
    assert held.tolist() == [7, 7]


def test_a_timeline_counts_up(device, stream):
    timeline = Timeline(device)
    assert timeline.value == 0
    for value in (1, 2, 10):
        timeline.signal(value, stream)
        timeline.wait(value)
        assert timeline.value == value
    timeline.close()
    timeline.close()


def test_two_hundred_buffers_and_timelines_leave_nothing_open(device):
    def make_and_close():
        shared, timeline = SharedBuffer(device, 5000), Timeline(device)
        shared.close()
        timeline.close()

    make_and_close()  # what drivers open once
    before, lent = len(os.listdir("/proc/self/fd")), device._lent
    for _ in range(200):
        make_and_close()
    assert len(os.listdir("/proc/self/fd")) == before and device._lent == lent


def test_a_failed_import_closes_the_descriptor():
    from cuda.bindings import runtime
    descriptor = os.memfd_create("not Vulkan's")
    with pytest.raises(DeviceError, match="importing a memory"):
        sharing._import(lambda handle: (runtime.cudaError_t.cudaErrorUnknown, None), None, descriptor,
                        "importing a memory")
    with pytest.raises(OSError):
        os.fstat(descriptor)


@pytest.mark.parametrize("header", [b"", b"\0" * 16, b"\xff" * 64])
def test_memory_in_an_unknown_layout_is_refused_and_closed(header):
    descriptor = os.memfd_create("not lavapipe's")
    os.write(descriptor, header)
    with pytest.raises(DeviceError, match="lays shared memory out"):
        sharing._map(descriptor, 1000)
    with pytest.raises(OSError):
        os.fstat(descriptor)
