"""What a model will take before it is read: its header says how many items there are, its first ones of what shape."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from gsrender.load import load_model
from gsrender.load.model_files import find_model
from gsrender.load.ply import read_header
from gsrender.model import GaussianModel, rows_of

FIRST = 256  # rows that are read
SORTING = 118  # bytes an item, for a moment, while items are put in order (chunks.py)


@dataclass(frozen=True)
class Outline:
    """
    model  all of its items, the first one again and again, which takes no memory
    host   bytes of the host's memory, at most, while `load_model` and `arranged` are at work
    """

    model: GaussianModel
    host: int


def outline(path, iteration: int | None = None, precision: str = "full") -> Outline:
    """Of the model that `load_model` returns for the same arguments. Takes milliseconds. Raises InputError."""
    header = read_header(find_model(path, iteration).ply)
    full = load_model(path, "cpu", iteration, most=FIRST)
    stored = full.stored(precision)
    count = header.count
    loading, kept = _row_bytes(full), _row_bytes(stored)
    # The file's rows beside tables of floats; or the colours in 32 and in 16 bits; or the items in both orders.
    most = max(header.row_bytes + loading, loading + 3 * (loading - kept), kept + max(kept + 16, SORTING))
    return Outline(_imagined(stored, count), count * most)


def _row_bytes(model: GaussianModel) -> int:
    return sum(rows.nbytes // len(rows) for rows in rows_of(model.items).values())


def _imagined(model: GaussianModel, count: int) -> GaussianModel:
    repeated = {name: rows[:1].expand(count, *rows.shape[1:]) for name, rows in rows_of(model.items).items()}
    return dataclasses.replace(model, items=dataclasses.replace(model.items, **repeated))
