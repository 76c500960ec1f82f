"""Buffers, images, barriers and timers: what every part of this room is made of."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from gsrender.errors import DeviceError
from gsrender.memory import size
from vk_interop.calls import call, ffi, vk, vulkan_errors
from vk_interop.device import ALL, Device

DEVICE_LOCAL = vk.VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT
HOST = vk.VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | vk.VK_MEMORY_PROPERTY_HOST_COHERENT_BIT
CACHED = vk.VK_MEMORY_PROPERTY_HOST_CACHED_BIT
STAGING_BYTES = 64 << 20
MEMORY_FD = vk.VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT
# Two names that the `vulkan` package lacks.
USAGE_DEVICE_ADDRESS = 0x00020000  # VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT
ALLOCATE_DEVICE_ADDRESS = 0x00000002  # VK_MEMORY_ALLOCATE_DEVICE_ADDRESS_BIT
LAYERS = vk.VkImageSubresourceLayers(aspectMask=vk.VK_IMAGE_ASPECT_COLOR_BIT, layerCount=1)  # of a colour image


class Buffer:
    """A VkBuffer with memory of its own: on the device, or (`host=True`) mapped as the NumPy array `.array` [nbytes]
    uint8 at the host's address `.pointer`.

    wished    properties of its memory that are good to have: a GPU reads DEVICE_LOCAL fastest, the host CACHED
    exported  the memory, of `.allocated` bytes, can be handed to others: see `file_descriptor`

    With USAGE_DEVICE_ADDRESS among its usages, `.address` is where shaders find it. Raises DeviceError.
    """

    def __init__(self, device: Device, nbytes: int, usage: int, host: bool = False, wished: int = 0,
                 exported: bool = False):
        check_size(device, nbytes)
        self.device, self.nbytes = device, nbytes
        logical, addressed = device.handles.logical, usage & USAGE_DEVICE_ADDRESS
        external = vk.VkExternalMemoryBufferCreateInfo(handleTypes=MEMORY_FD) if exported else None
        info = vk.VkBufferCreateInfo(pNext=external, size=max(nbytes, 4), usage=usage,
                                     sharingMode=vk.VK_SHARING_MODE_EXCLUSIVE)
        with vulkan_errors(f"allocating {size(nbytes)} on {device.name}"):
            self.handle = vk.vkCreateBuffer(logical, info, None)
            needs = vk.vkGetBufferMemoryRequirements(logical, self.handle)
            flags = vk.VkMemoryAllocateFlagsInfo(flags=ALLOCATE_DEVICE_ADDRESS) if addressed else None
            # Dedicated: one file descriptor is one VkDeviceMemory, and pooled exports have gone wrong for many.
            dedicated = vk.VkMemoryDedicatedAllocateInfo(pNext=flags, buffer=self.handle)
            export = vk.VkExportMemoryAllocateInfo(pNext=dedicated, handleTypes=MEMORY_FD)
            try:
                self._memory = Allocation(device, needs, HOST if host else DEVICE_LOCAL, export if exported else flags,
                                          wished)
            except BaseException:
                vk.vkDestroyBuffer(logical, self.handle, None)
                raise
            vk.vkBindBufferMemory(logical, self.handle, self._memory.handle, 0)
        self.allocated = needs.size
        self.address = device_address(device, self.handle) if addressed else None
        self.array = self.pointer = None
        if host:
            mapped = vk.vkMapMemory(logical, self._memory.handle, 0, max(nbytes, 4), 0)
            self.array = np.frombuffer(mapped, np.uint8)[:nbytes]
            self.pointer = self.array.ctypes.data

    def file_descriptor(self) -> int:
        """Of an exported one's memory: a new one with each call, which whoever calls owns."""
        info = vk.VkMemoryGetFdInfoKHR(memory=self._memory.handle, handleType=MEMORY_FD)
        fd = ffi.new("int*")
        self.device.function("vkGetMemoryFdKHR")(self.device.handles.logical, info, fd)
        return fd[0]

    def close(self):
        """Idempotent. The GPU must be done with it; `.array` ends here."""
        if self.handle:
            self.array = None
            vk.vkDestroyBuffer(self.device.handles.logical, self.handle, None)
            self._memory.free()
            self.handle = None


