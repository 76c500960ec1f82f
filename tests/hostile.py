"""What files that lie, break off or attack have to meet: one sentence that names the file and what is wrong with it.
Nothing of them runs, and no number in them decides how much memory is taken."""

import re
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from gsrender import InputError

MEMORY_LIMIT = 48 << 20  # bytes; the files that are tried have a few hundred kilobytes at most


def refused(load, path, said, named=None):
    """Asserts that loading fails as it should, and cheaply."""
    tracemalloc.start()
    try:
        with pytest.raises(InputError) as caught:
            load(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    text = str(caught.value)
    assert (named or path.name) in text and re.search(said, text), text
    assert "\n" not in text and len(text) < 400 + len(str(path)), text
    assert peak < MEMORY_LIMIT, f"{peak:,} bytes"


def refused_where_no_file_is(load, path: Path, directory: str):
    """Asserts it of a file that is missing, of links that lead nowhere, and of a directory, of which `directory` is
    said."""
    missing = "no such file"
    refused(load, path, missing)
    path.symlink_to(path.parent / "gone")
    refused(load, path, missing)
    path.unlink()
    path.symlink_to(path)  # to itself
    refused(load, path, missing)
    path.unlink()
    path.mkdir()
    refused(load, path, directory)
    refused(load, Path(300 * "a" + path.suffix), missing)  # a name that no file can have


def refused_as_noise(load, path: Path):
    random = np.random.default_rng(1)
    for size in (1, 10, 1000):
        path.write_bytes(random.bytes(size))
        refused(load, path, path.name)
