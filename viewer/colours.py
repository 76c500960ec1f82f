"""From numbers to colours: scales, ramps, and the legends that say what a colour means."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

EMPTY = (24, 24, 32)  # where there is nothing to show
SAMPLES = 100_000  # pixels that a scale is fitted to
STEPS = 64  # colours of a legend's bar
SHADES = 1024  # of a ramp

# Each from the least to the most. All get lighter or darker steadily, so that they can be read without hues.
HEAT = ((12, 8, 40), (84, 20, 110), (170, 40, 95), (228, 92, 48), (250, 176, 40), (252, 250, 190))
DISTANCE = ((255, 248, 205), (250, 195, 115), (224, 115, 90), (150, 62, 112), (84, 40, 120), (44, 34, 92))
SIGNED = ((30, 70, 200), (130, 170, 240), (245, 245, 245), (240, 150, 120), (190, 30, 30))
GREYS = ((0, 0, 0), (255, 255, 255))


@dataclass(frozen=True)
class Legend:
    """A bar of colours and what some places on it mean. `ticks` are (place in 0..1, text)."""

    title: str  # with the unit
    bar: tuple[tuple[int, int, int], ...]
    ticks: tuple[tuple[float, str], ...]
    scale: Scale | None = None  # that the bar is for


@dataclass(frozen=True)
class Scale:
    """Places numbers in 0..1, evenly or by their logarithm."""

    least: float
    most: float
    is_log: bool = False

    def place(self, values: torch.Tensor) -> torch.Tensor:
        low, high = self._of(self.least), self._of(self.most)
        values = values.clamp(self.least, self.most)
        return ((values.log() if self.is_log else values) - low) / (high - low)

    def joined(self, other: Scale | None) -> Scale:
        """One that has room for the numbers of both."""
        return Scale(min(self.least, other.least), max(self.most, other.most), self.is_log) if other else self

    def ticks(self) -> tuple[tuple[float, str], ...]:
        middle = (self.least + self.most) / 2
        numbers = _log_ticks(self.least, self.most) if self.is_log else [self.least, middle, self.most]
        low, high = self._of(self.least), self._of(self.most)
        return tuple(((self._of(number) - low) / (high - low), f"{number:g}") for number in numbers)

    def _of(self, number: float) -> float:
        return math.log(number) if self.is_log else number


def distances(values: torch.Tensor) -> Scale:
    """By their logarithm, from the nearest to the farthest, rounded so that it stands still while the camera moves."""
    low, high = _quantiles(values, 0.005, 0.995)
    least = round_down(max(low, 1e-6))
    return Scale(least, round_up(max(high, 2 * least)), is_log=True)


def counts(values: torch.Tensor) -> Scale:
    return Scale(0.0, round_up(max(_quantiles(values, 0.0, 0.995)[1], 1.0)))


def wide_counts(values: torch.Tensor) -> Scale:
    """For counts of which a few are a hundred times the others. It has no place for zero."""
    return Scale(1.0, round_up(max(_quantiles(values, 0.0, 1.0)[1], 2.0)), is_log=True)


def signed(values: torch.Tensor) -> Scale:
    """Around zero; the farthest tenth is left to the ends."""
    most = round_up(max(_quantiles(values.abs(), 0.0, 0.9)[1], 1e-6))
    return Scale(-most, most)


def ramp(colours, place: torch.Tensor) -> torch.Tensor:
    """[..., 3] uint8: evenly spaced colours, mixed between their places in 0..1, in SHADES steps."""
    colours = torch.tensor(colours, dtype=torch.float32)
    at = torch.linspace(0, len(colours) - 1, SHADES)
    below = at.long().clamp(max=len(colours) - 2)
    table = torch.lerp(colours[below], colours[below + 1], (at - below)[:, None]).round().to(torch.uint8)
    return table.to(place.device)[(place.float().clamp(0, 1) * (SHADES - 1)).round().int()]


def legend(title: str, colours, scale: Scale) -> Legend:
    bar = ramp(colours, torch.linspace(0, 1, STEPS)).tolist()
    return Legend(title, tuple(map(tuple, bar)), scale.ticks(), scale)


def hues(hue: torch.Tensor, value=1.0) -> torch.Tensor:
    """[..., 3] in 0..255 of hues in 0..1, which go from red over green (1/3) to blue (2/3) and back."""
    offsets = torch.tensor([0.0, 2 / 3, 1 / 3], device=hue.device)
    colours = (2 - 6 * ((hue[..., None] + offsets + 0.5) % 1 - 0.5).abs()).clamp(0, 1)
    return 255 * colours * (value[..., None] if torch.is_tensor(value) else value)


def painted(colours: torch.Tensor, shown: torch.Tensor) -> torch.Tensor:
    """[H, W, 3] uint8 of colours in 0..255 where there is something to show, [H, W]."""
    empty = torch.tensor(EMPTY, dtype=torch.uint8, device=colours.device)
    return torch.where(shown[..., None], colours.to(torch.uint8), empty)


def round_up(value: float) -> float:
    """To 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 5, 10) if value <= step * power * (1 + 1e-9))


def round_down(value: float) -> float:
    power = 10.0 ** math.floor(math.log10(value) + 1e-9)
    return next(step * power for step in (5, 2, 1) if value >= step * power * (1 - 1e-9))


def _quantiles(values: torch.Tensor, *shares: float) -> list[float]:
    """Of the finite ones, or rather of some of them; zeros where there are none."""
    values = values[values.isfinite()].flatten()
    values = values[::max(1, len(values) // SAMPLES)].float()
    return torch.quantile(values, values.new_tensor(shares)).tolist() if len(values) else [0.0] * len(shares)


def _log_ticks(least: float, most: float) -> list[float]:
    first, last = math.floor(math.log10(least)), math.ceil(math.log10(most))
    for steps in ((1, 2, 5), (1,)):
        numbers = [step * 10.0 ** power for power in range(first, last + 1) for step in steps]
        numbers = [number for number in numbers if least * (1 - 1e-9) <= number <= most * (1 + 1e-9)]
        if 2 <= len(numbers) <= 7:
            return numbers
    return [least, most]
