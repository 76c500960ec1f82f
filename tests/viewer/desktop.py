"""A display of our own and a hand on its keyboard and mouse, for the tests of the window."""

import ctypes
import os
import shutil
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from imgui_bundle import imgui

from gsrender.settings import RenderSettings
from viewer.arriving import Arriving
from viewer.bindings import BINDINGS
from viewer.scene import Scene, open_scene
from viewer.settings import ViewerSettings
from viewer.shot import VIEW_OUTPUTS
from vk_interop.depth_settings import DepthSettings
from vk_interop.window import surface_extensions

PATIENCE = 60.0  # seconds; a loaded machine takes its time


def open_for_window(folder: Path) -> Scene:
    """The scene in a folder, for windows of this display."""
    return open_scene(folder / "model", backend="cpu", outputs=VIEW_OUTPUTS, surface_extensions=surface_extensions(),
                      detail=DepthSettings(1.0))


def usual_settings(scene: Scene, **changes) -> ViewerSettings:
    return ViewerSettings(RenderSettings(scene.default_culling, background=scene.model.background),
                          **{"adaptive": False, **changes})


@contextmanager
def own_display():
    """Starts Xvfb and makes it this process's display."""
    for program, package in (("Xvfb", "xvfb"), ("xdotool", "xdotool")):
        if shutil.which(program) is None:
            pytest.skip(f"needs {program}: apt-get install {package}")
    read, write = os.pipe()
    server = subprocess.Popen(["Xvfb", "-displayfd", str(write), "-screen", "0", "1400x900x24", "-nolisten", "tcp"],
                              pass_fds=[write], stderr=subprocess.DEVNULL)
    os.close(write)
    with os.fdopen(read) as pipe:
        number = pipe.readline().strip()  # comes once the server is ready
    before = {name: os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")}
    os.environ["DISPLAY"] = f":{number}"
    os.environ.pop("WAYLAND_DISPLAY", None)
    try:
        yield os.environ["DISPLAY"]
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            os.environ.update({name: value} if value is not None else {})
        server.terminate()
        server.wait()


class Hand:
    """Presses keys and moves the mouse over a viewer's window, as a person would; and lets the viewer run meanwhile."""

    def __init__(self, viewer, title: str):
        self.viewer = viewer
        self.frame()
        self.window = xdotool("search", "--name", f"^{title}$").split()[0]
        self.focus()

    def focus(self):
        """Without a window manager nobody else gives the window the keyboard."""
        xdotool("windowfocus", "--sync", self.window)
        self.frame()

    def frame(self, count=1):
        for _ in range(count):
            self.viewer.frame()

    def until(self, condition, what: str):
        """Runs frames until the condition holds."""
        end = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < end, f"never came: {what}"
            self.viewer.frame()

    def rest(self):
        """Runs frames, one at least, until nothing moves and the picture stands."""
        self.frame()
        self.until(lambda: self.viewer.idle, "a still picture")

    def open(self, panel: str):
        """Brings a panel to the front, by its key, and its head into view."""
        [key] = next(binding.keys for binding in BINDINGS if binding.action == f"panel {panel}")
        self.key(key.lower())
        self.until(lambda: is_in_front(panel), f"the panel {panel}")
        imgui.internal.set_scroll_y(imgui.internal.find_window_by_name(panel), 0.0)
        self.rest()

    def scrolled(self, panel: str, label: str):
        """The place of a control, once its panel was scrolled to it."""
        window = imgui.internal.find_window_by_name(panel)
        low, high = window.pos.y + 30, window.pos.y + window.size.y - 12
        if not low < self.places[label][1] < high:
            self.move(window.pos.x + window.size.x / 2, window.pos.y + window.size.y / 2)
            self.frame(2)
        while not low < self.places[label][1] < high:
            before = window.scroll.y
            self.wheel(1 if self.places[label][1] <= low else -1)
            self.frame(3)
            assert window.scroll.y != before, f"{label} is nowhere in {panel}"
        return self.places[label]

    def see(self):
        """The screen, [H, W, 3] uint8, once it is at rest."""
        self.rest()
        return self.viewer.frame(capture=True)

    def key(self, *names):
        xdotool("key", *names)

    def hold(self, *names):
        xdotool(*(word for name in names for word in ("keydown", name)))

    def release(self, *names):
        xdotool(*(word for name in names for word in ("keyup", name)))

    def move(self, x, y):
        xdotool("mousemove", "--window", self.window, str(int(x)), str(int(y)))

    def click(self, x, y):
        """In three frames, for ImGui sees a cursor come before it sees a press."""
        self.move(x, y)
        self.frame(2)
        xdotool("mousedown", "1")
        self.frame(2)
        xdotool("mouseup", "1")
        self.frame(2)

    def drag(self, start, end, button=1):
        self.move(*start)
        self.frame(2)
        xdotool("mousedown", str(button))
        self.frame(2)
        self.move(*end)
        self.frame(2)
        xdotool("mouseup", str(button))
        self.frame(2)

    def wheel(self, notches):
        xdotool("click", "--repeat", str(abs(notches)), "--delay", "0", "4" if notches > 0 else "5")

    def press_close_button(self):
        """What a window manager sends for it."""
        _send_delete(int(self.window))


def drop(hand: Hand, *paths):
    """As the display would tell of it; xdotool cannot drop. A window at rest takes it in with the next real event."""
    collector = hand.viewer.screen.input
    collector.drop([str(path) for path in paths])

    def taken():
        xdotool("mousemove_relative", "1", "0", "mousemove_relative", "--", "-1", "0")
        return not collector._dropped
    hand.until(taken, "the drop")


class Late(Arriving):
    """As from a GPU that is a few frames behind."""

    @property
    def is_here(self):
        self.asked = getattr(self, "asked", 0) + 1
        return self.asked > 3


CONTROLS = ("button", "checkbox", "radio_button", "slider_float", "drag_float", "input_float3", "selectable",
            "menu_item", "begin_menu", "begin_combo", "slider_int", "input_text", "color_edit3", "drag_float3",
            "input_int2")


def watch_controls(patch, drawn, controls=CONTROLS):
    """Calls `drawn` with the label of each control once ImGui has drawn it. `patch` is a MonkeyPatch."""
    def watch(name, draw):
        def watched(label, *more, **named):
            result = draw(label, *more, **named)
            if not (name in ("begin_menu", "begin_combo") and result):  # an open list has begun: that is the last item
                drawn(label)
            return result
        patch.setattr(imgui, name, watched)
    for name in controls:
        watch(name, getattr(imgui, name))


def watch_places(patch) -> dict:
    """Where each labelled control was last drawn: {label: (x, y) of its middle}. `patch` is a MonkeyPatch."""
    found = {}

    def note(label):
        low, high = imgui.get_item_rect_min(), imgui.get_item_rect_max()
        found[label] = (low.x + high.x) / 2, (low.y + high.y) / 2
    watch_controls(patch, note)
    return found


def is_in_front(panel: str) -> bool:
    window = imgui.internal.find_window_by_name(panel)
    return window is not None and window.active and not window.hidden


def xdotool(*words) -> str:
    done = subprocess.run(["xdotool", *words], capture_output=True, text=True)
    assert done.returncode == 0, f"xdotool {' '.join(words)}: {done.stderr}"
    return done.stdout


class _ClientMessage(ctypes.Structure):
    _fields_ = [("type", ctypes.c_int), ("serial", ctypes.c_ulong), ("send_event", ctypes.c_int),
                ("display", ctypes.c_void_p), ("window", ctypes.c_ulong), ("message_type", ctypes.c_ulong),
                ("format", ctypes.c_int), ("data", ctypes.c_long * 5), ("rest_of_the_union", ctypes.c_long * 24)]


def _send_delete(window: int):
    _send(window, window, 0, b"WM_PROTOCOLS", [b"WM_DELETE_WINDOW"])


def ask_to_maximise(window: int, on: bool):
    """What a desktop's button, or a program, asks of the window manager."""
    _send(None, window, 3 << 19, b"_NET_WM_STATE",
          [int(on), b"_NET_WM_STATE_MAXIMIZED_VERT", b"_NET_WM_STATE_MAXIMIZED_HORZ"])


def _send(to: int | None, window: int, mask: int, name: bytes, data: list):
    """A message about a window, to one or to the root of them all; names become atoms."""
    x = ctypes.CDLL("libX11.so.6")
    x.XOpenDisplay.restype = ctypes.c_void_p
    x.XInternAtom.restype = x.XDefaultRootWindow.restype = ctypes.c_ulong
    x.XInternAtom.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int]
    x.XDefaultRootWindow.argtypes = x.XCloseDisplay.argtypes = [ctypes.c_void_p]
    x.XSendEvent.argtypes = [ctypes.c_void_p, ctypes.c_ulong, ctypes.c_int, ctypes.c_long, ctypes.c_void_p]
    display = x.XOpenDisplay(None)
    event = _ClientMessage(type=33, window=window, message_type=x.XInternAtom(display, name, 0), format=32)
    for i, value in enumerate(data):
        event.data[i] = x.XInternAtom(display, value, 0) if isinstance(value, bytes) else value
    assert x.XSendEvent(display, to or x.XDefaultRootWindow(display), 0, mask, ctypes.byref(event))
    x.XCloseDisplay(display)
