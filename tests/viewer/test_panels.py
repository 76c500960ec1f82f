import math

import pytest

from gsrender.frame import STAGES, FrameStats
from viewer.panels.culling import changes
from viewer.panels.stage_plot import COLOURS, round_up
from viewer.panels.statistics import capped
from viewer.panels.stages import HELP, count_rows, explain
from viewer.statistics import SHOWN, bottleneck, milliseconds, stage_order


def test_vsync_caps_only_where_frames_last_whole_refreshes_and_the_stages_less():
    assert capped(True, refresh=60, frame=16.7, stages=4)
    assert capped(True, refresh=60, frame=33.4, stages=17)  # missed one, waited for the next
    assert not capped(False, refresh=60, frame=16.7, stages=4)
    assert not capped(True, refresh=60, frame=16.7, stages=16)  # busy all the time
    assert not capped(True, refresh=60, frame=12, stages=4)  # some displays do not hold back
    assert not capped(True, refresh=0, frame=16.7, stages=4) and not capped(True, 60, 0, 0)


@pytest.mark.parametrize("value, top", [(0.4, 0.5), (1, 1), (1.01, 2), (37, 50), (99, 100), (120, 200)])
def test_the_plots_upper_end_is_a_round_number(value, top):
    assert round_up(value) == pytest.approx(top)


def test_every_stage_is_explained_and_has_a_colour():
    assert set(HELP) == set(SHOWN) == set(COLOURS) and len(set(COLOURS.values())) == len(SHOWN) > len(STAGES)
    assert sorted({"view", "present", "blend", "camera"}, key=stage_order) == ["camera", "blend", "view", "present"]
    assert explain("decode+project") == f"{HELP['decode']} {HELP['project']}"


def test_counts_follow_the_frame_and_leave_out_what_a_model_lacks():
    stats = FrameStats({"items": 16067, "lod": 11472, "visible": 605, "gaussians": 3993, "drawn": 3550,
                        "pairs": 102123})
    rows = [(label, number) for label, number, _ in count_rows(stats, "anchors", True)]
    assert rows == [("anchors in all", "16,067"), ("after LOD", "11,472"), ("after culling", "605"),
                    ("splats decoded", "3,993"), ("splats drawn", "3,550"), ("tile pairs", "102,123")]
    assert "after LOD" not in [label for label, *_ in count_rows(stats, "splats", False)]


def test_what_was_not_counted_yet_is_a_dash():
    assert {number for _, number, _ in count_rows(FrameStats(), "splats", False)} == {"–"}


@pytest.mark.parametrize("value, text", [(0.0123, "0.012"), (1.234, "1.23"), (45.67, "45.7")])
def test_milliseconds_are_as_long_as_they_are_meaningful(value, text):
    assert milliseconds(value) == text


@pytest.mark.parametrize("psnr, text", [(None, "–"), (math.inf, "identical"), (41.26, "41.3 dB")])
def test_what_culling_changes_is_said_in_words(psnr, text):
    assert changes(psnr) == text


@pytest.mark.parametrize("frame, times, is_capped, said", [
    (20.0, {"proxy depth": 5.0, "blend": 10.0}, False, "blend, 50% of the frame"),
    (20.0, {"cull": 1.0, "blend": 2.0}, False, "between the stages, 85% of the frame"),
    (16.7, {"blend": 2.0}, True, "the screen's refresh (vsync)"), (0.0, {}, False, "–")])
def test_the_bottleneck_is_named(frame, times, is_capped, said):
    assert bottleneck(frame, times, is_capped) == said
