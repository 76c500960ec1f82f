"""A path's film, a frame at a time: the command draws frame after frame, the window one between two of its own."""

from __future__ import annotations

from concurrent.futures import Executor, wait
from pathlib import Path
from typing import Iterator

import numpy as np

from gsrender.settings import RenderSettings
from viewer.camera_path import CameraPath
from viewer.film import open_film
from viewer.frame import render_frame
from viewer.machine import describe
from viewer.scene import Scene, clusters_of, detail_record

PATIENCE = 0.02  # seconds that a step waits for files to be written, before it says how far it is


def render_path(scene: Scene, settings: RenderSettings, path: CameraPath, size: tuple[int, int], fps: float,
                out: Path) -> Iterator[int]:
    """Draws the path's frames to a folder of PNG files or to an .mp4; gives after each step how many are drawn.

    Closing the iterator cancels: no half-written file is left, and of PNG files those that are finished. Raises
    InputError and DeviceError.
    """
    frames = path.frame_count(fps)
    made_by = {"model": scene.model.path, "culling": settings.culling, "margin": settings.margin,
               **detail_record(scene.proxy), **describe(scene)}
    with open_film(out, size, fps, frames, made_by) as film:
        for done, time in enumerate(path.times(fps)):
            while not film.room(PATIENCE):
                yield done
            frame = render_frame(scene, path.at(time).camera(*size, scene.near), settings)
            film.add(np.array(frame.rgba.cpu().numpy()[..., :3], order="C"))
            yield done + 1
        while not film.finished(PATIENCE):
            yield frames


def render_beside(scene: Scene, thread: Executor, *film) -> Iterator[int]:
    """The same for a scene whose frames go on between the steps; `film` is what `render_path` takes after the scene.
    Until the proxy's clusters have been read on the thread, nothing is drawn."""
    clusters = scene.proxy and thread.submit(clusters_of, scene.mesh, scene.proxy.settings)
    while clusters and wait([clusters], PATIENCE).not_done:
        yield 0
    with scene.beside(clusters and clusters.result()) as beside:
        yield from render_path(beside, *film)
