"""A screen without a display: an image that can be read."""

from __future__ import annotations

from vk_interop.device import Device
from vk_interop.placement import Placement
from vk_interop.resources import Image
from vk_interop.screen import COPY_FROM, FORMAT, USAGE, Screen


class Offscreen(Screen):
    """A Screen of a fixed size without a display. `input` takes the events that a window would deliver."""

    SHOWN = COPY_FROM
    closing = minimised = False
    _clipboard = ""

    def __init__(self, device: Device, width: int, height: int, scale: float = 1.0):
        super().__init__(device, scale)
        self.size = self.units = width, height
        self.asked = self.placement
        self._own = Image(device, width, height, FORMAT, USAGE)

    def poll(self, patience: float = 0.0):
        """There are no events to wait for: those that `input` was given count as of now."""
        self.stirred = True

    def set_vsync(self, on: bool):
        """There is no screen to wait for."""

    @property
    def placement(self) -> Placement:
        return Placement(self.units)

    def clipboard(self) -> str:
        """What was last copied here: nobody else has a hand on it."""
        return self._clipboard

    def set_clipboard(self, text: str):
        self._clipboard = text

    def _acquire(self):
        return 0

    def _target(self, index):
        return self._own.handle, self._own.view, self.size

    def _waits(self, index):
        return []

    def _signals(self, index):
        return []

    def _present(self, index):
        pass

    def close(self):
        super().close()
        self._own.close()
