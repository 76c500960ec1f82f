"""What the keyboard and the mouse did since the frame before, whoever delivers the events."""

from __future__ import annotations

from dataclasses import dataclass, field

Pair = tuple[float, float]
BUTTONS = ("left", "right", "middle")


@dataclass(frozen=True)
class Input:
    """Keys are named by where they lie on a US keyboard ("W", "Left", "F1", "Shift"), buttons left, right, middle.

    held     keys that are down, or were for a moment since the frame before
    pressed  keys and buttons that went down, in that order; under Ctrl a key is called "Ctrl+C"
    drag     by button, how far the cursor moved while it was down: right and down, in heights of the window
    cursor   from the upper left corner, in heights of the window
    wheel    notches, away from the person
    dropped  paths of what was dropped on the window
    """

    held: frozenset[str] = frozenset()
    pressed: tuple[str, ...] = ()
    drag: dict[str, Pair] = field(default_factory=dict)
    cursor: Pair = (0.0, 0.0)
    wheel: float = 0.0
    dropped: tuple[str, ...] = ()

    def within(self, left: float, top: float, height: float) -> Input:
        """As a part of the window sees it, that begins at `left`, `top`: all in heights of the window, the result in
        heights of the part."""
        drag = {button: (x / height, y / height) for button, (x, y) in self.drag.items()}
        cursor = (self.cursor[0] - left) / height, (self.cursor[1] - top) / height
        return Input(self.held, self.pressed, drag, cursor, self.wheel, self.dropped)


# Keys that move through a panel while it is used by keyboard (see Navigation); all others are still the scene's.
NAVIGATION = {"Left", "Right", "Up", "Down", "Tab", "Space", "Enter", "Escape", "Home", "End", "Page Up", "Page Down"}


MODIFIERS = {"Shift", "Ctrl", "Alt", "Super"}


class Collector:
    """Turns events into an Input a frame. A drag belongs to whoever had its first press, the scene or the panel."""

    def __init__(self):
        self.events = 0  # that ever came, those that say nothing to the scene included
        self._keys: set[str] = set()
        self._buttons: set[str] = set()
        self._panels: set[str] = set()  # buttons whose press the panel had
        self._cursor: Pair | None = None
        self._begin()

    def _begin(self):
        self._tapped = self._keys & MODIFIERS  # one that is let go of in a slow frame was meant for the keys before
        self._pressed: list[str] = []
        self._drag: dict[str, Pair] = {}
        self._wheel = 0.0
        self._dropped: tuple[str, ...] = ()

    def stir(self):
        """Something happened."""
        self.events += 1

    def key(self, name: str, down: bool):
        """By its name in Input; one that is held may come again and again."""
        self.stir()
        if down and name not in self._keys:
            self._pressed.append(f"Ctrl+{name}" if "Ctrl" in self._keys else name)
            self._tapped.add(name)
        (self._keys.add if down else self._keys.discard)(name)

    def button(self, name: str, down: bool):
        self.stir()
        if down:
            self._pressed.append(name)
            self._panels.discard(name)  # whose this press is, `take` will see
        (self._buttons.add if down else self._buttons.discard)(name)

    def cursor(self, x: float, y: float):
        """To this place, in heights of the window. Only moves count, so the first place of a drag never jumps."""
        self.stir()
        if self._cursor is not None:
            for button in self._buttons:
                dx, dy = self._drag.get(button, (0.0, 0.0))
                self._drag[button] = dx + x - self._cursor[0], dy + y - self._cursor[1]
        self._cursor = (x, y)

    def drop(self, paths):
        self.stir()
        self._dropped += tuple(paths)

    def wheel(self, notches: float):
        self.stir()
        self._wheel += notches

    def lose_focus(self):
        """Releases everything: the events of letting go will be delivered to another window."""
        self.stir()
        self._keys.clear()
        self._buttons.clear()
        self._panels.clear()
        self._cursor = None
        self._begin()

    def take(self, panel_has_mouse=False, panel_has_keys=False, panel_is_navigated=False) -> Input:
        """The Input since the last call, less what the panel used: all keys while a text is typed, NAVIGATION's while
        it is gone through by keyboard."""
        taken = NAVIGATION if panel_is_navigated else set()
        keys = self._keys | self._tapped
        pressed = [name for name in self._pressed if name.removeprefix("Ctrl+") not in taken]
        if panel_has_mouse:
            self._panels |= {name for name in pressed if name in BUTTONS}
        ours = [name for name in pressed if name not in (self._panels if name in BUTTONS else ())]
        result = Input(
            held=frozenset() if panel_has_keys else frozenset(keys - taken),
            pressed=tuple(name for name in ours if name in BUTTONS or not panel_has_keys),
            drag={name: move for name, move in self._drag.items() if name not in self._panels},
            cursor=self._cursor or (0.0, 0.0), wheel=0.0 if panel_has_mouse else self._wheel,
            dropped=self._dropped)
        self._panels &= self._buttons
        self._begin()
        return result
