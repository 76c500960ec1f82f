"""The way through keyframes: where it must pass, how smooth it is, and what editing leaves alone."""

import math
from dataclasses import replace

import numpy as np
import pytest
import trimesh

from gsrender import load_cameras
from gsrender.camera import Camera
from gsrender import quaternions
from viewer.camera_path import GAP, CameraPath, Keyframe

TIMES = (0.0, 0.5, 2.0, 2.3, 4.0, 7.0)


def keyframes(count=6, seed=1):
    """Keyframes far apart in place, turn, field of view and time."""
    rng = np.random.default_rng(seed)
    turns = [q / np.linalg.norm(q) for q in rng.normal(size=(count, 4))]
    return [Keyframe(time, tuple(rng.normal(0, 10, 3).tolist()), tuple(q.tolist()), float(rng.uniform(20, 90)))
            for time, q in zip(TIMES, turns)]


@pytest.fixture(params=[0.0, 1.2], ids=["open", "loop"])
def path(request):
    return CameraPath(tuple(keyframes()), request.param)


def camera_of(key):
    return np.array(key.camera(960, 640, 0.1).camera_from_world)


def change(a, b):
    """Place, turn and field of view from one keyframe to another, [7]."""
    turn = quaternions.product(quaternions.inverse(a.world_from_camera), b.world_from_camera)
    return np.array([*np.subtract(b.position, a.position), *quaternions.to_vector(turn), b.fov_y - a.fov_y])


def test_quaternions_are_those_of_the_matrices():
    rng = np.random.default_rng(2)
    for q in [*rng.normal(size=(50, 4)), (0, 1, 0, 0), (1e-9, 0, 1, 0), (0, 0, 0, 1), (1, 0, 0, 0)]:
        q = np.asarray(q, float) / np.linalg.norm(q)
        expected = trimesh.transformations.quaternion_matrix(q)[:3, :3]
        assert np.allclose(quaternions.to_matrix(q), expected)
        again = quaternions.of_matrix(expected)
        assert np.allclose(again, q, atol=1e-9) or np.allclose(again, -q, atol=1e-9)
        assert np.allclose(quaternions.to_matrix(quaternions.of_vector(quaternions.to_vector(q))), expected)
    a, b = rng.normal(size=(2, 4))
    assert np.allclose(quaternions.product(a, b), trimesh.transformations.quaternion_multiply(a, b))


def test_a_keyframe_gives_back_the_camera_it_was_made_from():
    camera = Camera.look_at((1, 2, 3), (4, 6, 2.5), fov_y=50, near=0.1)
    assert np.allclose(camera_of(Keyframe.of(camera)), camera.camera_from_world, atol=1e-12)
    again = Keyframe.of(camera).camera(480, 320, 0.1)
    assert (again.width, again.height, again.near) == (480, 320, 0.1) and again.fov_y == pytest.approx(50)


def test_it_passes_through_every_keyframe(path):
    for key in path.keyframes:
        assert np.allclose(camera_of(path.at(key.time)), camera_of(key), atol=1e-9)
        assert path.at(key.time).fov_y == pytest.approx(key.fov_y)


def test_place_turn_and_field_of_view_never_jump_and_neither_do_their_speeds(path):
    for time in np.linspace(0, path.duration, 200).tolist() + list(TIMES):
        for step in (1e-4, -1e-4):
            assert np.abs(change(path.at(time), path.at(time + step))).max() < 0.05
    for key in path.keyframes[1:-1]:
        before, here, after = (path.at(key.time + step) for step in (-1e-6, 0, 1e-6))
        assert np.allclose(change(before, here) / 1e-6, change(here, after) / 1e-6, atol=0.01)


def test_a_loop_goes_on_where_it_began_and_an_open_path_stops():
    loop, ends = (CameraPath(tuple(keyframes()), closing) for closing in (1.2, 0.0))
    for time in (0.1, 3.0, 7.9):
        assert np.abs(change(loop.at(time), loop.at(time + loop.duration))).max() < 1e-9
    assert np.abs(change(loop.at(loop.duration - 1e-6), loop.at(0))).max() < 1e-3
    assert ends.at(99.0).looks_like(ends.at(7.0)) and ends.at(-5.0).looks_like(ends.at(0.0))


@pytest.mark.parametrize("closing", [0.0, 2.0])
def test_between_equal_keyframes_nothing_moves(closing):
    a, b, c, _, _, d = keyframes()
    path = CameraPath((a, b, b.at(2.0), c.at(3.0), d), closing)
    for time in np.linspace(0.5, 2.0, 20):
        assert np.allclose(camera_of(path.at(time)), camera_of(b), atol=1e-12) and path.at(time).fov_y == b.fov_y
    same = CameraPath(tuple(b.at(time) for time in TIMES), closing)
    assert all(np.allclose(camera_of(same.at(t)), camera_of(b), atol=1e-12) for t in np.linspace(0, same.duration, 20))


