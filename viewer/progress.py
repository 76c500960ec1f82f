"""A bar on stderr for work that takes a while."""

from __future__ import annotations

import sys
import time
from typing import Iterator, Sequence, TypeVar

T = TypeVar("T")
WIDTH = 30  # characters
INTERVAL = 0.1  # seconds between two drawings of the bar


class Bar:
    """How much is done, the rate and the time that is left. One line at the end where stderr is not a terminal, and
    none at all where nothing was shown. A context manager; where it is left by an exception, what it last showed
    stays."""

    def __init__(self, what: str, unit: str = ""):
        self._what, self._unit, self._total = what, unit and f" {unit}", None
        self._terminal, self._start, self._shown = sys.stderr.isatty(), time.monotonic(), -INTERVAL

    def show(self, done: int, total: int):
        elapsed, self._total = time.monotonic() - self._start, total
        if self._terminal and elapsed - self._shown >= INTERVAL:
            self._shown = elapsed
            full = WIDTH * done // total if total else WIDTH
            print(f"\r{self._what} [{'#' * full}{'.' * (WIDTH - full)}] {how_far(done, total, elapsed, self._unit)}",
                  end="\033[K", file=sys.stderr, flush=True)

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, kind, *_):
        if kind is None and self._total is not None:
            elapsed = time.monotonic() - self._start
            print(f"{chr(13) if self._terminal else ''}{self._what}: {self._total:,}{self._unit} in {elapsed:.1f} s, "
                  f"{_rate(self._total, elapsed)}{chr(27) + '[K' if self._terminal else ''}", file=sys.stderr)


def progress(items: Sequence[T], what: str) -> Iterator[T]:
    """Goes through the items and shows how far it is."""
    with Bar(what) as bar:
        for done, item in enumerate(items):
            bar.show(done, len(items))
            yield item
        bar.show(len(items), len(items))


def how_far(done: int, total: int, elapsed: float, unit: str = "") -> str:
    """How much is done, the rate and the time that is left, after so many seconds; `unit` begins with a blank."""
    left = f", {_time(elapsed / done * (total - done))} left" if done else ""
    return f"{done:,}/{total:,}{unit}, {_rate(done, elapsed)}{left}"


def _rate(count: int, seconds: float) -> str:
    rate = count / seconds if seconds else 0
    return f"{rate:,.0f} a second" if rate >= 1000 else f"{rate:.1f} a second"


def _time(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d} min" if seconds >= 60 else f"{seconds:.0f} s"
