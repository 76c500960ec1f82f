"""What outlives the window: where it stands, what a person set for good, where the panels stand, and the scenes that
were opened last with what was chosen for them."""

from __future__ import annotations

import json
import os
import tempfile
import zlib
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from gsrender.settings import LARGEST_SIDE
from viewer.alignment import Alignment, read_alignment
from viewer.chosen import read_chosen
from viewer.fit import Fit
from viewer.habits import Habits, read_habits
from viewer.output import write_whole
from vk_interop.placement import Placement

VERSION = 1
MOST_RECENT = 10
FARTHEST = 1 << 20  # units that a window may be from the desktop's corner


@dataclass(frozen=True)
class Recent:
    """A scene that was opened: absolute paths; `proxy` is None where none was named. `chosen` are the settings of
    CHOSEN that are not as usual, by name."""

    model: str
    proxy: str | None = None
    alignment: Alignment = Alignment()
    chosen: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Remembered:
    """
    placement  of the window
    settings   Habits that are not as usual, by name
    layout     ImGui's words for where the panels stand, at `scale` times the usual size; empty: where they are at first
    recent     the scenes opened last, the newest first
    """

    placement: Placement = Placement()
    settings: dict = field(default_factory=dict)
    layout: str = ""
    scale: float = 1.0
    recent: tuple[Recent, ...] = ()

    @property
    def habits(self) -> Habits:
        return Habits(**self.settings)

    def opened(self, model: Path, proxy: Path | None) -> Remembered:
        """With one more scene on top of the recent ones."""
        new = Recent(_absolute(model), proxy and _absolute(proxy), self.alignment(model, proxy), self.chosen(model))
        others = [scene for scene in self.recent if scene.model != new.model]
        return replace(self, recent=(new, *others)[:MOST_RECENT])

    def alignment(self, model: Path, proxy: Path | None) -> Alignment:
        """How that scene lay when it was open; the fit is of the proxy that it had then."""
        found = self._find(model)
        if found is None:
            return Alignment()
        has_same = proxy is not None and found.proxy == _absolute(proxy)
        return found.alignment if has_same else replace(found.alignment, fit=Fit())

    def chosen(self, model: Path) -> dict:
        """How that scene's picture was made: see Recent."""
        found = self._find(model)
        return found.chosen if found else {}

    def with_scene(self, model: Path, **changes) -> Remembered:
        """With another alignment or choice of a scene that was opened."""
        return replace(self, recent=tuple(replace(scene, **changes) if scene.model == _absolute(model)
                                          else scene for scene in self.recent))

    def _find(self, model: Path) -> Recent | None:
        return next((scene for scene in self.recent if scene.model == _absolute(model)), None)


def kept(before: dict, begun, now, usual, names) -> dict:
    """What to keep of the values of these names: what was kept `before`, and over it what a person has changed since
    the window, or the scene, began. So what a command line says holds for its run alone. What is as usual is not
    kept."""
    changed = {name: getattr(now, name) for name in names if getattr(now, name) != getattr(begun, name)}
    return {name: value for name, value in (before | changed).items() if value != getattr(usual, name)}


def place() -> Path:
    """The file, in the user's folder for such."""
    try:
        home = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    except RuntimeError:  # a user without a home, as in containers
        home = Path(tempfile.gettempdir()) / f"config-{os.getuid()}"
    return Path(home) / "gsrender-viewer" / "window.json"


def load(path: Path) -> tuple[Remembered, str | None]:
    """What the file says; and a sentence where it cannot be read, and the usual is taken instead."""
    try:
        return _read(json.loads(path.read_text())), None
    except FileNotFoundError:
        return Remembered(), None
    except Exception:  # whatever it holds, it must not keep a window from opening
        return Remembered(), (f"{path}: damaged, so the window begins with its usual settings; the file is written "
                              "anew when the window closes")


def save(remembered: Remembered, path: Path):
    """Raises InputError where it cannot be written."""
    text = {"version": VERSION, **asdict(remembered), "check": _check(remembered.layout)}
    with write_whole(path) as file:
        file.write(json.dumps(text, indent=1).encode())


def _read(data: dict) -> Remembered:
    """Raises one of many errors where it is not what `save` wrote. Older files lack some of it."""
    layout, scale = data["layout"], data["scale"]
    if data["version"] != VERSION or type(scale) is not float or _check(layout) != data["check"]:
        raise ValueError("another version, or a layout that was changed by hand")
    recent = [Recent(_word(scene["model"]), scene["proxy"] and _word(scene["proxy"]),
                     read_alignment(scene["alignment"]) if "alignment" in scene else Alignment(),
                     read_chosen(scene.get("chosen", {})))
              for scene in data["recent"]]
    placement = _placement(**data["placement"]) if "placement" in data else _placement(data["size"])
    return Remembered(placement, read_habits(data["settings"]), layout, scale, tuple(recent[:MOST_RECENT]))


def _placement(size, at=None, maximised=False) -> Placement:
    if not (_are_whole(size, 1, LARGEST_SIDE) and type(maximised) is bool):
        raise ValueError(size, maximised)
    if at is not None and not _are_whole(at, -FARTHEST, FARTHEST):
        raise ValueError(at)
    return Placement(tuple(size), at and tuple(at), maximised)


def _are_whole(pair, least: int, most: int) -> bool:
    return len(pair) == 2 and all(type(number) is int and least <= number <= most for number in pair)


def _word(value) -> str:
    if type(value) is not str:
        raise TypeError(value)
    return value


def _absolute(path: Path) -> str:
    return str(Path(path).resolve())


def _check(layout: str) -> int:
    """ImGui reads its own words without doubting them, so they are taken only as they were written."""
    return zlib.crc32(layout.encode())