def test_along_a_line_it_never_turns_back_or_overshoots():
    rng = np.random.default_rng(5)
    places = [0, 1, 1.01, 5, 5, 4, -3, -3.1, 8]  # forth, a rest, back and forth
    times = np.concatenate([[0], np.cumsum(rng.uniform(0.05, 3, len(places) - 1))])
    start = keyframes()[0]
    path = CameraPath(tuple(replace(start.at(t), position=(0.6 * x, 0.8 * x, 0.0), fov_y=50 + x)
                            for t, x in zip(times.tolist(), places)))
    for (t0, x0), (t1, x1) in zip(zip(times, places), list(zip(times, places))[1:]):
        keys = [path.at(t) for t in np.linspace(t0, t1, 30)]
        way = np.array([np.dot(key.position, (0.6, 0.8, 0)) for key in keys])
        for values in (way, np.array([key.fov_y - 50 for key in keys])):
            assert (np.diff(values) * np.sign(x1 - x0) >= -1e-9).all()
            assert values.min() >= min(x0, x1) - 1e-9 and values.max() <= max(x0, x1) + 1e-9


def test_an_even_flight_straight_on_is_flown_evenly():
    path = CameraPath.through([Camera.look_at((x, 0, 0), (x + 1, 0, 0)) for x in range(5)], apart=2.0)
    assert [path.at(t).position[0] for t in (0, 0.5, 3, 7.3)] == pytest.approx([0, 0.25, 1.5, 3.65])


def test_it_turns_the_short_way_round():
    ahead = [Camera.look_at((0, 0, 0), (math.cos(a), math.sin(a), 0)) for a in np.radians([170, -170])]
    middle = CameraPath.through(ahead).at(0.5).camera(9, 9, 1)
    assert np.allclose(middle.rotation[2], (-1, 0, 0), atol=1e-9)


def test_one_keyframe_is_a_still_and_none_has_no_frames():
    key = keyframes()[0]
    assert CameraPath((key,)).at(3.0).looks_like(key) and list(CameraPath((key,)).times(30)) == [0]
    assert list(CameraPath().times(30)) == [] and CameraPath().duration == 0


def test_the_times_of_frames_end_with_the_path_and_a_loop_does_not_show_its_beginning_twice():
    views = [Camera.look_at((x, 0, 0), (x, 1, 0)) for x in range(3)]
    path = CameraPath.through(views)
    assert list(path.times(10)) == pytest.approx(np.arange(21) / 10)
    assert list(replace(path, closing=1.0).times(10)) == pytest.approx(np.arange(30) / 10)


def test_the_samples_own_flight_is_flown_as_it_was_recorded(street):
    views = [view.camera for view in load_cameras(street / "transforms_fly.json")]
    path = CameraPath.through(views, apart=1 / 30)
    assert path.frame_count(30) == 120
    for time, view in zip(path.times(30), views):
        assert np.allclose(camera_of(path.at(time)), view.camera_from_world, atol=1e-6)


def test_a_way_back_is_as_fast_as_the_path():
    views = [Camera.look_at((x, 0, 0), (x, 1, 0)) for x in range(5)]  # a unit a second
    assert CameraPath.through(views).looped(True).closing == pytest.approx(4)
    turns = [Camera.look_at((0, 0, 0), (math.cos(a), math.sin(a), 0)) for a in (0, 0.5, 1.0)]
    assert CameraPath.through(turns).looped(True).closing == pytest.approx(2)
    still = CameraPath.through(3 * views[:1])
    assert still.looped(True).closing == GAP and still.looped(True).looped(False) == still


def test_editing_changes_what_it_names_and_leaves_the_rest():
    keys, other = keyframes(), Camera.look_at((9, 9, 9), (0, 0, 0))
    path = CameraPath(tuple(keys))
    added = path.appended(other, 1.5)
    assert added.keyframes[:6] == path.keyframes and added.keyframes[6] == Keyframe.of(other, 8.5)
    between = path.with_keyframe(path.at(3.0))
    assert [key.time for key in between.keyframes] == [0, 0.5, 2, 2.3, 3, 4, 7]
    assert len(path.with_keyframe(Keyframe.of(other, 2.004)).keyframes) == 6  # in the place of the one at 2.0
    moved = path.moved(2, other)
    assert moved.keyframes[2] == Keyframe.of(other, 2.0) and moved.keyframes[3:] == path.keyframes[3:]
    later = path.spaced(2, 3.0)
    assert [key.time for key in later.keyframes] == pytest.approx([0, 0.5, 3.5, 3.8, 5.5, 8.5])
    assert replace(path, closing=1.0).spaced(0, 4.0).duration == 11
    assert [key.time for key in path.stretched(14).keyframes] == pytest.approx([2 * time for time in TIMES])


def test_taking_keyframes_away_leaves_the_others_at_their_times_from_0():
    path = CameraPath(tuple(keyframes()), 1.0)
    assert [key.time for key in path.without(3).keyframes] == [0, 0.5, 2, 4, 7]
    assert [key.time for key in path.without(0).keyframes] == pytest.approx([0, 1.5, 1.8, 3.5, 6.5])
    for _ in range(5):
        path = path.without(0)
    assert len(path.keyframes) == 1 and path.closing == 0 and path.without(0) == CameraPath()


@pytest.mark.parametrize("times, closing, said", [
    ((1.0, 2.0), 0, "keyframes from 1 s on, expected from 0 on"),
    ((0.0, 0.001), 0, "keyframes 0.001 s apart, expected at least"),
    ((0.0, 2.0, 1.0), 0, "at least 0.01 s"), ((0.0, math.nan), 0, "at least 0.01 s"),
    ((0.0, 1.0), -1, "-1 of them back"), ((0.0, 1e9), 0, r"a path of 1e\+09 s")])
def test_what_is_no_path_is_refused(times, closing, said):
    with pytest.raises(ValueError, match=said):
        CameraPath(tuple(keyframes()[0].at(time) for time in times), closing)
