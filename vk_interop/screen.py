"""Shows finished pictures with ImGui on top: what a window and an image without a display have in common.

Wait for the picture, copy its buffer into an image, stretch that over the target, draw ImGui, hand the target over: the
same work for both. One frame is in flight, so its memory is used again once the fence of the frame before has fired.
"""

from __future__ import annotations

import time
from functools import lru_cache

import numpy as np

from vk_interop.calls import TIMEOUT, call, ffi, vk, vulkan_errors
from vk_interop.device import Device, Submission
from vk_interop.image_ring import SharedImage
from vk_interop.imgui_layer import ImguiLayer
from vk_interop.input import Collector, Input
from vk_interop.resources import (LAYERS, Buffer, Image, Timestamps, image_barrier, image_part, memory_barrier, whole,
                                  whole_area)

# UNORM: the picture and ImGui's colours are the screen's values already; an sRGB format would wash them out.
FORMAT = vk.VK_FORMAT_B8G8R8A8_UNORM
USAGE = (vk.VK_IMAGE_USAGE_TRANSFER_DST_BIT | vk.VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT
         | vk.VK_IMAGE_USAGE_TRANSFER_SRC_BIT)  # written by a copy and by ImGui, read by a screenshot

# Waiting for a window's image holds back everything; the barrier on that image starts at a stage behind the wait.
ACQUIRED = (vk.VK_PIPELINE_STAGE_2_ALL_TRANSFER_BIT, 0, vk.VK_IMAGE_LAYOUT_UNDEFINED)
COPY_TO = (vk.VK_PIPELINE_STAGE_2_ALL_TRANSFER_BIT, vk.VK_ACCESS_2_TRANSFER_WRITE_BIT,
           vk.VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL)
COPY_FROM = (vk.VK_PIPELINE_STAGE_2_ALL_TRANSFER_BIT, vk.VK_ACCESS_2_TRANSFER_READ_BIT,
             vk.VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL)
DRAW = (vk.VK_PIPELINE_STAGE_2_COLOR_ATTACHMENT_OUTPUT_BIT,
        vk.VK_ACCESS_2_COLOR_ATTACHMENT_READ_BIT | vk.VK_ACCESS_2_COLOR_ATTACHMENT_WRITE_BIT,
        vk.VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL)
Area = tuple[int, int, int, int]  # left, top, width and height, pixels
BLACK = ffi.new("VkClearColorValue*", dict(float32=[0, 0, 0, 1]))
WHOLE = whole()
ONCE = ffi.new("VkCommandBufferBeginInfo*", dict(sType=vk.VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
                                                 flags=vk.VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT))


