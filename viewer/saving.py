"""Pictures and figures on their way to files: drawn between the window's frames, packed and written beside them."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterator

from PIL import Image

from gsrender.errors import DeviceError, InputError
from viewer.export import file_name, save_image
from viewer.look import resized
from viewer.still import draw_still, part_size

A_FRAME = 0.02  # seconds that parts of a picture are drawn for with each frame; one part at least


@dataclass
class Still:
    """A picture that is being drawn."""

    path: Path
    steps: Iterator[tuple[float, Image.Image]]
    done: float = 0.0  # share


class Saving:
    """
    app    the App, whose scene is drawn; it is told what was saved, and what went wrong
    still  the picture that is being drawn; None where there is none
    """

    def __init__(self, app):
        self._app = app
        self._thread = ThreadPoolExecutor(1, "saving")
        self._written: list[tuple[Path, Future]] = []
        self.still: Still | None = None

    @property
    def is_busy(self) -> bool:
        return self.still is not None or bool(self._written)

    def write(self, path: Path, save: Callable, *values):
        """Calls `save(*values, path)` on a thread."""
        self._written.append((path, self._thread.submit(save, *values, path)))

    def picture(self, width: int, height: int):
        """Draws the view without the panels, with so many pixels."""
        app = self._app
        if self.still:
            return app.say("a picture is being saved already")
        camera, settings = app.state.camera(width, height), resized(app.settings.render, width, height)
        part = part_size((width, height), app.picture_size)
        path = file_name("picture", ".png")
        self._try(lambda: self._begin(path, draw_still(app.spare.scene, camera, settings, part)))

    def cancel(self):
        """Leaves the picture that is being drawn."""
        if self.still:
            self.still.steps.close()
            self.still = None

    def work(self) -> bool:
        """A few parts of the picture that is being drawn, and what has been written meanwhile. Whether it drew."""
        while self._written and self._written[0][1].done():
            path, written = self._written.pop(0)
            self._try(lambda: (written.result(), self._app.say(f"saved {path}")))
        if self.still is None:
            return False
        self._try(self._draw)
        return True

    def close(self):
        """Waits for what is being written."""
        self.cancel()
        self._thread.shutdown(wait=True)

    def _begin(self, path: Path, steps):
        self.still = Still(path, steps)

    def _draw(self):
        still, self.still = self.still, None  # should it fail
        end = time.perf_counter() + A_FRAME
        for still.done, image in still.steps:
            if still.done == 1:
                return self.write(still.path, save_image, image)
            if time.perf_counter() >= end:
                break
        self.still = still

    def _try(self, action: Callable):
        try:
            action()
        except (InputError, DeviceError) as error:
            self._app.complain(str(error))
