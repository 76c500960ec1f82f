"""The benchmark in a browser: flies its path, or the dataset's cameras, with culling off and on."""

from __future__ import annotations

import math
import time
from typing import Callable

import viser

from gsrender.camera import Camera
from viewer.benchmark import Benchmark, Row, begin_benchmark, verdict
from viewer.controls import Space, State
from viewer.page_controls import Wish, suit
from viewer.scene import Scene
from viewer.statistics import milliseconds, psnr_text, stage_order

PAUSE = 0.5  # seconds between two tellings of how far it is


class BenchmarkFolder:
    """A folder of a browser's panel.

    along    returns so many cameras, of that width and height, of the path that it flies; none where there is no path
    changed  is called when one is wanted
    """

    def __init__(self, gui: viser.GuiApi, scene: Scene, space: Space, along: Callable[[int, int, int], list[Camera]],
                 changed: Callable[[], None]):
        self._scene, self._space, self._along, self._changed = scene, space, along, changed
        self._is_wanted, self._benchmark, self._told = False, None, -math.inf
        with gui.add_folder("benchmark", expand_by_default=False):
            self._button = gui.add_button("run", hint="Flies the path above, or else the dataset's cameras, with "
                                          "culling off and on, in pictures of this size. Nothing else is drawn "
                                          "meanwhile, for other browsers neither.")
            self._text = gui.add_markdown("")
        self._button.on_click(self._run_or_cancel)

    async def _run_or_cancel(self, event):
        self.run_or_cancel()

    def run_or_cancel(self):
        self._is_wanted = not self._is_wanted
        self._button.label = "cancel" if self._is_wanted else "run"
        self._changed()

    def step(self, camera: Camera, wish: Wish) -> bool:
        """Draws a frame of it, for who looks through that camera; whether one was wanted."""
        if not self._is_wanted:
            if self._benchmark:
                self._benchmark.cancel()
                self._end()
            return False
        if self._benchmark is None:
            self._benchmark = begin_benchmark(self._scene, self._along, State.at(camera, self._space), wish.render,
                                              (camera.width, camera.height))
        suit(self._scene, wish)
        self._benchmark.step()
        if self._benchmark.done:
            self._end()
        elif time.perf_counter() > self._told + PAUSE:
            self._told = time.perf_counter()
            self._text.content = (f"{self._benchmark.drawn} of {self._benchmark.total} frames, culling "
                                  f"{self._benchmark.settings.culling}")
        return True

    def _end(self):
        self._text.content = self._benchmark.problem or told(self._benchmark, self._scene.model.kind)
        self._benchmark, self._is_wanted, self._button.label = None, False, "run"


def told(benchmark: Benchmark, kind: str) -> str:
    """Markdown of what it found, a column for each way of culling; `kind` of the model's items."""
    ways = [row.culling for row in benchmark.rows]
    columns = [_figures(row) for row in benchmark.rows]
    stages = [{stage: f"{milliseconds(value)} ms" for stage, value in row.statistics.stage_milliseconds().items()}
              for row in benchmark.rows]
    lines = [("", ways), *((name, [column[name] for column in columns]) for name in columns[0]),
             *((name, [column.get(name, "") for column in stages])
               for name in sorted({name for column in stages for name in column}, key=stage_order))]
    table = [f"| {name} | {' | '.join(cells)} |" for name, cells in lines]
    table.insert(1, "|:--|" + "--:|" * len(ways))
    width, height = benchmark.size
    said = f"{len(benchmark.cameras)} views {benchmark.way}, {width} × {height} pixels. "
    said += verdict(*benchmark.rows, kind) if len(ways) > 1 else ""
    return "\n".join([said, "", *table])


def _figures(row: Row) -> dict[str, str]:
    times, counts = row.statistics, row.statistics.counts()
    return {"fps": f"{times.fps:.1f}",
            **{name: f"{milliseconds(times.percentile(percent))} ms"
               for name, percent in (("median", 50), ("p95", 95), ("p99", 99))},
            "left": f"{counts.get('visible', 0):,.0f}", "splats": f"{counts.get('drawn', 0):,.0f}",
            "PSNR to off": "" if row.psnr is None else psnr_text(row.psnr)}
