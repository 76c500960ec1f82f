"""How a scene lies in the world, as a person found it out for one scene and wants it kept."""

from __future__ import annotations

import math
from dataclasses import dataclass

from gsrender.camera import Triple
from viewer.fit import Fit


@dataclass(frozen=True)
class Alignment:
    """
    up      the model's axis that points up; None: as the cameras tell
    metres  that a scene unit is; None: nobody knows
    fit     of the proxy
    """

    up: Triple | None = None
    metres: float | None = None
    fit: Fit = Fit()


def read_alignment(data: dict) -> Alignment:
    """What dataclasses.asdict made of one. Raises one of many errors where that is not so."""
    up, metres, fit = data["up"], data["metres"], data["fit"]
    if fit["up"] not in ("y", "z"):
        raise ValueError(fit["up"])
    if up is not None and not any(up):
        raise ValueError(up)
    return Alignment(None if up is None else _triple(up), None if metres is None else _positive(metres),
                     Fit(fit["up"], _positive(fit["scale"]), _triple(fit["turn"]), _triple(fit["shift"])))


def _triple(values) -> Triple:
    x, y, z = (_finite(value) for value in values)
    return x, y, z


def _finite(value) -> float:
    if type(value) not in (int, float) or not math.isfinite(value):
        raise ValueError(value)
    return float(value)


def _positive(value) -> float:
    if _finite(value) <= 0:
        raise ValueError(value)
    return float(value)
