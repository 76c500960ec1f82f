"""Where a browser's camera goes: its lens and its keys' speed, the dataset's cameras, back from a jump."""

from __future__ import annotations

from dataclasses import replace
from typing import Callable

import viser

from gsrender.camera import Camera
from viewer.controls import FOVS, State, nearest_view, next_view
from viewer.jumps import Jumps
from viewer.page_camera import MODES, Steering
from viewer.page_controls import Wish, complain
from viewer.page_place import Place
from viewer.pose import Pose
from viewer.ruler import Ruler
from viewer.scene import Scene
from viewer.settings import MOST

SPEEDS = {"1/8": 1 / 8, "1/4": 1 / 4, "1/2": 1 / 2, "1": 1.0, "2": 2.0, "4": 4.0, "8": 8.0}
NO_VIEW = "–"


class Travel:
    """What is on a browser's panel Camera.

    camera   returns where the browser is, if that is known
    changed  is called when the same view is to be drawn otherwise
    leaving  is called before a hand takes the camera elsewhere
    """

    def __init__(self, client: viser.ClientHandle, scene: Scene, wish: Wish, steering: Steering,
                 camera: Callable[[], Camera | None], changed: Callable[[], None], leaving: Callable[[], None]):
        self._client, self._steering, self._camera = client, steering, camera
        self._changed, self._leaving = changed, leaving
        self._first, self._jumps = scene.first_camera(160, 90), Jumps()
        gui, (least, most) = client.gui, FOVS
        self._mode = gui.add_dropdown("mode", MODES, hint="orbit: dragging turns around what is in the middle, the "
                                      "wheel goes to it. fly: dragging looks around, and the keys W A S D Q E move. "
                                      "Walking is the window's alone.")
        self._speed = gui.add_dropdown("speed", tuple(SPEEDS), initial_value="1")
        fov_y = min(max(round(self._first.fov_y, 1), least), most)
        self._lens = gui.add_slider("field of view", least, most, 0.1, fov_y,
                                    hint="Degrees from the lower edge of the picture to the upper one.")
        self._near = gui.add_number("near", steering.space.near, min=1e-4, step=0.01)
        goes = gui.add_button_group("go", ["first", "undo", "redo"], hint="first: to the view and the speed that it "
                                    "began with. undo: back to where the camera was before it jumped. redo: forward "
                                    "again.")
        self._cameras, self._view = [view.camera for view in scene.cameras], None  # index of the one last gone to
        if scene.cameras:
            self._add_views(gui, [f"{number}: {view.name}" for number, view in enumerate(scene.cameras, 1)])
        self.place = Place(gui, steering, camera, self.jump)
        self.tell_lengths(wish.ruler)
        self._mode.on_update(self._choose_mode)
        self._speed.on_update(self._choose_speed)
        self._lens.on_update(self._choose_lens)
        self._near.on_update(self._choose_near)
        goes.on_click(self._choose_way)

    def tell_lengths(self, ruler: Ruler):
        self._speed.hint = f"Of the keys W A S D Q E, times {ruler.text(self._steering.usual_speed, '.3g')} a second."
        self._near.hint = (f"{ruler.name.capitalize()} of view z at which the picture begins; what is nearer is not "
                           "drawn.")
        self._near.value = self._steering.space.near * ruler.factor
        self._factor = ruler.factor

    def jump(self, camera: Camera):
        """To a camera; `undo` goes back."""
        here = self._camera()
        if here:
            self._jumps = self._jumps.leave(Pose.of(here, self._steering.space))
        self._go(camera)

    def first(self):
        self.jump(self._first)
        self._speed.value = "1"

    def nearest(self):
        """The dataset's nearest camera."""
        here = self._camera()
        view = here and nearest_view(Pose.of(here, self._steering.space), self._steering.space, self._cameras)
        if view is None:
            return complain(self._client, "Camera", "There are no cameras beside the model.")
        self._visit(view)

    def undo(self):
        self._take_back(Jumps.undo, "The camera has not jumped yet.")

    def redo(self):
        self._take_back(Jumps.redo, "No jump was taken back.")

    def turn(self, mode: str):
        """One of MODES."""
        self._mode.value = mode

    def turn_otherwise(self):
        self.turn(MODES[(MODES.index(self._mode.value) + 1) % len(MODES)])

    def _take_back(self, way: Callable, otherwise: str):
        here, space = self._camera(), self._steering.space
        if here is None:
            return
        self._jumps, pose = way(self._jumps, Pose.of(here, space))
        if pose is None:
            return complain(self._client, "Camera", otherwise)
        self._go(replace(State.at(here, space), pose=pose).camera(here.width, here.height))

    def _go(self, camera: Camera):
        self._leaving()
        least, most = FOVS
        self._lens.value = min(max(camera.fov_y, least), most)
        self._steering.go(camera)

    async def _choose_way(self, event):
        way = {"first": self.first, "undo": self.undo, "redo": self.redo}.get(event.target.value)
        if way:
            way()

    async def _choose_mode(self, event):
        if event.target.value in MODES:
            self._steering.turn(event.target.value)

    async def _choose_speed(self, event):
        if event.target.value in SPEEDS:
            self._steering.hasten(SPEEDS[event.target.value])

    async def _choose_lens(self, event):
        if event.client and FOVS[0] <= event.target.value <= FOVS[1]:  # not what a dataset's camera brought along
            self._leaving()
            self._steering.widen(event.target.value)

    async def _choose_near(self, event):
        near = event.target.value / self._factor
        if event.client and 0 < near < MOST:
            self._steering.set_near(near)
            self._changed()

    def _add_views(self, gui, names: list[str]):
        self._names = names
        self._views = gui.add_dropdown("dataset view", [NO_VIEW, *names],
                                       hint="Cameras of the dataset; choosing one goes there.")
        self._views.on_update(self._choose_view)
        steps = gui.add_button_group("", ["previous", "next", "nearest"], hint="The dataset's camera before, or after; "
                                     "or the one that stands nearest and looks most the same way.")
        steps.on_click(self._step)

    async def _choose_view(self, event):
        if event.client and event.target.value in self._names:
            self._visit(self._names.index(event.target.value))

    def _visit(self, view: int):
        """The dataset's camera of that index."""
        self._view, self._views.value = view, self._names[view]
        self.jump(self._cameras[view])

    async def _step(self, event):
        by = {"previous": -1, "next": 1}.get(event.target.value)
        if by:
            self._visit(next_view(self._view, by, len(self._names)))
        elif event.target.value == "nearest":
            self.nearest()
