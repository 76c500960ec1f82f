"""The benchmark of the window: flies the dataset's cameras with culling off and on, a frame of it with each frame that
is shown, and says what each way costs. Measured as the command `bench` does: from the camera to the finished picture,
none overlapping another."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from gsrender.camera import Camera
from gsrender.errors import DeviceError
from gsrender.settings import RenderSettings
from viewer.controls import State
from viewer.compare import decibels, mean_square
from viewer.frame import frame_stats, render_frame
from viewer.look import resized
from viewer.scene import Scene
from viewer.statistics import Statistics

TURN = 36  # cameras of a turn
MOST = 120  # frames of each way; evenly chosen where there are more cameras


def turn(state: State, width: int, height: int) -> list[Camera]:
    """Looks around from where the camera stands, for a model without cameras."""
    return [replace(state, pose=replace(state.pose, yaw=state.pose.yaw + math.tau * i / TURN)).camera(width, height)
            for i in range(TURN)]


def begin_benchmark(scene: Scene, along: Callable[[int, int, int], list[Camera]], state: State, render: RenderSettings,
                    size: tuple[int, int]) -> Benchmark:
    """Along the path of which `along` returns so many cameras of a width and height, else by the dataset's cameras,
    else a turn on the spot."""
    dataset = [view.camera.with_near(state.space.near).resized(*size) for view in scene.cameras]
    ways = (("along the path", along(*size, MOST)), ("by the dataset's cameras", dataset),
            ("of a turn on the spot", turn(state, *size)))
    way, cameras = next((way, cameras) for way, cameras in ways if cameras)
    return Benchmark(scene, cameras, resized(render, *size), way)


@dataclass(frozen=True)
class Row:
    """What one way of culling costs over all frames, and how near its pictures are to those without culling."""

    culling: str
    statistics: Statistics
    psnr: float | None  # dB of all pictures together, infinite where nothing changed; None for culling off


def verdict(off: Row, on: Row, kind: str) -> str:
    """What culling brought, in a sentence, by the medians that the table and the bars tell; `kind` of the model's
    items."""
    share = on.statistics.percentile(50) / max(off.statistics.percentile(50), 1e-9)
    left = on.statistics.counts()["visible"] / max(off.statistics.counts()["visible"], 1)
    return (f"With culling {on.culling} the median frame takes {share:.0%} of the time that it takes without, and "
            f"{left:.0%} of the {kind} in view are left to draw.")


class Benchmark:
    """`step` draws the next frame and returns its camera, until `done`; `way` tells in words what it flies."""

    def __init__(self, scene: Scene, cameras: list[Camera], settings: RenderSettings, way: str = ""):
        """`settings` say the way to compare with culling off; where they are off, `centre` is taken. Each camera is
        culled for itself, whatever is frozen."""
        self._scene, self.way = scene, way
        count = min(len(cameras), MOST)
        self.cameras = [cameras[i * len(cameras) // count] for i in range(count)]
        settings = replace(settings, culling_camera=None)
        culled = settings if settings.culling != "off" else replace(settings, culling="centre")
        off = replace(settings, culling="off")
        self._ways = [off] if scene.proxy is None else [off, culled]
        self.size = self.cameras[0].width, self.cameras[0].height
        self.rows: list[Row] = []
        self.drawn, self.total = 0, 2 * count * len(self._ways)
        self.settings = off  # of the frame that was drawn last
        self.problem: str | None = None
        self._steps = self._run()

    @property
    def done(self) -> bool:
        return self.drawn >= self.total or self.problem is not None

    def step(self) -> Camera | None:
        """Draws one more frame. None where the machine could not: `problem` says why."""
        try:
            camera = next(self._steps)
        except DeviceError as error:
            self.problem = str(error)
            return None
        self.drawn += 1
        if self.drawn == self.total:
            next(self._steps, None)  # the last row is complete
        return camera

    def cancel(self):
        self._steps.close()
        if not self.done:
            self.problem = "The benchmark was cancelled."

    def _run(self) -> Iterator[Camera]:
        """Every view is drawn once before it counts, which sizes the buffers and gives the error."""
        for settings in self._ways:
            self.settings, error = settings, 0.0
            for camera in self.cameras:
                error += self._error(camera, settings) / len(self.cameras)
                yield camera
            statistics = Statistics(len(self.cameras))
            for camera in self.cameras:
                start = time.perf_counter()
                render_frame(self._scene, camera, settings)
                statistics.add(1000 * (time.perf_counter() - start), frame_stats(self._scene, settings))
                yield camera
            self.rows.append(Row(settings.culling, statistics,
                                 None if settings.culling == "off" else float(decibels(error))))

    def _error(self, camera: Camera, settings: RenderSettings) -> float:
        """Mean squared difference to the picture without culling."""
        off = render_frame(self._scene, camera, replace(settings, culling="off")).rgba.clone()
        return 0.0 if settings.culling == "off" else float(mean_square(render_frame(self._scene, camera, settings).rgba,
                                                                       off))

    def report(self, machine: dict) -> dict:
        """Everything as plain numbers, ready for a JSON file."""
        return {"model": self._scene.model.path, "items": len(self._scene.model.items),
                "proxy": str(self._scene.mesh_path or "none"), "size": list(self.size), "frames": len(self.cameras),
                "views": self.way, "margin": self.settings.margin, "machine": machine,
                "rows": [{"culling": row.culling, **row.statistics.summary(),
                          "psnr_to_off": row.psnr if row.psnr is not None and row.psnr != float("inf") else None}
                         for row in self.rows]}
