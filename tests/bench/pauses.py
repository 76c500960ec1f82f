"""How long the window is deaf: the longest time between two looks at its events, by what was going on.

    nice -n -20 python -m tests.bench.pauses [MODEL] [--scene MESH] [--other MODEL] [--off-screen]

On a display of its own (Xvfb), or without one, where nothing waits for a screen. For each action, milliseconds of the
longest frame by the clock on the wall, and of the one in which the window's thread computed longest itself: without the
CPU backend's stages and the maxima of a large picture's depth, which a GPU does in a fraction of the time, and without
what it waits for. Exit code 1 where more than 100 ms are by the clock on a GPU, or by itself on a CPU.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from contextlib import chdir, closing, nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gsrender.depth import DepthBuffer
from gsrender.frame_queue import HostQueue
from tests.bench.clock import Clock
from tests.bench.command import Wrong, exit_code, parser_of
from tests.viewer.desktop import own_display, usual_settings
from viewer.app import Viewer
from viewer.panels import PANELS
from viewer.scene import Scene, open_scene
from viewer.shot import VIEW_OUTPUTS
from viewer.tour import Tour
from viewer.view_table import VIEW_NAMES
from viewer.warm_up import warm_up
from viewer.window import SAMPLE
from vk_interop.depth_settings import DepthSettings
from vk_interop.offscreen import Offscreen
from vk_interop.screen import Screen
from vk_interop.window import Window, surface_extensions

SIZE = 1280, 800
MOST = 100.0  # milliseconds
PATIENCE = 100  # seconds for an action
STAGES, FRAME = "stages", "frame"

class Pauses:
    def __init__(self, viewer: Viewer, clock: Clock):
        self.viewer, self._clock, self.rows = viewer, clock, []
        self.seen = time.perf_counter()  # when the events were looked at last

    def during(self, name: str, begin, until=lambda: True, least: int = 4):
        """Does something, and runs frames until it is over and the picture stands."""
        viewer, end = self.viewer, time.monotonic() + PATIENCE
        longest, own, frames = 0.0, 0.0, 0
        begin()
        viewer.idle = False  # nobody touched anything that would wake it
        while frames < least or not (until() and viewer.idle):
            viewer.frame()
            longest, own = max(longest, time.perf_counter() - self.seen), max(own, self._clock.take()[FRAME])
            frames += 1
            if time.monotonic() > end:
                raise Wrong(f"{name}: not over after {PATIENCE} s; notices {viewer.notices}")
        self.rows.append((name, frames, 1000 * longest, 1000 * own))
        print(f"{name:34}{frames:7}{1000 * longest:10.0f}{1000 * own:10.0f}", flush=True)


def watch(pauses: Pauses, screen: type[Screen], clock: Clock, patch: pytest.MonkeyPatch):
    patch.setattr(HostQueue, "submit", clock.around(STAGES, HostQueue.submit))
    patch.setattr(DepthBuffer, "from_tensor", staticmethod(clock.around(STAGES, DepthBuffer.from_tensor)))
    patch.setattr(Viewer, "frame", clock.around(FRAME, Viewer.frame))
    poll = screen.poll

    def polled(*arguments):
        poll(*arguments)
        pauses.seen = time.perf_counter()
    patch.setattr(screen, "poll", polled)


def with_photographs(scene: Scene, folder: Path):
    """Cameras of the scene that have one, of 4000 x 3000."""
    pixels = np.random.default_rng(0).integers(0, 255, (3000, 4000, 3), np.uint8)
    Image.fromarray(pixels).save(folder / "photograph.jpg")
    scene.cameras = [replace(view, image=folder / "photograph.jpg") for view in scene.cameras]


def do_all(pauses: Pauses, options):
    viewer = pauses.viewer
    act, during, saving, files, path = viewer.act, pauses.during, viewer.saving, viewer.files, viewer.path
    for panel in PANELS:
        during(f"panel {panel.name}", lambda: viewer.show_panel(panel.name))
    during("fly to a camera", lambda: viewer.visit(1))
    during("its photograph", lambda: viewer.show_panel("Compare"), lambda: viewer.at_photograph.match)
    for name in VIEW_NAMES[1:]:
        during(f"view {name}", lambda: viewer.set(look=replace(viewer.settings.look, view=name)))
    viewer.set(look=replace(viewer.settings.look, view="picture"))
    during("the pixel under the cursor", lambda: viewer.show_panel("Views"))
    for action in ("split", "split", "freeze", "freeze", "walk", "fly", "culling", "culling", "culling"):
        during(action, lambda: act(action))
    during("culling, compared", lambda: viewer.show_panel("Culling and LOD"),
           lambda: not viewer.comparison.is_pending and not viewer.watch.is_looking)
    during("pipelined", lambda: viewer.set(mode="pipelined"))
    during("another size of the picture", lambda: viewer.set(resolution_scale=0.5))
    during("other levels of detail", lambda: viewer.set_detail(DepthSettings(4.0)))
    during("the list of keys", lambda: act("help"))
    viewer.shot_size = (3840, 2160)
    for action in ("screenshot", "save figures", "save summary", "save picture"):
        during(action, lambda: act(action), lambda: not saving.is_busy)
    viewer.scene.cameras = viewer.scene.cameras[:8]
    during("benchmark", lambda: act("benchmark"), lambda: viewer.benchmark.done)
    during("its figures saved", viewer.save_benchmark)
    viewer.end_benchmark()
    long = Tour()
    for i in range(3000):
        long = replace(long, path=long.path.appended(viewer.state.camera(64, 48), 0.25))
    during("a path of 3,000 keyframes", lambda: (viewer.show_panel("Path"), path.edit(lambda tour: long)))
    path.edit(lambda tour: replace(long, path=replace(long.path, keyframes=long.path.keyframes[:5])))
    path.out, path.size = "film", (640, 480)
    during("a film, cancelled", path.start_film, lambda: not path.film or path.film.done > 2 and not path.cancel())
    during("the browser", files.browse)
    files.browser = None
    during("the proxy read anew", lambda: files.open(viewer.scene.mesh_path), lambda: files.opening is None)
    during("another scene", lambda: files.open(options.other), lambda: files.opening is None)
    during("back to the first", lambda: files.open(options.model), lambda: files.opening is None)


def run(options, folder: Path) -> list[str]:
    """What took too long."""
    clock = Clock(time.thread_time)
    extensions = [] if options.off_screen else surface_extensions()
    with (chdir(folder), open_scene(options.model, options.scene, backend=options.backend, outputs=VIEW_OUTPUTS,
                                    surface_extensions=extensions, detail=DepthSettings(1.0)) as scene,
          pytest.MonkeyPatch.context() as patch):
        with_photographs(scene, folder)
        warm_up(scene)
        screen = Offscreen(scene.device, *SIZE) if options.off_screen else Window(scene.device, *SIZE, "pauses")
        with closing(Viewer(scene, screen, usual_settings(scene))) as viewer:
            pauses = Pauses(viewer, clock)
            watch(pauses, type(screen), clock, patch)
            print(f"{'milliseconds':34}{'frames':>7}{'longest':>10}{'own':>10}")
            pauses.during("the first frames", lambda: None)
            do_all(pauses, options)
            scene = viewer.scene
        by_clock = scene.backend == "cuda"
        scene.close()  # which may be another one by now
    return [name for name, _, longest, own in pauses.rows if (longest if by_clock else own) > MOST]


def main(arguments: list[str]) -> int:
    parser = parser_of("pauses", __doc__)
    parser.add_argument("model", nargs="?", type=Path, default=SAMPLE)
    parser.add_argument("--scene", type=Path)
    parser.add_argument("--other", type=Path, default=SAMPLE, help="a model that is opened besides")
    parser.add_argument("--backend", default="auto", choices=("auto", "cpu", "cuda"))
    parser.add_argument("--off-screen", action="store_true", help="without a window")
    options = parser.parse_args(arguments)
    options.model, options.other = options.model.resolve(), options.other.resolve()

    def work():
        with tempfile.TemporaryDirectory() as folder, nullcontext() if options.off_screen else own_display():
            os.environ["XDG_CONFIG_HOME"] = folder
            late = run(options, Path(folder))
        if late:
            raise Wrong(f"more than {MOST:.0f} ms: {', '.join(late)}")
        print(f"more than {MOST:.0f} ms: never")
    return exit_code(work)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
