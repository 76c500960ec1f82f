"""Chooses a file or a directory to open."""

from __future__ import annotations

import os
from pathlib import Path

from imgui_bundle import imgui

from gsrender.memory import size
from viewer.panels.rows import DIM, button, tooltip
from viewer.scene import MESH_SUFFIXES

LINES = 18
SUFFIXES = f"{', '.join(MESH_SUFFIXES[:-1])} or {MESH_SUFFIXES[-1]}"
MOST = 2000  # entries of a directory


class Browser:
    """A window over the others, in `folder`; a path that is typed into it counts as well."""

    def __init__(self, folder: Path):
        self.typed = ""
        self._go(folder)

    def draw(self, window: tuple[float, float]) -> tuple[Path | None, bool]:
        """What was chosen; and whether it stays open."""
        font, chosen = imgui.get_font_size(), None
        imgui.set_next_window_pos((window[0] / 2, window[1] / 2), imgui.Cond_.appearing, (0.5, 0.5))
        imgui.set_next_window_size((min(40 * font, window[0]), 0))
        _, stays = imgui.begin("Open", True, imgui.WindowFlags_.no_docking | imgui.WindowFlags_.no_collapse
                               | imgui.WindowFlags_.no_saved_settings)
        imgui.set_next_item_width(-1)
        if imgui.is_window_appearing():
            imgui.set_keyboard_focus_here()
        entered, self.typed = imgui.input_text("##path", self.typed, imgui.InputTextFlags_.enter_returns_true)
        tooltip("The directory that is shown. Type a path and press Enter to go there, or to open the file.")
        if entered:
            chosen = self._choose(Path(self.typed).expanduser())
        if button("up", "To the directory above."):
            self._go(self.folder.parent)
        imgui.same_line()
        if button("open this directory", "Opens it as a model, as Proxy-GS, Octree-GS and Scaffold-GS train it."):
            chosen = self.folder
        if imgui.begin_child("entries", (0, LINES * imgui.get_text_line_height_with_spacing()),
                             imgui.ChildFlags_.borders):
            for name, is_folder, nbytes in self._entries:
                if imgui.selectable(f"{name}/" if is_folder else name, False)[0]:
                    chosen = self._choose(self.folder / name)
                if not is_folder:
                    imgui.same_line(30 * font)
                    imgui.text_colored(DIM, size(nbytes))
        imgui.end_child()
        imgui.text_colored(DIM, self._problem or f"A click goes into a directory, or opens a file: {SUFFIXES}.")
        # While it is used by keyboard Escape is ImGui's, and the scene does not hear of it.
        io = imgui.get_io()
        by_keyboard = imgui.is_window_focused() and (io.want_text_input or io.nav_visible)
        left = by_keyboard and imgui.is_key_pressed(imgui.Key.escape)
        imgui.end()
        return chosen, bool(stays) and not left and chosen is None

    def _choose(self, path: Path) -> Path | None:
        if path.is_dir():
            return self._go(path)
        return path

    def _go(self, folder: Path):
        self.folder, self._problem = folder.resolve(), ""
        self.typed, self._entries = str(self.folder), []
        try:
            with os.scandir(self.folder) as found:
                entries = [(entry.name, entry.is_dir(), entry.stat().st_size) for entry in found
                           if not entry.name.startswith(".")
                           and (entry.is_dir() or Path(entry.name).suffix.lower() in MESH_SUFFIXES)]
        except OSError as error:
            self._problem = f"{self.folder}: {error.strerror}"
            return
        self._entries = sorted(entries, key=lambda entry: (not entry[1], entry[0].lower()))[:MOST]
