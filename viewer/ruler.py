"""How long a scene unit is: a model from photographs alone may have any unit, and a person thinks in metres."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Ruler:
    """Tells lengths that are in scene units. `metres` is how many one of them is; None where nobody knows."""

    metres: float | None = None

    @property
    def factor(self) -> float:
        """What is told, over scene units."""
        return self.metres or 1.0

    @property
    def unit(self) -> str:
        """Behind a number."""
        return "m" if self.metres else "units"

    @property
    def name(self) -> str:
        """In a sentence."""
        return "metres" if self.metres else "scene units"

    def text(self, length: float, format: str = ".2f") -> str:
        return f"{length * self.factor:{format}} {self.unit}"
