"""What the window does beside its frames, in a line, whatever panel is in front."""

from __future__ import annotations

import time
from pathlib import Path

from viewer.opening import STEPS
from viewer.progress import how_far


def doing(app) -> str:
    """Empty where there is nothing."""
    opening, tour, film, still = app.files.opening, app.path.tour, app.path.film, app.saving.still
    if opening:
        return f"opening {Path(opening.name).name}: reading {STEPS[opening.step]}"
    if tour.doing == "recording":
        return f"recording a path, {tour.time:.1f} s"
    if film:
        return f"film: {how_far(film.done, film.total, time.perf_counter() - film.began, ' frames')}"
    if still:
        return f"drawing {still.path.name}, {still.done:.0%}"
    return ""
