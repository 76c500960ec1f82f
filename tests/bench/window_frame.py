"""What a frame of the window costs the thread that runs it, besides the drawing itself: input, panels, recording and
submitting. Every panel is open and seen, side by side, while a camera that is flown by held keys changes every frame.

    nice -n -20 python -m tests.bench.window_frame [MODEL] [--scene MESH] [--frames 300]

Milliseconds of the processor's time, of that thread alone: what it waits for (the GPU, the screen, other programs) is
not in it, nor are the CPU backend's stages. Drawn off-screen, so a display's events and its presenting are not either.
Prints a table, median and 95th percentile by part; `--json` writes it as well.
"""

from __future__ import annotations

import gc
import sys
import time
from contextlib import closing
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from imgui_bundle import imgui

from gsrender import RenderSettings
from gsrender.frame_queue import HostQueue
from tests.bench.clock import Clock
from tests.bench.command import exit_code, parser_of
from viewer.app import Viewer
from viewer.choices import FRAME_MODES
from viewer.export import save_json
from viewer.machine import describe
from viewer.panels import PANELS, dock
from viewer.scene import Scene, open_scene
from viewer.settings import ViewerSettings
from viewer.shot import VIEW_OUTPUTS
from viewer.window import SAMPLE
from vk_interop.depth_settings import DepthSettings
from vk_interop.offscreen import Offscreen
from vk_interop.proxy_depth import ProxyDepth
from vk_interop.screen import Screen

UNITS = 1920, 1200  # of the mouse, that the window is wide and high
PIXELS = 480, 300  # that are drawn, by lavapipe on the same cores: of more, the caches would be the drawing's
TURN = 20  # frames that a key is held for
WARM_UP = 40
UPWARDS = 1.4  # radians of pitch: at the sky, where there is next to nothing to draw
STAGES, BEFORE = "the stages", "(until the depth is submitted)"
FRAME = 1 / 60  # seconds from frame to frame as far as the viewer knows, however long the drawing takes here
TIMED = ("app", "canvas", "compare", "photograph", "sayings", "watch", "panels.sampled")  # what looks at the clock


def side_by_side():
    """Every panel in a place of its own, around the picture."""
    split = imgui.internal.dock_builder_split_node
    imgui.internal.dock_builder_remove_node(dock.ROOT)
    imgui.internal.dock_builder_add_node(dock.ROOT, imgui.internal.DockNodeFlagsPrivate_.dock_space)
    imgui.internal.dock_builder_set_node_size(dock.ROOT, imgui.get_main_viewport().work_size)
    foot = split(dock.ROOT, imgui.Dir.down, 0.25)
    left = split(foot.id_at_opposite_dir, imgui.Dir.left, 0.25)
    right = split(left.id_at_opposite_dir, imgui.Dir.right, 0.35)
    places = [foot.id_at_dir]
    for column in (left, right):
        thirds = split(column.id_at_dir, imgui.Dir.up, 0.33)
        halves = split(thirds.id_at_opposite_dir, imgui.Dir.up, 0.5)
        places += [thirds.id_at_dir, halves.id_at_dir, halves.id_at_opposite_dir]
    for panel, place in zip(reversed(PANELS), places):
        imgui.internal.dock_builder_dock_window(panel.name, place)
    imgui.internal.dock_builder_finish(dock.ROOT)


def until_depth(clock: Clock, function):
    """Also adds what the thread took from the frame's beginning to the submitted depth."""
    submit = clock.around("submit the depth", function)

    def timed(*arguments, **named):
        result = submit(*arguments, **named)
        clock.taken[BEFORE] += clock.since
        return result
    return timed


