"""From keys and mouse to the camera: fly, orbit, walk, and flights between views.

Everything that moves eases by time, not by frames, so that it feels alike at 5 and at 500 frames a second. The numbers
are those that feel right in the viewers people like: LichtFeld Studio (speed, easing), SuperSplat (zoom, grabbing).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from gsrender.camera import Camera, Triple
from viewer.bindings import drag_of, held_actions
from viewer.ground import Ground
from viewer.pose import Pose, Space
from vk_interop.input import Input

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
EYES, PACE = 1.65, 1.4  # metres, metres a second: of a person who walks
STRIDE_EASE = 10.0  # 1/s: how a walker's eyes follow a step
FOVS = (5.0, 120.0)  # degrees, vertical

MODES = ("fly", "orbit", "walk")
DIRECTIONS = {"right": (1, 0, 0), "left": (-1, 0, 0), "forward": (0, 1, 0), "back": (0, -1, 0), "up": (0, 0, 1),
              "down": (0, 0, -1)}


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
    speed     scene units a second, but for walking where it is known how long a person's step is
    pace      the same for walking there; None: `speed`
    velocity  scene units a second, in the world
    turning   yaw and pitch in radians that dragging has asked for and that have not been turned yet
    zooming   notches of the wheel that have not been travelled yet
    level     no roll, wherever it flies to
    flight_time  seconds that a flight takes
    ground    what a walker stands on; None: unknown, so walking is on the level
    eyes      scene units that a walker's eyes are above it, once they move; None: as high as they are
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
    level: bool = False
    flight_time: float = FLIGHT
    ground: Ground | None = None
    eyes: float | None = None
    pace: float | None = None

    @staticmethod
    def at(camera: Camera, space: Space) -> State:
        """At rest where a camera is, at the speed that fits the model."""
        state = State(Pose.of(camera, space), space, SPEED * space.radius, space.radius / 2, space.radius / 2)
        return state.in_metres(space.metres)

    def camera(self, width: int, height: int) -> Camera:
        focal = Camera.focal_length(height, math.radians(self.pose.fov_y))
        return Camera.standing(self.pose.directions(self.space), self.pose.position, focal, focal, width, height,
                               near=self.space.near)

    def fly_to(self, camera: Camera | Pose) -> State:
        """Sets out for a camera."""
        end = camera if isinstance(camera, Pose) else Pose.of(camera, self.space)
        end = replace(end, roll=0.0) if self.level else end
        return replace(self.at_rest(), flight=Flight(self.pose, end), eyes=self._persons_eyes)

    def placed(self, **changes) -> State:
        """At rest, with another position, fov_y, ... of its pose."""
        return replace(self.at_rest(), pose=replace(self.pose, **changes), eyes=self._persons_eyes)

    @property
    def pivot(self) -> Triple:
        """The point of the world that it looks at and orbits around."""
        _, _, ahead = self.pose.directions(self.space)
        return tuple(at + part * self.distance for at, part in zip(self.pose.position, ahead))

    def at_rest(self) -> State:
        return replace(self, velocity=(0.0, 0.0, 0.0), turning=(0.0, 0.0), zooming=0.0, flight=None)

    @property
    def rate(self) -> float:
        """Scene units a second, in the mode that it is in."""
        return self.pace if self._has_pace else self.speed

    def with_rate(self, rate: float) -> State:
        least, most = (bound * self.space.radius for bound in SPEED_RANGE)
        return replace(self, **{"pace" if self._has_pace else "speed": min(max(rate, least), most)})

    def in_metres(self, metres: float | None) -> State:
        """The same where a scene unit is that long: a person walks there; nobody knows how where it is None."""
        state = replace(self, space=replace(self.space, metres=metres), pace=PACE / metres if metres else None)
        return replace(state, eyes=state._persons_eyes)

    @property
    def _has_pace(self) -> bool:
        return self.mode == "walk" and self.pace is not None

    @property
    def _persons_eyes(self) -> float | None:
        return EYES / self.space.metres if self.space.metres else None

    def with_flights(self, seconds: float, level: bool) -> State:
        """Where flights take so long, and end, as this state is, without roll where `level`."""
        pose = replace(self.pose, roll=0.0) if level else self.pose
        return replace(self, pose=pose, flight_time=seconds, level=level)

    def with_near(self, near: float) -> State:
        """`near` in scene units of view z."""
        return replace(self, space=replace(self.space, near=near))

    def with_mode(self, mode: str, distance: float | None = None) -> State:
        """The same pose under another mode; `distance` to the pivot where it is known."""
        return replace(self.at_rest(), mode=mode, distance=distance or self.distance,
                       eyes=self._persons_eyes)

    def looking_at(self, point) -> State:
        """Turns to a point of the world, in a short flight; it becomes the pivot."""
        away = np.asarray(point, np.float64) - self.pose.position
        distance = float(np.linalg.norm(away))
        if distance < 1e-9:
            return self
        a, b, c = self.space.world_from_level.T @ away / distance
        end = replace(self.pose, yaw=math.atan2(b, a), roll=0.0,
                      pitch=min(max(math.asin(c), -PITCH_LIMIT), PITCH_LIMIT))
        return replace(self.with_mode(self.mode, distance), flight=Flight(self.pose, end))


def nearest_view(pose: Pose, space: Space, cameras: list[Camera]) -> int | None:
    """Index of the camera that stands nearest and looks most the same way: a radian counts as a radius."""
    if not cameras:
        return None
    away = np.linalg.norm(np.stack([camera.position for camera in cameras]) - pose.position, axis=1) / space.radius
    ahead = np.stack([camera.rotation[2] for camera in cameras]) @ pose.axes(space)[:, 2]
    return int(np.argmin(away + np.arccos(np.clip(ahead, -1, 1))))


def next_view(view: int | None, by: int, count: int) -> int:
    """Index of the dataset's next camera, round and round; from none to the first or the last."""
    return (view + by) % count if view is not None else (0 if by > 0 else count - 1)


