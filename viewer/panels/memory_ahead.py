"""What opening takes of memory, at the foot of the dialog that chooses it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Callable

from imgui_bundle import imgui

from viewer.foretold import Foretold
from viewer.panels.rows import DIM, WARN, tooltip

LONGEST = 32  # letters of a name
SOON = 0.2  # seconds in which most heads of files are read; another path is not asked about before


class MemoryAhead:
    """`foretell` tells of a path what opening it takes."""

    def __init__(self, foretell: Callable[[Path], Foretold], path: Path):
        self._foretell = foretell
        self._ask(path)

    @property
    def is_known(self) -> bool:
        return self._told.is_known

    def draw(self, path: Path):
        """Two lines, empty where the path is nothing to open, so that what they stand in keeps its height."""
        told = self._told
        if told.path != path and (told.is_known or time.perf_counter() - self._asked > SOON):
            self._ask(path)
        name = told.path.name if len(told.path.name) <= LONGEST else f"{told.path.name[:LONGEST]}..."
        imgui.text_unformatted(f"{name}: {told.what}" if told.what else "")
        tooltip(told.parts)
        imgui.text_colored(DIM if told.fits else WARN, told.taken)
        tooltip(told.parts)

    def _ask(self, path: Path):
        self._told, self._asked = self._foretell(path), time.perf_counter()
