"""There is a window while the first scene is read, and it can be closed."""

import threading

import numpy as np
import pytest

from gsrender.errors import InputError
from viewer.first_opening import open_beside
from viewer.opening import STEPS
from viewer.scene import open_scene
from vk_interop.device import Device
from vk_interop.offscreen import Offscreen


class Watched(Offscreen):
    """Keeps what was shown, and tells who waits for it."""

    def __init__(self, device):
        super().__init__(device, 480, 300)
        self.pictures, self.shown_once = [], threading.Event()

    def show(self, *arguments, **named):
        self.pictures.append(super().show(*arguments, capture=True))
        self.shown_once.set()


@pytest.fixture
def screen(software_device):
    with Device.open("cpu") as device:
        made = Watched(device)
        yield made
        made.close()
        assert not device.validation_messages


def seen(screen):
    """Waits for a picture that was begun after now."""
    for _ in range(2):
        screen.shown_once.clear()
        assert screen.shown_once.wait(60)
    return screen.pictures[-1]


def test_it_tells_what_is_being_read_until_the_scene_is_there(screen, street):
    pictures = {}

    def read(go_on):
        for step in range(len(STEPS)):
            go_on(step)
            pictures[step] = seen(screen)
        return open_scene(street / "model", backend="cpu", device=screen.device)

    scene = open_beside(screen, street / "model", read)
    assert scene.device is screen.device and scene.proxy.device is screen.device
    assert all((picture > 150).any() for picture in pictures.values())  # there is text
    assert not np.array_equal(pictures[0], pictures[1]) and not np.array_equal(pictures[1], pictures[2])
    scene.proxy.close()


def test_what_goes_wrong_is_raised_and_the_device_stays_open(screen, tmp_path):
    with pytest.raises(InputError, match="no such"):
        open_beside(screen, tmp_path / "none", lambda go_on: open_scene(tmp_path / "none", device=screen.device))
    assert screen.device.name


def test_a_window_that_is_closed_meanwhile_waits_for_no_further_step(screen, street):
    begun = []

    def read(go_on):
        def step(number):
            begun.append(number)
            screen.closing = True
            go_on(number)
        return open_scene(street / "model", backend="cpu", device=screen.device, on_step=step)

    assert open_beside(screen, street / "model", read) is None
    assert begun == [1]  # the mesh was not read