class Image:
    """A 2D image with one level, and a view of it (`aspect` VK_IMAGE_ASPECT_COLOR_BIT or _DEPTH_BIT) unless it is only
    copied. Raises DeviceError."""

    def __init__(self, device: Device, width: int, height: int, format: int, usage: int,
                 aspect: int = vk.VK_IMAGE_ASPECT_COLOR_BIT):
        self.device, self.width, self.height, self.format, self.aspect = device, width, height, format, aspect
        logical = device.handles.logical
        info = vk.VkImageCreateInfo(
            imageType=vk.VK_IMAGE_TYPE_2D, format=format, extent=vk.VkExtent3D(width, height, 1), mipLevels=1,
            arrayLayers=1, samples=vk.VK_SAMPLE_COUNT_1_BIT, tiling=vk.VK_IMAGE_TILING_OPTIMAL, usage=usage,
            initialLayout=vk.VK_IMAGE_LAYOUT_UNDEFINED)
        with vulkan_errors(f"allocating an image of {width} x {height} on {device.name}"):
            self.handle = vk.vkCreateImage(logical, info, None)
            needs = vk.vkGetImageMemoryRequirements(logical, self.handle)
            try:
                self._memory = Allocation(device, needs, DEVICE_LOCAL)
            except BaseException:
                vk.vkDestroyImage(logical, self.handle, None)
                raise
            vk.vkBindImageMemory(logical, self.handle, self._memory.handle, 0)
            self.view = None
            if usage & ~(vk.VK_IMAGE_USAGE_TRANSFER_SRC_BIT | vk.VK_IMAGE_USAGE_TRANSFER_DST_BIT):
                view = vk.VkImageViewCreateInfo(image=self.handle, viewType=vk.VK_IMAGE_VIEW_TYPE_2D, format=format,
                                                subresourceRange=whole(aspect))
                self.view = vk.vkCreateImageView(logical, view, None)

    def close(self):
        """Idempotent. The GPU must be done with it."""
        if self.handle:
            logical = self.device.handles.logical
            if self.view:
                vk.vkDestroyImageView(logical, self.view, None)
            vk.vkDestroyImage(logical, self.handle, None)
            self._memory.free()
            self.handle = None


def whole(aspect: int = vk.VK_IMAGE_ASPECT_COLOR_BIT):
    """The subresource range of an image with one level."""
    return vk.VkImageSubresourceRange(aspectMask=aspect, levelCount=1, layerCount=1)


def image_part(width: int, height: int, x: int = 0, y: int = 0):
    """The region of a copy between a buffer and a rectangle of a colour image, whose rows follow each other there."""
    return vk.VkBufferImageCopy(imageSubresource=LAYERS, imageOffset=vk.VkOffset3D(x, y, 0),
                                imageExtent=vk.VkExtent3D(width, height, 1))


def whole_area(size: tuple[int, int]):
    """The rectangle of a picture of that size, in pixels."""
    return vk.VkRect2D(extent=vk.VkExtent2D(*size))


def device_address(device: Device, buffer) -> int:
    """Of a VkBuffer with USAGE_DEVICE_ADDRESS."""
    info = vk.VkBufferDeviceAddressInfo(buffer=buffer)
    # Straight from the loader: the package's own wrapper loses the result.
    return vk.lib.vkGetBufferDeviceAddress(device.handles.logical, ffi.addressof(info))


def check_size(device: Device, nbytes: int):
    """Raises DeviceError for more than one piece of memory may have, which drivers need not notice."""
    if nbytes > device.largest_allocation:
        raise DeviceError(f"{size(nbytes)} in one piece are more than {device.name} allows "
                          f"({size(device.largest_allocation)}); use a smaller picture or mesh")


