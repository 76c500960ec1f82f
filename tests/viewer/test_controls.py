import itertools
import math
from dataclasses import replace

import numpy as np
import pytest

from gsrender.camera import Camera
from viewer.controls import FLIGHT, MODES, PITCH_LIMIT, State, advance, nearest_view
from viewer.pose import Pose, Space
from vk_interop.input import Input

HOME = Camera.look_at((1, 2, 3), (4, 6, 2.5), fov_y=50)
SPACE = Space(radius=10.0)
NOTHING = Input()


def state(mode="fly", camera=HOME, space=SPACE):
    return State.at(camera, space).with_mode(mode)


def play(s, seconds, given, step=0.01):
    """Advances in equal steps, a drag or the wheel dealt out evenly over them."""
    n = round(seconds / step)
    part = replace(given, drag={b: (x / n, y / n) for b, (x, y) in given.drag.items()}, wheel=given.wheel / n)
    for _ in range(n):
        s = advance(s, step, part)
    return s


def close(a, b, tolerance):
    return np.allclose(a.camera(960, 640).camera_from_world, b.camera(960, 640).camera_from_world, atol=tolerance)


def project(camera, point):
    x, y, z = camera.rotation @ (np.asarray(point) - camera.position)
    return np.array([camera.fx * x / z + camera.cx, camera.fy * y / z + camera.cy])


@pytest.mark.parametrize("up", [(0, 0, 1), (0, 1, 0), (0, -1, 0), (1, 0, 0), (0.1, -0.9, 0.3)])
@pytest.mark.parametrize("target", [(3, 1, 0), (-4, 2, 6), (0.1, -0.2, -7)])
def test_a_pose_gives_back_the_camera_it_was_made_from(up, target):
    camera = Camera.look_at((1, 2, 3), target, up=(0.3, 0.5, 0.8), fov_y=40)  # rolled against all of these ups
    again = state(camera=camera, space=Space(up=up, near=camera.near)).camera(960, 640)
    assert np.allclose(again.camera_from_world, camera.camera_from_world, atol=1e-12)
    assert again.fy == pytest.approx(camera.fy)


@pytest.mark.parametrize("forward", [(0, 0, -1), (0, 0, 1)])
def test_a_camera_that_looks_straight_down_or_up_keeps_its_heading(forward):
    camera = Camera.look_at((0, 0, 9), np.add((0, 0, 9), forward), up=(0.6, 0.8, 0))
    again = state(camera=camera, space=Space()).camera(960, 640)
    assert np.allclose(again.camera_from_world, camera.camera_from_world, atol=1e-9)


GESTURES = {
    "flying": Input(held=frozenset("WD")),
    "flying a curve": Input(held=frozenset("WE"), drag={"left": (0.2, 0.1)}),
    "fast": Input(held=frozenset(["W", "Shift"])),
    "panning": Input(drag={"right": (0.1, -0.2)}),
    "turning": Input(drag={"left": (0.3, 0.1)}),
}


@pytest.mark.parametrize("mode", ["fly", "orbit"])
@pytest.mark.parametrize("name", GESTURES)
def test_one_step_of_100_ms_is_ten_of_10_ms(name, mode):
    slow, fast = play(state(mode), 0.1, GESTURES[name], 0.1), play(state(mode), 0.1, GESTURES[name], 0.01)
    assert close(slow, fast, 1e-9) and not close(slow, state(mode), 1e-3)


@pytest.mark.parametrize("name", GESTURES)
def test_240_frames_a_second_go_where_30_go(name):
    slow, fast = play(state(), 1.0, GESTURES[name], 1 / 30), play(state(), 1.0, GESTURES[name], 1 / 240)
    assert close(slow, fast, 0.01 * SPACE.radius)


def test_letting_go_comes_to_a_full_stop_within_half_a_second():
    s = play(play(state(), 0.5, Input(held=frozenset("W"))), 0.5, NOTHING)
    assert s == advance(s, 0.02, NOTHING)


def test_nothing_moves_untouched():
    assert advance(state(), 0.1, NOTHING) == state()


