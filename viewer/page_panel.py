"""The panel beside the picture in one browser."""

from __future__ import annotations

from dataclasses import replace
from typing import Callable

import viser

from gsrender.camera import Camera
from viewer.controls import FOVS, next_view
from viewer.crop_box import box_axes, turned
from viewer.page_benchmark import BenchmarkFolder
from viewer.page_camera import MODES, Steering
from viewer.page_controls import Wish, controls
from viewer.page_film import FilmFolder
from viewer.page_path import PathFolder
from viewer.page_path_files import PathFiles
from viewer.page_place import Place
from viewer.scene import Scene
from viewer.settings import AXES
from viewer.words import UP

SPEEDS = {"1/8": 1 / 8, "1/4": 1 / 4, "1/2": 1 / 2, "1": 1.0, "2": 2.0, "4": 4.0, "8": 8.0}
NO_VIEW = "–"
SECONDS = "as now", "culling on / off"
AS_GIVEN = "as the cameras"
SIZES = {"as shown": None, "1920 x 1080": (1920, 1080), "3840 x 2160": (3840, 2160), "7680 x 4320": (7680, 4320)}


class Panel:
    """
    wish    as it is set now; `changed` is called when it is another one
    path    that the camera flies along; film: of it; benchmark: along it
    camera  returns where the browser is, if that is known
    trip    returns the seconds that a picture takes to it and back
    save    is called with the size that a picture is wanted in, as a file; None: that of the browser
    """

    def __init__(self, client: viser.ClientHandle, scene: Scene, wish: Wish, changed: Callable[[], None],
                 camera: Callable[[], Camera | None], trip: Callable[[], float], steering: Steering,
                 save: Callable[[tuple[int, int] | None], None]):
        gui, self._files = client.gui, PathFiles(client, scene)
        self.wish, self._changed, self._camera, self._steering = wish, changed, camera, steering
        if scene.warnings:
            gui.add_markdown("\n\n".join(f"⚠ {warning}" for warning in scene.warnings))
        self._add_controls(gui, scene)
        second = gui.add_button_group("second", SECONDS, disabled=scene.proxy is None, hint="Which settings are "
                                      "compared with: these as they are now, whatever is changed next; or always "
                                      "these, with culling off where it is on, and on where it is off.")
        second.on_click(self._choose_second)
        least, most = FOVS
        lens = min(max(round(scene.first_camera(160, 90).fov_y, 1), least), most)
        self._lens = gui.add_slider("field of view", least, most, 0.1, lens,
                                    hint="Degrees from the lower edge of the picture to the upper one.")
        self._lens.on_update(self._choose_lens)
        mode = gui.add_dropdown("mode", MODES, hint="orbit: dragging turns around what is in the middle, the wheel "
                                "goes to it. fly: dragging looks around, and the keys W A S D Q E move.")
        mode.on_update(self._choose_mode)
        speed = gui.add_dropdown("speed", tuple(SPEEDS), initial_value="1", hint="Of the keys W A S D Q E, times "
                                 f"{scene.ruler.text(steering.usual_speed, '.3g')} a second.")
        speed.on_update(self._choose_speed)
        self._given_up = scene.up
        ups = (*AXES,) if scene.up in AXES.values() else (AS_GIVEN, *AXES)
        now = next((name for name, axis in AXES.items() if axis == scene.up), AS_GIVEN)
        up = gui.add_dropdown("up", ups, initial_value=now, hint=UP)
        up.on_update(self._choose_up)
        if scene.cameras:
            self._cameras = [view.camera for view in scene.cameras]
            self._add_views(gui, [f"{number}: {view.name}" for number, view in enumerate(scene.cameras, 1)])
        self._place = Place(gui, steering, camera, self.go)
        with gui.add_folder("path", expand_by_default=False):
            self.path = PathFolder(client, self._files, steering, camera, trip, self.go, changed)
            self.film = FilmFolder(client, scene, lambda: self.path.tour.path, lambda: self.wish,
                                   lambda: steering.space.near, changed)
        self.benchmark = BenchmarkFolder(gui, scene, steering.space, self.path.cameras, changed)
        self._save = save
        self._size = gui.add_dropdown("save as", tuple(SIZES), hint="How many pixels the picture is saved with: as "
                                      "many as the browser shows at most, or a given size, whose upper and lower edges "
                                      "are those of the view.")
        gui.add_button("save picture", hint="Draws this view and sends it to the browser as a PNG, without the losses "
                       "of what is shown.").on_click(self._save_picture)
        self._figures = gui.add_markdown("")

    def tell(self, figures: str):
        """Shows Markdown below the controls."""
        self._figures.content = figures

    def see(self, camera: Camera):
        """There is a sharp picture of that."""
        self._place.tell(camera)

    def leave(self):
        """The browser is gone. On the thread that draws."""
        self.film.end()
        self._files.close()

    def _add_controls(self, gui, scene: Scene):
        self._handles = []
        for control in controls(scene):
            lacks = control.needs(scene)
            handle = control.add(gui, control.label, initial_value=control.read(self.wish), hint=lacks or control.hint,
                                 disabled=bool(lacks))
            handle.on_update(self._changer(control))
            self._handles.append((control, handle))
        frozen = gui.add_checkbox("freeze culling", False, hint="What is drawn stays what this camera needs, while you "
                                  "look from elsewhere; its frustum is drawn as lines.")
        frozen.on_update(self._freeze)

    def _changer(self, control):
        async def change(event):  # async ones are called one after the other
            if control.fits(event.target.value):
                self.wish = control.write(self.wish, event.target.value)
                self._changed()
        return change

    async def _freeze(self, event):
        camera = self._camera() if event.target.value else None
        self.wish = replace(self.wish, render=replace(self.wish.render, culling_camera=camera))
        self._changed()

    async def _choose_second(self, event):
        if event.target.value in SECONDS:
            other = self.wish.way if event.target.value == SECONDS[0] else None
            self.wish = replace(self.wish, look=replace(self.wish.look, other=other))
            self._changed()

    async def _choose_lens(self, event):
        if event.client and FOVS[0] <= event.target.value <= FOVS[1]:  # not what a dataset's camera brought along
            self.path.stop()
            self._steering.widen(event.target.value)

    async def _choose_mode(self, event):
        if event.target.value in MODES:
            self._steering.turn(event.target.value)

    async def _choose_speed(self, event):
        if event.target.value in SPEEDS:
            self._steering.hasten(SPEEDS[event.target.value])

    async def _choose_up(self, event):
        """The crop box goes by it too, so other numbers stand for it."""
        up, wish = AXES.get(event.target.value, self._given_up), self.wish
        self._steering.set_up(up)
        box = turned(wish.box, box_axes(up)) if wish.box.axes != box_axes(up) else wish.box
        self.wish = replace(wish, box=box, render=replace(wish.render, crop=wish.render.crop and box))
        for control, handle in self._handles:
            if handle.value != control.read(self.wish):
                handle.value = control.read(self.wish)
        self._changed()

    async def _save_picture(self, event):
        self._save(SIZES.get(self._size.value))

    def _add_views(self, gui, names: list[str]):
        self._names, self._view = names, None  # index of the view that was last gone to
        self._views = gui.add_dropdown("dataset view", [NO_VIEW, *names],
                                       hint="Cameras of the dataset; choosing one goes there.")
        self._views.on_update(self._choose_view)
        steps = gui.add_button_group("", ["previous", "next"], hint="The dataset's camera before, or after.")
        steps.on_click(self._step)

    async def _choose_view(self, event):
        if event.target.value in self._names:
            self._view = self._names.index(event.target.value)
            self.path.stop()
            self.go(self._cameras[self._view])

    def go(self, camera: Camera):
        """Jumps there."""
        self._lens.value = min(max(camera.fov_y, FOVS[0]), FOVS[1])
        self._steering.go(camera)

    async def _step(self, event):
        by = {"previous": -1, "next": 1}.get(event.target.value)
        if by:
            self._views.value = self._names[next_view(self._view, by, len(self._names))]
