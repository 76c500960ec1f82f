import pytest

from viewer.latency import Latency


def test_a_picture_is_as_late_as_the_input_that_asked_for_it():
    latency = Latency()
    latency.ask("a", 1.0)
    assert latency.answer("a", 1.25) == pytest.approx(250)
    assert latency.answer("a", 2.0) is None  # the same picture, drawn again


def test_in_a_pipeline_a_picture_answers_what_was_asked_a_frame_ago():
    latency, found = Latency(), []
    for frame, (asked, shown) in enumerate(zip("abcd", "aabc")):
        latency.ask(asked, float(frame))
        found.append(latency.answer(shown, frame + 0.5))
    assert found == [500, None, 1500, 1500]


def test_what_no_input_asked_for_has_no_latency():
    latency = Latency()
    latency.ask("a", None)  # a flight, a film, a picture that sharpens
    assert latency.answer("a", 1.0) is None
    latency.ask("a", 2.0)  # an input that changes nothing
    assert latency.answer("a", 3.0) is None


def test_a_picture_that_never_came_is_not_waited_for():
    latency = Latency()
    for time, picture in enumerate("abc"):
        latency.ask(picture, time)
    assert latency.answer("b", 3.0) == 2000 and latency.answer("a", 4.0) is None
    assert latency.answer("c", 4.0) == 2000