def watch(clock: Clock, patch: pytest.MonkeyPatch):
    patch.setattr(HostQueue, "submit", clock.around(STAGES, HostQueue.submit))
    patch.setattr(ProxyDepth, "render", until_depth(clock, ProxyDepth.render))
    patch.setattr(Screen, "begin", clock.around("begin ImGui's frame", Screen.begin))
    patch.setattr(Screen, "show", clock.around("show", Screen.show))
    for name in dock.DRAW:
        patch.setitem(dock.DRAW, name, clock.around(f"panel {name}", dock.DRAW[name]))
    patch.setattr(Viewer, "_draw_panels", clock.around("menu, docks, overlays", Viewer._draw_panels))
    patch.setattr(Viewer, "_draw", clock.around("draw", Viewer._draw))
    patch.setattr(Viewer, "frame", clock.around("the rest of the frame", Viewer.frame))


def measure(scene: Scene, settings: ViewerSettings, frames: int, layout: str) -> dict[str, tuple[float, float]]:
    """(median, 95th percentile) of milliseconds by part, `all` of them first."""
    clock, rows, now = Clock(time.thread_time), [], [1000.0]
    with pytest.MonkeyPatch.context() as patch:
        if layout == "all":
            patch.setattr(dock, "build", side_by_side)
        for module in TIMED:
            patch.setattr(import_module(f"viewer.{module}"), "time", SimpleNamespace(perf_counter=lambda: now[0]))
        watch(clock, patch)
        screen = Offscreen(scene.device, *PIXELS)
        screen.units = UNITS
        with closing(Viewer(scene, screen, settings)) as viewer:
            viewer.state = viewer.state.placed(pitch=UPWARDS)
            screen.ui.io.add_mouse_pos_event(UNITS[0] * 0.45, UNITS[1] * 0.3)
            screen.input.cursor(UNITS[0] * 0.45 / UNITS[1], 0.3)
            for i in range(WARM_UP + frames):
                if i == WARM_UP:
                    gc.collect()
                key = "AD"[i // TURN % 2]
                screen.input.key("DA"[i // TURN % 2], False)
                screen.input.key(key, True)
                clock.take()
                now[0] += FRAME
                viewer.frame()
                if i >= WARM_UP:
                    rows.append(clock.take())
            if viewer.canvas.history.added < viewer.presented:
                raise RuntimeError("not every frame was drawn")
            if layout == "all":
                check_seen()
    names = sorted({name for row in rows for name in row} - {STAGES, BEFORE})
    parts = {"all": [1000 * sum(row.get(name, 0.0) for name in names) for row in rows],
             **{name: [1000 * row.get(name, 0.0) for row in rows] for name in (BEFORE, *names)}}
    return {name: (float(np.median(values)), float(np.percentile(values, 95, method="higher")))
            for name, values in parts.items()}


def check_seen():
    for panel in PANELS:
        window = imgui.internal.find_window_by_name(panel.name)
        if window.hidden or not window.active:
            raise RuntimeError(f"the panel {panel.name} is not seen, so it was not measured")


def run(options):
    with open_scene(options.model, options.scene, outputs=VIEW_OUTPUTS, surface_extensions=[],
                    detail=DepthSettings(1.0)) as scene:
        render = RenderSettings(scene.default_culling, background=scene.model.background)
        settings = ViewerSettings(render, mode=options.mode, adaptive=False)
        found = measure(scene, settings, options.frames, options.panels)
        for name, (median, p95) in found.items():
            print(f"{name:32}{median:8.3f}{p95:8.3f}")
        if options.json:
            save_json({"machine": describe(scene), "frames": options.frames, "mode": options.mode,
                       "milliseconds": {name: dict(zip(("median", "p95"), pair)) for name, pair in found.items()}},
                      options.json)


def main(arguments: list[str]) -> int:
    parser = parser_of("window_frame", __doc__)
    parser.add_argument("model", nargs="?", type=Path, default=SAMPLE)
    parser.add_argument("--scene", type=Path)
    parser.add_argument("--frames", type=int, default=300)
    parser.add_argument("--mode", choices=FRAME_MODES, default=FRAME_MODES[0])
    parser.add_argument("--panels", choices=("all", "first"), default="all",
                        help="all of them side by side, or as a window shows them at first, with tabs over others")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args(arguments)
    return exit_code(lambda: run(options))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
