"""What outlives the window: its size, its settings, where the panels stand, the scenes that were opened last."""

from __future__ import annotations

import json
import os
import zlib
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path

from gsrender.settings import LARGEST_SIDE
from viewer.alignment import Alignment, read_alignment
from viewer.fit import Fit
from viewer.output import write_whole
from viewer.settings import ViewerSettings

VERSION = 1
MOST_RECENT = 10
# What a person sets for good. The rest belongs to a scene or to a moment.
KEPT = ("vsync", "resolution_scale", "adaptive", "panel", "closed", "always", "mode")


@dataclass(frozen=True)
class Recent:
    """A scene that was opened: absolute paths; `proxy` is None where none was named."""

    model: str
    proxy: str | None = None
    alignment: Alignment = Alignment()


@dataclass(frozen=True)
class Remembered:
    """
    size      of the window, in units of the mouse
    settings  those of KEPT that were changed, by name
    layout    ImGui's words for where the panels stand, at `scale` times the usual size; empty: where they are at first
    recent    the scenes opened last, the newest first
    """

    size: tuple[int, int] = (1280, 720)
    settings: dict = field(default_factory=dict)
    layout: str = ""
    scale: float = 1.0
    recent: tuple[Recent, ...] = ()

    def apply(self, settings: ViewerSettings) -> ViewerSettings:
        return replace(settings, **self.settings)

    def opened(self, model: Path, proxy: Path | None) -> Remembered:
        """With one more scene on top of the recent ones."""
        new = Recent(_absolute(model), proxy and _absolute(proxy), self.alignment(model, proxy))
        others = [scene for scene in self.recent if scene.model != new.model]
        return replace(self, recent=(new, *others)[:MOST_RECENT])

    def alignment(self, model: Path, proxy: Path | None) -> Alignment:
        """How that scene lay when it was open; the fit is of the proxy that it had then."""
        found = next((scene for scene in self.recent if scene.model == _absolute(model)), None)
        if found is None:
            return Alignment()
        has_same = proxy is not None and found.proxy == _absolute(proxy)
        return found.alignment if has_same else replace(found.alignment, fit=Fit())

    def aligned(self, model: Path, alignment: Alignment) -> Remembered:
        """With another alignment of a scene that was opened."""
        return replace(self, recent=tuple(replace(scene, alignment=alignment) if scene.model == _absolute(model)
                                          else scene for scene in self.recent))


def place() -> Path:
    """The file, in the user's folder for such."""
    home = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(home) / "gsrender-viewer" / "window.json"


def load(path: Path) -> tuple[Remembered, str | None]:
    """What the file says; and a sentence where it cannot be read, and the usual is taken instead."""
    try:
        return _read(json.loads(path.read_text())), None
    except FileNotFoundError:
        return Remembered(), None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return Remembered(), (f"{path}: damaged, so the window begins with its usual settings; the file is written "
                              "anew when the window closes")


def save(remembered: Remembered, path: Path):
    """Raises InputError where it cannot be written."""
    text = {"version": VERSION, **asdict(remembered), "check": _check(remembered.layout)}
    with write_whole(path) as file:
        file.write(json.dumps(text, indent=1).encode())


def kept(settings: ViewerSettings) -> dict:
    """What of the settings is remembered: those of KEPT that are not as usual."""
    usual = ViewerSettings()
    return {name: getattr(settings, name) for name in KEPT if getattr(settings, name) != getattr(usual, name)}


def _read(data: dict) -> Remembered:
    """Raises one of many errors where it is not what `save` wrote."""
    size, scale = tuple(data["size"]), data["scale"]
    if len(size) != 2 or not all(type(edge) is int and 1 <= edge <= LARGEST_SIDE for edge in size):
        raise ValueError(size)
    layout = data["layout"]
    if data["version"] != VERSION or type(scale) is not float or _check(layout) != data["check"]:
        raise ValueError("another version, or a layout that was changed by hand")
    usual = {f.name: getattr(ViewerSettings(), f.name) for f in fields(ViewerSettings) if f.name in KEPT}
    settings = {name: _like(usual[name], value) for name, value in data["settings"].items() if name in usual}
    ViewerSettings(**settings)
    recent = [Recent(_like("", scene["model"]), scene["proxy"] and _like("", scene["proxy"]),
                     read_alignment(scene["alignment"]) if "alignment" in scene else Alignment())
              for scene in data["recent"]]
    return Remembered(size, settings, layout, scale, tuple(recent[:MOST_RECENT]))


def _absolute(path: Path) -> str:
    return str(Path(path).resolve())


def _like(usual, value):
    """The value, where it is of the kind of the usual one."""
    if type(usual) is tuple and type(value) is list and all(type(part) is str for part in value):
        return tuple(value)
    if type(value) is not type(usual):
        raise TypeError(value)
    return value


def _check(layout: str) -> int:
    """ImGui reads its own words without doubting them, so they are taken only as they were written."""
    return zlib.crc32(layout.encode())
