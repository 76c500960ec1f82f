"""A path that is edited, played and recorded, without a window."""

from dataclasses import replace

import numpy as np
import pytest

from gsrender.camera import Camera
from viewer.camera_path import CameraPath
from viewer.tour import RECORDED, Tour

VIEWS = [Camera.look_at((x, 0, 0), (x, 5, 1), fov_y=50) for x in range(5)]
OTHER = Camera.look_at((0, 7, 2), (0, 0, 0))
TOUR = Tour(CameraPath.through(VIEWS, 1.0))


def times(tour):
    return [key.time for key in tour.path.keyframes]


def test_playing_goes_on_with_the_clock_and_stops_at_the_end():
    tour = TOUR.playing().advanced(1.25, OTHER)
    assert tour.doing == "playing" and tour.is_at.position == pytest.approx((1.25, 0, 0))
    end = tour.advanced(99, OTHER)
    assert end.doing == "nothing" and end.time == 4 and end.path is TOUR.path
    assert end.playing().time == 0 and end.advanced(1, OTHER) == end


def test_a_loop_plays_round_and_round():
    tour = TOUR.looped(True).playing()
    assert tour.path.duration == pytest.approx(8)
    for _ in range(10):
        tour = tour.advanced(1.0, OTHER)
    assert tour.doing == "playing" and tour.time == pytest.approx(2)


def test_there_is_nothing_to_play_before_there_are_two_keyframes():
    assert Tour().playing().doing == Tour().added(OTHER).playing().doing == "nothing" and Tour().is_at is None


def test_scrubbing_stays_on_the_path_and_stops_playing():
    assert TOUR.playing().scrubbed(2.5).doing == "nothing"
    assert (TOUR.scrubbed(-1).time, TOUR.scrubbed(2.5).time, TOUR.scrubbed(99).time) == (0, 2.5, 4)


def record(tour, step, seconds=4.0, still=()):
    """Flies along x, a unit a second, but for the seconds in which it stands; in frames of so many seconds."""
    x, time, tour = 0.0, 0.0, tour.recording(Camera.look_at((0, 0, 0), (0, 5, 0)))
    while time < seconds - 1e-9:
        time += step
        x += step * (not (still and still[0] < time <= still[1]))
        tour = tour.advanced(step, Camera.look_at((x, 0, 0), (x, 5, 0)))
    return tour.stopped(Camera.look_at((x, 0, 0), (x, 5, 0)))


@pytest.mark.parametrize("step", [1 / 240, 1 / 30, 0.3])
def test_a_recorded_flight_is_played_as_it_was_flown(step):
    tour = record(Tour(), step)
    flown = tour.path.duration
    assert flown == pytest.approx(4, abs=step) and len(tour.path.keyframes) <= 4 / RECORDED + 2
    assert [tour.path.at(t).position[0] for t in (0, 1.7, 3.1)] == pytest.approx([0, 1.7, 3.1], abs=1e-6)
    assert tour.doing == "nothing" and tour.chosen == len(tour.path.keyframes) - 1


def test_of_a_camera_that_stands_still_little_is_recorded_and_it_still_stands():
    tour = record(Tour(), 0.05, 8.0, still=(2.0, 7.0))
    places = np.array([tour.path.at(t).position[0] for t in np.linspace(2.5, 6.5, 20)])
    assert np.ptp(places) < 1e-9 and len(tour.path.keyframes) < 2 * 3 / RECORDED


def test_a_recording_goes_on_where_the_path_ends():
    tour = record(TOUR, 0.1)
    assert tour.path.keyframes[:5] == TOUR.path.keyframes and times(tour)[5] == 5 and tour.path.duration == \
        pytest.approx(9)
    assert tour.undone().path == TOUR.path


def test_a_keyframe_is_added_at_the_end_or_where_one_has_scrubbed_to():
    end = TOUR.added(OTHER)
    assert times(end) == [0, 1, 2, 3, 4, 5] and end.chosen == 5 and end.is_at.position == pytest.approx((0, 7, 2))
    between = TOUR.scrubbed(2.5).added(OTHER)
    assert times(between) == [0, 1, 2, 2.5, 3, 4] and between.chosen == 3 and between.time == 2.5
    over = TOUR.scrubbed(2.995).added(OTHER)
    assert len(times(over)) == 5 and over.chosen == 3 and over.is_at.position == pytest.approx((0, 7, 2))
    first = Tour().added(OTHER)
    assert times(first) == [0] and first.chosen == 0


def test_the_chosen_keyframe_is_moved_spaced_and_removed():
    tour = TOUR.chose(2)
    assert tour.time == 2 and tour.moved(OTHER).path.keyframes[2].position == pytest.approx((0, 7, 2))
    later = tour.spaced(3.0)
    assert times(later) == [0, 1, 4, 5, 6] and later.time == 4 and later.chosen == 2
    removed = tour.removed()
    assert times(removed) == [0, 1, 3, 4] and removed.chosen == 1 and removed.time == 1
    for _ in range(4):
        removed = removed.removed()
    assert removed.path == CameraPath() and removed.chosen is None and removed.time == 0


def test_every_edit_can_be_undone_and_a_dragged_knob_is_one():
    spaced = TOUR.chose(1).spaced(1.1).spaced(1.2).spaced(1.3)
    stretched = spaced.stretched(10).stretched(20)
    looped = stretched.looped(True)
    tour, seen = looped.removed(), []
    while tour.before:
        tour = tour.undone()
        seen.append(tour.path)
    assert seen == [looped.path, stretched.path, spaced.path, TOUR.path] and tour.undone() == tour


def test_what_cannot_be_is_refused_and_leaves_the_tour():
    for edit in (lambda: TOUR.chose(1).spaced(0), lambda: TOUR.stretched(1e9), lambda: TOUR.stretched(0.001)):
        with pytest.raises(ValueError, match="expected"):
            edit()


def test_stretching_keeps_the_place_on_the_way():
    tour = replace(TOUR, time=3.0).stretched(8.0)
    assert tour.time == 6 and tour.is_at.position == pytest.approx(TOUR.path.at(3).position)
