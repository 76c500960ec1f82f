"""The panel beside the picture in one browser: a folder for each of the window's panels."""

from __future__ import annotations

import time
from concurrent.futures import Executor
from dataclasses import replace
from typing import Callable

import viser

from gsrender.camera import Camera
from gsrender.settings import CULLING
from viewer.export import csv_text, json_text
from viewer.frame_kind import about_by_name
from viewer.machine import describe
from viewer.page_benchmark import BenchmarkFolder
from viewer.page_camera import Steering
from viewer.page_controls import (CAMERA, COMPARE, CULL, PATH, SCENE, STATISTICS, VIEW, Control, Wish, complain,
                                  controls)
from viewer.page_figures import Cost, compared, memory, shown, statistics, what_is_left
from viewer.page_film import FilmFolder
from viewer.page_keys import add_keys
from viewer.page_path import PathFolder
from viewer.page_path_files import PathFiles
from viewer.page_scene import SceneFolder
from viewer.page_travel import Travel
from viewer.panels import PANELS
from viewer.scene import Scene
from viewer.statistics import Statistics
from viewer.view_table import VIEWS

OPEN = CULL, VIEW, STATISTICS  # at first
SECONDS = "as now", "culling on / off"


class Panel:
    """
    wish    as it is set now; `changed` is called when it is another one
    path    that the camera flies along; film: of it; benchmark: along it
    scene   what is on the panel Scene; travel: on the panel Camera
    camera  returns where the browser is, if that is known
    trip    returns the seconds that a picture takes to it and back
    save    is called with the size that a picture is wanted in, as a file; None: that of the browser
    seen    is called to have the crop box put around what is seen
    figures  returns the figures of the last frames, for a file
    films   the threads of films
    """

    def __init__(self, client: viser.ClientHandle, scene: Scene, wish: Wish, changed: Callable[[], None],
                 camera: Callable[[], Camera | None], trip: Callable[[], float], steering: Steering,
                 save: Callable[[tuple[int, int] | None], None], seen: Callable[[], None],
                 figures: Callable[[], Statistics], films: Executor):
        self._client, self._scene, self.wish, self._changed = client, scene, wish, changed
        self._camera, self._figures = camera, figures
        self._handles: list[tuple[Control, viser.GuiInputHandle]] = []
        gui, self._files = client.gui, PathFiles(client, scene)
        if scene.warnings:
            gui.add_markdown("\n\n".join(f"⚠ {warning}" for warning in scene.warnings))
        for panel in PANELS:
            with gui.add_folder(panel.name, expand_by_default=panel.name in OPEN):
                self._add_controls(gui, panel.name)
                if panel.name == CAMERA:
                    self.travel = Travel(client, scene, wish, steering, camera, changed, self._stop)
                elif panel.name == SCENE:
                    self.scene = SceneFolder(client, scene, lambda: self.wish, self.change, steering, camera, save,
                                             seen)
                elif panel.name == PATH:
                    self.path = PathFolder(client, self._files, steering, camera, trip, self.travel.jump, changed)
                    self.film = FilmFolder(client, scene, lambda: self.path.tour.path, lambda: self.wish,
                                           lambda: steering.space.near, changed, films)
                elif panel.name == CULL:
                    self._add_culling(gui)
                elif panel.name == VIEW:
                    self._shown = gui.add_markdown("")
                elif panel.name == COMPARE:
                    self._add_compare(gui)
                elif panel.name == STATISTICS:
                    self._add_statistics(gui)
                    self.benchmark = BenchmarkFolder(gui, scene, steering.space, self.path.cameras, changed)
        add_keys(gui, self._keys())

    def tell(self, sharp: bool, cost: Cost, recent: Statistics, photographs: int):
        """What a picture cost, on all of the panels."""
        self._left.content = what_is_left(cost, self._scene)
        self._shown.content = shown(cost, self._scene)
        self._near.content = compared(cost, self._scene, photographs)
        self._memory.content = memory(cost, self._scene)
        self._costs.content = statistics(sharp, cost, recent, self._figures(), self._scene)

    def see(self, camera: Camera):
        """There is a sharp picture of that."""
        self.travel.place.tell(camera)

    def leave(self):
        """The browser is gone. On the thread that draws."""
        self.film.end()
        self._files.close()

    def change(self, write: Callable[[Wish], Wish]):
        """To another wish; the controls show it."""
        before, self.wish = self.wish, write(self.wish)
        for control, handle in self._handles:
            handle.value, handle.hint = control.read(self.wish), self._hint(control)
        if self.wish.metres != before.metres:
            self.travel.tell_lengths(self.wish.ruler)
        self.scene.tell()
        self._changed()

    def put(self, label: str, value):
        """As a hand on that control; says what the scene lacks for it."""
        control = next(control for control, _ in self._handles if control.label == label)
        if lacks := control.needs(self._scene):
            return complain(self._client, control.panel, lacks)
        self.change(lambda wish: control.write(wish, value))

    def _add_controls(self, gui, panel: str):
        for control in controls(self._scene):
            if control.panel == panel:
                lacks = control.needs(self._scene)
                handle = control.add(gui, control.label, initial_value=control.read(self.wish),
                                     hint=self._hint(control), disabled=bool(lacks))
                handle.on_update(self._changer(control))
                self._handles.append((control, handle))

    def _add_culling(self, gui):
        self._frozen = gui.add_checkbox("freeze culling", False, hint="What is drawn stays what this camera needs, "
                                        "while you look from elsewhere; its frustum is drawn as lines.")
        self._frozen.on_update(self._freeze)
        self._left = gui.add_markdown("")

    def _add_compare(self, gui):
        second = gui.add_button_group("second", SECONDS, disabled=self._scene.proxy is None, hint="Which settings are "
                                      "compared with: these as they are now, whatever is changed next; or always "
                                      "these, with culling off where it is on, and on where it is off.")
        second.on_click(self._choose_second)
        self._near = gui.add_markdown("")

    def _add_statistics(self, gui):
        self._costs = gui.add_markdown("")
        export = gui.add_button_group("figures", ["CSV", "JSON"], hint="Sends the figures of the last drawn frames to "
                                      "the browser: each of them, or their percentiles.")
        export.on_click(self._export)
        with gui.add_folder("memory", expand_by_default=False):
            self._memory = gui.add_markdown("")

    def _stop(self):
        self.path.stop()

    def _hint(self, control: Control) -> str:
        return control.needs(self._scene) or control.hint.format(units=self.wish.ruler.name)

    def _changer(self, control: Control):
        async def change(event):  # async ones are called one after the other
            value = event.target.value
            if event.client and control.fits(value) and value != control.read(self.wish):
                self.change(lambda wish: control.write(wish, value))
        return change

    async def _freeze(self, event):
        camera = self._camera() if event.target.value else None
        self.change(lambda wish: replace(wish, render=replace(wish.render, culling_camera=camera)))

    async def _choose_second(self, event):
        if event.target.value in SECONDS:
            self.change(lambda wish: replace(wish, look=replace(
                wish.look, other=wish.way if event.target.value == SECONDS[0] else None)))

    async def _export(self, event):
        figures, name = self._figures(), time.strftime("frames-%Y%m%d-%H%M%S")
        if event.target.value == "CSV":
            self._send(f"{name}.csv", csv_text(figures, about_by_name(self._scene)))
        elif event.target.value == "JSON":
            self._send(f"{name}.json", json_text({**about_by_name(self._scene),
                                                  "machine": describe(self._scene), "kinds": figures.by_kind()}))

    def _send(self, name: str, text: str):
        self._client.send_file_download(name, text.encode(), save_immediately=True)

    def _keys(self) -> dict[str, Callable[[], None]]:
        travel, path = self.travel, self.path
        return {"mode": travel.turn_otherwise, "fly": lambda: travel.turn("fly"), "orbit": lambda: travel.turn("orbit"),
                "nearest camera": travel.nearest, "reset": travel.first, "undo": travel.undo, "redo": travel.redo,
                "play path": path.play_or_stop, "add keyframe": path.add, "culling": self._next_culling,
                "freeze": self._freeze_or_not, "next view": lambda: self._next_view(1),
                "previous view": lambda: self._next_view(-1), "split": lambda: self._compare("split"),
                "flip": lambda: self._compare("second"), "benchmark": self.benchmark.run_or_cancel}

    def _next_culling(self):
        self.put("hide by", CULLING[(CULLING.index(self.wish.render.culling) + 1) % len(CULLING)])

    def _freeze_or_not(self):
        self._frozen.value = not self._frozen.value

    def _next_view(self, by: int):
        has_proxy, culling = self._scene.proxy is not None, self.wish.render.culling
        possible = [view.name for view in VIEWS if not view.lack(has_proxy, culling)]
        at = possible.index(self.wish.look.view) if self.wish.look.view in possible else 0
        self.put("view", possible[(at + by) % len(possible)])

    def _compare(self, mode: str):
        self.put("compare", "first" if self.wish.look.compare == mode else mode)
