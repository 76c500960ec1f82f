"""The views of cameras files, and the name under which each one's picture is kept."""

from __future__ import annotations

import itertools
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from gsrender.camera import Camera
from gsrender.errors import InputError


@dataclass(frozen=True)
class View:
    """A camera and where it is from. The last four fields together tell it from every other view."""

    camera: Camera
    name: str
    file: str  # the cameras file, absolute
    split: str  # may be empty
    ordinal: int = 0  # among the views of this name, file and split

    @property
    def origin(self) -> tuple[str, str, str, int]:
        return self.name, self.file, self.split, self.ordinal

    def names(self) -> list[str]:
        """Names for its picture, each more exact than the one before."""
        path = PurePosixPath(self.file)
        parts = [path.parent.name, path.stem, self.split, self.name]
        return list(dict.fromkeys("/".join(filter(None, parts[-n:])) for n in range(1, 5)))

    def may_be_called(self, name: str) -> bool:
        """Whether a list of names that anyone may have written can be trusted with this one."""
        stem, _, number = name.rpartition("~")
        return name in self.names() or (stem == self.names()[-1] and number.isdecimal())


def load_views(files: list[Path]) -> list[View]:
    """All views of the files, in their order; says on stderr what was left out of their lenses. Raises InputError."""
    from gsrender.load import distortion_warning, load_cameras
    views, seen = [], {}
    for file in dict.fromkeys(str(Path(file).resolve()) for file in files):
        cameras = load_cameras(file)
        if warning := distortion_warning(file, cameras):
            print(f"warning: {warning}", file=sys.stderr)
        for camera in cameras:
            key = camera.name, file, camera.split
            views.append(View(camera.camera, camera.name, file, camera.split, seen.get(key, 0)))
            seen[key] = seen.get(key, 0) + 1
    return views


def name_views(views: list[View], taken: dict[str, tuple]) -> dict[str, View]:
    """A unique name for each view: its own where no other has it, else with as much of its split, its file and its
    folder before it as it takes, else a number. `taken` {name: origin} is from earlier runs: a view that has a name
    there keeps it."""
    by_origin = {origin: name for name, origin in taken.items()}
    kept = [by_origin.get(view.origin) for view in views]
    named = {name: view for name, view in zip(kept, views) if name is not None and view.may_be_called(name)}
    waiting = [view for name, view in zip(kept, views) if name not in named]
    for level in range(4):
        names = [(view.names()[level:] or view.names()[-1:])[0] for view in waiting]
        times = Counter(names)
        fits = [times[name] == 1 and name not in taken and name not in named for name in names]
        named.update((name, view) for name, view, fit in zip(names, waiting, fits) if fit)
        waiting = [view for view, fit in zip(waiting, fits) if not fit]
    for view in waiting:
        numbered = (f"{view.names()[-1]}~{number}" for number in itertools.count(1))
        named[next(name for name in numbered if name not in taken and name not in named)] = view
    order = {view.origin: i for i, view in enumerate(views)}
    return dict(sorted(named.items(), key=lambda item: order[item[1].origin]))


def choose_views(named: dict[str, View], wanted: list[str] | None, option: str = "--views") -> dict[str, View]:
    """Those that the option names, by their own name or by the one they are kept under; all where it is None."""
    if wanted is None:
        return named
    known = {view.name for view in named.values()} | named.keys()
    for name in wanted:
        if name not in known:
            some = ", ".join(list(named)[:5]) + (", ..." if len(named) > 5 else "")
            raise InputError(f"{option}: no view is called {name!r}; there are {some}")
    return {name: view for name, view in named.items() if name in wanted or view.name in wanted}
