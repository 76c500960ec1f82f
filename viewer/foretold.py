"""What opening a path would take of memory, read from the heads of its files on a thread of its own: one on a network
may take its time."""

from __future__ import annotations

from pathlib import Path
from threading import Thread

from gsrender.errors import DeviceError, InputError
from viewer.opening import foretell
from viewer.scene import Scene


class Foretold:
    """
    path      a model, a proxy mesh, or anything else
    is_known  whether the others are
    what      is there, in words; empty where nothing can be opened, or only reading it will tell
    taken     what of memory, in words
    parts     the same by name
    fits      whether there is as much
    """

    def __init__(self, path: Path, opened: Scene, outputs: tuple[str, ...]):
        self.path, self.is_known, self.what, self.taken, self.parts, self.fits = path, False, "", "", "", True
        Thread(target=self._read, args=(opened, outputs), name="foretold", daemon=True).start()

    def _read(self, opened: Scene, outputs: tuple[str, ...]):
        try:
            ahead = foretell(opened, self.path, outputs, anyway=True)
            if ahead:
                self.what, self.taken, self.parts = ahead.what, ahead.taken(opened.limit), ahead.parts
                self.fits = ahead.problem(opened.limit) is None
        except (InputError, DeviceError, OSError, ValueError):  # it can be opened all the same, or not: that will tell
            pass
        self.is_known = True
