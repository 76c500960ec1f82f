"""The bars of a benchmark are as long as what its table and its sentence tell."""

import pytest

from gsrender.frame import FrameStats
from viewer.panels.bars import _stages
from viewer.statistics import BETWEEN, Statistics


def of(milliseconds: float, **stages: float) -> dict[str, float]:
    statistics = Statistics()
    for _ in range(3):
        statistics.add(milliseconds, FrameStats(milliseconds=stages))
    return _stages(statistics)


def test_a_bar_is_as_long_as_the_median_frame_with_what_no_stage_took_at_its_end():
    bar = of(40.0, cull=10.0, blend=12.5)
    assert bar == {"cull": 10.0, "blend": 12.5, BETWEEN: pytest.approx(17.5)} and list(bar)[-1] == BETWEEN


def test_stages_that_ran_at_once_leave_nothing_between_them():
    assert of(20.0, cull=15.0, blend=10.0)[BETWEEN] == 0.0
