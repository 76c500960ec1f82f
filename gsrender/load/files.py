"""Reading whole files that may be anything: the first gate of every format. Whatever goes wrong is an InputError."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from pathlib import Path

from gsrender.errors import InputError

LARGEST = 1e30  # of a number that others are multiplied with: a product of a few is finite in float64


@contextmanager
def reading(path):
    """Turns what the system says of a file that it does not read into an InputError."""
    try:
        yield
    except OSError as error:
        raise InputError(f"{error.filename or path}: cannot be read, {error.strerror}") from error


def regular_file(path) -> Path:
    """The path, if a regular file is there: not a directory, not a pipe that would block, not a dangling link."""
    # os.path says no where Path raises: of a name that is too long, in a folder that may not be entered.
    if os.path.isdir(path):
        raise InputError(f"{path}: a directory, expected a file")
    if not os.path.isfile(path):
        raise InputError(f"{path}: {'not a regular file' if os.path.exists(path) else 'no such file'}")
    return Path(path)


def read_bytes(path, limit: int) -> bytes:
    """All of a file that is not empty and has at most `limit` bytes."""
    path = regular_file(path)
    with reading(path):
        size = path.stat().st_size
        if not 0 < size <= limit:
            raise InputError(f"{path}: {size:,} bytes, expected 1 to {limit:,}")
        return path.read_bytes()


def read_text(path, limit: int) -> str:
    """The same, of UTF-8 text."""
    try:
        return read_bytes(path, limit).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text, byte {error.start} is {error.object[error.start]:#04x}") from error


def parse_json(text: str, where):
    """The value of a JSON text. NaN and infinities, which are not JSON but which Python reads, are refused."""
    def refuse(name):
        raise ValueError(f"{name} is not a number")

    try:
        return json.loads(text, parse_constant=refuse)
    except RecursionError as error:
        raise InputError(f"{where}: JSON nested too deeply") from error
    except ValueError as error:
        raise InputError(f"{where}: not valid JSON, {error}") from error


def beginning(data: bytes) -> str:
    """What a file has instead of the bytes that its kind begins with, for an error message."""
    return f"it begins with {shown(data[:8].decode('latin-1'))}" if data else "it is empty"


def shown(value) -> str:
    """A value out of a file for an error message: one line, and short."""
    try:
        text = ascii(value)
    except RecursionError:
        text = f"a nested {type(value).__name__}"
    except ValueError:  # an integer of more digits than Python prints
        text = f"a huge {type(value).__name__}"
    return text if len(text) <= 60 else text[:57] + "..."
