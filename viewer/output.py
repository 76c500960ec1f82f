"""A folder of results: one file a view, and stats.json, which says what each was made from."""

from __future__ import annotations

import json
import os
import time
from contextlib import contextmanager
from pathlib import Path

from gsrender.errors import InputError
from gsrender.whole_file import remove_leftovers, whole_file
from viewer.views import View, name_views


class OutputFolder:
    """Results of one or more runs. No view's file is ever written over by another view's, nor is a stranger's.

    `views` are all that may be written, under the names that they get here. A context manager: stats.json is brought
    up to date every second and at the end, so that an interrupted run leaves what it finished. Before the first file it
    says what the run is about to write, so that the files of a run that was killed are known as well.
    """

    def __init__(self, folder: Path, suffix: str, views: list[View]):
        if os.path.exists(folder) and not os.path.isdir(folder):
            raise InputError(f"--out {folder}: not a directory")
        self.folder, self._suffix = folder, suffix
        self._saved = time.monotonic()
        self._stats = _read_stats(folder / "stats.json")
        self._planned: list[str] = []
        self._begun = False
        self.views = name_views(views, _origins(self._stats))

    def path(self, name: str) -> Path:
        return self.folder / f"{name}{self._suffix}"

    def check(self, names):
        """Raises InputError where a file that no run of this program wrote stands in the way."""
        ours = _origins(self._stats)
        for name in names:
            if os.path.exists(self.path(name)) and name not in ours:
                raise InputError(f"--out {self.folder}: {name}{self._suffix} is there and is not in its stats.json, so "
                                 "it is not written over; choose another folder")
        self._planned = list(names)

    def write(self, name: str, save, record: dict):
        """`save(file)` writes the view's result to an open binary file; `record` goes into stats.json."""
        if not self._begun:
            self._begin([*self._planned, name])
        with write_whole(self.path(name)) as file:
            save(file)
        self._stats["views"][name] = record | {"origin": _origin(self.views[name])}
        if time.monotonic() - self._saved > 1:
            self._save_stats()

    def _begin(self, names: list[str]):
        """Says in stats.json what is about to be written, and removes what a killed run left half-written."""
        self._begun = True
        planned = {name: {"origin": _origin(self.views[name])} for name in names}
        self._stats["unfinished"] = planned | self._stats.get("unfinished", {})
        self._save_stats()
        ours = {self.folder / "stats.json", *map(self.path, _origins(self._stats))}
        for folder in {path.parent for path in ours}:
            remove_leftovers(folder, lambda name: folder / name in ours)

    def _save_stats(self):
        with write_whole(self.folder / "stats.json") as file:
            file.write(json.dumps(self._stats, indent=1, allow_nan=False).encode())
        self._saved = time.monotonic()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if not self._begun:
            return
        left = {name: record for name, record in self._stats.pop("unfinished").items()
                if name not in self._stats["views"] and os.path.exists(self.path(name))}
        if left:  # of a run that was killed
            self._stats["unfinished"] = left
        self._save_stats()


def recorded_origins(folder: Path) -> dict[str, tuple]:
    """{name: origin} of the results in a folder, by its stats.json; empty where it has none of ours."""
    try:
        return _origins(_read_stats(folder / "stats.json"))
    except InputError:
        return {}


def check_place(path: Path):
    """Raises InputError where `path` cannot be written, before long work is done for it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{path}: cannot be written, {error.strerror}") from error
    if os.path.isdir(path) or not os.access(path.parent, os.W_OK):
        raise InputError(f"{path}: cannot be written, {'a directory' if os.path.isdir(path) else 'no permission'}")


@contextmanager
def write_whole(path: Path):
    """An open binary file that takes the name `path` only once everything is in it. Raises InputError."""
    try:
        with whole_file(path) as unfinished, open(unfinished, "wb") as file:
            yield file
    except OSError as error:
        raise InputError(f"{path}: cannot be written, {error.strerror}") from error


def _read_stats(path: Path) -> dict:
    if not os.path.exists(path):
        return {"views": {}}
    try:
        stats = json.loads(path.read_text())
        set(_origins(stats).values())  # all of them are there, and are plain values
        return stats
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(f"{path}: not a stats.json of this program, so it is not written over; choose another --out"
                         ) from error


def _origins(stats: dict) -> dict[str, tuple]:
    origins = {name: record["origin"] for name, record in (stats.get("unfinished", {}) | stats["views"]).items()}
    return {name: (o["name"], o["cameras"], o["split"], o["ordinal"]) for name, o in origins.items()}


def _origin(view: View) -> dict:
    return {"name": view.name, "cameras": view.file, "split": view.split, "ordinal": view.ordinal}
