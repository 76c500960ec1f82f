"""Files that are there as a whole or not at all, whatever ends the program that writes them.

Only of Python's own: what compiles the native libraries uses it before anything else is installed.
"""

from __future__ import annotations

import os
import re
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Callable, Iterator


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A place beside `path` to write to. It takes that name at the end, and until then an older file keeps it; where
    something fails, nothing is left. The folder is made. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield unfinished
        unfinished.replace(path)
    finally:
        with suppress(OSError):  # it may have its name by now, or never have come to be
            unfinished.unlink()


def remove_leftovers(folder: Path, is_wanted: Callable[[str], bool]):
    """Removes what processes that were killed had begun in a folder, of files whose names are wanted."""
    for found in folder.glob(".*"):
        name = re.fullmatch(r"\.(.+)\.(\d{1,9})", found.name)
        if name and is_wanted(name[1]) and not _runs(int(name[2])):
            with suppress(OSError):
                found.unlink()


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # another user's
        pass
    return True
