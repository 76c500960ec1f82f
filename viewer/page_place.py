"""Where a browser's camera is, in numbers and as text: to be read, copied, typed over and pasted."""

from __future__ import annotations

from dataclasses import replace
from typing import Callable

import numpy as np
import viser

from gsrender.camera import Camera, Triple
from gsrender.errors import InputError
from viewer.camera_text import camera_text, parse_camera
from viewer.controls import State
from viewer.page_camera import Steering
from viewer.page_controls import complain
from viewer.settings import MOST

DIGITS = 2  # after the point, of what is typed over; the text has more
AHEAD = 1 - 1e-6  # cosine: a point as near to the middle of the picture as that is in it


class Place:
    """A folder of a browser's panel.

    camera  returns the one whose picture is shown, if there is any
    go      is called with the one to go to
    """

    def __init__(self, gui: viser.GuiApi, steering: Steering, camera: Callable[[], Camera | None],
                 go: Callable[[Camera], None]):
        self._steering, self._camera, self._go = steering, camera, go
        self._told: Camera | None = None
        self._point: Triple | None = None  # that was typed last, to look at
        with gui.add_folder("place", expand_by_default=False):
            self._position = gui.add_vector3("position", (0.0, 0.0, 0.0), step=0.01, hint="The camera's place in the "
                                             "world, x y z in scene units. Type to go there.")
            self._look_at = gui.add_vector3("look at", (0.0, 0.0, 0.0), step=0.01, hint="The point in the middle of "
                                            "the picture, x y z in scene units. Type to turn to it.")
            self._text = gui.add_text("as JSON", "", multiline=True, hint="The camera as the window copies and pastes "
                                      "it: position, look_at and up in scene units, fov_y in degrees. To go to another "
                                      "one, paste it here.")
            go_there = gui.add_button("go there", hint="Goes to the camera in the text above. Its near plane is left "
                                      "out: the one above stays.")
        self._position.on_update(self._place)
        self._look_at.on_update(self._turn)
        go_there.on_click(self._paste)

    def tell(self, camera: Camera):
        """That a sharp picture is of; nothing is written over what is typed while the camera stands."""
        if camera == self._told:
            return
        self._told = camera
        self._position.value = _rounded(camera.position)
        self._look_at.value = self._middle(camera)
        self._text.value = camera_text(camera)

    async def _place(self, event):
        self._change(event, lambda state: state.placed(position=event.target.value))

    async def _turn(self, event):
        if event.client:
            self._point = event.target.value

        def turned(state: State) -> State:
            flight = state.looking_at(event.target.value).flight  # none to where it stands
            return replace(state, pose=flight.end) if flight else state
        self._change(event, turned)

    def _change(self, event, change: Callable[[State], State]):
        """As the window's panel changes the camera; not by what `tell` wrote."""
        camera = self._camera()
        if event.client and camera and all(abs(part) < MOST for part in event.target.value):
            state = change(State.at(camera, self._steering.space))
            self._go(state.camera(camera.width, camera.height))

    def _middle(self, camera: Camera) -> Triple:
        """What was typed, as long as the camera looks at it: so three numbers are typed one after the other."""
        if self._point:
            away = np.subtract(self._point, camera.position)
            if away @ camera.rotation[2] > AHEAD * np.linalg.norm(away):
                return self._point
        return _rounded(self._steering.looked_at(camera))

    async def _paste(self, event):
        try:
            self._go(parse_camera(self._text.value, self._steering.space.near, where="the text"))
        except InputError as error:
            complain(event.client, "No camera", str(error))


def _rounded(point) -> Triple:
    x, y, z = (round(float(part), DIGITS) for part in point)
    return x, y, z
