"""The window's keys in a browser: those of the one table for what a page can do. What moves the camera is viser's."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import viser

from viewer.bindings import BINDINGS

# Left and Right turn the camera in a browser, and Ctrl with most letters is its own.
ACTIONS = ("mode", "fly", "orbit", "nearest camera", "reset", "undo", "redo", "play path", "add keyframe", "culling",
           "freeze", "next view", "previous view", "split", "flip", "benchmark")
KEYS = {binding.action: binding.keys[0] for binding in BINDINGS if binding.action in ACTIONS}


def add_keys(gui: viser.GuiApi, does: Mapping[str, Callable[[], None]]):
    """`does` has each of ACTIONS. They are in the list that Ctrl+K shows, too."""
    for binding in BINDINGS:
        if binding.action in KEYS:
            *held, key = KEYS[binding.action].split("+")
            command = gui.add_command(binding.help, hotkey=key if len(key) == 1 else key.lower(),
                                      modifier="cmd/ctrl" if held else None)
            command.on_trigger(_calling(does[binding.action]))


def _calling(act: Callable[[], None]):
    async def call(event):
        act()
    return call


def keys_text() -> str:
    """For the README."""
    return " ".join(f"`{key}`" for key in KEYS.values())
