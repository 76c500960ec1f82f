"""The window's camera path: what keys and the panel do with it, beside the frames."""

from __future__ import annotations

import shutil
from concurrent.futures import Executor, Future
from dataclasses import replace
from pathlib import Path
from typing import Callable

from gsrender.camera import Camera
from gsrender.errors import DeviceError, InputError
from viewer.camera_path import CameraPath
from viewer.controls import State
from viewer.film import is_video
from viewer.panels.browser import LOAD_PATH, SAVE_PATH
from viewer.path_file import is_saved, load_path, save_path
from viewer.path_render import Film, begin_film
from viewer.pose import Pose
from viewer.tour import Tour


class PathDesk:
    """
    app     the App: its camera is flown and recorded, its scene and settings are filmed
    thread  files are read there
    tour    the path, and where on it
    file    that it is saved in, unless another one is chosen
    out, view, size, fps  and for the film: its place, a kind of picture, pixels, frames a second. Without a kind it is
            the one that the window shows
    film    the film that is being drawn, a frame between two of the window's; None where there is none
    """

    def __init__(self, app, thread: Executor, size: tuple[int, int], fps: float):
        self._app, self._thread = app, thread
        self.tour = Tour()
        self.file, self.out = Path("path.json").absolute(), "film.mp4" if shutil.which("ffmpeg") else "film"
        self._folder: Path | None = None  # that was loaded from
        self.view: str | None = None
        self.size, self.fps = size, fps
        self.film: Film | None = None
        self._loading: tuple[Path, Future] | None = None

    @property
    def is_busy(self) -> bool:
        return self.tour.doing != "nothing" or self.film is not None or self._loading is not None

    def cameras(self, width: int, height: int, count: int) -> list[Camera]:
        """So many of the path, evenly in time; none where there is no path to fly."""
        return self.tour.path.cameras(width, height, self._app.state.space.near, count)

    @property
    def shown_view(self) -> str:
        """The kind of picture that the window shows."""
        app, wished = self._app, self._app.settings.look.view
        return wished if app.canvas.looking.possible(wished, app.settings.render) else "picture"

    # ---- what a frame of the window calls ---------------------------------------------------------------------------

    def follow(self, before: State, after: State, seconds: float) -> State:
        """The state of the controls where a path is played; records what the hand did. Whoever takes the camera in hand
        stops the path."""
        if self.tour.doing == "playing" and after != before:
            self.tour = self.tour.stopped(self._camera)
        if self.tour.doing == "nothing":
            return after
        self.tour = self.tour.advanced(seconds, after.camera(*self._app.picture_size))
        return after if self.tour.doing == "recording" else self._at_tour(after, self.tour)

    def work(self):
        """A step of what is under way: a frame of the film, a file that has been read."""
        if self._loading and self._loading[1].done():
            (file, loading), self._loading = self._loading, None
            self._try(lambda: self._take(file, *loading.result()))
        if self.film:
            self._app.canvas.pause()
            try:
                self.film.done = next(self.film.steps)
            except StopIteration:
                self._app.say(f"{self.film.total:,} frames are in {self.film.out.absolute()}")
                if empty := self.film.empty.sentence:
                    self._app.complain(f"{self.film.out.absolute()}: {empty}.")
                self.film = None
            except (InputError, DeviceError) as error:
                self._app.complain(str(error))
                self.film = None

    # ---- what keys and the panel ask for ----------------------------------------------------------------------------

    def edit(self, change: Callable[[Tour], Tour], goes: bool = False):
        """Another tour; with `goes` the camera goes there, and `undo` of the App goes back to where it had been taken
        by hand. Says why not where it cannot be."""
        app, before = self._app, self.tour
        try:
            self.tour = change(before)
        except ValueError as error:
            return app.say(str(error))
        if goes and self.tour.path.keyframes:
            was_there = before.path.keyframes and self._at_tour(app.state, before).pose == app.state.pose
            there = self._at_tour(app.state, self.tour)
            app.state = there if was_there else app.state
            app.move(there)

    def add(self):
        """A keyframe where the camera is."""
        self.edit(lambda tour: tour.added(self._camera))
        self._app.say(f"keyframe {(self.tour.chosen or 0) + 1} of {len(self.tour.path.keyframes)}")

    def move(self):
        """Puts the chosen keyframe where the camera is."""
        self.edit(lambda tour: tour.moved(self._camera))
        self._app.say(f"keyframe {self.tour.chosen + 1} is here now")

    def play_or_stop(self):
        if self.tour.doing != "nothing":
            return self.edit(lambda tour: tour.stopped(self._camera))
        if not self.tour.path.duration:
            return self._app.say("a path needs two keyframes: K adds one where the camera is")
        self.edit(Tour.playing)

    def record_or_stop(self):
        recording = self.tour.doing == "recording"
        self.edit(lambda tour: tour.stopped(self._camera) if recording else tour.recording(self._camera))

    def choose_to_save(self):
        """Under which name."""
        if not self.tour.path.keyframes:
            return self._app.say("there is no path to save: K adds a keyframe where the camera is")
        self._app.files.choose(SAVE_PATH, self.file.parent, self.save, self.file.name)

    def save(self, file: Path):
        """Beside the frames; a .json, whatever it is called. What went wrong, and where it is then, is told."""
        self.file = file.expanduser().absolute()
        if self.file.suffix.lower() != ".json":
            self.file = self.file.with_name(f"{self.file.name}.json")
        self._app.saving.write(self.file, save_path, self.tour.path)

    def choose_to_load(self):
        """Which path, or whose cameras."""
        beside = self._app.scene.folder.resolve().parent  # the model, where its dataset lies
        self._app.files.choose(LOAD_PATH, self._folder or beside, self.load)

    def load(self, file: Path):
        """Reads the path or the cameras of a file or a directory, beside the frames."""
        self._loading = file, self._thread.submit(_read, file)

    def start_film(self):
        """Begins the film that the panel describes, with the window's scene and settings."""
        if not self.out.strip():
            return self._app.say("a film needs a name")
        out = Path(self.out.strip()).expanduser()
        if self.film:
            return
        if is_video(out) and out.exists():
            return self._app.complain(f"{out.absolute()} is there: give the film another name")
        self._try(lambda: self._begin(out))

    def set_aside(self) -> str:
        """The path was laid in another model: there is none now, and `undo` brings it back. What there is to say of
        it."""
        if not self.tour.path.keyframes:
            return ""
        self.tour = self.tour.edited(CameraPath())
        return "the path is of the model before: undo in the panel Path brings it back"

    def cancel(self):
        """Ends the film; nothing half-written is left."""
        if self.film:
            self.film.steps.close()
            self.film = None

    def _begin(self, out: Path):
        app = self._app
        look = replace(app.settings.look, view=self.view or self.shown_view)
        self.film = begin_film(replace(app.scene, near=app.state.space.near), self._thread, app.settings.render, look,
                               self.tour.path, self.size, self.fps, out)

    def _take(self, file: Path, path: CameraPath, warning: str, was_saved: bool):
        self.tour, self._folder = replace(self.tour.edited(path), time=0.0), file.absolute().parent
        count = len(path.keyframes)
        flies = ": Space flies along it" if path.duration else ""
        self._app.say(f"{file.name}: {count} keyframe{'s' * (count != 1)}, {path.duration:.1f} s{flies}")
        self.file = file.absolute() if was_saved else self.file
        if warning:
            self._app.complain(warning)

    def _try(self, action: Callable):
        try:
            action()
        except (InputError, DeviceError) as error:
            self._app.complain(str(error))

    @property
    def _camera(self) -> Camera:
        return self._app.state.camera(*self._app.picture_size)

    def _at_tour(self, state: State, tour: Tour) -> State:
        """The controls at rest where a tour is."""
        camera = tour.is_at.camera(*self._app.picture_size, state.space.near)
        return replace(state.at_rest(), pose=Pose.of(camera, state.space))


def _read(file: Path) -> tuple[CameraPath, str, bool]:
    """What `load_path` gives, and whether it was saved as a path. Raises InputError."""
    return (*load_path(file), file.suffix.lower() == ".json" and is_saved(file))
