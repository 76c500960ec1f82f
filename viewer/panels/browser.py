"""Chooses a file or a directory to open."""

from __future__ import annotations

import os
import time
from pathlib import Path

from imgui_bundle import imgui

from gsrender.memory import size
from viewer.listing import Listing
from viewer.panels import dialog
from viewer.panels.rows import DIM, button, tooltip
from viewer.scene import MESH_SUFFIXES

LINES, ROUND = 18, 11  # of the list; font sizes that the window needs round it
SUFFIXES = f"{', '.join(MESH_SUFFIXES[:-1])} or {MESH_SUFFIXES[-1]}"
SOON = 0.2  # seconds in which most directories are read: it is not said before


class Browser:
    """A window over the others, in `folder`; a path that is typed into it counts as well."""

    def __init__(self, folder: Path):
        self._shown: Listing | None = None
        self._go(folder)

    def draw(self, window: tuple[float, float]) -> tuple[Path | None, bool]:
        """What was chosen; and whether it stays open."""
        font, chosen = imgui.get_font_size(), self._arrive()
        stays = dialog.begin("Open", window, 40)
        imgui.set_next_item_width(-1)
        if imgui.is_window_appearing():
            imgui.set_keyboard_focus_here()
        entered, self.typed = imgui.input_text("##path", self.typed, imgui.InputTextFlags_.enter_returns_true)
        tooltip("The directory that is shown. Type a path and press Enter to go there, or to open the file.")
        if entered:
            self._go(Path(self.typed).expanduser())
        if button("up", "To the directory above."):
            self._go(self.folder.parent)
        imgui.same_line()
        if button("open this directory", "Opens it as a model, as Proxy-GS, Octree-GS and Scaffold-GS train it."):
            chosen = self.folder
        line = imgui.get_text_line_height_with_spacing()
        lines = min(LINES, max((window[1] - ROUND * font) // line, 1))
        if imgui.begin_child(str(self.folder), (0, lines * line), imgui.ChildFlags_.borders):
            chosen = self._entries() or chosen
        imgui.end_child()
        imgui.text_colored(DIM, self._listing.problem or f"A click goes into a directory, or opens a file: {SUFFIXES}.")
        return chosen, dialog.end(stays) and chosen is None

    @property
    def folder(self) -> Path:
        return self._listing.path

    @property
    def is_reading(self) -> bool:
        return not self._listing.is_read

    def _go(self, folder: Path):
        folder = Path(os.path.abspath(folder))
        self._listing, self._asked, self.typed = Listing(folder), time.perf_counter(), str(folder)

    def _arrive(self) -> Path | None:
        """What there is where somebody went: the file, if it is one."""
        listing = self._listing
        if self.is_reading or self._shown is listing:
            return None
        self._shown, self.typed = listing, str(listing.path)
        return listing.path if listing.is_file else None

    def _entries(self) -> Path | None:
        """The list; what was clicked in it. Only what is in view is drawn, however long it is."""
        if self.is_reading:
            if time.perf_counter() - self._asked > SOON:
                imgui.text_colored(DIM, f"reading {self.folder} ...")
            return None
        chosen, clipper = None, imgui.ListClipper()
        clipper.begin(len(self._listing.entries))
        while clipper.step():
            for entry in self._listing.entries[clipper.display_start:clipper.display_end]:
                if imgui.selectable(f"{entry.name}/" if entry.is_folder else entry.name, False)[0]:
                    chosen = entry
                if not entry.is_folder:
                    imgui.same_line(30 * imgui.get_font_size())
                    imgui.text_colored(DIM, size(entry.nbytes))
        if chosen and chosen.is_folder:
            return self._go(self.folder / chosen.name)
        return chosen and self.folder / chosen.name
