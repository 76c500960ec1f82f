"""The border between Vulkan and CUDA: buffers and timelines that both sides touch.

Vulkan allocates and exports, the other side imports. With lavapipe the other side is the host: it maps the same file
descriptor, and waits itself, since lavapipe's semaphores cannot be exported.
"""

from __future__ import annotations

import mmap
import os
import struct
import weakref
from contextlib import contextmanager

import torch

from gsrender.errors import DeviceError
from vk_interop.calls import TIMEOUT, call, cuda_check, ffi, vk, vulkan_errors
from vk_interop.device import Device
from vk_interop.resources import USAGE_DEVICE_ADDRESS, Buffer

SEMAPHORE_FD = vk.VK_EXTERNAL_SEMAPHORE_HANDLE_TYPE_OPAQUE_FD_BIT
USAGE = (vk.VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | vk.VK_BUFFER_USAGE_TRANSFER_SRC_BIT
         | vk.VK_BUFFER_USAGE_TRANSFER_DST_BIT | USAGE_DEVICE_ADDRESS)
EXTERNAL = vk.VK_QUEUE_FAMILY_EXTERNAL  # the queue family that stands for the other side


class SharedBuffer:
    """Memory that Vulkan sees as the VkBuffer `.buffer` and torch as the flat uint8 tensor `.tensor` [nbytes].

    `.address` is the buffer's device address. The memory lives until `close` was called and the last tensor on it is
    gone. Raises DeviceError.
    """

    def __init__(self, device: Device, nbytes: int):
        self.device, self.nbytes = device, nbytes
        self._exported = exported = _Exported(device, nbytes)
        self.buffer, self.address = exported.buffer.handle, exported.buffer.address
        if device.shares_cuda:
            exported.import_into_cuda()
            self.tensor = torch.as_tensor(exported, device=device.torch_device)
        else:
            self.tensor = _map(exported.buffer.file_descriptor(), nbytes)

    def release(self, command, stages: int, access: int):
        """Records that what these stages wrote is for the other side now."""
        if self.device.shares_cuda:
            self._transfer(command, (stages, access), (0, 0), (self.device.handles.queue_family, EXTERNAL))
        else:
            host = (vk.VK_PIPELINE_STAGE_2_HOST_BIT, vk.VK_ACCESS_2_HOST_READ_BIT)
            self._transfer(command, (stages, access), host, (vk.VK_QUEUE_FAMILY_IGNORED,) * 2)

    def acquire(self, command, stages: int, access: int):
        """Records that these stages see what the other side wrote before it signalled what this submit waits for."""
        if self.device.shares_cuda:  # what the host wrote, every submit sees
            # From the same stages, so that it follows the wait for the semaphore.
            self._transfer(command, (stages, 0), (stages, access), (EXTERNAL, self.device.handles.queue_family))

    def _transfer(self, command, source, target, families):
        barrier = vk.VkBufferMemoryBarrier2(
            srcStageMask=source[0], srcAccessMask=source[1], dstStageMask=target[0], dstAccessMask=target[1],
            srcQueueFamilyIndex=families[0], dstQueueFamilyIndex=families[1], buffer=self.buffer, offset=0,
            size=self.nbytes)
        info = vk.VkDependencyInfo(pBufferMemoryBarriers=[barrier])
        vk.vkCmdPipelineBarrier2(command, info)

    def close(self):
        """Vulkan must be done with it. Tensors that are still held keep the memory. Idempotent."""
        self.tensor = self._exported = self.buffer = None


