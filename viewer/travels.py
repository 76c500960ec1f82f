"""Where the camera of the window goes: home, to the dataset's cameras, back from a jump, over the ground."""

from __future__ import annotations

import weakref
from concurrent.futures import Executor, Future
from dataclasses import replace

import numpy as np

from gsrender.camera import Camera, Triple
from viewer.controls import State, next_view
from viewer.grip import Grip
from viewer.ground import Ground
from viewer.jumps import Jumps
from viewer.pace import Pace
from viewer.places import Places
from viewer.pose import Pose, Space
from viewer.ruler import Ruler
from viewer.scene import Scene


class Travels:
    """A part of the App, which has `scene`, `remembered`, `canvas`, `picture_size` and `say`.

    space  what of the scene the controls need
    home   index of the dataset's view to begin with; None where there is none
    view   of the one that was last flown to
    state  the camera and all that moves it; None before the first scene
    grip   what a panning drag holds
    middle  the point of the world that `look_at_middle` found; None until it is known
    """

    state: State | None = None

    def arrive(self, scene: Scene, home: int | None):
        """In another scene; how the camera flies stays as it was set."""
        low, high = (np.array(corner.tolist()) for corner in scene.model.bounds)
        radius = max(float(np.linalg.norm(high - low)) / 2, 1e-6)
        up = self.remembered.alignment(scene.opened, None).up
        self.space = Space(scene.given_up or up or scene.up, radius, scene.near, scene.ruler.metres)
        self.home = scene.first_view if home is None else home
        self._places = Places([view.camera for view in scene.cameras])
        before = self.state
        self.start_over()
        if before:
            self.state = self.state.with_flights(before.flight_time, before.level)

    def start_over(self):
        """The camera as at first, all that it did forgotten."""
        self.pace, self.jumps, self.grip = Pace(), Jumps(), Grip()
        self.middle: Triple | None = None
        self._seen = None  # what it was found in
        self.view = self.home
        self.state = State.at(self._home_camera(), self.space)
        self._stood: tuple[Pose | None, int | None] = None, None
        self._ground: Future[Ground] | None = None

    def go_home(self):
        home = State.at(self._home_camera(), self.space)
        self.jump(self._home_camera())
        self.state = replace(self.state, speed=home.speed, mode=home.mode)
        self.view = self.home

    def jump(self, to: Camera | Pose):
        """Flies to a camera; `undo` flies back."""
        self.move(self.state.fly_to(to))

    def move(self, state: State):
        """Lets the camera be, or fly, elsewhere; `undo` flies back."""
        if state.pose != self.state.pose or state.flight:
            self.jumps = self.jumps.leave(self.state.flight.end if self.state.flight else self.state.pose)
        self.state = state

    def undo(self):
        self._take_back(*self.jumps.undo(self.state.pose), "the camera has not jumped yet")

    def redo(self):
        self._take_back(*self.jumps.redo(self.state.pose), "no jump was taken back")

    def _take_back(self, jumps: Jumps, pose: Pose | None, otherwise: str):
        if pose is None:
            return self.say(otherwise)
        self.jumps, self.state = jumps, self.state.fly_to(pose)

    def visit(self, by: int):
        """Flies to the dataset's next camera, or the one before."""
        if not self.scene.cameras:
            return self.say("there are no cameras beside the model")
        self.fly_to(next_view(self.view, by, len(self.scene.cameras)))

    def fly_to(self, view: int):
        """To a camera of the dataset, by its index."""
        self.view = view
        self.jump(self.scene.cameras[view].camera)
        self.say(self.scene.cameras[view].name)

    def grab(self, cursor: tuple[float, float]):
        """What is seen there, in heights of the picture, for panning to hold."""
        grip = self.grip
        grip.waits = True

        def hold(z):
            grip.waits, self.state = False, replace(self.state, grabbed=z or self.state.distance)
        self.canvas.view_z(cursor, hold)

    def focus(self, cursor: tuple[float, float]):
        """Orbits around what is seen there, in heights of the picture."""
        camera = self.state.camera(*self.picture_size)

        def turn(z):
            if z is None:
                return self.say("nothing under the cursor to orbit around")
            x, y = (camera.height * at for at in cursor)
            ray = np.array([(x - camera.cx) / camera.fx, (y - camera.cy) / camera.fy, 1.0])
            self.state = self.state.with_mode("orbit").looking_at(camera.position + camera.rotation.T @ ray * z)
        self.canvas.view_z(cursor, turn)

    def enter(self, mode: str):
        """Another mode; orbiting goes round what is in the middle of the view."""
        self.state = self.state.with_mode(mode)

        def go_round(z):
            self.state = replace(self.state, distance=z or self.state.distance)
        self.canvas.view_z(self._middle_of_picture, go_round)

    def look_at_middle(self):
        """Finds the point of the world that is seen in the middle of the view; where nothing is, the pivot."""
        seen = self.state.pose, self.canvas.shot and weakref.ref(self.canvas.shot)
        if seen == self._seen:
            return
        self._seen, pose, self.middle = seen, self.state.pose, None

        def see(z):
            way = pose.axes(self.space)[:, 2] * (z or self.state.distance)
            self.middle = tuple((pose.position + way).tolist())
        self.canvas.view_z(self._middle_of_picture, see)

    @property
    def standing(self) -> int | None:
        """Index of the dataset's camera where the window's stands, or flies to; None where it is elsewhere."""
        pose = self.state.flight.end if self.state.flight else self.state.pose
        if pose != self._stood[0]:
            camera = replace(self.state, pose=pose).camera(1, 1)
            self._stood = pose, self._places.index(camera, self.view)
        return self._stood[1]

    @property
    def _middle_of_picture(self) -> tuple[float, float]:
        width, height = self.picture_size
        return width / height / 2, 0.5

    def set_up(self, up: Triple):
        """Another axis of the model is up; the camera stays where it is."""
        camera = self.state.camera(*self.picture_size)
        self.space = replace(self.space, up=tuple(map(float, up)))
        self.state = replace(self.state.at_rest(), space=replace(self.state.space, up=self.space.up), ground=None,
                             pose=Pose.of(camera, self.space))
        self._ground = None

    def set_metres(self, metres: float | None):
        """That a scene unit is; None: nobody knows."""
        if metres != self.scene.ruler.metres:
            self.scene.ruler, self.space = Ruler(metres), replace(self.space, metres=metres)
            self.state = self.state.in_metres(metres)
            self.canvas.forget()  # for what its legend says

    def look_for_ground(self, thread: Executor):
        """What a walker stands on is sorted out beside the frames, once somebody walks."""
        if self.state.mode != "walk" or self.state.ground or self.scene.mesh is None:
            return
        if self._ground is None:
            mesh = self.scene.placed_mesh
            self._ground = thread.submit(Ground, mesh.vertices, mesh.triangles, self.space.world_from_level)
        elif self._ground.done():
            self.state = replace(self.state, ground=self._ground.result())

    @property
    def awaits_ground(self) -> bool:
        """Whether it is being sorted out."""
        return self.state.mode == "walk" and self._ground is not None and self.state.ground is None

    def forget_ground(self):
        """It lies elsewhere now."""
        self.state, self._ground = replace(self.state, ground=None), None

    def _home_camera(self) -> Camera:
        if self.home is None:
            return self.scene.first_camera(*self.picture_size)
        return self.scene.cameras[self.home].camera