def advance(state: State, dt: float, given: Input) -> State:
    """The state `dt` seconds later. Equal to the state before where nothing moves."""
    dt = min(dt, LONGEST)
    actions = held_actions(given)
    turn, pan = drag_of("turn", given), drag_of("pan", given)
    moving = actions & DIRECTIONS.keys()
    if moving and state.mode == "orbit":
        state = state.with_mode("fly")
    if moving or any(turn) or any(pan) or given.wheel:
        state = replace(state, flight=None)
    if state.flight:
        return _fly_on(state, dt)
    if given.wheel and state.mode != "orbit":
        state = state.with_rate(state.rate * FASTER ** given.wheel)
    elif given.wheel:
        state = replace(state, zooming=state.zooming + given.wheel)
    if any(pan):
        state = _pan(state, pan)
    is_straight = not (any(turn) or any(state.turning) or state.zooming or state.mode == "walk")
    steps = 1 if is_straight else max(1, math.ceil(dt / STEP - 1e-9))
    sensitivity = (ORBIT if state.mode == "orbit" else LOOK) / steps
    for _ in range(steps):
        if any(turn):
            state = replace(state, turning=tuple(have - move * sensitivity for have, move in zip(state.turning, turn)))
        state = _zoom(_move(_turn(state, dt / steps), dt / steps, actions), dt / steps)
        if state.mode == "walk":
            state = _stride(state, dt / steps, actions)
    return state


def _fly_on(state: State, dt: float) -> State:
    flight = replace(state.flight, elapsed=state.flight.elapsed + dt)
    t = flight.elapsed / max(state.flight_time, 1e-9)
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
    right, forward, up = map(sum, zip(*(DIRECTIONS[action] for action in moving))) if moving else (0, 0, 0)
    aside, _, ahead = state.pose.directions(state.space)
    if state.mode == "walk":
        _, _, ahead = replace(state.pose, pitch=0.0, roll=0.0).directions(state.space)
    wish = [right * x + forward * y + up * z for x, y, z in zip(aside, ahead, state.space.upwards)]
    length = math.hypot(*wish)
    speed = state.rate * BOOST ** (("faster" in actions) - ("slower" in actions))
    target = [speed * part / length for part in wish] if length > 1e-9 else (0.0, 0.0, 0.0)
    rest = math.exp(-SPEED_EASE * dt)
    position = tuple(at + goal * dt + (now - goal) * (1 - rest) / SPEED_EASE
                     for at, now, goal in zip(state.pose.position, state.velocity, target))
    velocity = tuple(goal + (now - goal) * rest for now, goal in zip(state.velocity, target))
    if length <= 1e-9 and math.hypot(*velocity) < 0.02 * state.rate:
        velocity = (0.0, 0.0, 0.0)  # else it would creep on for seconds
    return replace(state, pose=replace(state.pose, position=position), velocity=velocity)


def _stride(state: State, dt: float, actions: frozenset[str]) -> State:
    """Keeps a walker's eyes at their height above what is under them; climbing and sinking change that height."""
    below = state.ground.below(state.pose.position) if state.ground else None
    if below is None or not any(state.velocity):
        return state if below is None or state.eyes is not None else replace(state, eyes=below)
    if state.eyes is None or actions & {"up", "down"}:
        return replace(state, eyes=below)
    rise = (state.eyes - below) * (1 - math.exp(-STRIDE_EASE * dt))
    position = state.pose.position + state.space.world_from_level[:, 2] * rise
    return replace(state, pose=replace(state.pose, position=tuple(position.tolist())))


def _zoom(state: State, dt: float) -> State:
    if not state.zooming:
        return state
    rest = math.exp(-ZOOM_EASE * dt) if abs(state.zooming) > 1e-3 else 0.0
    way = state.distance * (1 - math.exp(-NOTCH * state.zooming * (1 - rest)))
    position = state.pose.position + state.pose.axes(state.space)[:, 2] * way
    return replace(state, pose=replace(state.pose, position=tuple(position.tolist())), zooming=state.zooming * rest,
                   distance=max(state.distance - way, CLOSEST * state.space.radius))
