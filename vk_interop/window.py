"""A window on the display: a Screen with a swapchain, its events from glfw."""

from __future__ import annotations

import time

from gsrender.errors import DeviceError
from vk_interop.calls import ffi, vk, vulkan_errors
from vk_interop.device import Device
from vk_interop.placement import Placement
from vk_interop.screen import Screen
from vk_interop.swapchain import Swapchain


class Window(Screen):
    """A window on the display, with a swapchain. As of the last `poll`: `size` in pixels, `units` in those of the
    mouse, and whether it is `minimised`, so that there is nothing to draw on. Raises DeviceError."""

    refresh = None  # asked for anew after each move
    SHOWN = (vk.VK_PIPELINE_STAGE_2_NONE, 0, vk.VK_IMAGE_LAYOUT_PRESENT_SRC_KHR)
    SETTLED = 0.5  # seconds after which a size and a place are what a person wanted
    IDLE = 0.1  # seconds between looks at the events while there is nothing to draw

    def __init__(self, device: Device, width: int, height: int, title: str, vsync: bool = True,
                 at: tuple[int, int] | None = None, maximised: bool = False):
        """`at` and `maximised` as in Placement, whose size is `width` and `height`: `asked` is all three."""
        glfw = _glfw()
        self._glfw, self._wish_vsync = glfw, vsync
        glfw.default_window_hints()
        glfw.window_hint(glfw.CLIENT_API, glfw.NO_API)
        glfw.window_hint(glfw.SCALE_TO_MONITOR, glfw.FALSE)
        glfw.window_hint(glfw.MAXIMIZED, maximised)
        if at is not None:
            glfw.window_hint(glfw.POSITION_X, at[0])
            glfw.window_hint(glfw.POSITION_Y, at[1])
        self._window = glfw.create_window(width, height, title, None, None)
        if not self._window:
            raise DeviceError(f"the display refused a window of {width} x {height}; give a smaller --size")
        surface = ffi.new("VkSurfaceKHR*")
        with vulkan_errors("opening a window"):
            glfw.create_window_surface(device.handles.instance, self._window, None, surface)
        self._surface = surface[0]
        self.asked = Placement((width, height), at, maximised)
        self._maximised = bool(glfw.get_window_attrib(self._window, glfw.MAXIMIZED))
        self._at, self._stands = at, (at, (width, height))  # the latter as it was for a while, not maximised
        self._stood, self._since = self._stands, time.monotonic()
        self._look()
        glfw.set_window_pos_callback(self._window, self._on_move)
        glfw.set_window_maximize_callback(self._window, self._on_maximise)
        # Where a unit of the mouse is several pixels already (Wayland, macOS), the text must not grow a second time.
        density = self.size[0] / self.units[0]
        super().__init__(device, glfw.get_window_content_scale(self._window)[0] / max(density, 1))
        from vk_interop.glfw_events import GlfwEvents
        self._swapchain = Swapchain(device, self._surface, self.size, vsync)
        self.events = GlfwEvents(self._window, self.ui, self.input)

    @property
    def closing(self) -> bool:
        return bool(self._glfw.window_should_close(self._window))

    @property
    def placement(self) -> Placement:
        """For the next window."""
        at, size = self._stood if self._maximised else (self._at, self.units)
        return Placement(tuple(size), at, self._maximised)

    @property
    def vsync(self) -> bool:
        return self._swapchain.vsync

    @property
    def queue(self) -> int:
        return len(self._swapchain.images) - 1 if self._swapchain.vsync else 0

    def set_vsync(self, on: bool):
        """Holds as of the next frame. A display that cannot do without stays as it is: see `vsync`."""
        self._wish_vsync = on

    def poll(self, patience: float = 0.0):
        """Takes events in; waits up to `patience` seconds for the first of them, and a little where minimised."""
        patience = max(patience, self.IDLE if self.minimised else 0.0)
        before = self.input.events, self.size, self.closing
        if patience:
            self._glfw.wait_events_timeout(patience)
        else:
            self._glfw.poll_events()
        self._look()
        self.stirred = before != (self.input.events, self.size, self.closing)

    def clipboard(self) -> str:
        """The text on it; empty where it holds something else."""
        return self.events.clipboard()

    def set_clipboard(self, text: str):
        self.events.set_clipboard(text)

    def _look(self):
        """Asks once a frame what costs a round trip to the display."""
        glfw, window = self._glfw, self._window
        self.size = glfw.get_framebuffer_size(window)
        self.units = tuple(max(1, edge) for edge in glfw.get_window_size(window))
        hidden = glfw.get_window_attrib(window, glfw.ICONIFIED) or not glfw.get_window_attrib(window, glfw.VISIBLE)
        self.minimised = bool(hidden) or 0 in self.size
        self._settle()
        if self.refresh is None:
            self.refresh = self._refresh_of_monitor()

    def _refresh_of_monitor(self) -> float:
        """Of the monitor that the window's middle is on; of the first one where that is not told (Wayland)."""
        glfw, monitors = self._glfw, self._glfw.get_monitors()
        left, top = glfw.get_window_pos(self._window)
        x, y = left + self.units[0] / 2, top + self.units[1] / 2
        for monitor in monitors:
            mode, (left, top) = glfw.get_video_mode(monitor), glfw.get_monitor_pos(monitor)
            if 0 <= x - left < mode.size.width and 0 <= y - top < mode.size.height:
                return float(mode.refresh_rate)
        return float(glfw.get_video_mode(monitors[0]).refresh_rate) if monitors else 0.0

    def _settle(self):
        """What a window is maximised from. Desktops tell of that after its new size or before it, so what it had only
        just taken on does not count."""
        stands, now = (self._at, self.units), time.monotonic()
        if stands != self._stands:
            self._stands, self._since = stands, now
        elif now - self._since > self.SETTLED and not self._maximised:
            self._stood = stands

    def _on_move(self, _, x, y):
        self._at = x, y
        self.refresh = None  # it may be on another monitor now

    def _on_maximise(self, _, is_maximised):
        self._maximised = bool(is_maximised)

    def _acquire(self):
        for _ in range(2):  # the second try has images that fit
            if self.minimised:
                return None
            if self._swapchain.stale or self._swapchain.asked != (self.size, self._wish_vsync):
                self._swapchain.recreate(self.size, self._wish_vsync)
            index = self._swapchain.acquire()
            if index is not None or not self._swapchain.stale:
                return index
            self._look()
        return None

    def _target(self, index):
        return self._swapchain.images[index], self._swapchain.views[index], self._swapchain.size

    def _waits(self, index):
        return self._swapchain.waits(index)

    def _signals(self, index):
        return self._swapchain.signals(index)

    def _present(self, index):
        self._swapchain.present(index)
        self.events.show_cursor()

    def close(self):
        self._wait()
        self._swapchain.close()
        super().close()
        destroy = vk.vkGetInstanceProcAddr(self.device.handles.instance, "vkDestroySurfaceKHR")
        destroy(self.device.handles.instance, self._surface, None)
        self._glfw.destroy_window(self._window)


def surface_extensions() -> list[str]:
    """Instance extensions that a Window's device must be opened with. Raises DeviceError where there is no display."""
    return _glfw().get_required_instance_extensions()


def monitors() -> list[tuple[int, int, int, int]]:
    """What a window may take of each monitor: left, top, width, height in units of the mouse; the first one first."""
    glfw = _glfw()
    return [tuple(glfw.get_monitor_workarea(monitor)) for monitor in glfw.get_monitors()]


def _glfw():
    # imgui_bundle brings a libglfw of its own and points glfw at it; imported in this order it is always that one.
    import imgui_bundle  # noqa: F401
    import glfw
    glfw.ERROR_REPORTING = "ignore"  # what fails here is said below, in our own words
    if not glfw.init():
        raise DeviceError("no display to open a window on (are DISPLAY and WAYLAND_DISPLAY unset?); --frames N with "
                          "--screenshot F.png draws off-screen, `render` writes pictures, `bench` measures")
    if not glfw.vulkan_supported():
        raise DeviceError("the display has no Vulkan; install a driver: apt-get install mesa-vulkan-drivers")
    return glfw
