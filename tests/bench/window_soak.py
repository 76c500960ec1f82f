"""The window under a hand that does anything: minutes of random keys, clicks, drags, typing, resizes and dropped files,
good and broken, on a display of its own. It never stops, says nothing wrong to Vulkan, and takes no more memory in the
end. Exit code 1 and a sentence where not, with what was done last.

    python -m tests.bench.window_soak --minutes 20 --seed 0
    VIEWER_VALIDATION= python -m tests.bench.window_soak    # without the validation layer and the memory that it keeps

The seed settles what the hand does; what a click meets depends on how fast frames are. Needs Xvfb and xdotool.
"""

from __future__ import annotations

import ctypes
import gc
import os
import shutil
import sys
import tempfile
import time
from contextlib import chdir, closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from gsrender import DeviceError, RenderSettings
from tests.bench.command import Wrong, exit_code, parser_of
from tests.bench.random_hand import RandomHand
from tests.bench.soak import MIB
from tests.gsrender.synthesise import write_splats
from tests.viewer.desktop import Hand, open_for_window, own_display, watch_places, xdotool
from viewer.app import Viewer
from viewer.look import Look
from viewer.progress import Bar
from viewer.scene import Scene
from viewer.settings import ViewerSettings
from viewer.tour import Tour
from viewer.window import SAMPLE
from vk_interop.depth_settings import DepthSettings
from vk_interop.window import Window

STEADY = (1000, 700)  # of the window while memory is measured
SETTLING = 0.2  # of the time, after which memory is measured first
CHECKS = 16
AROUND = 12  # frames that go round all rings
PATIENCE = 60  # seconds until the window has to be at rest
# What may be taken more after the settling than at its end. ImGui's font is drawn into a larger image as more letters
# are needed.
BOUNDS = {"Vulkan's": 8 * MIB, "file descriptors": 4, "threads": 4}
# The host's memory goes up and down by 10 MB, so the mean of the first third of the checks is compared with that of the
# last. It is measured without what the allocator keeps for the next picture or scene: 20 to 150 MB, as was done last.
# The validation layer keeps something of each scene that was opened (50 KB) and each size that was drawn; where it does
# not run, neither stays: 48 openings end within 10 KB of where they began.
HOST, HOST_CHECKED = 16 * MIB, 64 * MIB


@dataclass(frozen=True)
class Taken:
    """What is taken at a moment: bytes by name, `named` on the device; `host` after the allocator gave back what it
    kept, `held` before."""

    minutes: float
    deeds: int
    named: dict[str, int]
    counts: dict[str, int]  # those of BOUNDS
    host: int
    held: int


