"""What the window says, and for how long."""

import pickle

from viewer.sayings import Sayings


def test_what_went_wrong_is_told_until_it_was_read_and_then_forgotten():
    sayings = Sayings()
    before = len(pickle.dumps(sayings))
    for i in range(100):
        sayings.complain(f"film {i} cannot be written")
        assert sayings.unread([]) == [f"film {i} cannot be written"]
        sayings.send_away(f"film {i} cannot be written")
        sayings.send_away(None)
    assert sayings.unread([]) == [] and len(pickle.dumps(sayings)) == before


def test_what_goes_wrong_again_is_told_again():
    sayings = Sayings()
    for _ in range(2):
        sayings.complain("no ffmpeg"), sayings.complain("no ffmpeg")
        assert sayings.unread([]) == ["no ffmpeg"]
        sayings.send_away("no ffmpeg")


def test_a_warning_that_was_read_stays_away():
    sayings = Sayings()
    sayings.send_away("no proxy is used")
    assert sayings.unread(["no proxy is used", "another"]) == ["another"]
