"""A hand that does anything to a window, by a seed."""

from __future__ import annotations

from collections import Counter, deque
from pathlib import Path

import numpy as np
from imgui_bundle import imgui

from tests.viewer.desktop import Hand, xdotool
from viewer.app import Viewer
from viewer.bindings import BINDINGS
from viewer.panels import PANELS

LARGEST = (1400, 900)  # of the display
RARE = ("benchmark", "quit")  # the one takes long, the other needs no more than being asked once
WORDS = ("1", "-3.5", "1e30", "nan", "path.json", "gone/film", "ä", "")
CLIPS = ("", "{}", "no camera", '{"position": [1, 2, 3]}', "[1e400]", "\N{CAMERA}" * 100)


class RandomHand:
    """
    hand   whose `places` of controls are watched
    files  that it drops
    done   how often it did what; `last`: what it did last
    """

    def __init__(self, viewer: Viewer, hand: Hand, seed: int, files: list[Path]):
        self.viewer, self.hand, self._files = viewer, hand, files
        self._random = np.random.default_rng(seed)
        self.done, self.last = Counter(), deque(maxlen=12)
        self._weights = {self._key: 10, self._control: 16, self._slide: 8, self._anywhere: 4, self._panel: 6,
                         self._look_around: 5, self._hold: 5, self._wheel: 4, self._move_panel: 2, self._divide: 2,
                         self._type: 2, self._paste: 1, self._resize: 2, self._drop: 2, self._nap: 2, self._film: 1,
                         self._benchmark: 0.5, self._close: 0.2}

    def step(self):
        """One thing that a hand may do, and a few frames."""
        deeds, weights = list(self._weights), np.array(list(self._weights.values()))
        deed = deeds[self._random.choice(len(deeds), p=weights / weights.sum())]
        name = deed.__name__[1:].replace("_", " ")
        self.last.append(name)
        deed()
        self.done[name] += 1
        self.frames(int(self._random.integers(1, 5)))
        self._stay_at_home()
        self.viewer.closing = False  # it was asked to; there is more to do

    def frames(self, count: int):
        for _ in range(count):
            self.viewer.frame()

    def _stay_at_home(self):
        """Nothing is saved elsewhere than in the folder that the window was started in."""
        browser = self.viewer.files.browser
        if browser and browser.purpose.saves and browser.folder != Path.cwd().resolve():
            self.viewer.files.browser = None

    def _say(self, what):
        self.last[-1] += f" {what}"

    def _any(self, choices):
        return choices[self._random.integers(len(choices))]

    def _place(self) -> tuple[int, int]:
        return tuple(int(self._random.integers(0, edge)) for edge in self.viewer.screen.units)

    def _inside(self, x: float, y: float) -> tuple[float, float]:
        """The nearest place that the window has: controls that were scrolled away lie outside."""
        width, height = self.viewer.screen.units
        return min(max(x, 0), width - 1), min(max(y, 0), height - 1)

    # ---- keys and mouse ---------------------------------------------------------------------------------------------

    def _key(self):
        name = self._any([key for binding in BINDINGS if not binding.held and binding.action not in RARE
                          for key in binding.keys if not key.endswith(("drag", "wheel"))])
        self._say(name)
        self.hand.key(name.replace("Ctrl+", "ctrl+") if len(name) > 1 else name.lower())

    def _hold(self):
        keys = [key.lower() for binding in BINDINGS if binding.held for key in binding.keys]
        keys = [str(key) for key in self._random.choice(keys, 2)]
        self._say(keys)
        self.hand.hold(*keys)
        self.frames(int(self._random.integers(2, 8)))
        self.hand.release(*keys)

    def _look_around(self):
        start, end, button = self._place(), self._place(), int(self._random.integers(1, 4))
        self._say(f"{start} to {end} with {button}")
        self.hand.drag(start, end, button)

    def _wheel(self):
        place, notches = self._place(), self._any((-5, -1, 1, 3))
        self._say(f"{place} {notches}")
        self.hand.move(*place)
        self.hand.wheel(notches)

    def _anywhere(self):
        place = self._place()
        self._say(place)
        self.hand.click(*place)

    def _type(self):
        word = self._any(WORDS)
        self._say(word)
        if word:
            xdotool("type", "--delay", "0", "--", word)
        self.hand.key(self._any(("Return", "Tab", "Escape")))

    def _paste(self):
        text = self._any(CLIPS)
        self._say(text[:20])
        self.viewer.screen.set_clipboard(text)
        self.hand.key("ctrl+v")

    # ---- panels -----------------------------------------------------------------------------------------------------

    def _drawn(self) -> list[str]:
        """Controls that are on the screen now."""
        self.hand.places.clear()
        self.hand.move(*self._place())  # a picture that stands is not drawn again, until it is touched
        self.frames(2)
        return sorted(self.hand.places)

    def _control(self, which=None):
        labels = [label for label in self._drawn() if which is None or label.endswith(which)]
        label = self._any(labels) if labels else "nothing"
        self._say(label)
        if labels and (label not in RARE or self._random.random() < 0.1):
            self.hand.click(*self._inside(*self.hand.places[label]))

    def _slide(self):
        labels = self._drawn()
        label = self._any(labels) if labels else "nothing"
        self._say(label)
        if labels:
            x, y = self.hand.places[label]
            self.hand.drag(self._inside(x, y), self._inside(x + int(self._random.integers(-80, 80)), y))

    def _panel(self, name: str | None = None):
        """To the front, from wherever it is, and scrolled."""
        name = name or self._any([panel.name for panel in PANELS])
        self._say(name)
        self.hand.key(*(key.lower() for b in BINDINGS if b.action == f"panel {name}" for key in b.keys))
        self.frames(4)
        if (window := imgui.internal.find_window_by_name(name)) is not None:
            self.hand.move(*self._inside(window.pos.x + window.size.x / 2, window.pos.y + window.size.y / 2))
            self.hand.wheel(self._any((-20, -5, 5, 20)))

    def _move_panel(self):
        """By its tab or its title, to where it floats or is docked anew."""
        name, place = self._any([panel.name for panel in PANELS]), self._place()
        self._say(f"{name} to {place}")
        if (window := imgui.internal.find_window_by_name(name)) is not None:
            self.hand.drag(self._inside(window.pos.x + 30, window.pos.y + 10), place)

    def _divide(self):
        """Moves the line between two pictures, where there is one."""
        if self.viewer.settings.look.compare != "split":
            self.hand.key("l")
            self.frames(2)
        if (window := imgui.internal.find_window_by_name("###divider")) is not None:
            self.hand.drag(self._inside(window.pos.x + window.size.x / 2, window.pos.y + window.size.y / 2),
                           self._place())

    # ---- what takes longer ------------------------------------------------------------------------------------------

    def _film(self):
        """Of a path of two keyframes more."""
        path = self.viewer.path
        if not path.film:
            path.out = self._any(("film", "film.mp4", "again.mp4"))
            path.size, path.fps = self._any(((160, 120), (321, 200), (322, 200))), self._any((2.0, 10.0))
        self._say(path.out)
        for _ in range(2):
            self.hand.key("k")
            self.frames(2)
            self._look_around()
        self._panel("Path")
        self._control("###draw film")

    def _benchmark(self):
        self.hand.key("g")
        self.frames(int(self._random.integers(2, 60)))

    def _resize(self):
        least = self._any((1, 120, 120, 120))
        size = [int(self._random.integers(least, edge + 1)) for edge in LARGEST]
        self._say(size)
        xdotool("windowsize", self.hand.window, *map(str, size))

    def _drop(self):
        """As the display would tell of it; xdotool cannot drop. What was carried there moved the mouse, too, without
        which a window that rests would not look."""
        paths = [self._any(self._files) for _ in range(self._any((1, 1, 3)))]
        self._say(", ".join(path.name for path in paths))
        self.viewer.screen.input.drop([str(path) for path in paths])
        self.hand.move(*self._place())

    def _close(self):
        self.hand.press_close_button()

    def _nap(self):
        self.frames(10)
