"""The window while the first scene is read beside it: what is being read, and since when."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Callable

from imgui_bundle import imgui

from viewer.doing import opening_line
from viewer.panels import style
from viewer.scene import Scene, use_own_stream
from vk_interop.screen import Screen

LOOK = 0.05  # seconds between looks at what the thread does
GREY = 0.65, 0.67, 0.70, 1.0


class _Closed(Exception):
    """The window was, so nobody waits for the scene."""


def open_beside(screen: Screen, model: Path,
                read: Callable[[Callable[[int], None], Callable[[str], None]], Scene]) -> Scene | None:
    """Calls `read` on a thread of its own, with what it is to call at the beginning of each of opening.STEPS, and with
    what it will take of memory, in words. Returns the scene; None where the window was closed, after the step that is
    under way. Raises what `read` raises."""
    step, ahead, left = 0, "", False

    def go_on(to: int):
        nonlocal step
        if left or screen.closing:
            raise _Closed
        step = to

    def foretell(said: str):
        nonlocal ahead
        ahead = said

    def work() -> Scene:
        scene = read(go_on, foretell)
        if scene.backend == "cuda":
            import torch
            torch.cuda.synchronize()
            torch.cuda.empty_cache()  # torch keeps what was freed for this thread's stream alone
        return scene

    style.apply(screen.ui.scale)
    began = time.perf_counter()
    with ThreadPoolExecutor(1, "first opening") as thread:
        reading = thread.submit(work)
        try:
            while not reading.done():
                screen.poll(LOOK)
                screen.begin()
                _tell(opening_line(model, step), *filter(None, [ahead]), "closed once that is done" if screen.closing
                      else f"{time.perf_counter() - began:.0f} s; closing the window ends it")
                screen.show()
        except BaseException:  # Ctrl+C, say
            left = True
            reading.add_done_callback(_drop)
            raise
    try:
        scene = reading.result()
    except _Closed:
        return None
    if screen.closing:
        _drop(reading)
        return None
    use_own_stream(scene.backend)
    return scene


def _drop(reading: Future):
    """Closes what was read, but for the device, which is the screen's too."""
    if not reading.exception() and (proxy := reading.result().proxy):
        proxy.close()


def _tell(*lines: str):
    """In the middle of the window."""
    size = imgui.get_io().display_size
    imgui.set_next_window_pos((size.x / 2, size.y / 2), imgui.Cond_.always, (0.5, 0.5))
    flags = imgui.WindowFlags_
    imgui.begin("opening", flags=flags.no_decoration | flags.no_inputs | flags.always_auto_resize | flags.no_background
                | flags.no_saved_settings)
    width = max(imgui.calc_text_size(line).x for line in lines)
    for number, line in enumerate(lines):
        imgui.set_cursor_pos_x(imgui.get_style().window_padding.x + (width - imgui.calc_text_size(line).x) / 2)
        imgui.text_colored(GREY, line) if number else imgui.text(line)
    imgui.end()
