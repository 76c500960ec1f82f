"""What a directory holds, read on a thread of its own: one on a network may take its time, or never answer."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Thread
from typing import Callable, NamedTuple


TRAINED = "point_cloud"  # the folder that training writes into a model's


class Entry(NamedTuple):
    name: str
    is_folder: bool
    nbytes: int
    is_model: bool = False


class Listing:
    """
    path     what is read; absolute once it is
    is_read  whether the others are known
    is_file  it is no directory
    is_model  it is one that training wrote
    entries  its directories and those of its files whose names are `offered`, in this order and by name; hidden ones
             not
    problem  why it could not be read, a sentence; empty where it was
    """

    def __init__(self, path: Path, offered: Callable[[str], bool]):
        self.path, self.is_read, self.is_file, self.is_model = path, False, False, False
        self._offered = offered
        self.entries: list[Entry] = []
        self.problem = ""
        Thread(target=self._read, name="listing", daemon=True).start()  # nobody waits for it, not even at the end

    def _read(self):
        try:
            self.path = self.path.resolve()
            with os.scandir(self.path) as found:
                entries = [entry for entry in map(self._entry, found) if entry]
            self.is_model = any(entry.is_folder and entry.name == TRAINED for entry in entries)
            self.entries = sorted(entries, key=lambda entry: (not entry.is_folder, entry.name.lower()))
        except NotADirectoryError:
            self.is_file = True
        except (OSError, RuntimeError, ValueError) as error:  # of links that lead round, of a typed null byte
            self.problem = f"{self.path}: {getattr(error, 'strerror', None) or error}"
        self.is_read = True

    def _entry(self, found: os.DirEntry) -> Entry | None:
        """None where there is nothing to choose."""
        if found.name.startswith("."):
            return None
        try:
            if found.is_dir():
                return Entry(found.name, True, 0, os.path.isdir(os.path.join(found.path, TRAINED)))
            if self._offered(found.name):
                return Entry(found.name, False, found.stat().st_size)
        except OSError:  # a link to nowhere
            pass
        return None
