"""What the window does beside its frames, and what the menu says where it is hidden, in a line."""

from __future__ import annotations

import time
from pathlib import Path

from viewer.opening import STEPS
from viewer.progress import how_far


def doing(app) -> str:
    """Empty where there is nothing."""
    opening, tour, film, still = app.files.opening, app.path.tour, app.path.film, app.saving.still
    if opening:
        return opening_line(Path(opening.name), opening.step, opening.taken)
    if tour.doing == "recording":
        return f"recording a path, {tour.time:.1f} s"
    if film:
        return f"film: {how_far(film.done, film.total, time.perf_counter() - film.began, ' frames')}"
    if still:
        return f"drawing {still.path.name}, {still.done:.0%}"
    return "" if app.settings.panel else coarseness(app)


def measuring(app) -> str:
    """How far a benchmark is; empty where none runs."""
    benchmark = app.benchmark
    if benchmark is None or benchmark.done:
        return ""
    return f"benchmark: {benchmark.drawn:,} of {benchmark.total:,} frames, culling {benchmark.settings.culling}"


def opening_line(path: Path, step: int, taken: str = "") -> str:
    """`step`: of opening.STEPS; `taken`: what of memory, in words. Models are folders, and often called `model`, so the
    one above is told too."""
    return f"opening {'/'.join(path.parts[-2:])}: reading {STEPS[step]}{taken and f'; it takes {taken}'}"


def coarseness(app) -> str:
    """Of the picture while the camera moves; empty where it is sharp."""
    return f"{app.pace.share:.0%} of the resolution until it stops" if app.pace.is_coarse else ""
