"""Which key or mouse movement does what: the one table that input, the list of keys and the README read."""

from __future__ import annotations

from dataclasses import dataclass, replace

from viewer.panels import PANELS
from vk_interop.input import Input, Pair


@dataclass(frozen=True)
class Binding:
    """`keys` are alternatives, each a key of `Input`, or a mouse movement. A `held` action lasts as long as its key."""

    action: str
    keys: tuple[str, ...]
    help: str
    held: bool = False


GROUPS = {
    "Moving": (
        Binding("forward", ("W",), "fly forward", held=True),
        Binding("left", ("A",), "fly left", held=True),
        Binding("back", ("S",), "fly back", held=True),
        Binding("right", ("D",), "fly right", held=True),
        Binding("down", ("Q",), "fly down", held=True),
        Binding("up", ("E",), "fly up", held=True),
        Binding("faster", ("Shift",), "four times faster, while held", held=True),
        Binding("slower", ("Alt",), "four times slower, while held", held=True),
        Binding("turn", ("left drag",), "look around; in orbit mode, turn around the pivot"),
        Binding("pan", ("right drag", "middle drag"), "pan; what was grabbed stays under the cursor"),
        Binding("wheel", ("wheel",), "speed; in orbit mode, towards the pivot and away from it"),
        Binding("mode", ("V",), "fly / orbit around what is in the middle / walk"),
        Binding("fly", ("1",), "fly"),
        Binding("orbit", ("2",), "orbit around what is in the middle"),
        Binding("walk", ("3",), "walk: level, at the height of the eyes above the proxy mesh"),
        Binding("focus", ("F",), "orbit around what is under the cursor"),
    ),
    "Cameras": (
        Binding("previous camera", ("Left",), "previous camera of the dataset"),
        Binding("next camera", ("Right",), "next camera of the dataset"),
        Binding("nearest camera", ("N",), "nearest camera of the dataset"),
        Binding("reset", ("R", "Home"), "back to the first view and speed"),
        Binding("undo", ("Ctrl+Z",), "undo: back to where the camera was before it jumped"),
        Binding("redo", ("Ctrl+Y",), "redo: forward again, to where it had jumped"),
        Binding("copy camera", ("Ctrl+C",), "copy the camera as text"),
        Binding("paste camera", ("Ctrl+V",), "fly to the camera that was copied"),
    ),
    "The path": (
        Binding("play path", ("Space",), "fly along the path, or stop there"),
        Binding("add keyframe", ("K",), "add a keyframe to the path, here"),
        Binding("load path", ("Ctrl+L",), "load a path, or cameras to fly through"),
        Binding("save path", ("Ctrl+S",), "save the path"),
    ),
    "The picture": (
        Binding("culling", ("C",), "culling: off / centre / footprint"),
        Binding("freeze", ("Z",), "freeze culling, and look at what is left from elsewhere"),
        Binding("next view", ("M",), "next kind of picture: alpha, depth, overdraw, ..."),
        Binding("previous view", ("B",), "previous kind of picture"),
        Binding("split", ("L",), "compare: a line between culling on and off, to be dragged"),
        Binding("flip", ("X",), "compare: flip between culling on and off"),
        Binding("benchmark", ("G",), "benchmark: fly the path, or the dataset's cameras, with culling off and on"),
        Binding("vsync", ("T",), "vsync on / off"),
    ),
    "Panels": (
        Binding("panel", ("H",), "show or hide the panels"),
        Binding("panels", ("Tab",),
                "use the panel that was used last by keyboard: Tab and the arrows move, Space changes; Escape or a "
                "click ends it"),
        *(Binding(f"panel {panel.name}", (f"Ctrl+{i}",), f"{panel.name}: {panel.help}")
          for i, panel in enumerate(PANELS, 1)),
        Binding("reset layout", ("Ctrl+0",), "all panels back to their places"),
    ),
    "The window": (
        Binding("open", ("Ctrl+O",), "open a model or a proxy mesh"),
        Binding("reload", ("F5",), "reload: read the scene anew"),
        Binding("screenshot", ("P", "F12"), "screenshot: save what is on the screen as a PNG"),
        Binding("help", ("F1",), "show or hide the list of keys"),
        Binding("escape", ("Escape",), "close what is over the picture: this list, a window, a sentence"),
        Binding("quit", ("Ctrl+Q",), "quit: close the window"),
    ),
}
BINDINGS = tuple(binding for group in GROUPS.values() for binding in group)
_KEYS = {key: binding for binding in BINDINGS for key in binding.keys}


def held_actions(given: Input) -> frozenset[str]:
    """Actions that last while their key is down. Ctrl is for commands, so nothing moves under it."""
    if "Ctrl" in given.held:
        return frozenset()
    return frozenset(_KEYS[key].action for key in given.held if key in _KEYS and _KEYS[key].held)


def pressed_actions(given: Input) -> list[str]:
    """Actions whose key went down, in that order."""
    found = (_KEYS.get(key) for key in given.pressed)
    return [binding.action for binding in found if binding and not binding.held]


def drag_of(action: str, given: Input) -> tuple[float, float]:
    """How far the buttons of a mouse action were dragged, in heights of the window."""
    if not given.drag:
        return 0.0, 0.0
    moves = [given.drag.get(button, (0.0, 0.0)) for button in buttons_of(action)]
    return sum(x for x, _ in moves), sum(y for _, y in moves)


def with_drag(action: str, given: Input, drag: Pair) -> Input:
    """The same as if the buttons of a mouse action had been dragged like that."""
    first, *others = buttons_of(action)
    return replace(given, drag=given.drag | {first: drag} | dict.fromkeys(others, (0.0, 0.0)))


def buttons_of(action: str) -> list[str]:
    """Those that a mouse action is dragged by."""
    keys = next(binding.keys for binding in BINDINGS if binding.action == action)
    return [key.removesuffix(" drag") for key in keys]


def first_words() -> str:
    """What somebody who opens the window for the first time has to know."""
    key = {binding.action: binding.keys[0] for binding in BINDINGS}
    fly = " ".join(key[action] for action in ("forward", "left", "back", "right"))
    return (f"{key['turn']}: look around    {fly}: fly    {key['culling']}: culling    "
            f"{key['benchmark']}: benchmark    {key['screenshot']}: screenshot    "
            f"{key['open']}: open    {key['help']}: all keys")


def markdown_table() -> str:
    """The README's table of keys."""
    rows = []
    for title, group in GROUPS.items():
        rows += [f"| **{title}** | |", *(f"| {' or '.join(f'`{key}`' for key in b.keys)} | {b.help} |" for b in group)]
    return "\n".join(["| Key | What it does |", "|---|---|", *rows])
