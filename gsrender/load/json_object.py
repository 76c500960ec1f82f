"""An object out of a JSON file, whose fields are checked as they are read."""

from __future__ import annotations

import math

import numpy as np

from gsrender.errors import InputError
from gsrender.load.files import LARGEST, shown


class JsonObject:
    """`where` names it in messages ("file: frames[3]"); a field that is not its own is looked for in `shared`. Raises
    InputError for a field that is not what it is asked for as."""

    def __init__(self, where: str, own, shared: dict | None = None):
        if not isinstance(own, dict):
            raise InputError(f"{where}: {shown(own)}, expected an object")
        self.where, self.own, self.shared = where, own, shared or {}

    def get(self, name):
        """Whatever is there, unchecked; None where nothing is."""
        return self.own.get(name, self.shared.get(name))

    def number(self, name, low, high) -> float | None:
        """A number above `low` and at most `high`; None where there is none."""
        value = self.get(name)
        if value is None:
            return None
        # Written so that NaN fails. A bool is an int to Python, a huge int is no float.
        if type(value) not in (int, float) or not low < value <= high:
            raise InputError(f"{self.where}.{name}: {shown(value)}, expected a number above {low:g} "
                             f"and at most {high:g}")
        return float(value)

    def required(self, name, low, high) -> float:
        """The same, where it has to be there."""
        value = self.number(name, low, high)
        if value is None:
            raise InputError(f"{self.where}.{name}: missing")
        return value

    def whole(self, name, high: int) -> int | None:
        """A whole number of pixels, from 1 to `high`; None where there is none."""
        value = self.number(name, 0, high)
        if value is not None and value != int(value):
            raise InputError(f"{self.where}.{name}: {value}, expected whole pixels")
        return None if value is None else int(value)

    def matrix(self, name, *shapes) -> np.ndarray:
        """Finite numbers in one of these shapes, float64."""
        value = self.get(name)
        rows = value if isinstance(value, list) else []
        flat = [number for row in rows for number in (row if isinstance(row, list) else [row])]
        if not all(type(number) in (int, float) and abs(number) <= LARGEST for number in flat):
            raise InputError(f"{self.where}.{name}: {shown(value)}, expected finite numbers")
        shape = (len(rows), len(rows[0])) if rows and isinstance(rows[0], list) else (len(rows),)
        if shape not in shapes or len(flat) != math.prod(shape):
            expected = " or ".join(str(list(shape)) for shape in shapes)
            raise InputError(f"{self.where}.{name}: {shown(value)}, expected {expected} numbers")
        return np.array(flat, np.float64).reshape(shape)
