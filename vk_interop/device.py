"""The GPU that CUDA uses, or lavapipe: opening it, submitting to it, closing it."""

from __future__ import annotations

import os
import threading

from gsrender.errors import DeviceError
from gsrender.memory import MemoryLimit
from vk_interop.calls import TIMEOUT, call, ffi, vk, vulkan_errors
from vk_interop.opening import Found, Handles, Validation, create_device, create_instance, cuda_device, find, pick

ALL = vk.VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT


class Device:
    """A logical device with one queue. `Device.open` makes it; usable as a context manager.

    limit   how much memory may be taken, and what is
    nbytes  of that, in buffers and images of this device
    lock    of the queue and of what is counted, which are for one thread at a time

    Another thread may make things here and `run` commands while frames are drawn; frames are one thread's.
    """

    def __init__(self, found: Found, handles: Handles, cuda_index: int | None, validation: Validation | None,
                 limit: MemoryLimit):
        self.limit, self.nbytes, self.lock = limit, 0, threading.RLock()
        limit.count(self)
        self.name, self.driver, self.is_cpu = found.name, found.driver, found.is_cpu
        self.timestamp_period = found.timestamp_period
        self.largest_allocation, self.largest_image = found.largest_allocation, found.largest_image
        self.handles = handles
        self.cuda_index = cuda_index  # memory and timelines made here are this CUDA device's too; None: the host's
        self._validation = validation
        self._memory = vk.vkGetPhysicalDeviceMemoryProperties(handles.physical)
        self._functions = {}
        self._lent = 0
        self._closed = False
        pool = vk.VkCommandPoolCreateInfo(queueFamilyIndex=handles.queue_family)
        self._pool = vk.vkCreateCommandPool(handles.logical, pool, None)

    @staticmethod
    def open(backend: str = "auto", surface_extensions=(), validation=None,
             limit: MemoryLimit | None = None) -> Device:
        """Opens the GPU of torch's current CUDA device (`cuda`), a software one (`cpu`), or what there is (`auto`).

        surface_extensions  instance extensions that a window needs; with any, swapchains are enabled as well
        validation          True or "sync" (with synchronisation validation) to check every call; the default is the
                            environment's VIEWER_VALIDATION (1 or sync)
        Raises DeviceError.
        """
        cuda_index, uuid = cuda_device(backend)
        validation = os.environ.get("VIEWER_VALIDATION", "") if validation is None else validation
        instance, messages = create_instance(surface_extensions, validation)
        try:
            found = pick(find(instance), uuid)
            handles = create_device(instance, found, cuda_index is not None, bool(surface_extensions))
        except BaseException:
            if messages:
                messages.close()
            vk.vkDestroyInstance(instance, None)
            raise
        return Device(found, handles, cuda_index, messages, limit or MemoryLimit())

    @property
    def shares_cuda(self) -> bool:
        """Whether memory and timelines that are shared are CUDA's; else they are the host's."""
        return self.cuda_index is not None

    @property
    def torch_device(self):
        """Where the tensors on this device's shared memory live."""
        import torch
        return torch.device("cuda", self.cuda_index) if self.shares_cuda else torch.device("cpu")

    @property
    def validation_messages(self) -> list[str]:
        """What the validation layer said so far; empty is right."""
        return self._validation.messages if self._validation else []

    def function(self, name: str):
        """An extension's function of this device, such as vkGetMemoryFdKHR."""
        if name not in self._functions:
            self._functions[name] = vk.vkGetDeviceProcAddr(self.handles.logical, name)
        return self._functions[name]

    def memory_type(self, type_bits: int, flags: int, wished: int = 0) -> int:
        """Index of the first memory type among `type_bits` that has all `flags`, and those `wished` for if one does."""
        for wanted in (flags | wished, flags):
            for i in range(self._memory.memoryTypeCount):
                if type_bits >> i & 1 and self._memory.memoryTypes[i].propertyFlags & wanted == wanted:
                    return i
        raise DeviceError(f"{self.name} has no memory of the kind 0x{flags:x}; update its driver ({self.driver})")

    def record(self, commands, pool=None):
        """A command buffer with what `commands(buffer)` puts into it; for once, where it has a pool of its own. Free it
        with `free`."""
        info = vk.VkCommandBufferAllocateInfo(commandPool=pool or self._pool, level=vk.VK_COMMAND_BUFFER_LEVEL_PRIMARY,
                                              commandBufferCount=1)
        buffer = vk.vkAllocateCommandBuffers(self.handles.logical, info)[0]
        flags = vk.VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT if pool else 0
        vk.vkBeginCommandBuffer(buffer, vk.VkCommandBufferBeginInfo(flags=flags))
        commands(buffer)
        vk.vkEndCommandBuffer(buffer)
        return buffer

    def free(self, command_buffer):
        vk.vkFreeCommandBuffers(self.handles.logical, self._pool, 1, [command_buffer])

    def run(self, commands):
        """Records, submits, and waits for that and for all that was submitted before: for set-up and read-back, not for
        frames. Any thread may ask for it, and holds no other up while it waits."""
        logical = self.handles.logical
        info = vk.VkCommandPoolCreateInfo(flags=vk.VK_COMMAND_POOL_CREATE_TRANSIENT_BIT,
                                          queueFamilyIndex=self.handles.queue_family)
        pool, fence = vk.vkCreateCommandPool(logical, info, None), vk.vkCreateFence(logical, vk.VkFenceCreateInfo(),
                                                                                    None)
        try:
            Submission(self, [self.record(commands, pool)]).submit(fence=fence)
            with vulkan_errors("waiting for it to finish"):
                vk.vkWaitForFences(logical, 1, [fence], True, TIMEOUT)
        finally:
            vk.vkDestroyFence(logical, fence, None)
            vk.vkDestroyCommandPool(logical, pool, None)

    def wait_idle(self):
        """The host waits for everything that was submitted."""
        with self.lock, vulkan_errors("waiting for it to finish"):
            vk.vkQueueWaitIdle(self.handles.queue)

    def lend(self):
        """Memory of this device goes to a tensor. `close` leaves the device standing until all of it came back."""
        with self.lock:
            self._lent += 1

    def give_back(self):
        """Some of what was lent comes back."""
        with self.lock:
            self._lent -= 1
        self._destroy_if_unused()

    def close(self):
        """Waits for the GPU and destroys the device. What was made on it must be closed before. Idempotent."""
        if not self._closed:
            try:
                self.wait_idle()
            finally:
                self._closed = True
                self._destroy_if_unused()

    def _destroy_if_unused(self):
        if self._closed and not self._lent and self.handles:
            vk.vkDestroyCommandPool(self.handles.logical, self._pool, None)
            vk.vkDestroyDevice(self.handles.logical, None)
            if self._validation:
                self._validation.close()
            vk.vkDestroyInstance(self.handles.instance, None)
            self.handles = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Submission:
    """One submit, its structs built once: a frame only fills in the timelines' values.

    `waits` and `signals` are semaphores or (semaphore, stage flags) pairs; a wait without stages holds back everything.
    """

    def __init__(self, device: Device, commands, waits=(), signals=()):
        self._device = device
        self._commands = ffi.new("VkCommandBufferSubmitInfo[]", len(commands))
        for info, command in zip(self._commands, commands):
            info.sType, info.commandBuffer = vk.VK_STRUCTURE_TYPE_COMMAND_BUFFER_SUBMIT_INFO, command
        self._waits, self._signals = _semaphores(waits), _semaphores(signals)
        self._info = ffi.new("VkSubmitInfo2*")
        self._info.sType = vk.VK_STRUCTURE_TYPE_SUBMIT_INFO_2
        self._info.commandBufferInfoCount, self._info.pCommandBufferInfos = len(commands), self._commands
        self._info.waitSemaphoreInfoCount, self._info.pWaitSemaphoreInfos = len(waits), self._waits
        self._info.signalSemaphoreInfoCount, self._info.pSignalSemaphoreInfos = len(signals), self._signals

    def submit(self, wait_values=(), signal_values=(), fence=ffi.NULL):
        """Values of the timelines among the semaphores, in order; a binary semaphore ignores its own."""
        for info, value in zip(self._waits, wait_values):
            info.value = value
        for info, value in zip(self._signals, signal_values):
            info.value = value
        with self._device.lock, vulkan_errors("submitting a frame to it"):
            call(vk.lib.vkQueueSubmit2, self._device.handles.queue, 1, self._info, fence)


def _semaphores(items):
    infos = ffi.new("VkSemaphoreSubmitInfo[]", len(items))
    for info, item in zip(infos, items):
        semaphore, stages = item if isinstance(item, tuple) else (item, ALL)
        info.sType = vk.VK_STRUCTURE_TYPE_SEMAPHORE_SUBMIT_INFO
        info.semaphore, info.stageMask = semaphore, stages
    return infos
