"""From keys and mouse to the camera: fly, orbit, and flights between views.

Everything that moves eases by time, not by frames, so that it feels alike at 5 and at 500 frames a second. The numbers
are those that feel right in the viewers people like: LichtFeld Studio (speed, easing), SuperSplat (zoom, grabbing).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from gsrender.camera import Camera
from viewer.bindings import drag_of, held_actions
from vk_interop.input import Input

Triple = tuple[float, float, float]

STEP = 0.01  # seconds; longer frames are cut up, so that turning while flying follows the same curve at any rate
LONGEST = 0.25  # seconds; after a stall (loading, a dragged window) nobody wants to find themselves elsewhere
SPEED_EASE = 12.0  # 1/s, half-life 58 ms
TURN_EASE = 50.0  # 1/s, half-life 14 ms: takes the steps off the mouse without feeling soft
ZOOM_EASE = 15.0  # 1/s: a notch of the wheel is a glide
LOOK = 1.5  # radians for a drag of one window height: 0.002 a pixel at 720
ORBIT = 3.0
NOTCH = 0.12  # of the distance to the pivot, for a notch of the wheel
FASTER = 1.2  # speed for a notch of the wheel
BOOST = 4.0
SPEED = 0.16  # trimmed radii of the model a second
SPEED_RANGE = (1e-3, 10.0)  # the same
CLOSEST = 5e-3  # radii; nearer to the pivot than that, zooming pushes the pivot ahead, so that it never sticks
PITCH_LIMIT = math.radians(89)
FLIGHT = 0.3  # seconds

MODES = ("fly", "orbit")
DIRECTIONS = {"right": (1, 0, 0), "left": (-1, 0, 0), "forward": (0, 1, 0), "back": (0, -1, 0), "up": (0, 0, 1),
              "down": (0, 0, -1)}


@dataclass(frozen=True)
class Space:
    """What of the scene the controls need: the axis that is up, half the diagonal of the model's trimmed bounds, and
    the near plane of its cameras."""

    up: Triple = (0.0, 0.0, 1.0)
    radius: float = 1.0
    near: float = 0.2

    @property
    def world_from_level(self) -> np.ndarray:
        """[3, 3]: columns are two level axes and up. For z up they are x, y, z."""
        up = np.asarray(self.up, np.float64)
        up = up / np.linalg.norm(up)
        first = np.roll(np.eye(3)[np.abs(up).argmax()], 1)  # the axis that follows the one nearest to up
        first = first - up * (first @ up)
        first /= np.linalg.norm(first)
        return np.column_stack([first, np.cross(up, first), up])


@dataclass(frozen=True)
class Pose:
    """Where the camera stands and looks. Angles in radians: yaw about up, pitch above the horizon; roll is only ever
    what a dataset's camera brought along, so it cannot creep in."""

    position: Triple
    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    fov_y: float = 60.0  # degrees

    @staticmethod
    def of(camera: Camera, space: Space) -> Pose:
        right, down, forward = camera.rotation @ space.world_from_level  # rows, in level axes
        level = math.hypot(forward[0], forward[1])
        # Straight up or down there is no heading in the direction of view; that of the picture's upper edge stands in.
        heading = forward if level > 1e-6 else -down * math.copysign(1, -forward[2])
        yaw, pitch = math.atan2(heading[1], heading[0]), math.atan2(forward[2], level)
        level_right = np.array([math.sin(yaw), -math.cos(yaw), 0.0])
        roll = math.atan2(right @ np.cross(forward, level_right), right @ level_right)
        return Pose(tuple(camera.position.tolist()), yaw, pitch, roll, camera.fov_y)

    def axes(self, space: Space) -> np.ndarray:
        """[3, 3], world from camera: columns are right, down, forward."""
        cos_yaw, sin_yaw = math.cos(self.yaw), math.sin(self.yaw)
        cos_pitch, sin_pitch = math.cos(self.pitch), math.sin(self.pitch)
        right = np.array([sin_yaw, -cos_yaw, 0.0])
        forward = np.array([cos_pitch * cos_yaw, cos_pitch * sin_yaw, sin_pitch])
        down = np.array([sin_pitch * cos_yaw, sin_pitch * sin_yaw, -cos_pitch])
        cos_roll, sin_roll = math.cos(self.roll), math.sin(self.roll)
        rolled = np.column_stack([right * cos_roll + down * sin_roll, down * cos_roll - right * sin_roll, forward])
        return space.world_from_level @ rolled

    def towards(self, other: Pose, share: float) -> Pose:
        """A share of the way to another pose, turning the short way round."""
        def mix(a, b):
            return a + (b - a) * share

        def turn(a, b):
            return a + math.remainder(b - a, math.tau) * share
        return Pose(tuple(map(mix, self.position, other.position)), turn(self.yaw, other.yaw),
                    mix(self.pitch, other.pitch), turn(self.roll, other.roll), mix(self.fov_y, other.fov_y))