class Screen:
    """A frame is `poll`, `begin`, ImGui calls, `show`. A subclass has a target: `_acquire` gives its index or None,
    `_target` its image, view and size, `_waits` and `_signals` its semaphores; `_present` hands it over.

    milliseconds  of GPU time that copying and drawing the last finished frame took
    shown         whether the last frame reached the target; a minimised window has none
    handed        when it was handed over, of time.perf_counter
    """

    milliseconds = 0.0
    shown = False
    handed = 0.0
    vsync: bool | None = None  # whether frames wait for the screen's refresh; None where there is none to wait for
    refresh = 0.0  # of the screen, Hz; 0 where it is not known
    queue = 0  # pictures that may stand in line for the screen

    def __init__(self, device: Device, scale: float):
        self.device = device
        self.ui = ImguiLayer(device, FORMAT, scale)
        self.input = Collector()
        self.stirred = True  # whether the last `poll` took an event in
        self._last_begin = time.perf_counter()
        logical = device.handles.logical
        # Beginning its one buffer anew is what resets it.
        flags = vk.VK_COMMAND_POOL_CREATE_TRANSIENT_BIT | vk.VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT
        pool = vk.VkCommandPoolCreateInfo(flags=flags, queueFamilyIndex=device.handles.queue_family)
        self._pool = vk.vkCreateCommandPool(logical, pool, None)
        info = vk.VkCommandBufferAllocateInfo(commandPool=self._pool, level=vk.VK_COMMAND_BUFFER_LEVEL_PRIMARY,
                                              commandBufferCount=1)
        self._command = vk.vkAllocateCommandBuffers(logical, info)[0]
        self._fence = vk.vkCreateFence(logical, vk.VkFenceCreateInfo(), None)
        self._fences = ffi.new("VkFence[]", [self._fence])
        self._in_flight = False
        self._timestamps = Timestamps(device, 2)
        self._picture: Image | None = None

    def begin(self) -> Input:
        """Starts a frame: takes the events in and gives those that are not the panel's."""
        now = time.perf_counter()
        dt, self._last_begin = now - self._last_begin, now
        is_navigated = self.ui.navigation.has_keys  # which the keys that are taken in went by
        self.ui.begin(self.units, self.size[0] / self.units[0], dt)
        io = self.ui.io
        return self.input.take(io.want_capture_mouse, io.want_text_input, is_navigated)

    def show(self, picture: SharedImage | None = None, capture: bool = False,
             area: Area | None = None) -> np.ndarray | None:
        """Ends the frame: puts the picture (None: the one before again, black at first) and ImGui on the target. The
        picture is stretched over `area`, else over all of it.

        Does not wait for the GPU, unless to `capture` what is then on the screen, [height, width, 3] uint8. Returns
        None without `capture`, and where nothing could be shown.
        """
        self.ui.end()
        self._wait()
        index = self._acquire()
        self.shown = index is not None
        if not self.shown:
            return None
        image, view, size = self._target(index)
        kept = None
        if capture:
            kept = Buffer(self.device, 4 * size[0] * size[1], vk.VK_BUFFER_USAGE_TRANSFER_DST_BIT, host=True)
        self._record(picture, image, view, size, kept, clipped(area or (0, 0, *size), size))
        self._submit(picture, index)
        if not kept:
            return None
        self._wait()
        pixels = kept.array.reshape(size[1], size[0], 4)[..., 2::-1].copy()  # BGRA to RGB
        kept.close()
        return pixels

    def _wait(self):
        """Until the GPU has finished the frame before."""
        if not self._in_flight:
            return
        logical = self.device.handles.logical
        with vulkan_errors("showing a frame"):
            call(vk.lib.vkWaitForFences, logical, 1, self._fences, True, TIMEOUT)
        call(vk.lib.vkResetFences, logical, 1, self._fences)
        self._in_flight = False
        self.milliseconds = self._timestamps.milliseconds()[0]

    def _record(self, picture, image, view, size, kept: Buffer | None, area: Area):
        command = self._command
        call(vk.lib.vkBeginCommandBuffer, command, ONCE)
        self._timestamps.reset(command)
        self._timestamps.write(command, 0)
        image_barrier(command, image, ACQUIRED, COPY_TO)
        self._put_picture(command, picture, image, size, area)
        image_barrier(command, image, COPY_TO, DRAW)
        self._draw_ui(command, view, size)
        if kept:
            image_barrier(command, image, DRAW, COPY_FROM)
            vk.vkCmdCopyImageToBuffer(command, image, COPY_FROM[2], kept.handle, 1, [image_part(*size)])
            memory_barrier(command, COPY_TO, (vk.VK_PIPELINE_STAGE_2_HOST_BIT, vk.VK_ACCESS_2_HOST_READ_BIT))
        image_barrier(command, image, COPY_FROM if kept else DRAW, self.SHOWN)
        self._timestamps.write(command, 1)
        call(vk.lib.vkEndCommandBuffer, command)

    def _put_picture(self, command, picture: SharedImage | None, target, size, area: Area):
        if picture is not None:
            height, width = picture.rgba.shape[:2]
            self._resize_picture(width, height)
            picture.copy_to(command, self._picture.handle, COPY_FROM)
        if self._picture is None or area != (0, 0, *size):
            vk.lib.vkCmdClearColorImage(command, target, COPY_TO[2], BLACK, 1, ffi.addressof(WHOLE))
        if self._picture is None:
            return
        width, height = area[2:]
        if area != (0, 0, *size):
            image_barrier(command, target, COPY_TO, COPY_TO)
        # The picture is RGBA and the screen BGRA, which a blit puts right while it stretches.
        drawn = self._picture.width, self._picture.height
        vk.lib.vkCmdBlitImage(command, self._picture.handle, COPY_FROM[2], target, COPY_TO[2], 1, _stretch(drawn, area),
                              vk.VK_FILTER_NEAREST if drawn == (width, height) else vk.VK_FILTER_LINEAR)

    def _resize_picture(self, width, height):
        if self._picture and (self._picture.width, self._picture.height) == (width, height):
            return
        if self._picture:
            self._picture.close()
        usage = vk.VK_IMAGE_USAGE_TRANSFER_SRC_BIT | vk.VK_IMAGE_USAGE_TRANSFER_DST_BIT
        self._picture = Image(self.device, width, height, vk.VK_FORMAT_R8G8B8A8_UNORM, usage)

    def _draw_ui(self, command, view, size):
        vk.lib.vkCmdBeginRendering(command, ffi.addressof(_rendering(view, tuple(size))))
        self.ui.record(command, size)
        vk.lib.vkCmdEndRendering(command)

    def _submit(self, picture, index):
        waits, signals = self._waits(index), self._signals(index)
        if picture is not None:
            waited, signalled = picture.copy_semaphores()
            waits, signals = waits + [waited], signals + [signalled]
        submission = Submission(self.device, [self._command], [semaphore for semaphore, _ in waits],
                                [semaphore for semaphore, _ in signals])
        submission.submit([value for _, value in waits], [value for _, value in signals], self._fence)
        self._in_flight = True
        self._present(index)
        self.handed = time.perf_counter()

    def close(self):
        """Waits for the GPU. Whatever pictures were shown may be closed afterwards."""
        self._wait()
        self.ui.close()
        if self._picture:
            self._picture.close()
        self._timestamps.close()
        logical = self.device.handles.logical
        vk.vkDestroyFence(logical, self._fence, None)
        vk.vkDestroyCommandPool(logical, self._pool, None)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