class _Exported:
    """The memory itself. torch's tensors hold on to it; when the last has let go, it is freed on both sides."""

    def __init__(self, device: Device, nbytes: int):
        self.buffer = Buffer(device, nbytes, USAGE, exported=True)
        self._cuda = []  # [import, pointer] as far as they exist
        device.lend()
        weakref.finalize(self, _free, self.buffer, self._cuda).atexit = False

    def import_into_cuda(self):
        with _current(self.buffer.device) as cuda:
            handle = cuda.cudaExternalMemoryHandleDesc()
            handle.type = cuda.cudaExternalMemoryHandleType.cudaExternalMemoryHandleTypeOpaqueFd
            handle.size = self.buffer.allocated  # not nbytes, which may be less
            handle.flags = cuda.cudaExternalMemoryDedicated
            handle.handle.fd = fd = self.buffer.file_descriptor()
            self._cuda.append(_import(cuda.cudaImportExternalMemory, handle, fd, "importing Vulkan's memory"))
            mapping = cuda.cudaExternalMemoryBufferDesc()
            mapping.offset, mapping.size, mapping.flags = 0, self.buffer.nbytes, 0
            self._cuda.append(cuda_check(cuda.cudaExternalMemoryGetMappedBuffer(self._cuda[0], mapping),
                                         "mapping Vulkan's memory"))

    @property
    def __cuda_array_interface__(self):
        return {"shape": (self.buffer.nbytes,), "typestr": "|u1", "data": (int(self._cuda[1]), False), "version": 3}


def _free(buffer: Buffer, imported: list):
    if imported:
        with _current(buffer.device) as cuda:
            # Work that reads the memory may still be queued on some stream; freeing under it would corrupt the context.
            cuda_check(cuda.cudaDeviceSynchronize(), "finishing its work")
            for pointer in imported[1:]:
                cuda_check(cuda.cudaFree(pointer), "unmapping Vulkan's memory")
            cuda_check(cuda.cudaDestroyExternalMemory(imported[0]), "returning Vulkan's memory")
    buffer.close()
    buffer.device.give_back()


def _map(fd: int, nbytes: int) -> torch.Tensor:
    """lavapipe's memory on the host. Its file starts with a header: u64 size, u64 offset of the data, driver's id."""
    try:
        size, offset = struct.unpack("QQ", os.pread(fd, 16, 0).ljust(16, b"\0"))
        if size < nbytes or os.fstat(fd).st_size < offset + nbytes:
            raise DeviceError(f"this software Vulkan driver lays shared memory out in an unknown way (size {size}, "
                              f"offset {offset}); install Mesa 22.3 or newer: apt-get install mesa-vulkan-drivers")
        return torch.frombuffer(mmap.mmap(fd, offset + nbytes), dtype=torch.uint8, count=nbytes, offset=offset)
    finally:
        os.close(fd)


