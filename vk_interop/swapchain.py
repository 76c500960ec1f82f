"""The images of a window, and when they must be made anew."""

from __future__ import annotations

from gsrender.errors import DeviceError
from vk_interop.calls import call, ffi, vk, vulkan_errors
from vk_interop.device import Device
from vk_interop.resources import whole
from vk_interop.screen import FORMAT, USAGE

ACQUIRE_TIMEOUT = 100_000_000  # nanoseconds; a window that nobody sees may never get its turn, and has events to see
UNCAPPED = (vk.VK_PRESENT_MODE_IMMEDIATE_KHR, vk.VK_PRESENT_MODE_MAILBOX_KHR)


class Swapchain:
    """Images of a VkSurfaceKHR, in the order in which the screen shows them; `size` in pixels is a wish. Raises
    DeviceError."""

    def __init__(self, device: Device, surface, size: tuple[int, int], vsync: bool):
        self.device, self.surface = device, surface
        self._function = {name: vk.vkGetInstanceProcAddr(device.handles.instance, name) for name in (
            "vkGetPhysicalDeviceSurfaceCapabilitiesKHR", "vkGetPhysicalDeviceSurfaceFormatsKHR",
            "vkGetPhysicalDeviceSurfacePresentModesKHR", "vkGetPhysicalDeviceSurfaceSupportKHR")}
        self._check_surface()
        self._handle = None
        self._index, self._chain, self._drawn = map(ffi.new, ("uint32_t*", "VkSwapchainKHR*", "VkSemaphore*"))
        self._present = ffi.new("VkPresentInfoKHR*", dict(
            sType=vk.VK_STRUCTURE_TYPE_PRESENT_INFO_KHR, waitSemaphoreCount=1, pWaitSemaphores=self._drawn,
            swapchainCount=1, pSwapchains=self._chain, pImageIndices=self._index))
        self._acquired = self._semaphore()
        self.images, self.views, self._rendered = [], [], []
        self.recreate(size, vsync)

    def recreate(self, size: tuple[int, int], vsync: bool):
        """Makes the images anew, for another size or another way of presenting. Waits for the GPU."""
        self.device.wait_idle()
        old, physical, logical = self._handle, self.device.handles.physical, self.device.handles.logical
        offers = self._function["vkGetPhysicalDeviceSurfaceCapabilitiesKHR"](physical, self.surface)
        self.size = _extent(offers, size)
        self.asked = size, vsync
        self.stale = False
        mode = self._mode(vsync)
        self.vsync = mode == vk.VK_PRESENT_MODE_FIFO_KHR
        count = offers.minImageCount + 1  # one more than the screen holds back, else acquiring waits for it
        count = min(count, offers.maxImageCount) if offers.maxImageCount else count
        info = vk.VkSwapchainCreateInfoKHR(
            surface=self.surface, minImageCount=count, imageFormat=FORMAT, imageExtent=vk.VkExtent2D(*self.size),
            imageColorSpace=vk.VK_COLOR_SPACE_SRGB_NONLINEAR_KHR, imageArrayLayers=1, imageUsage=USAGE,
            imageSharingMode=vk.VK_SHARING_MODE_EXCLUSIVE, preTransform=offers.currentTransform,
            compositeAlpha=_lowest_bit(offers.supportedCompositeAlpha), presentMode=mode, clipped=True,
            oldSwapchain=old)
        with vulkan_errors("making the window's images"):
            self._handle = self.device.function("vkCreateSwapchainKHR")(logical, info, None)
        self._destroy_images(old)
        self.images = self.device.function("vkGetSwapchainImagesKHR")(logical, self._handle)
        self.views = [_view(logical, image) for image in self.images]
        self._rendered = [self._semaphore() for _ in self.images]

    def acquire(self) -> int | None:
        """Index of the next image, or None where there is none in time or the images no longer fit the window."""
        acquire = self.device.function("vkAcquireNextImageKHR")
        with vulkan_errors("waiting for the window's next image"):
            try:
                acquire(self.device.handles.logical, self._handle, ACQUIRE_TIMEOUT, self._acquired, None, self._index)
            except vk.VkSuboptimalKhr:
                self.stale = True  # but this image is ours and may be shown
            except vk.VkErrorOutOfDateKhr:
                self.stale = True
                return None
            except (vk.VkTimeout, vk.VkNotReady):
                return None  # to vulkan_errors a timeout is a GPU that hangs
        return self._index[0]

    def present(self, index: int):
        """Shows an image, once `signals` of it have come."""
        self._index[0], self._chain[0], self._drawn[0] = index, self._handle, self._rendered[index]
        try:
            with self.device.lock, vulkan_errors("showing a frame"):
                call(vk.lib.vkQueuePresentKHR, self.device.handles.queue, self._present)
        except (vk.VkSuboptimalKhr, vk.VkErrorOutOfDateKhr):
            self.stale = True

    def waits(self, index: int):
        """What drawing onto an image waits for: (semaphore, value), a value that a binary semaphore ignores."""
        return [(self._acquired, 0)]

    def signals(self, index: int):
        """What showing an image waits for."""
        return [(self._rendered[index], 0)]

    def close(self):
        self.device.wait_idle()
        self._destroy_images(self._handle)
        vk.vkDestroySemaphore(self.device.handles.logical, self._acquired, None)

    def _destroy_images(self, handle):
        logical = self.device.handles.logical
        for view in self.views:
            vk.vkDestroyImageView(logical, view, None)
        for semaphore in self._rendered:
            vk.vkDestroySemaphore(logical, semaphore, None)
        if handle:
            self.device.function("vkDestroySwapchainKHR")(logical, handle, None)

    def _semaphore(self):
        return vk.vkCreateSemaphore(self.device.handles.logical, vk.VkSemaphoreCreateInfo(), None)

    def _check_surface(self):
        physical, name = self.device.handles.physical, self.device.name
        if not self._function["vkGetPhysicalDeviceSurfaceSupportKHR"](physical, self.device.handles.queue_family,
                                                                      self.surface):
            raise DeviceError(f"{name} cannot show pictures in a window of this display; use `render` to write files")
        formats = self._function["vkGetPhysicalDeviceSurfaceFormatsKHR"](physical, self.surface)
        if FORMAT not in [f.format for f in formats]:
            raise DeviceError(f"{name} offers this window no 8-bit BGRA format; use `render` to write files")

    def _mode(self, vsync: bool) -> int:
        physical = self.device.handles.physical
        offered = self._function["vkGetPhysicalDeviceSurfacePresentModesKHR"](physical, self.surface)
        wanted = () if vsync else UNCAPPED
        return next((mode for mode in wanted if mode in offered), vk.VK_PRESENT_MODE_FIFO_KHR)  # which is always there


def _extent(offers, size):
    """The surface's own size where it has one; Wayland lets us choose."""
    if offers.currentExtent.width != 0xFFFFFFFF:
        return offers.currentExtent.width, offers.currentExtent.height
    least, most = offers.minImageExtent, offers.maxImageExtent
    return (min(max(size[0], least.width), most.width), min(max(size[1], least.height), most.height))


def _lowest_bit(flags: int) -> int:
    return flags & -flags


def _view(logical, image):
    info = vk.VkImageViewCreateInfo(image=image, viewType=vk.VK_IMAGE_VIEW_TYPE_2D, format=FORMAT,
                                    subresourceRange=whole())
    return vk.vkCreateImageView(logical, info, None)
