from gsrender import FrameStats
from viewer.statistics import Statistics


def filled(times, capacity=100):
    statistics = Statistics(capacity)
    for i, time in enumerate(times):
        statistics.add(time, FrameStats({"drawn": 10 * i}, {"blend": float(i), "cull": 1.0}))
    return statistics


def test_no_frames_are_no_figures():
    assert Statistics().fps == 0 and Statistics().percentile(99) == 0 and Statistics().summary()["stage_ms"] == {}


def test_frames_a_second_count_slow_frames_by_their_time():
    assert filled([10, 10, 10, 170]).fps == 20


def test_a_percentile_is_a_frame_that_was_and_never_flatters():
    assert filled([1] * 9 + [50]).percentile(99) == 50 and filled([1] * 9 + [50]).percentile(50) == 1


def test_only_the_last_frames_count():
    statistics = filled([1000, 1, 2, 3], capacity=3)
    assert list(statistics.frame_milliseconds) == [1, 2, 3] and statistics.percentile(50) == 2


def test_stages_come_in_the_order_of_the_frame_with_their_medians():
    assert filled([1, 1, 1, 1, 1]).stage_milliseconds() == {"cull": 1.0, "blend": 2.0}
    assert list(filled([1]).stage_milliseconds()) == ["cull", "blend"]


def test_counts_are_means():
    assert filled([1, 1, 1]).counts() == {"drawn": 10}


def test_counters_that_arrive_late_complete_the_newest_frame():
    statistics = filled([1, 1])
    statistics.add(5, FrameStats({}, {"camera": 2.0}))
    statistics.complete(FrameStats({"drawn": 7}, {"blend": 3.0}))
    newest = list(statistics.frames())[-1]
    assert newest == {"frame": 2, "frame ms": 5.0, "camera ms": 2.0, "blend ms": 3.0, "warm-up": 0,
                      "drawn": 7}


def test_a_stage_that_only_some_frames_have_is_a_median_of_those():
    statistics = filled([1, 1])
    statistics.add(1, FrameStats({}, {"proxy depth": 7.0}))
    assert statistics.stage_milliseconds()["proxy depth"] == 7


def test_frames_that_warm_up_are_told_and_left_out_of_sums_as_soon_as_there_are_others():
    statistics = Statistics()
    statistics.add(900, FrameStats({"drawn": 1}, {"blend": 800.0}), 950, is_warm_up=True)
    assert (statistics.steady, statistics.percentile(50), statistics.latency(50)) == (0, 900, 950)
    for _ in range(3):
        statistics.add(10, FrameStats({"drawn": 5}, {"blend": 8.0}), 12)
    assert (statistics.percentile(99), statistics.latency(95), statistics.fps) == (10, 12, 100)
    assert statistics.stage_milliseconds() == {"blend": 8.0} and statistics.counts() == {"drawn": 5}
    assert list(statistics.frame_milliseconds) == [900, 10, 10, 10]
    assert list(statistics.is_warm_up) == [frame["warm-up"] for frame in statistics.frames()] == [1, 0, 0, 0]
    assert (statistics.summary()["frames"], statistics.summary()["warm_up_frames"]) == (3, 1)


def test_frames_are_told_while_others_come():
    statistics = filled([1, 2])
    told = statistics.frames()
    next(told)
    statistics.add(3, FrameStats({}, {}))
    assert [frame["frame ms"] for frame in told] == [2] and len(list(statistics.frames())) == 3