# What frames need again and again is made once: each struct takes the `vulkan` package 10 us or more.

@lru_cache(16)
def _stretch(drawn: tuple[int, int], area: Area):
    """All of a picture of that size over an area of the target."""
    left, top, width, height = area
    blit = vk.VkImageBlit(srcSubresource=LAYERS, dstSubresource=LAYERS,
                          srcOffsets=[vk.VkOffset3D(0, 0, 0), vk.VkOffset3D(*drawn, 1)],
                          dstOffsets=[vk.VkOffset3D(left, top, 0), vk.VkOffset3D(left + width, top + height, 1)])
    return ffi.new("VkImageBlit[]", [blit])


@lru_cache(16)
def _rendering(view, size: tuple[int, int]):
    """ImGui goes over what is there."""
    target = vk.VkRenderingAttachmentInfo(imageView=view, imageLayout=DRAW[2], loadOp=vk.VK_ATTACHMENT_LOAD_OP_LOAD,
                                          storeOp=vk.VK_ATTACHMENT_STORE_OP_STORE)
    return vk.VkRenderingInfo(renderArea=whole_area(size), layerCount=1, pColorAttachments=[target])


def clipped(area: Area, size: tuple[int, int]) -> Area:
    """The part of an area that is on a target of that size, one pixel at least."""
    left, top = (min(max(at, 0), edge - 1) for at, edge in zip(area, size))
    right, bottom = (min(max(at + length, first + 1), edge)
                     for at, length, first, edge in zip(area[:2], area[2:], (left, top), size))
    return left, top, right - left, bottom - top