class Timeline:
    """A counter that grows, which the host, Vulkan and CUDA wait for and set: a timeline semaphore, `.semaphore`.

    Streams are CUDA's handles (`torch.cuda.current_stream().cuda_stream`); None, or a device that shares nothing with
    CUDA, stands for the calling thread. One that CUDA never touches is better not `exported`: validation layers do not
    follow an exported one, and take what it waited for as still under way. Raises DeviceError.
    """

    def __init__(self, device: Device, exported: bool = True):
        self.device = device
        exported = exported and device.shares_cuda
        logical = device.handles.logical
        kind = vk.VkSemaphoreTypeCreateInfo(semaphoreType=vk.VK_SEMAPHORE_TYPE_TIMELINE, initialValue=0)
        export = vk.VkExportSemaphoreCreateInfo(pNext=kind, handleTypes=SEMAPHORE_FD)
        info = vk.VkSemaphoreCreateInfo(pNext=export if exported else kind)
        self.semaphore = vk.vkCreateSemaphore(logical, info, None)
        self._value, self._awaited = ffi.new("uint64_t*"), ffi.new("uint64_t*")
        self._semaphores = ffi.new("VkSemaphore[]", [self.semaphore])
        self._host_wait = ffi.new("VkSemaphoreWaitInfo*", dict(
            sType=vk.VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO, semaphoreCount=1, pSemaphores=self._semaphores,
            pValues=self._awaited))
        self._host_signal = ffi.new("VkSemaphoreSignalInfo*", dict(
            sType=vk.VK_STRUCTURE_TYPE_SEMAPHORE_SIGNAL_INFO, semaphore=self.semaphore))
        self._cuda = None
        if exported:
            self._import_into_cuda()

    def _import_into_cuda(self):
        info = vk.VkSemaphoreGetFdInfoKHR(semaphore=self.semaphore, handleType=SEMAPHORE_FD)
        fd = ffi.new("int*")
        self.device.function("vkGetSemaphoreFdKHR")(self.device.handles.logical, info, fd)
        with _current(self.device) as cuda:
            handle = cuda.cudaExternalSemaphoreHandleDesc()
            # Not OpaqueFd, which stands for a binary semaphore.
            handle.type = cuda.cudaExternalSemaphoreHandleType.cudaExternalSemaphoreHandleTypeTimelineSemaphoreFd
            handle.handle.fd, handle.flags = fd[0], 0
            self._cuda = _import(cuda.cudaImportExternalSemaphore, handle, fd[0], "importing Vulkan's semaphore")
            self._wait, self._signal = cuda.cudaExternalSemaphoreWaitParams(), cuda.cudaExternalSemaphoreSignalParams()

    @property
    def value(self) -> int:
        """What it stands at now."""
        call(vk.lib.vkGetSemaphoreCounterValue, self.device.handles.logical, self.semaphore, self._value)
        return self._value[0]

    def wait(self, value: int, stream: int | None = None):
        """What comes next on the stream, or the calling thread, waits until the counter is at least `value`."""
        if stream is None or self._cuda is None:
            self._wait_on_host(value)
        else:
            from cuda.bindings import runtime as cuda
            self._wait.params.fence.value = value
            cuda_check(cuda.cudaWaitExternalSemaphoresAsync([self._cuda], [self._wait], 1, stream),
                       "waiting for Vulkan")

    def signal(self, value: int, stream: int | None = None):
        """Sets the counter, which must grow, once what is on the stream now is done; without a stream, at once."""
        if stream is None or self._cuda is None:
            self._host_signal.value = value
            with vulkan_errors("signalling a frame"):
                call(vk.lib.vkSignalSemaphore, self.device.handles.logical, self._host_signal)
        else:
            from cuda.bindings import runtime as cuda
            self._signal.params.fence.value = value
            cuda_check(cuda.cudaSignalExternalSemaphoresAsync([self._cuda], [self._signal], 1, stream),
                       "signalling Vulkan")

    def _wait_on_host(self, value):
        self._awaited[0] = value
        with vulkan_errors("waiting for a frame"):
            call(vk.lib.vkWaitSemaphores, self.device.handles.logical, self._host_wait, TIMEOUT)

    def close(self):
        """Vulkan must be done with it; CUDA is waited for. Idempotent."""
        if self._cuda is not None:
            with _current(self.device) as cuda:
                cuda_check(cuda.cudaDeviceSynchronize(), "finishing its work")
                cuda_check(cuda.cudaDestroyExternalSemaphore(self._cuda), "returning Vulkan's semaphore")
            self._cuda = None
        if self.semaphore:
            vk.vkDestroySemaphore(self.device.handles.logical, self.semaphore, None)
            self.semaphore = None


def _import(function, handle, fd: int, doing: str):
    """On success CUDA owns the file descriptor, and even closing it would be wrong; on failure it is still ours."""
    try:
        return cuda_check(function(handle), doing)
    except BaseException:
        os.close(fd)
        raise


@contextmanager
def _current(device: Device):
    """cuda.bindings.runtime, with this device's primary context current on the calling thread."""
    from cuda.bindings import runtime as cuda
    before = cuda_check(cuda.cudaGetDevice(), "asking for the current device")
    cuda_check(cuda.cudaSetDevice(device.cuda_index), "choosing the device")
    try:
        yield cuda
    finally:
        cuda.cudaSetDevice(before)