class Allocation:
    """Memory for a buffer or an image with these requirements: `.handle`, a VkDeviceMemory. Raises DeviceError."""

    def __init__(self, device: Device, needs, flags: int, following=None, wished: int = 0):
        check_size(device, needs.size)
        self._device = device
        self.nbytes = needs.size if flags & DEVICE_LOCAL else 0  # what counts
        device.limit.check(self.nbytes, f"a buffer or image on {device.name}")
        info = vk.VkMemoryAllocateInfo(pNext=following, allocationSize=needs.size,
                                       memoryTypeIndex=device.memory_type(needs.memoryTypeBits, flags, wished))
        self.handle = vk.vkAllocateMemory(device.handles.logical, info, None)
        with device.lock:
            device.nbytes += self.nbytes

    def free(self):
        vk.vkFreeMemory(self._device.handles.logical, self.handle, None)
        with self._device.lock:
            self._device.nbytes -= self.nbytes


def upload(device: Device, target: Buffer, array: np.ndarray):
    """Copies an array to a device buffer (usage TRANSFER_DST), in pieces so that the staging stays small. Waits."""
    data = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
    if not data.size:
        return
    staging = Buffer(device, min(data.size, STAGING_BYTES), vk.VK_BUFFER_USAGE_TRANSFER_SRC_BIT, host=True)
    try:
        for start in range(0, data.size, STAGING_BYTES):
            piece = data[start:start + STAGING_BYTES]
            staging.array[:piece.size] = piece
            region = vk.VkBufferCopy(srcOffset=0, dstOffset=start, size=piece.size)
            device.run(lambda c: vk.vkCmdCopyBuffer(c, staging.handle, target.handle, 1, [region]))
    finally:
        staging.close()


def memory_barrier(command, source, target):
    """Everything written in `source` (stages, accesses) is visible in `target` (stages, accesses)."""
    barrier = vk.VkMemoryBarrier2(srcStageMask=source[0], srcAccessMask=source[1],
                                  dstStageMask=target[0], dstAccessMask=target[1])
    info = vk.VkDependencyInfo(pMemoryBarriers=[barrier])
    vk.vkCmdPipelineBarrier2(command, info)


def image_barrier(command, image, source, target, aspect: int = vk.VK_IMAGE_ASPECT_COLOR_BIT):
    """Moves a VkImage from `source` to `target`, each (stages, accesses, layout)."""
    vk.lib.vkCmdPipelineBarrier2(command, ffi.addressof(_image_barrier(image, source, target, aspect)))


@lru_cache(256)  # frames ask for the same few, and making one takes 40 us
def _image_barrier(image, source, target, aspect: int):
    barrier = vk.VkImageMemoryBarrier2(
        srcStageMask=source[0], srcAccessMask=source[1], oldLayout=source[2], dstStageMask=target[0],
        dstAccessMask=target[1], newLayout=target[2], srcQueueFamilyIndex=vk.VK_QUEUE_FAMILY_IGNORED,
        dstQueueFamilyIndex=vk.VK_QUEUE_FAMILY_IGNORED, image=image, subresourceRange=whole(aspect))
    return vk.VkDependencyInfo(pImageMemoryBarriers=[barrier])


class Timestamps:
    """GPU times of one command buffer. `reset` comes first in it, then `write` for each moment."""

    def __init__(self, device: Device, count: int):
        self._device, self._count = device, count
        info = vk.VkQueryPoolCreateInfo(queryType=vk.VK_QUERY_TYPE_TIMESTAMP, queryCount=count)
        self._pool = vk.vkCreateQueryPool(device.handles.logical, info, None)
        self._ticks = ffi.new("uint64_t[]", count)

    def reset(self, command):
        vk.lib.vkCmdResetQueryPool(command, self._pool, 0, self._count)

    def write(self, command, index: int):
        vk.lib.vkCmdWriteTimestamp2(command, ALL, self._pool, index)

    def milliseconds(self) -> list[float]:
        """Between each moment and the next. The command buffer must have finished."""
        call(vk.lib.vkGetQueryPoolResults, self._device.handles.logical, self._pool, 0, self._count,
             ffi.sizeof(self._ticks), self._ticks, 8, vk.VK_QUERY_RESULT_64_BIT)
        ticks, period = list(self._ticks), self._device.timestamp_period * 1e-6
        return [(after - before) * period for before, after in zip(ticks, ticks[1:])]

    def close(self):
        vk.vkDestroyQueryPool(self._device.handles.logical, self._pool, None)
