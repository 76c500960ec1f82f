"""There is a window while the first scene is read, and it can be closed."""

import threading

import numpy as np
import pytest
import torch

from gsrender.errors import InputError
from gsrender.settings import RenderSettings
from viewer.first_opening import open_beside
from viewer.frame import render_frame
from viewer.opening import STEPS
from viewer.scene import open_scene
from viewer.shot import VIEW_OUTPUTS
from viewer.warm_up import warm_up
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


@pytest.fixture(params=["cpu", "cuda"])
def backend(request):
    if request.param == "cuda" and not torch.cuda.is_available():
        pytest.skip("needs an NVIDIA GPU")
    if request.param == "cpu":
        request.getfixturevalue("software_device")
    return request.param


@pytest.fixture
def screen(backend):
    with Device.open(backend, validation="sync") as device:
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


def test_it_tells_what_is_being_read_until_the_scene_is_there(screen, backend, street):
    pictures = {}

    def read(go_on, foretell):
        for step in range(len(STEPS)):
            go_on(step)
            pictures[step] = seen(screen)
        foretell("as much as this")
        for _ in range(2):  # ImGui finds out how much room it needs
            pictures["memory"] = seen(screen)
        scene = open_scene(street / "model", backend=backend, outputs=VIEW_OUTPUTS, device=screen.device)
        warm_up(scene)
        return scene

    scene = open_beside(screen, street / "model", read)
    assert scene.device is screen.device and scene.proxy.device is screen.device
    assert all((picture > 150).any() for picture in pictures.values())  # there is text
    assert not np.array_equal(pictures[0], pictures[1]) and not np.array_equal(pictures[1], pictures[2])
    rows = [np.ptp(np.flatnonzero((pictures[last] > 90).any((1, 2)))) for last in (2, "memory")]
    assert rows[1] > rows[0] + 10  # a line more
    camera = scene.first_camera(96, 64)
    seen_here = [render_frame(scene, camera, RenderSettings("centre")).rgba.clone() for _ in range(2)]
    scene.renderer.wait()
    assert torch.equal(*seen_here) and seen_here[0].float().std() > 5
    scene.proxy.close()


def test_what_goes_wrong_is_raised_and_the_device_stays_open(screen, backend, tmp_path):
    with pytest.raises(InputError, match="no such"):
        open_beside(screen, tmp_path, lambda go_on, foretell: open_scene(tmp_path / "none", backend=backend,
                                                                         device=screen.device))
    assert screen.device.name


def test_a_window_that_is_closed_meanwhile_waits_for_no_further_step(screen, backend, street):
    begun = []

    def read(go_on, foretell):
        def step(number):
            begun.append(number)
            screen.closing = True
            go_on(number)
        return open_scene(street / "model", backend=backend, device=screen.device, on_step=step)

    assert open_beside(screen, street / "model", read) is None
    assert begun == [1]  # the mesh was not read


def test_a_window_that_is_closed_in_the_last_step_gets_no_scene(screen, backend, street):
    def read(go_on, foretell):
        scene = open_scene(street / "model", backend=backend, device=screen.device)
        screen.closing = True
        return scene

    assert open_beside(screen, street / "model", read) is None


def test_who_interrupts_the_program_meanwhile_leaves_nothing_open(screen, backend, street, monkeypatch):
    interrupted, read_before = threading.Event(), []

    def read(go_on, foretell):
        assert interrupted.wait(60)
        read_before.append(open_scene(street / "model", backend=backend, device=screen.device))
        return read_before[0]

    def interrupt(*arguments, **named):
        interrupted.set()
        raise KeyboardInterrupt
    monkeypatch.setattr(screen, "show", interrupt)
    with pytest.raises(KeyboardInterrupt):
        open_beside(screen, street / "model", read)
    screen.ui.end()
    assert read_before[0].proxy._closed
