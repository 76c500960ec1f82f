"""Between a browser's camera and ours."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import viser
from viser.transforms import SO3

from gsrender.camera import Camera
from viewer.controls import SPEED, Pose, Space
from viewer.settings import MOST

NEAR = 0.01  # viser's near plane in its units, where nothing says otherwise
MODES = ("orbit", "fly")
KEYS_SPEED = 2.0  # units a second that a held key moves viser's camera
LARGEST = 4096  # pixels an edge, whatever a browser says
EYE = 0.02  # viser's units to a point next to the eye; it allows no less than 0.01
LEVEL = math.radians(1)  # a camera that rolls more keeps its own up, and so does one that looks
STEEP = math.radians(85)  # more up or down, where the picture's upper edge is next to any direction
REMEMBERED = 256  # places that it was led to; a path has 30 a second, and browsers tell late of them
SAME = 1e-6  # radii; a drag by a pixel moves the camera by 5e-3, a key in 1/30 s by as much


def viser_scale(space: Space, near: float = NEAR) -> float:
    """viser's units for one of the scene, those in which its keys have the wanted speed. Its near plane, which nothing
    is drawn by, tells which ones a browser's camera is in: so none is read in the units of another."""
    return KEYS_SPEED / (SPEED * space.radius) / (near / NEAR)


def camera_of(pose: tuple[float, ...], space: Space, share: float) -> Camera:
    """What a browser sees, with that share of its pixels along an edge: of its quaternion, position, near plane,
    vertical field of view, width and height. Raises ValueError where it sent what is no camera."""
    *turn, x, y, z, near, fov, width, height = pose
    if not (0 < fov < math.pi and near > 0 and all(map(math.isfinite, pose)) and any(turn)):
        raise ValueError(f"no camera: {pose}")
    width, height = (min(max(round(edge * share), 1), LARGEST) for edge in (width, height))
    position = np.array([x, y, z]) / viser_scale(space, near)
    if not np.abs(position).max() < MOST:
        raise ValueError(f"no camera: at {position}, expected less than {MOST:g} scene units from 0")
    pose = np.column_stack([SO3(np.array(turn)).as_matrix(), position])
    return Camera.from_fov(pose, math.degrees(fov), width, height, space.near)


def stand(camera: Camera, space: Space, away: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where viser's camera is, what it looks at and turns around, and its up, [3] each in the scene, to see what a
    camera sees; what it turns around is `away` scene units."""
    pose = Pose.of(camera, space)
    upright = abs(pose.roll) < LEVEL and abs(pose.pitch) < STEEP
    look_at = camera.position + camera.rotation[2] * away
    return camera.position, look_at, np.array(space.up) if upright else -camera.rotation[1]


class Steering:
    """Moves a browser's camera, which otherwise viser does in the browser: it turns around a point ahead of it."""

    def __init__(self, client: viser.ClientHandle, space: Space):
        self._client, self.space = client, space
        self._mode = MODES[0]
        self._middle: float | None = None  # view z of what is in the middle of the last sharp picture, scene units
        self._has_gone = False  # to where nothing was seen yet
        self._led: tuple[np.ndarray, ...] = ()  # [3] each, places in the scene

    def go(self, camera: Camera):
        """Jumps to a camera, for instance of the dataset."""
        handle = self._client.camera
        self._put(camera, np.linalg.norm(handle.look_at - handle.position) / viser_scale(self.space, handle.near))

    def lead(self, camera: Camera):
        """On along a path."""
        self._put(camera, self.space.radius / 2)  # far enough for what is rounded to turn nothing

    def _put(self, camera: Camera, away: float):
        handle = self._client.camera
        scale = viser_scale(self.space, handle.near)
        position, look_at, up = stand(camera, self.space, away)
        self._has_gone = True
        self.know(camera)
        with self._client.atomic():
            handle.fov = math.radians(camera.fov_y)
            handle.up_direction, handle.position, handle.look_at = up, position * scale, look_at * scale

    def know(self, camera: Camera):
        """It is where the browser is without a hand's doing."""
        self._led = (*self._led, camera.position)[-REMEMBERED:]

    def has_led_to(self, camera: Camera) -> bool:
        """Whether a browser that is at that camera has lately been led there, and not taken there by hand: which always
        moves it, since it turns around a point ahead. Where the camera looks does not tell: browsers put it somewhere
        and turn it one after the other."""
        return bool(np.isclose(self._led or math.inf, camera.position, 1e-9, SAME * self.space.radius).all(-1).any())

    def see(self, middle: float | None):
        """There is a sharp picture, with that view z in its middle if anything is there."""
        self._middle = middle
        if self._has_gone:
            self._has_gone = False
            self.turn(self._mode)

    def turn(self, mode: str):
        """One of MODES. Turning around a point next to the eye is looking around."""
        handle = self._client.camera
        distance = EYE if mode == "fly" else (self._middle or 0.0) * viser_scale(self.space, handle.near)
        if distance:
            ahead = SO3(handle.wxyz).as_matrix()[:, 2]
            handle.look_at = handle.position + ahead * max(distance, EYE)
        self._mode = mode

    def hasten(self, times: float):
        """The same camera, in units in which the keys are so many times as fast as usual."""
        handle, near = self._client.camera, NEAR * times
        ratio = viser_scale(self.space, near) / viser_scale(self.space, handle.near)
        position, look_at = handle.position * ratio, handle.look_at * ratio
        with self._client.atomic():
            handle.near, handle.position, handle.look_at = near, position, look_at

    def widen(self, fov_y: float):
        """To that vertical field of view, degrees."""
        self._client.camera.fov = math.radians(fov_y)

    def set_up(self, up: tuple[float, float, float]):
        """Another axis of the model points up: the picture turns upright."""
        self.space = replace(self.space, up=up)
        self._client.camera.up_direction = np.array(up)

    def set_near(self, near: float):
        """The picture begins at that view z, scene units."""
        self.space = replace(self.space, near=near)

    def looked_at(self, camera: Camera) -> np.ndarray:
        """[3], the point in the middle of a camera's picture, as far as the last sharp one told."""
        return camera.position + camera.rotation[2] * (self._middle or self.space.radius / 2)

    @property
    def usual_speed(self) -> float:
        """Of the keys, scene units a second."""
        return SPEED * self.space.radius
