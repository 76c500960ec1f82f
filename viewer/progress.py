"""A bar on stderr for work that takes a while."""

from __future__ import annotations

import sys
import time
from typing import Iterable, Iterator, Sequence, TypeVar

T = TypeVar("T")
WIDTH = 30  # characters
INTERVAL = 0.1  # seconds between two drawings of the bar


def progress(items: Sequence[T], what: str) -> Iterator[T]:
    """Goes through the items; shows how many are done, the rate and the time that is left. One line at the end where
    stderr is not a terminal."""
    terminal, start, shown = sys.stderr.isatty(), time.monotonic(), -INTERVAL
    for done, item in enumerate(items):
        if terminal and time.monotonic() - start - shown >= INTERVAL:
            shown = time.monotonic() - start
            print(f"\r{_bar(done, len(items), what, shown)}", end="\033[K", file=sys.stderr, flush=True)
        yield item
    elapsed = time.monotonic() - start
    print(f"{chr(13) if terminal else ''}{what}: {len(items)} in {elapsed:.1f} s, {_rate(len(items), elapsed)}"
          f"{chr(27) + '[K' if terminal else ''}", file=sys.stderr)


def _bar(done: int, total: int, what: str, elapsed: float) -> str:
    full = WIDTH * done // total
    left = f", {_time(elapsed / done * (total - done))} left" if done else ""
    return f"{what} [{'#' * full}{'.' * (WIDTH - full)}] {done}/{total}, {_rate(done, elapsed)}{left}"


def _rate(count: int, seconds: float) -> str:
    return f"{count / seconds if seconds else 0:.1f} a second"


def _time(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d} min" if seconds >= 60 else f"{seconds:.0f} s"