def test_speed_reaches_what_the_number_says_and_scales_with_the_model():
    for radius in (0.1, 1000):
        s = play(state(space=Space(radius=radius)), 1.0, Input(held=frozenset("W")))
        assert np.linalg.norm(s.velocity) == pytest.approx(s.speed, rel=1e-3)
        assert s.speed == pytest.approx(0.16 * radius)


def test_diagonals_are_not_faster():
    straight, diagonal = (play(state(), 1.0, Input(held=frozenset(keys))) for keys in ("W", "WD"))
    assert np.linalg.norm(diagonal.velocity) == pytest.approx(np.linalg.norm(straight.velocity), rel=1e-6)


@pytest.mark.parametrize("key, factor", [("Shift", 4), ("Alt", 0.25)])
def test_shift_is_faster_and_alt_slower(key, factor):
    plain, other = (play(state(), 1.0, Input(held=frozenset(keys))) for keys in (["W"], ["W", key]))
    assert np.linalg.norm(other.velocity) == pytest.approx(factor * np.linalg.norm(plain.velocity), rel=1e-3)


def test_q_and_e_go_along_the_up_axis():
    for key, sign in (("E", 1), ("Q", -1)):
        moved = np.subtract(play(state(), 0.5, Input(held=frozenset(key))).pose.position, HOME.position)
        assert np.allclose(moved / np.linalg.norm(moved), (0, 0, sign))


def test_keys_against_each_other_stand_still():
    assert play(state(), 0.5, Input(held=frozenset("WS"))).pose == state().pose


def test_the_wheel_changes_the_speed_of_flying_and_not_the_place():
    s = advance(state(), 0.1, Input(wheel=2))
    assert s.speed == pytest.approx(1.44 * state().speed) and s.pose == state().pose
    assert advance(s, 0.1, Input(wheel=1000)).speed == pytest.approx(10 * SPACE.radius)


def test_dragging_right_and_down_looks_right_and_down():
    pixel = project(play(state(), 0.5, Input(drag={"left": (0.1, 0.05)})).camera(960, 640), (4, 6, 2.5))
    assert pixel[0] < 480 - 10 and pixel[1] < 320 - 10  # what was in the middle is now left and above


def test_pitch_is_clamped_and_roll_cannot_creep_in():
    rng = np.random.default_rng(7)
    s = state()
    for _ in range(500):
        s = advance(s, 0.01, Input(drag={"left": tuple(rng.normal(0, 0.3, 2))}, held=frozenset("W")))
        assert abs(s.pose.pitch) <= PITCH_LIMIT + 1e-12
        assert s.camera(960, 640).rotation[0, 2] == pytest.approx(0, abs=1e-12)  # right stays level
    assert s.pose.roll == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("mode", ["fly", "orbit"])
@pytest.mark.parametrize("button", ["right", "middle"])
def test_panning_keeps_the_grabbed_point_under_the_cursor(mode, button):
    before = replace(state(mode), grabbed=7.0)
    camera = before.camera(960, 640)
    point = camera.position + camera.rotation.T @ (7.0 * np.array([0.3, -0.2, 1]))
    after = advance(before, 0.016, Input(drag={button: (0.25, -0.125)})).camera(960, 640)
    assert np.allclose(project(after, point) - project(camera, point), [0.25 * 640, -0.125 * 640])


def test_orbiting_keeps_the_pivot_in_the_middle_and_its_distance():
    s = state("orbit")
    pivot = s.pose.position + s.pose.axes(SPACE)[:, 2] * s.distance
    turned = play(s, 0.5, Input(drag={"left": (0.4, 0.1)})).camera(960, 640)
    assert np.allclose(project(turned, pivot), (480, 320), atol=1e-6)
    assert np.linalg.norm(turned.position - pivot) == pytest.approx(s.distance)


