import pytest

from viewer.pace import FITTING, SETTLE, STEPS, TARGET, Pace


def move(pace, cost, seconds=3.0, start=0.0, frames_a_second=20):
    """Moves for a while on a machine that takes so many milliseconds for a frame at full size; the shares."""
    shares = []
    for i in range(round(seconds * frames_a_second)):
        shares.append(pace.look(True, start + i / frames_a_second))
        pace.measure(cost * shares[-1] ** 2)
    return shares


def test_a_quick_machine_is_always_sharp():
    assert set(move(Pace(), 5.0)) == {1.0}


@pytest.mark.parametrize("cost", [80, 150, 300, 700])
def test_a_slow_one_comes_down_to_what_it_can_and_stays_there(cost):
    shares = move(Pace(), cost)
    assert shares[-1] in STEPS and shares[-1] < 1 and len(set(shares[-30:])) == 1
    assert cost * shares[-1] ** 2 <= 1.3 * TARGET or shares[-1] == STEPS[-1]


def test_it_sharpens_once_the_camera_stands():
    pace = Pace()
    move(pace, 300)
    assert pace.look(False, 3.0) < 1 and pace.is_coarse  # a pause of the hand
    assert pace.look(False, 3.0 + 2 * SETTLE) == 1.0 and not pace.is_coarse


def test_the_next_movement_begins_as_the_last_one_ended():
    pace = Pace()
    coarse = move(pace, 300)[-1]
    pace.look(False, 10.0)
    pace.measure(300)
    assert pace.look(True, 11.0) == coarse


def test_where_frames_have_become_quick_the_next_movement_is_sharp():
    pace = Pace()
    move(pace, 300)
    for i in range(3):
        pace.look(False, 10.0 + i)
        pace.measure(5.0)
    assert pace.look(True, 20.0) == 1.0


def test_the_first_frame_of_a_size_is_not_judged():
    pace = Pace()
    move(pace, 150)
    share = pace.share
    pace.look(False, 10.0)
    pace.measure(150)
    pace.look(True, 11.0)
    pace.measure(5000.0)  # memory for the other size
    assert pace.look(True, 11.05) == share


def test_what_is_lined_up_is_never_drawn_coarser_than_it_can_be_seen():
    pace = Pace()
    assert move(pace, 700)[-1] < FITTING
    assert pace.look(True, 3.0, FITTING) == FITTING and pace.look(True, 3.05) < FITTING