@dataclass(frozen=True)
class Flight:
    start: Pose
    end: Pose
    elapsed: float = 0.0  # seconds


@dataclass(frozen=True)
class State:
    """The camera and all that moves it.

    distance  scene units along the direction of view to the pivot that orbiting turns around
    grabbed   view z in scene units of what a panning drag holds
    speed     scene units a second
    velocity  scene units a second, in the world
    turning   yaw and pitch in radians that dragging has asked for and that have not been turned yet
    zooming   notches of the wheel that have not been travelled yet
    """

    pose: Pose
    space: Space
    speed: float
    distance: float
    grabbed: float
    mode: str = "fly"
    velocity: Triple = (0.0, 0.0, 0.0)
    turning: tuple[float, float] = (0.0, 0.0)
    zooming: float = 0.0
    flight: Flight | None = None

    @staticmethod
    def at(camera: Camera, space: Space) -> State:
        """At rest where a camera is, at the speed that fits the model."""
        return State(Pose.of(camera, space), space, SPEED * space.radius, space.radius / 2, space.radius / 2)

    def camera(self, width: int, height: int) -> Camera:
        focal = height / (2 * math.tan(math.radians(self.pose.fov_y) / 2))
        pose = np.column_stack([self.pose.axes(self.space), self.pose.position])
        return Camera.from_pose(pose, focal, focal, width, height, near=self.space.near)

    def fly_to(self, camera: Camera) -> State:
        """Sets out for a camera of the dataset."""
        return replace(self.at_rest(), flight=Flight(self.pose, Pose.of(camera, self.space)))

    def at_rest(self) -> State:
        return replace(self, velocity=(0.0, 0.0, 0.0), turning=(0.0, 0.0), zooming=0.0, flight=None)

    def with_speed(self, speed: float) -> State:
        least, most = (bound * self.space.radius for bound in SPEED_RANGE)
        return replace(self, speed=min(max(speed, least), most))

    def with_mode(self, mode: str, distance: float | None = None) -> State:
        """The same pose under another mode; `distance` to the pivot where it is known."""
        return replace(self.at_rest(), mode=mode, distance=distance or self.distance)

    def looking_at(self, point) -> State:
        """Orbits around a point of the world, to which the view turns in a short flight."""
        away = np.asarray(point, np.float64) - self.pose.position
        distance = float(np.linalg.norm(away))
        a, b, c = self.space.world_from_level.T @ away / distance
        end = replace(self.pose, yaw=math.atan2(b, a), roll=0.0,
                      pitch=min(max(math.asin(c), -PITCH_LIMIT), PITCH_LIMIT))
        return replace(self.with_mode("orbit", distance), flight=Flight(self.pose, end))


def next_view(view: int | None, by: int, count: int) -> int:
    """Index of the dataset's next camera, round and round; from none to the first or the last."""
    return (view + by) % count if view is not None else (0 if by > 0 else count - 1)


def advance(state: State, dt: float, given: Input) -> State:
    """The state `dt` seconds later. Equal to the state before where nothing moves."""
    dt = min(dt, LONGEST)
    actions = held_actions(given)
    turn, pan = drag_of("turn", given), drag_of("pan", given)
    moving = actions & DIRECTIONS.keys()
    if moving and state.mode != "fly":
        state = state.with_mode("fly")
    if moving or any(turn) or any(pan) or given.wheel:
        state = replace(state, flight=None)
    if state.flight:
        return _fly_on(state, dt)
    if given.wheel and state.mode == "fly":
        state = state.with_speed(state.speed * FASTER ** given.wheel)
    elif given.wheel:
        state = replace(state, zooming=state.zooming + given.wheel)
    if any(pan):
        state = _pan(state, pan)
    steps = max(1, math.ceil(dt / STEP - 1e-9))
    sensitivity = (LOOK if state.mode == "fly" else ORBIT) / steps
    for _ in range(steps):
        state = replace(state, turning=tuple(have - move * sensitivity for have, move in zip(state.turning, turn)))
        state = _zoom(_move(_turn(state, dt / steps), dt / steps, actions), dt / steps)
    return state