def test_the_scene_follows_the_hand_when_orbiting():
    s = state("orbit")
    behind = s.pose.position + s.pose.axes(SPACE)[:, 2] * s.distance * 2
    in_front = s.pose.position + s.pose.axes(SPACE)[:, 2] * s.distance / 2
    camera = play(s, 0.5, Input(drag={"left": (0.1, 0)})).camera(960, 640)
    assert project(camera, in_front)[0] > 480 > project(camera, behind)[0]


def test_zooming_in_comes_nearer_and_never_sticks():
    s = play(play(state("orbit"), 1.0, Input(wheel=3)), 1.0, NOTHING)
    assert s.distance == pytest.approx(state("orbit").distance * math.exp(-0.12 * 3), rel=1e-3)
    near = play(s, 2.0, Input(wheel=200))
    further = play(near, 2.0, Input(wheel=200))
    assert near.distance >= 0.005 * SPACE.radius
    assert np.linalg.norm(np.subtract(further.pose.position, near.pose.position)) > 0.05 * SPACE.radius


def test_switching_modes_keeps_the_pose_and_stops():
    s = play(state(), 0.3, Input(held=frozenset("W"), drag={"left": (0.2, 0.1)}))
    for mode in ("orbit", "fly"):
        s2 = advance(s.with_mode(mode), 0.1, NOTHING)
        assert s2.mode == mode and s2.pose == s.pose


def test_a_movement_key_leaves_orbit_for_flying():
    assert advance(state("orbit"), 0.01, Input(held=frozenset("A"))).mode == "fly"


def test_a_flight_arrives_exactly_in_its_time():
    there = Camera.look_at((-5, 8, 1), (3, -3, 3), up=(0.1, 0, 1), fov_y=70)
    s = state().fly_to(there)
    half = play(s, FLIGHT / 2, NOTHING)
    end = play(s, FLIGHT + 0.01, NOTHING)
    assert np.allclose(half.pose.position, (HOME.position + there.position) / 2)
    assert np.allclose(end.camera(960, 640).camera_from_world, there.camera_from_world)
    assert end.pose.fov_y == pytest.approx(70) and end == advance(end, 0.1, NOTHING)


def test_a_flight_turns_the_short_way_round():
    a, b = Pose((0, 0, 0), yaw=math.radians(170)), Pose((0, 0, 0), yaw=math.radians(-170))
    yaws = [math.degrees(a.towards(b, share).yaw) % 360 for share in (0, 0.5, 1)]
    assert yaws == pytest.approx([170, 180, 190])


@pytest.mark.parametrize("given", [Input(held=frozenset("S")), Input(drag={"left": (0.1, 0)}), Input(wheel=1)])
def test_the_hand_takes_over_from_a_flight(given):
    assert advance(state().fly_to(Camera.look_at((9, 9, 9), (0, 0, 0))), 0.05, given).flight is None


def test_focus_brings_a_point_to_the_middle_and_orbits_around_it():
    s = state("orbit").looking_at((4, 3, 5))
    end = play(s, FLIGHT + 0.01, NOTHING)
    assert np.allclose(project(end.camera(960, 640), (4, 3, 5)), (480, 320), atol=1e-6)
    assert end.mode == "orbit" and end.distance == pytest.approx(np.linalg.norm(HOME.position - (4, 3, 5)))


def test_a_stall_does_not_fling_the_camera_away():
    moved = advance(state(), 60.0, Input(held=frozenset("W"))).pose.position
    assert np.linalg.norm(np.subtract(moved, HOME.position)) < 0.25 * state().speed


class Slope:
    """Rises by a tenth of x."""

    def below(self, point):
        return point[2] - 0.1 * point[0]


def test_walking_is_level_wherever_one_looks_and_follows_the_ground():
    s = replace(state("walk"), pose=replace(state().pose, yaw=0.0, pitch=0.7))
    level = play(play(s, 1.0, Input(held=frozenset("W"))), 1.0, NOTHING)
    assert level.pose.position[2] == pytest.approx(3) and level.pose.position[0] > 1.5
    uphill = play(play(replace(s, ground=Slope()), 1.0, Input(held=frozenset("W"))), 1.0, NOTHING)
    x, _, z = uphill.pose.position
    assert z - 0.1 * x == pytest.approx(uphill.eyes, abs=0.02) and z > 3.05
    assert uphill.eyes == pytest.approx(2.9, abs=1e-3)


