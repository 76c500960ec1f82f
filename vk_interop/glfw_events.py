"""Hands glfw's keyboard, mouse, text, clipboard and cursor to ImGui and to an input Collector."""

from __future__ import annotations

import glfw
from imgui_bundle import imgui

from vk_interop.imgui_layer import ImguiLayer
from vk_interop.input import BUTTONS, NAVIGATION, Collector


def _key_names() -> dict[int, str]:
    """glfw's key codes, which are places on a US keyboard, not letters: WASD stays a cross on every keyboard."""
    names = {}
    for constant in dir(glfw):
        word = constant.removeprefix("KEY_")
        if word != constant and word not in ("UNKNOWN", "LAST"):
            names[getattr(glfw, constant)] = word.replace("_", " ").title()
    for side in ("LEFT", "RIGHT"):
        for modifier, name in (("SHIFT", "Shift"), ("CONTROL", "Ctrl"), ("ALT", "Alt"), ("SUPER", "Super")):
            names[getattr(glfw, f"KEY_{side}_{modifier}")] = name
    return names


def _imgui_keys() -> dict[int, imgui.Key]:
    """What ImGui's text fields and tables ask for."""
    pairs = {word: getattr(imgui.Key, word.lower()) for word in (
        "TAB BACKSPACE ENTER ESCAPE INSERT DELETE SPACE PAGE_UP PAGE_DOWN HOME END LEFT_SHIFT RIGHT_SHIFT LEFT_ALT "
        "RIGHT_ALT LEFT_SUPER RIGHT_SUPER " + " ".join("ABCDEFGHIJKLMNOPQRSTUVWXYZ")).split()}
    pairs |= {word: getattr(imgui.Key, f"{word.lower()}_arrow") for word in ("LEFT", "RIGHT", "UP", "DOWN")}
    pairs |= {"KP_ENTER": imgui.Key.keypad_enter, "LEFT_CONTROL": imgui.Key.left_ctrl,
              "RIGHT_CONTROL": imgui.Key.right_ctrl}
    return {getattr(glfw, f"KEY_{word}"): key for word, key in pairs.items()}


KEY_NAMES = _key_names()
IMGUI_KEYS = _imgui_keys()
IMGUI_MODIFIERS = {"Shift": imgui.Key.mod_shift, "Ctrl": imgui.Key.mod_ctrl, "Alt": imgui.Key.mod_alt,
                   "Super": imgui.Key.mod_super}
CURSORS = {imgui.MouseCursor_.text_input: glfw.IBEAM_CURSOR, imgui.MouseCursor_.hand: glfw.HAND_CURSOR,
           imgui.MouseCursor_.resize_ew: glfw.HRESIZE_CURSOR, imgui.MouseCursor_.resize_ns: glfw.VRESIZE_CURSOR,
           imgui.MouseCursor_.resize_nwse: glfw.RESIZE_NWSE_CURSOR,
           imgui.MouseCursor_.not_allowed: glfw.NOT_ALLOWED_CURSOR}
OUTSIDE = (-3.4028234663852886e38,) * 2  # ImGui's word for no mouse


class GlfwEvents:
    """Listens to one glfw window for as long as it lives."""

    def __init__(self, window, ui: ImguiLayer, collector: Collector):
        self._window, self._ui, self._io, self._collector = window, ui, ui.io, collector
        self._cursors, self._shape = {}, glfw.ARROW_CURSOR
        glfw.set_key_callback(window, self._on_key)
        glfw.set_char_callback(window, self._on_char)
        glfw.set_cursor_pos_callback(window, self._on_cursor)
        glfw.set_cursor_enter_callback(window, self._on_enter)
        glfw.set_mouse_button_callback(window, self._on_button)
        glfw.set_scroll_callback(window, self._on_scroll)
        glfw.set_window_focus_callback(window, self._on_focus)
        glfw.set_drop_callback(window, lambda _, paths: collector.drop(paths))
        glfw.set_window_refresh_callback(window, lambda _: collector.stir())
        platform = imgui.get_platform_io()
        platform.platform_get_clipboard_text_fn = lambda _: self.clipboard()
        platform.platform_set_clipboard_text_fn = lambda _, text: self.set_clipboard(text)

    def show_cursor(self):
        """Gives the pointer the shape that ImGui asks for."""
        shape = CURSORS.get(imgui.get_mouse_cursor(), glfw.ARROW_CURSOR)
        if shape == self._shape:
            return
        if shape not in self._cursors:
            self._cursors[shape] = glfw.create_standard_cursor(shape)
        glfw.set_cursor(self._window, self._cursors[shape])
        self._shape = shape

    def clipboard(self) -> str:
        """The text on it; empty where it holds something else."""
        text = glfw.get_clipboard_string(None)
        return text.decode(errors="replace") if text else ""

    def set_clipboard(self, text: str):
        glfw.set_clipboard_string(None, text)

    def _on_key(self, window, key, scancode, action, mods):
        name, down = KEY_NAMES.get(key), action != glfw.RELEASE
        if name in IMGUI_MODIFIERS:
            self._io.add_key_event(IMGUI_MODIFIERS[name], down)
        is_heard = name not in NAVIGATION or self._ui.navigation.has_keys
        # ImGui repeats a key that is held by itself, so it need not hear of one that went down before it was its own.
        if key in IMGUI_KEYS and (action == glfw.RELEASE or action == glfw.PRESS and is_heard):
            self._io.add_key_event(IMGUI_KEYS[key], down)
        if name:
            self._collector.key(name, down)

    def _on_char(self, window, code):
        self._io.add_input_character(code)
        self._collector.stir()

    def _on_cursor(self, window, x, y):
        self._io.add_mouse_pos_event(x, y)
        height = max(1, glfw.get_window_size(window)[1])
        self._collector.cursor(x / height, y / height)

    def _on_enter(self, window, entered):
        if not entered:
            self._io.add_mouse_pos_event(*OUTSIDE)

    def _on_button(self, window, button, action, mods):
        if button < len(BUTTONS):
            self._io.add_mouse_button_event(button, action == glfw.PRESS)  # both number left, right, middle
            self._collector.button(BUTTONS[button], action == glfw.PRESS)

    def _on_scroll(self, window, dx, dy):
        self._io.add_mouse_wheel_event(dx, dy)
        self._collector.wheel(dy)

    def _on_focus(self, window, focused):
        self._io.add_focus_event(bool(focused))
        self._collector.stir()
        if not focused:
            self._collector.lose_focus()
