"""A window that nobody sees may get no image for a while: that is no error."""

import pytest

from vk_interop.calls import vk
from vk_interop.device import Device
from vk_interop.window import Window, surface_extensions


@pytest.fixture
def window(display):
    # Unchecked: taking images without showing any is what the validation layer warns of.
    with Device.open("cpu", surface_extensions(), validation="") as device:
        made = Window(device, 200, 100, "images")
        made.poll()
        yield made
        made.close()


def test_where_all_images_are_taken_there_is_none(window):
    taken = [window._acquire() for _ in range(10)]
    assert taken[0] is not None and taken[-1] is None


def test_where_no_image_comes_in_time_there_is_none(window, monkeypatch):
    """lavapipe says at once that it has none, other drivers wait: so a fence that nothing signals is waited for."""
    logical = window.device.handles.logical
    fence = vk.vkCreateFence(logical, vk.VkFenceCreateInfo(), None)
    waits = lambda *_: vk.vkWaitForFences(logical, 1, [fence], True, 1)
    monkeypatch.setattr(window.device, "function", lambda name: waits)
    assert window._acquire() is None
    monkeypatch.undo()
    vk.vkDestroyFence(logical, fence, None)
    assert window._acquire() is not None