def test_a_walker_grows_by_e_and_stays_so():
    s = play(replace(state("walk"), ground=Slope()), 0.1, NOTHING)
    taller = play(play(s, 0.5, Input(held=frozenset("E"))), 0.5, Input(held=frozenset("D")))
    assert taller.mode == "walk" and taller.eyes > s.eyes + 0.3


def test_walking_looks_and_speeds_up_like_flying():
    looked = play(state("walk"), 0.5, Input(drag={"left": (0.1, 0.05)}))
    assert looked.pose == play(state("fly"), 0.5, Input(drag={"left": (0.1, 0.05)})).pose
    assert advance(state("walk"), 0.1, Input(wheel=1)).speed == pytest.approx(1.2 * state().speed)


@pytest.mark.parametrize("metres", [0.2, 5.0])
def test_where_a_unit_is_so_many_metres_a_person_walks(metres):
    s = replace(state("walk", space=replace(SPACE, metres=metres)), ground=Slope())
    assert s.rate * metres == pytest.approx(1.4) and s.eyes * metres == pytest.approx(1.65)
    there = play(s, 2.0, Input(held=frozenset("W")))
    assert np.linalg.norm(there.velocity[:2]) * metres == pytest.approx(1.4, rel=1e-2)
    x, _, z = there.pose.position
    assert (z - 0.1 * x) * metres == pytest.approx(1.65, abs=0.03)
    faster = advance(s, 0.1, Input(wheel=1))
    assert faster.pace == pytest.approx(1.2 * s.pace) and faster.speed == s.speed
    assert faster.with_mode("fly").rate == s.speed == state().speed


def test_when_a_unit_gets_another_length_the_camera_stays_and_the_walk_changes():
    s = state("walk", space=replace(SPACE, metres=0.5))
    longer, unknown = s.in_metres(2.0), s.in_metres(None)
    assert longer.pose == unknown.pose == s.pose
    assert (longer.rate, longer.eyes) == pytest.approx((s.rate / 4, s.eyes / 4))
    assert unknown == state("walk")


def test_a_level_camera_arrives_level():
    tilted = Camera.look_at((9, 9, 9), (0, 0, 0), up=(0.5, 0, 1))
    end = play(replace(state(), level=True).fly_to(tilted), FLIGHT + 0.01, NOTHING)
    assert end.pose.roll == 0 and np.allclose(end.pose.position, (9, 9, 9))


@pytest.mark.parametrize("seconds", [0.0, 2.0])
def test_a_flight_takes_as_long_as_is_set(seconds):
    s = replace(state(), flight_time=seconds).fly_to(Camera.look_at((9, 9, 9), (0, 0, 0)))
    assert play(s, seconds + 0.02, NOTHING).flight is None
    assert seconds == 0 or play(s, seconds - 0.1, NOTHING).flight is not None


def test_the_nearest_view_stands_close_and_looks_the_same_way():
    def camera(position, target):
        return Camera.look_at(position, target)
    views = [camera((1, 2, 3), (-9, -9, 3)), camera((2, 2, 3), (5, 6, 2.5)), camera((40, 2, 3), (43, 6, 2.5))]
    assert nearest_view(state().pose, SPACE, views) == 1
    assert nearest_view(state().pose, SPACE, []) is None


def test_input_of_any_kind_leaves_a_finite_camera():
    rng = np.random.default_rng(3)
    s = state()
    for keys, mode in itertools.product(("", "WASDQE", "WQ"), MODES):
        given = Input(held=frozenset(keys), wheel=float(rng.normal(0, 50)),
                      drag={"left": tuple(rng.normal(0, 50, 2)), "right": tuple(rng.normal(0, 5, 2))})
        s = advance(s.with_mode(mode), 0.1, given)
        assert np.isfinite(s.camera(7, 5).camera_from_world).all()