class WindowSoak:
    def __init__(self, viewer: Viewer, hand: Hand, seed: int, files: list[Path]):
        self.viewer, self.hand, self.random = viewer, hand, RandomHand(viewer, hand, seed, files)
        self._began = time.monotonic()
        self.taken: list[Taken] = []

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began

    def check_memory(self):
        """In the same state each time: the sample, opened anew, at rest in a window of one size."""
        viewer = self.viewer
        for button in "123":
            xdotool("mouseup", button)
        xdotool("windowsize", self.hand.window, *map(str, STEADY))
        self._until(lambda: tuple(viewer.screen.units) == STEADY, "a window of that size")
        viewer.path.cancel()
        viewer.path.edit(lambda tour: Tour())
        if viewer.benchmark:
            viewer.end_benchmark()
        viewer.files.browser = None
        if viewer.scene.proxy:
            viewer.set_detail(DepthSettings(1.0))  # the next one begins with
        viewer.files.open(SAMPLE)
        self._until(lambda: viewer.files.opening is None, "the sample, opened again")
        if (viewer.scene.opened, viewer.scene.mesh_path) != (SAMPLE, SAMPLE.resolve().parent / "proxy.glb"):
            raise Wrong(f"the sample could not be opened again, but {viewer.scene.opened} with "
                        f"{viewer.scene.mesh_path}; notices {viewer.notices}")
        viewer.settings = usual_settings(viewer.scene)
        for sentence in viewer.notices:
            viewer.send_away(sentence)
        viewer.shot_size = (640, 360)
        viewer.reset_layout()
        viewer.start_over()
        self.hand.move(STEADY[0] - 10, STEADY[1] // 3)
        self._until(lambda: viewer.idle and tuple(viewer.screen.units) == STEADY and not viewer.comparison.is_pending,
                    "a window at rest")
        viewer.set(always=True)  # for what former sizes left is closed as frames are drawn
        self.random.frames(AROUND)
        viewer.set(always=False)
        self._until(lambda: viewer.idle and not viewer.watch.is_looking, "a window at rest again")
        viewer.scene.device.wait_idle()
        for path in Path().iterdir():  # pictures, tables, films that were asked for
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        gc.collect()
        named = viewer.memory
        del named["screen, panels, other"]
        counts = {"Vulkan's": viewer.scene.device.nbytes, "file descriptors": len(os.listdir("/proc/self/fd")),
                  "threads": len(os.listdir("/proc/self/task"))}
        held = resident()
        ctypes.CDLL(None).malloc_trim(0)
        self.taken.append(Taken(self.seconds / 60, self.random.done.total(), named, counts, resident(), held))
        if problem := growth(self.taken):
            raise Wrong(problem)
        if viewer.scene.device.validation_messages:
            raise Wrong(f"validation: {viewer.scene.device.validation_messages[0]}")

    def _until(self, condition, what: str):
        end = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > end:
                raise Wrong(f"never came within {PATIENCE} s: {what}; notices {self.viewer.notices}")
            self.viewer.frame()


def resident() -> int:
    """Bytes of this process that are in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def growth(taken: list[Taken]) -> str:
    """What is more than it was when memory had settled, in a sentence; nothing where memory is flat."""
    first, last = taken[0], taken[-1]
    if last.named != first.named:
        return f"memory by name is not flat: {first.named} after {first.minutes:.1f} minutes, now {last.named}"
    for name, most in BOUNDS.items():
        if last.counts[name] - first.counts[name] > most:
            return (f"{name}: {last.counts[name]:,}, {first.counts[name]:,} after {first.minutes:.1f} minutes, and at "
                    f"most {most:,} more is flat")
    return ""


def host_growth(taken: list[Taken], most: int) -> str:
    """The same of the host's memory, in the end."""
    third = max(len(taken) // 3, 1)
    before, now = (np.mean([one.host for one in part]) for part in (taken[:third], taken[-third:]))
    if now - before > most:
        return (f"the host's memory: {now:,.0f} bytes in the last third, {before:,.0f} in the first, and at most "
                f"{most:,} more is flat")
    return ""


def table(taken: list[Taken]) -> str:
    lines = [f"{'minute':>7}{'deeds':>7}{'by name':>10}{'Vulkan':>8}{'host':>7}{'held':>7} MB, files, threads"]
    for one in taken:
        by_name, host, held = (nbytes / 1e6 for nbytes in (sum(one.named.values()), one.host, one.held))
        vulkan, files, threads = one.counts.values()
        lines.append(f"{one.minutes:7.1f}{one.deeds:7}{by_name:10.2f}{vulkan / 1e6:8.2f}{host:7.0f}{held:7.0f}     "
                     f"{files:5}{threads:9}")
    return "\n".join(lines)


def usual_settings(scene: Scene) -> ViewerSettings:
    """Coarse, so that there is time for much."""
    return ViewerSettings(RenderSettings(scene.default_culling, background=scene.model.background), Look(),
                          resolution_scale=0.25)


def some_files(folder: Path) -> list[Path]:
    """Good ones, and broken ones."""
    folder.mkdir()
    write_splats(folder / "splats.ply")
    (folder / "triangle.obj").write_text("v 0 0 0\nv 9 0 0\nv 0 9 0\nf 1 2 3\n")
    (folder / "empty.ply").touch()
    (folder / "text.glb").write_text("not what it seems")
    (folder / "notes.txt").write_text("neither")
    (folder / "broken.json").write_text('{"keyframes": [{"time": 0}]}')
    (folder / "an empty directory").mkdir()
    (folder / "colmap").mkdir()
    (folder / "colmap" / "cameras.txt").write_text("1 PINHOLE 96 64 60 60 48 32\n")
    (folder / "colmap" / "images.txt").write_text("1 0 1 0 0 -20 5 30 1 a.png\n\n2 0 1 0 0 -20 6 30 1 b.png\n\n")
    shutil.copytree(SAMPLE, folder / "half a model")
    points = next(SAMPLE.rglob("point_cloud.ply"))
    for whole, half in ((SAMPLE.parent / "proxy.glb", folder / "half.glb"),
                        (points, folder / "half a model" / points.relative_to(SAMPLE))):
        half.write_bytes(whole.read_bytes()[:whole.stat().st_size // 2])
    return [SAMPLE, SAMPLE.parent / "proxy.glb", SAMPLE.parent / "transforms_fly.json", *sorted(folder.iterdir()),
            folder / "gone"]


def run(options, folder: Path) -> str:
    """Raises Wrong. Memory is looked at every few minutes, from the end of its settling on."""
    files, seconds = some_files(folder / "files"), 60 * options.minutes
    (folder / "saved").mkdir()
    with (chdir(folder / "saved"), pytest.MonkeyPatch.context() as patch,
          open_for_window(SAMPLE.parent) as scene):
        device = scene.device
        viewer = Viewer(scene, Window(device, *STEADY, "soak"), usual_settings(scene))
        with closing(viewer), Bar("soak", "seconds") as bar:
            hand = Hand(viewer, "soak")
            hand.places = watch_places(patch)
            hand.rest()
            soak = WindowSoak(viewer, hand, options.seed, files)
            try:
                while (passed := soak.seconds) < seconds:
                    soak.random.step()
                    if passed > seconds * (SETTLING + (1 - SETTLING) * len(soak.taken) / CHECKS):
                        soak.check_memory()
                    bar.show(int(passed), int(seconds))
                soak.check_memory()
                if problem := host_growth(soak.taken, HOST_CHECKED if os.environ["VIEWER_VALIDATION"] else HOST):
                    raise Wrong(problem)
            except Exception as error:
                random = soak.random
                raise Wrong(f"{error!r} after {random.done.total():,} deeds; the last: {'; '.join(random.last)}\n"
                            f"{table(soak.taken)}") from error
            finally:
                scene = viewer.scene
        scene.close()  # which may be another one by now
    if device.validation_messages:
        raise Wrong(f"validation: {device.validation_messages[0]}")
    done = ", ".join(f"{count} {name}" for name, count in soak.random.done.most_common())
    return (f"{options.minutes:g} minutes, seed {options.seed}: {done}; {viewer.presented:,} frames\n"
            f"{table(soak.taken)}")


def main(arguments: list[str]) -> int:
    parser = parser_of("window_soak", __doc__)
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    os.environ.setdefault("VIEWER_VALIDATION", "sync")

    def work():
        try:
            with tempfile.TemporaryDirectory() as folder, own_display():
                os.environ["XDG_CONFIG_HOME"] = folder
                print(run(options, Path(folder)))
        except pytest.skip.Exception as lack:  # of Xvfb or xdotool
            raise DeviceError(str(lack)) from None
    return exit_code(work)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
