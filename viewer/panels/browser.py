"""Chooses a file or a directory to open, or where to save one."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from imgui_bundle import imgui

from gsrender.memory import size
from viewer.foretold import Foretold
from viewer.listing import Listing
from viewer.panels import dialog
from viewer.panels.memory_ahead import MemoryAhead
from viewer.panels.rows import DIM, button, dim, tooltip
from viewer.path_file import is_path_name
from viewer.scene import MESH_SUFFIXES

LINES, ROUND = 18, 14  # of the list; font sizes that the window needs round it
SUFFIXES = f"{', '.join(MESH_SUFFIXES[:-1])} or {MESH_SUFFIXES[-1]}"
SOON = 0.2  # seconds in which most directories are read: it is not said before
BORDERS = imgui.ChildFlags_.borders | imgui.ChildFlags_.nav_flattened  # the keyboard goes on into the list


@dataclass(frozen=True)
class Purpose:
    """
    title    of the window
    offered  whether a file of that name is in the list
    folder   what becomes of a directory that is chosen itself; empty: a name is chosen, to save under
    foot     a sentence below the list
    """

    title: str
    offered: Callable[[str], bool]
    folder: str
    foot: str

    @property
    def saves(self) -> bool:
        return not self.folder


SCENE = Purpose("Open", lambda name: Path(name).suffix.lower() in MESH_SUFFIXES,
                "Opens it as a model, as Proxy-GS, Octree-GS and Scaffold-GS train it.",
                f"A click goes into a directory, or opens a file: {SUFFIXES}.")
MODEL = "This directory is a model: Enter in the line of its path opens it, or the button below that."
LOAD_PATH = Purpose("Load a path", is_path_name,
                    "Loads the COLMAP model in it, or in its sparse/0, as a path through its cameras.",
                    "A click goes into a directory, or loads a file: a path that was saved; or cameras, which are "
                    "flown through with a second from one to the next: cameras.json, transforms.json, COLMAP's images.")
SAVE_PATH = Purpose("Save the path", lambda name: name.lower().endswith(".json"), "",
                    "A click on a file takes its name. What is no path is not written over.")


class Browser:
    """A window over the others, in `folder`; a path that is typed into it counts as well. `name` is what is saved under
    at first; `foretell` tells what opening a path takes: of the entry under the cursor or the keyboard's mark, else of
    the directory."""

    def __init__(self, purpose: Purpose, folder: Path, name: str = "",
                 foretell: Callable[[Path], Foretold] | None = None):
        self.purpose, self.name = purpose, name
        self._ahead = MemoryAhead(foretell, folder) if foretell and purpose is SCENE else None
        self._shown: Listing | None = None
        self._wants_keyboard = False
        self._go(folder)

    def draw(self, window: tuple[float, float]) -> tuple[Path | None, bool]:
        """What was chosen; and whether it stays open."""
        font, chosen = imgui.get_font_size(), self._arrive()
        stays = dialog.begin(self.purpose.title, window, 40)
        imgui.set_next_item_width(-1)
        if self._wants_keyboard or imgui.is_window_appearing() and not self.purpose.saves:
            imgui.set_keyboard_focus_here()
        self._wants_keyboard = False
        entered, self.typed = imgui.input_text("##path", self.typed, imgui.InputTextFlags_.enter_returns_true)
        tooltip("The directory that is shown. Type a path and press Enter to go there, or to open the file; once more "
                "to open the model that it is.")
        if entered:
            chosen = self._enter() or chosen
        if button("up", "To the directory above."):
            self._go(self.folder.parent)
        imgui.same_line()
        chosen = (self._named() if self.purpose.saves else self._whole()) or chosen
        line = imgui.get_text_line_height_with_spacing()
        lines = min(LINES, max((window[1] - ROUND * font) // line, 1))
        self._regarded = self.folder
        if imgui.begin_child(str(self.folder), (0, lines * line), BORDERS):
            chosen = self._entries() or chosen
        imgui.end_child()
        dim(self._listing.problem or (MODEL if self._is_at_model else self.purpose.foot))
        if self._ahead:
            self._ahead.draw(self._regarded)
        return chosen, dialog.end(stays) and chosen is None

    @property
    def folder(self) -> Path:
        return self._listing.path

    @property
    def is_reading(self) -> bool:
        return not self._listing.is_read

    @property
    def _is_at_model(self) -> bool:
        return self._listing.is_read and self._listing.is_model and self.purpose is SCENE

    def _enter(self) -> Path | None:
        """Goes to what is typed; the model, where that is shown already. Another Enter is for the same field."""
        path = Path(os.path.abspath(Path(self.typed).expanduser()))
        if self._is_at_model and path in (self.folder, self._wanted):
            return self.folder
        self._wants_keyboard = True
        return self._go(path)

    @property
    def is_waiting(self) -> bool:
        """Whether there will be more to see."""
        return self.is_reading or self._ahead is not None and not self._ahead.is_known

    def _whole(self) -> Path | None:
        """The directory itself."""
        label = "open this directory" if self.purpose is SCENE else "load this directory"
        return self.folder if button(label, self.purpose.folder) else None

    def _named(self) -> Path | None:
        """The name to save under."""
        imgui.same_line()
        imgui.align_text_to_frame_padding()
        imgui.text_colored(DIM, "name")
        imgui.same_line()
        imgui.set_next_item_width(-5 * imgui.get_font_size())
        if imgui.is_window_appearing():
            imgui.set_keyboard_focus_here()
        entered, self.name = imgui.input_text("##name", self.name, imgui.InputTextFlags_.enter_returns_true)
        tooltip("Of the file in this directory; Enter saves it there.")
        imgui.same_line()
        imgui.begin_disabled(not self.name.strip())
        entered |= button("save", "Writes the file there.")
        imgui.end_disabled()
        return self.folder / self.name.strip() if entered and self.name.strip() else None

    def _go(self, folder: Path):
        folder = self._wanted = Path(os.path.abspath(folder))
        self._asked, self.typed = time.perf_counter(), str(folder)
        self._listing = Listing(folder, self.purpose.offered)

    def _arrive(self) -> Path | None:
        """What there is where somebody went: the file, if it is one."""
        listing = self._listing
        if self.is_reading or self._shown is listing:
            return None
        self._shown, self.typed = listing, str(listing.path)
        return self._take(listing.path) if listing.is_file else None

    def _take(self, file: Path) -> Path | None:
        """The file, to open it; where one is saved, its name."""
        if not self.purpose.saves:
            return file
        if file.parent != self.folder:
            self._go(file.parent)
        self.name = file.name
        return None

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
                if imgui.is_item_hovered() or imgui.is_item_focused() and self._regarded == self.folder:
                    self._regarded = self.folder / entry.name
                if not entry.is_folder:
                    imgui.same_line(30 * imgui.get_font_size())
                    imgui.text_colored(DIM, size(entry.nbytes))
                elif entry.is_model and self.purpose is SCENE:
                    imgui.same_line(30 * imgui.get_font_size())
                    imgui.text_colored(DIM, "a model")
        if chosen and chosen.is_folder:
            self._wants_keyboard = chosen.is_model  # for the Enter that opens it
            return self._go(self.folder / chosen.name)
        return chosen and self._take(self.folder / chosen.name)
