"""What a browser is told of the scene, how it lies, and pictures of it as files."""

from __future__ import annotations

from dataclasses import replace
from typing import Callable

import viser

from gsrender.camera import Camera
from viewer.choices import AXES
from viewer.crop_box import box_around, box_axes, turned
from viewer.fit import Fit, as_option, scale_of
from viewer.loaded import extent, loaded_rows
from viewer.page_camera import Steering
from viewer.page_controls import Wish, crop
from viewer.scene import Scene
from viewer.words import IN_METRES, UP, UP_AS_SEEN

AS_GIVEN, AS_SEEN = "as the cameras", "as in this view"
SIZES = {"as shown": None, "1920 x 1080": (1920, 1080), "3840 x 2160": (3840, 2160), "7680 x 4320": (7680, 4320)}
WHOLE, SEEN = "to the whole", "to what is seen"


class SceneFolder:
    """What is on a browser's panel Scene, besides the controls.

    wish    returns how it is drawn now; `change` is called with a function from one wish to another
    camera  returns where the browser is, if that is known
    save    is called with the size that a picture is wanted in, as a file; None: that of the browser
    seen    is called to have the crop box put around what is seen
    """

    def __init__(self, client: viser.ClientHandle, scene: Scene, wish: Callable[[], Wish],
                 change: Callable[[Callable[[Wish], Wish]], None], steering: Steering,
                 camera: Callable[[], Camera | None], save: Callable[[tuple[int, int] | None], None],
                 seen: Callable[[], None]):
        self._scene, self._wish, self._change = scene, wish, change
        self._steering, self._camera, self._save, self._seen = steering, camera, save, seen
        gui = client.gui
        self._loaded = gui.add_markdown("")
        fits = gui.add_button_group("fit crop box", [WHOLE, SEEN], hint="Around the model, or around what this picture "
                                    "is drawn from, but for the outermost items.")
        self._given_up = scene.up
        ups = (*AXES, AS_GIVEN) if scene.up not in AXES.values() else (*AXES,)
        now = next((name for name, axis in AXES.items() if axis == scene.up), AS_GIVEN)
        self._up = gui.add_dropdown("up", (*ups, AS_SEEN), initial_value=now, hint=f"{UP} {AS_SEEN}: {UP_AS_SEEN}")
        lies = gui.add_button_group("proxy", ["in metres", "as in its file"], disabled=not scene.proxy, hint=f"in "
                                    f"metres: {IN_METRES} as in its file: takes back all that was changed of how it "
                                    "lies.")
        self._option = gui.add_text("as option", "", disabled=True, hint="The option of the command line that lays the "
                                    "proxy like this. A page remembers nothing of it.")
        self._size = gui.add_dropdown("save as", tuple(SIZES), hint="How many pixels the picture is saved with: as "
                                      "many as the browser shows at most, or a given size, whose upper and lower edges "
                                      "are those of the view.")
        gui.add_button("save picture", hint="Draws this view and sends it to the browser as a PNG, without the losses "
                       "of what is shown.").on_click(self._save_picture)
        self.tell()
        self._up.on_update(self._choose_up)
        fits.on_click(self._fit_box)
        lies.on_click(self._lay)

    def tell(self):
        """Of the scene as it lies now."""
        wish, (bounds, rows) = self._wish(), loaded_rows(self._scene)
        rows = [*rows, extent(bounds, wish.ruler)]
        self._loaded.content = "\n".join(["| | |", "|:--|--:|", *(f"| {name} | {value} |" for name, value, _ in rows)])
        self._option.value = as_option(wish.fit.matrix @ self._scene.given) if self._scene.proxy else ""

    def put_box(self, positions):
        """Around these places, [n, 3]."""
        self._change(lambda wish: crop(wish, box_around(positions, wish.box.axes)))

    async def _fit_box(self, event):
        if event.target.value == WHOLE:
            self.put_box(self._scene.model.items.position)
        elif event.target.value == SEEN:
            self._seen()

    async def _choose_up(self, event):
        """The crop box goes by it too, so other numbers stand for it."""
        name, camera = event.target.value, self._camera()
        if name == AS_SEEN and camera is None:
            return
        up = tuple((-camera.rotation[1]).tolist()) if name == AS_SEEN else AXES.get(name, self._given_up)
        self._steering.set_up(up)

        def with_box(wish: Wish) -> Wish:
            axes = box_axes(up)
            return crop(wish, turned(wish.box, axes) if wish.box.axes != axes else wish.box)
        self._change(with_box)

    async def _lay(self, event):
        if event.target.value == "in metres":
            self._change(lambda wish: replace(wish, metres=1 / scale_of(wish.fit.matrix @ self._scene.given)))
        elif event.target.value == "as in its file":
            self._change(lambda wish: replace(wish, fit=Fit()))

    async def _save_picture(self, event):
        self._save(SIZES.get(self._size.value))
