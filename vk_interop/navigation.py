"""Whose the keys are that move through panels: ImGui's while somebody goes through them by keyboard, else the scene's.

ImGui would begin by itself: with an arrow, in whichever window was clicked last.
"""

from __future__ import annotations

from imgui_bundle import imgui

ON = imgui.ConfigFlags_.nav_enable_keyboard
GONE = 2  # frames without the window: one passes until a window that was not there is, and has the focus


class Navigation:
    """
    is_on     whether windows are gone through by keyboard, from `start`, or the Tab that leaves a text field, until
              Escape or a click, or until the window is closed
    has_keys  whether ImGui hears of the keys of `input.NAVIGATION`: then too when a text is typed, or a list or a menu
              is open. As of the end of the frame before, for what came in since went by that
    """

    def __init__(self, io: imgui.IO):
        self._io = io
        self.is_on = self.has_keys = False
        self._is_typed_into = False
        self._within = False  # whether something is open that Escape leaves first
        self._missing = 0  # frames for which the window that is gone through was not drawn

    def start(self):
        """As of this frame; which window begins, the focus says."""
        self.is_on, self._missing = True, 0

    def begin(self):
        """Before ImGui's frame."""
        if self.has_keys:
            self._io.config_flags |= ON
        elif self._io.config_flags & ON:
            self._io.config_flags &= ~ON
            imgui.set_nav_cursor_visible(False)

    def look(self):
        """Once ImGui has taken its input in."""
        is_left = imgui.is_key_pressed(imgui.Key.escape) and not self._within
        is_clicked = any(imgui.is_mouse_clicked(button) for button in range(3))
        if self._is_typed_into and imgui.is_key_pressed(imgui.Key.tab):  # goes on to the field's neighbour
            self.start()
        self.is_on = self.is_on and not is_left and not is_clicked

    def end(self):
        """Once the frame's windows are drawn."""
        context = imgui.get_current_context()
        self._is_typed_into = context.platform_ime_data.want_text_input
        self._within = self._is_typed_into or len(context.open_popup_stack) > 0
        window = context.nav_window  # what all is docked to stands in for one that is gone
        is_there = window is not None and window.active and not window.flags & imgui.WindowFlags_.no_nav_focus
        self._missing = 0 if is_there else self._missing + 1
        self.is_on = self.is_on and self._missing < GONE
        self.has_keys = self.is_on or self._within
