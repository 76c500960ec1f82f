"""The panel beside the picture in one browser."""

from __future__ import annotations

from typing import Callable

import viser

from viewer.controls import next_view
from viewer.page_controls import Look, controls
from viewer.scene import Scene

SPEEDS = {"1/8": 1 / 8, "1/4": 1 / 4, "1/2": 1 / 2, "1": 1.0, "2": 2.0, "4": 4.0, "8": 8.0}
NO_VIEW = "–"


class Panel:
    """
    look    as it is set now; `changed` is called when it is another one
    go      is called with the index of the dataset's view that was chosen
    hasten  is called with the speed that was chosen, times the usual one of so many scene units a second
    """

    def __init__(self, gui: viser.GuiApi, scene: Scene, look: Look, usual_speed: float, changed: Callable[[], None],
                 go: Callable[[int], None], hasten: Callable[[float], None]):
        self.look, self._changed, self._go, self._hasten = look, changed, go, hasten
        if scene.warnings:
            gui.add_markdown("\n\n".join(f"⚠ {warning}" for warning in scene.warnings))
        self._add_controls(gui, scene.proxy is not None)
        speed = gui.add_dropdown("speed", tuple(SPEEDS), initial_value="1",
                                 hint=f"Of the keys W A S D Q E, times {usual_speed:.3g} scene units a second.")
        speed.on_update(self._choose_speed)
        if scene.cameras:
            self._add_views(gui, [f"{number}: {view.name}" for number, view in enumerate(scene.cameras, 1)])
        self._figures = gui.add_markdown("")

    def tell(self, figures: str):
        """Shows Markdown below the controls."""
        self._figures.content = figures

    def _add_controls(self, gui, has_proxy: bool):
        for control in controls(has_proxy):
            lacks = control.needs_proxy and not has_proxy
            handle = control.add(gui, control.label, initial_value=control.read(self.look), disabled=lacks,
                                 hint="There is no proxy mesh: give one with --scene." if lacks else control.hint)
            handle.on_update(self._changer(control))

    def _changer(self, control):
        async def change(event):  # async ones are called one after the other
            if control.fits(event.target.value):
                self.look = control.write(self.look, event.target.value)
                self._changed()
        return change

    async def _choose_speed(self, event):
        if event.target.value in SPEEDS:
            self._hasten(SPEEDS[event.target.value])

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
            self._go(self._view)

    async def _step(self, event):
        by = {"previous": -1, "next": 1}.get(event.target.value)
        if by:
            self._views.value = self._names[next_view(self._view, by, len(self._names))]
