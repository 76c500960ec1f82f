"""A path's film, a frame at a time: the command draws frame after frame, the window one between two of its own."""

from __future__ import annotations

import time
from concurrent.futures import Executor, Future, wait
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

import numpy as np
from PIL import Image

from gsrender.errors import InputError
from gsrender.settings import RenderSettings
from viewer.camera_path import CameraPath
from viewer.colours import Scale
from viewer.film import check_film, open_film
from viewer.legend import with_legend
from viewer.look import Look, resized
from viewer.lost import EmptyFrames
from viewer.machine import describe
from viewer.picture_views import Painted, paint
from viewer.scene import Scene, clusters_of, detail_record
from viewer.shot import Shot, Spare, outputs_for
from viewer.view_table import view_kind

PATIENCE = 0.02  # seconds that a step waits for files to be written, before it says how far it is
LOOKS = 12  # frames along the path that the colours' scale is fitted to


def render_path(scene: Scene, settings: RenderSettings, look: Look, path: CameraPath, size: tuple[int, int], fps: float,
                out: Path, empty: EmptyFrames, seconds: float | None = None) -> Iterator[int]:
    """Draws the path's frames to a folder of PNG files or to an .mp4; gives after each step how many are drawn.

    look     its view and its wireframe count; one scale of the view's colours holds for the whole film
    empty    is told of each frame
    seconds  that it lasts; without them, as long as the path

    Closing the iterator cancels: no half-written file is left, and of PNG files those that are finished. Raises
    InputError and DeviceError.
    """
    frames = path.frame_count(fps, seconds)
    made_by = {"model": scene.model.path, "view": look.view, "wireframe": look.wireframe,
               "culling": settings.culling, "margin": settings.margin,
               **detail_record(scene.proxy), **describe(scene)}
    spare = Spare(scene)

    def painted(at: float, scale: Scale | None = None) -> tuple[Painted, Shot]:
        shot = Shot(scene, path.at(at).camera(*size, scene.near), settings, spare)
        return paint(look.view, shot, scale, look.wireframe, scene.ruler), shot
    with open_film(out, size, fps, frames, made_by) as film:
        scale = None
        for i in range(LOOKS):
            legend = painted(i / (LOOKS - 1) * path.duration)[0].legend
            if legend is None or legend.scale is None:
                break
            scale = legend.scale.joined(scale)
            yield 0
        for done, at in enumerate(path.times(fps, seconds)):
            while not film.room(PATIENCE):
                yield done
            frame, shot = painted(at, scale)
            empty.look(scene, shot.camera, shot.stats.counts)
            picture = with_legend(Image.fromarray(frame.picture.cpu().numpy()), frame.legend)
            film.add(np.array(picture, order="C"))
            yield done + 1
        while not film.finished(PATIENCE):
            yield frames


@dataclass
class Film:
    """One that is being drawn."""

    out: Path
    total: int  # frames
    steps: Iterator[int]
    began: float  # of time.perf_counter
    empty: EmptyFrames
    done: int = 0


def begin_film(scene: Scene, thread: Executor, settings: RenderSettings, look: Look, path: CameraPath,
               size: tuple[int, int], fps: float, out: Path) -> Film:
    """The film of a path as a scene is shown, whose frames go on between the steps. Raises InputError and DeviceError
    where there cannot be one."""
    frames = path.frame_count(fps)
    check_film(out, size, frames)
    if lack := view_kind(look.view).lack(scene.proxy is not None, settings.culling):
        raise InputError(f"a film of the view {look.view}: {lack}")
    empty = EmptyFrames()
    steps = render_beside(scene, thread, resized(settings, *size), look, path, size, fps, out, empty)
    return Film(out, frames, steps, time.perf_counter(), empty)


def render_beside(scene: Scene, thread: Executor, settings: RenderSettings, look: Look, *film) -> Iterator[int]:
    """The same for a scene whose frames go on between the steps; `film` is what `render_path` takes besides.
    Until the thread has made what it is drawn with, nothing is drawn. The proxy is drawn and lies as at the first step,
    whatever becomes of the scene's."""
    detail, placing = (scene.proxy.settings, scene.proxy.placing) if scene.proxy else (None, None)
    making = thread.submit(_make_beside, scene, outputs_for(look.view, settings.culling_camera))
    try:
        while wait([making], PATIENCE).not_done:
            yield 0
    except GeneratorExit:
        making.add_done_callback(_close)
        raise
    beside, closing = making.result()
    with closing:
        if beside.proxy:
            beside.proxy.settings = detail
            beside.proxy.place(placing)
        yield from render_path(beside, settings, look, *film)


def _make_beside(scene: Scene, outputs: tuple[str, ...]) -> tuple[Scene, ExitStack]:
    """What `Scene.beside` gives, and what closes it."""
    with ExitStack() as made:
        clusters = scene.proxy and clusters_of(scene.mesh, scene.proxy.settings)
        beside = made.enter_context(scene.beside(clusters, outputs))
        if scene.backend == "cuda":
            import torch
            torch.cuda.synchronize()  # this thread has a stream of its own
        return beside, made.pop_all()


def _close(making: Future):
    """What nobody waited for."""
    if not making.cancelled() and making.exception() is None:
        making.result()[1].close()
