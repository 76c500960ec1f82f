"""The window under a hand that does anything: minutes of random keys, clicks, drags, typing, resizes and dropped files,
good and broken, on a display of its own. It never stops, says nothing wrong to Vulkan, and takes no more memory in the
end. Exit code 1 and a sentence where not, with what was done last.

    python -m tests.bench.window_soak --minutes 20 --seed 0

The seed settles what the hand does; what a click meets depends on how fast frames are. Needs Xvfb and xdotool. Every
Vulkan call is checked where the validation layer is installed.
"""

from __future__ import annotations

import argparse
import gc
import os
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter, deque
from contextlib import chdir, closing
from pathlib import Path

import numpy as np
import pytest

from gsrender import DeviceError, InputError, RenderSettings
from tests.bench.soak import MIB, SAMPLE, Wrong
from tests.gsrender.synthesise import write_splats
from tests.viewer.desktop import Hand, open_for_window, own_display, watch_places, xdotool
from viewer.app import Viewer
from viewer.bindings import BINDINGS
from viewer.look import Look
from viewer.progress import Bar
from viewer.scene import Scene
from viewer.settings import ViewerSettings
from viewer.tour import Tour
from vk_interop.depth_settings import DepthSettings
from vk_interop.window import Window

STEADY, LARGEST = (1000, 700), (1400, 900)  # of the window while memory is measured; of the display
CHECKS = 10
RARE = ("benchmark", "quit")  # the one takes long, the other needs no more than being asked once
AROUND = 12  # frames that go round all rings
PATIENCE = 60  # seconds until the window has to be at rest
# What may be taken more at the end than after the warm-up. ImGui's font is drawn into a larger image as more letters
# are needed. The host's memory grows as each view's shaders are compiled by lavapipe, once, and as the allocator keeps
# what pictures of other sizes took: by 135 MB in the three minutes after the first, then it levels off.
BOUNDS = {"named": 0, "Vulkan's": 8 * MIB, "file descriptors": 4, "threads": 4, "host's": 192 * MIB}


