"""Finished pictures on their way to a screen, in memory that the renderer writes and Vulkan copies."""

from __future__ import annotations

from contextlib import ExitStack, closing

from vk_interop.calls import ffi, vk
from vk_interop.device import Device
from vk_interop.resources import image_barrier, image_part
from vk_interop.sharing import SharedBuffer, Timeline


class SharedImage:
    """One slot of an ImageRing.

    `.rgba` [H, W, 4] uint8 is what the renderer writes to. Once that was queued, call `finish`; then submit what
    `copy_to` recorded with the semaphores of `copy_semaphores`.
    """

    def __init__(self, ring: ImageRing):
        self._ring = ring
        self._shared = SharedBuffer(ring.device, ring.width * ring.height * 4)
        self.rgba = self._shared.tensor.view(ring.height, ring.width, 4)
        self._whole = ffi.new("VkBufferImageCopy[]", [image_part(ring.width, ring.height)])
        self.frame = 0  # that is in it
        self._promised = 0  # frame whose copy was or will be submitted

    def finish(self, stream: int | None = None):
        """The picture is complete once what is on the CUDA stream now is done; without a stream, it is."""
        self._ring.ready.signal(self.frame, stream)

    def copy_to(self, command, image, after):
        """Records the copy into an R8G8B8A8 VkImage of the same size; what it held is lost.

        It ends as `after`: (stages, accesses, layout). A command buffer recorded once serves every frame of this slot.
        """
        copy = vk.VK_PIPELINE_STAGE_2_COPY_BIT
        written = (copy, vk.VK_ACCESS_2_TRANSFER_WRITE_BIT, vk.VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL)
        self._shared.acquire(command, copy, vk.VK_ACCESS_2_TRANSFER_READ_BIT)
        image_barrier(command, image, (after[0], 0, vk.VK_IMAGE_LAYOUT_UNDEFINED), written)
        vk.lib.vkCmdCopyBufferToImage(command, self._shared.buffer, image, written[2], 1, self._whole)
        image_barrier(command, image, written, after)

    def copy_semaphores(self):
        """((VkSemaphore, value) to wait for, (VkSemaphore, value) to signal) by the submit that copies this frame.

        Asking for them promises that submit: the slot is used again only when it was done.
        """
        self._promised = self.frame
        return (self._ring.ready.semaphore, self.frame), (self._ring.copied.semaphore, self.frame)

    def _begin(self, frame: int):
        self._ring.copied.wait(self._promised)
        self.frame = frame

    def _close(self):
        self.rgba = None
        self._shared.close()


class ImageRing:
    """Finished pictures on their way from the renderer to a screen or an off-screen image: RGBA8, of width x height
    pixels, in slots that take turns. Raises DeviceError."""

    def __init__(self, device: Device, width: int, height: int, slots: int = 3):
        self.device, self.width, self.height = device, width, height
        self.nbytes = slots * 4 * width * height
        with ExitStack() as made:
            self.ready, self.copied = (made.enter_context(closing(Timeline(device, exported)))
                                       for exported in (True, False))
            self.images = [SharedImage(self) for _ in range(slots)]
            made.pop_all()
        self._frame = 0

    def acquire(self) -> SharedImage:
        """The slot that was used longest ago. The host waits only where its copy is still under way."""
        self._frame += 1
        image = self.images[self._frame % len(self.images)]
        image._begin(self._frame)
        return image

    def close(self):
        """Waits for Vulkan. Tensors that are still held keep their memory. Idempotent."""
        if self.images:
            self.device.wait_idle()
            for image in self.images:
                image._close()
            self.ready.close()
            self.copied.close()
            self.images = []