def _fly_on(state: State, dt: float) -> State:
    flight = replace(state.flight, elapsed=state.flight.elapsed + dt)
    t = flight.elapsed / FLIGHT
    if t >= 1:
        return replace(state, pose=flight.end, flight=None)
    smooth = t * t * t * (t * (6 * t - 15) + 10)  # no jerk at either end
    return replace(state, pose=flight.start.towards(flight.end, smooth), flight=flight)


def _pan(state: State, drag: tuple[float, float]) -> State:
    """Moves the camera in its own plane, so that the grabbed point follows the cursor exactly."""
    height = 2 * math.tan(math.radians(state.pose.fov_y) / 2) * state.grabbed  # of what is in view at that distance
    axes = state.pose.axes(state.space)
    position = state.pose.position - (axes[:, 0] * drag[0] + axes[:, 1] * drag[1]) * height
    return replace(state, pose=replace(state.pose, position=tuple(position.tolist())))


def _turn(state: State, dt: float) -> State:
    if not any(state.turning):
        return state
    rest = math.exp(-TURN_EASE * dt) if max(map(abs, state.turning)) > 1e-4 else 0.0
    yaw, pitch = (angle * (1 - rest) for angle in state.turning)
    pose = state.pose
    limit = max(PITCH_LIMIT, abs(pose.pitch))  # a dataset's camera may look straight down
    turned = replace(pose, yaw=pose.yaw + yaw, pitch=min(max(pose.pitch + pitch, -limit), limit))
    if state.mode == "orbit":
        pivot = pose.position + pose.axes(state.space)[:, 2] * state.distance
        position = pivot - turned.axes(state.space)[:, 2] * state.distance
        turned = replace(turned, position=tuple(position.tolist()))
    return replace(state, pose=turned, turning=tuple(angle * rest for angle in state.turning))


def _move(state: State, dt: float, actions: frozenset[str]) -> State:
    """Lets the velocity ease to what the keys ask for; the path is the exact integral over the step."""
    moving = actions & DIRECTIONS.keys()
    if not moving and not any(state.velocity):
        return state
    right, forward, up = np.sum([DIRECTIONS[action] for action in moving], axis=0) if moving else (0, 0, 0)
    axes = state.pose.axes(state.space)
    wish = axes[:, 0] * right + axes[:, 2] * forward + state.space.world_from_level[:, 2] * up
    length = np.linalg.norm(wish)
    boost = BOOST ** (("faster" in actions) - ("slower" in actions))
    target = wish / length * state.speed * boost if length > 1e-9 else np.zeros(3)
    excess = np.array(state.velocity) - target
    rest = math.exp(-SPEED_EASE * dt)
    position = state.pose.position + target * dt + excess * (1 - rest) / SPEED_EASE
    velocity = target + excess * rest
    if length <= 1e-9 and np.linalg.norm(velocity) < 0.02 * state.speed:
        velocity = np.zeros(3)  # else it would creep on for seconds
    return replace(state, pose=replace(state.pose, position=tuple(position.tolist())),
                   velocity=tuple(velocity.tolist()))


def _zoom(state: State, dt: float) -> State:
    if not state.zooming:
        return state
    rest = math.exp(-ZOOM_EASE * dt) if abs(state.zooming) > 1e-3 else 0.0
    way = state.distance * (1 - math.exp(-NOTCH * state.zooming * (1 - rest)))
    position = state.pose.position + state.pose.axes(state.space)[:, 2] * way
    return replace(state, pose=replace(state.pose, position=tuple(position.tolist())), zooming=state.zooming * rest,
                   distance=max(state.distance - way, CLOSEST * state.space.radius))