class WindowSoak:
    def __init__(self, viewer: Viewer, hand: Hand, seed: int, files: list[Path]):
        self.viewer, self.hand, self._files = viewer, hand, files
        self._random = np.random.default_rng(seed)
        self.done, self.last = Counter(), deque(maxlen=12)
        self.slowest = 0.0
        self._before: dict[str, int] | None = None
        self._named: dict[str, int] | None = None
        self._deeds = {self._key: 10, self._hold: 5, self._look_around: 5, self._wheel: 4, self._control: 14,
                       self._slide: 5, self._anywhere: 6, self._type: 2, self._resize: 2, self._drop: 2, self._nap: 2}

    def step(self):
        """One thing that a hand may do, and a few frames."""
        deeds, weights = list(self._deeds), np.array(list(self._deeds.values()))
        deed = deeds[self._random.choice(len(deeds), p=weights / weights.sum())]
        self.last.append(deed.__name__[1:])
        deed()
        self.done[deed.__name__[1:].replace("_", " ")] += 1
        self._frames(int(self._random.integers(1, 5)))
        self.viewer.closing = False  # it was asked to; there is more to do

    def _frames(self, count: int):
        for _ in range(count):
            began = time.perf_counter()
            self.viewer.frame()
            self.slowest = max(self.slowest, time.perf_counter() - began)

    def _say(self, what):
        self.last[-1] += f" {what}"

    def _any(self, choices):
        return choices[self._random.integers(len(choices))]

    def _place(self) -> tuple[int, int]:
        return tuple(int(self._random.integers(1, edge)) for edge in self.viewer.screen.units)

    def _inside(self, x: float, y: float) -> tuple[float, float]:
        """The nearest place that the window has: controls that were scrolled away lie outside."""
        width, height = self.viewer.screen.units
        return min(max(x, 0), width - 1), min(max(y, 0), height - 1)

    def _key(self):
        name = self._any([key for binding in BINDINGS if not binding.held and binding.action not in RARE
                          for key in binding.keys if not key.endswith(("drag", "wheel"))])
        self._say(name)
        self.hand.key(name.replace("Ctrl+", "ctrl+") if len(name) > 1 else name.lower())

    def _hold(self):
        keys = [key.lower() for binding in BINDINGS if binding.held for key in binding.keys]
        keys = [str(key) for key in self._random.choice(keys, 2)]
        self._say(keys)
        self.hand.hold(*keys)
        self._frames(int(self._random.integers(2, 8)))
        self.hand.release(*keys)

    def _look_around(self):
        start, end, button = self._place(), self._place(), int(self._random.integers(1, 4))
        self._say(f"{start} to {end} with {button}")
        self.hand.drag(start, end, button)

    def _wheel(self):
        place, notches = self._place(), self._any((-5, -1, 1, 3))
        self._say(f"{place} {notches}")
        self.hand.move(*place)
        self.hand.wheel(notches)

    def _control(self):
        label = self._any(sorted(self.hand.places))
        self._say(label)
        if label not in RARE or self._random.random() < 0.1:
            self.hand.click(*self._inside(*self.hand.places[label]))

    def _slide(self):
        label = self._any(sorted(self.hand.places))
        x, y = self.hand.places[label]
        self._say(label)
        self.hand.drag(self._inside(x, y), self._inside(x + int(self._random.integers(-80, 80)), y))

    def _anywhere(self):
        place = self._place()
        self._say(place)
        self.hand.click(*place)

    def _type(self):
        word = self._any(("1", "-3.5", "1e30", "nan", "path.json", "gone/film", "ä", ""))
        self._say(word)
        if word:
            xdotool("type", "--delay", "0", "--", word)
        self.hand.key(self._any(("Return", "Tab", "Escape")))

    def _resize(self):
        size = [int(self._random.integers(120, edge + 1)) for edge in LARGEST]
        self._say(size)
        xdotool("windowsize", self.hand.window, *map(str, size))

    def _drop(self):
        """As the display would tell of it; xdotool cannot drop."""
        path = self._any(self._files)
        self._say(path.name)
        self.viewer.screen.input.drop([str(path)])

    def _nap(self):
        self._frames(10)

    def check_memory(self) -> dict[str, int]:
        """In the same state each time: the sample, opened anew, at rest in a window of one size."""
        viewer = self.viewer
        for button in "123":
            xdotool("mouseup", button)
        xdotool("windowsize", self.hand.window, *map(str, STEADY))
        viewer.path.cancel()
        viewer.path.edit(lambda tour: Tour())
        if viewer.benchmark:
            viewer.end_benchmark()
        viewer.files.browser = None
        if viewer.scene.proxy:
            viewer.set_detail(DepthSettings(1.0))  # the next one begins with
        viewer.files.open(SAMPLE)
        self._until(lambda: viewer.files.opening is None, "the sample, opened again")
        if viewer.scene.opened != SAMPLE:
            raise Wrong(f"the sample could not be opened again: {viewer.notices}")
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
        self._frames(AROUND)
        viewer.set(always=False)
        self._until(lambda: viewer.idle, "a window at rest again")
        viewer.scene.device.wait_idle()
        for path in Path().iterdir():  # pictures, tables, films that were asked for
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        gc.collect()
        named = viewer.memory
        del named["screen, panels, other"]
        taken = {"named": sum(named.values()),
                 "Vulkan's": viewer.scene.device.nbytes, "file descriptors": len(os.listdir("/proc/self/fd")),
                 "threads": len(os.listdir("/proc/self/task")),
                 "host's": int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")}
        self._before, self._named = self._before or taken, self._named or named
        for name, most in BOUNDS.items():
            if taken[name] - self._before[name] > most:
                raise Wrong(f"{name}: {taken[name]:,}, {self._before[name]:,} before, and at most {most:,} more is "
                            f"flat; named before: {self._named}, now: {named}")
        if viewer.scene.device.validation_messages:
            raise Wrong(f"validation: {viewer.scene.device.validation_messages[0]}")
        return taken

    def _until(self, condition, what: str):
        end = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > end:
                raise Wrong(f"never came within {PATIENCE} s: {what}; notices {self.viewer.notices}")
            self.viewer.frame()


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
    (folder / "an empty directory").mkdir()
    shutil.copytree(SAMPLE, folder / "half a model")
    points = next(SAMPLE.rglob("point_cloud.ply"))
    for whole, half in ((SAMPLE.parent / "proxy.glb", folder / "half.glb"),
                        (points, folder / "half a model" / points.relative_to(SAMPLE))):
        half.write_bytes(whole.read_bytes()[:whole.stat().st_size // 2])
    return [SAMPLE, SAMPLE.parent / "proxy.glb", *sorted(folder.iterdir()), folder / "gone"]


def run(options, folder: Path) -> str:
    """Raises Wrong. Memory is looked at ten times after a warm-up of a fifth of the time."""
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
            soak, began, checked = WindowSoak(viewer, hand, options.seed, files), time.monotonic(), 0
            try:
                while (passed := time.monotonic() - began) < seconds:
                    soak.step()
                    if passed > seconds * (0.2 + 0.8 * checked / CHECKS):
                        soak.check_memory()
                        checked += 1
                    bar.show(int(passed), int(seconds))
                taken = soak.check_memory()
            except Exception as error:
                raise Wrong(f"{error!r} after {soak.done.total():,} deeds; the last: {'; '.join(soak.last)}") from error
            finally:
                scene = viewer.scene
        scene.close()  # which may be another one by now
    if device.validation_messages:
        raise Wrong(f"validation: {device.validation_messages[0]}")
    moved = ", ".join(f"{name} {soak._before[name]:,} to {taken[name]:,}" for name in BOUNDS)
    done = ", ".join(f"{count} {name}" for name, count in soak.done.most_common())
    return (f"{options.minutes:g} minutes, seed {options.seed}: {done}; {viewer.presented:,} frames, the slowest "
            f"{soak.slowest:.1f} s; {moved}")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.window_soak", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    os.environ.setdefault("VIEWER_VALIDATION", "sync")
    try:
        with tempfile.TemporaryDirectory() as folder, own_display():
            os.environ["XDG_CONFIG_HOME"] = folder
            print(run(options, Path(folder)))
    except Wrong as found:
        if found.__cause__ and not isinstance(found.__cause__, Wrong):
            traceback.print_exception(found.__cause__)
        print(found, file=sys.stderr)
        return 1
    except (InputError, DeviceError, pytest.skip.Exception) as error:
        print(error, file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
