"""Thousands of frames of random cameras, sizes, settings and modes, resized while they are under way: memory stays
flat, and a picture that is drawn again is the same bit for bit. Exit code 1 and a sentence where not.

    python -m tests.bench.soak --frames 10000 --seed 0
    VIEWER_VALIDATION=sync python -m tests.bench.soak --frames 500    # every Vulkan call checked; slower
"""

from __future__ import annotations

import gc
import os
import sys
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from gsrender import Camera, InputError, RenderSettings
from gsrender.settings import CULLING
from tests.bench.command import Wrong, exit_code, parser_of
from viewer.canvas import Canvas
from viewer.choices import FRAME_MODES
from viewer.frame import render_frame
from viewer.options import gibibytes, size
from viewer.progress import Bar
from viewer.scene import Scene, open_scene
from viewer.shot import VIEW_OUTPUTS, Spare
from viewer.window import SAMPLE
from vk_interop.depth_settings import RASTERS, DepthSettings
from vk_interop.offscreen import Offscreen

STEADY = (320, 240)  # pixels of the pictures that memory is measured with
MIB = 1 << 20
# What may be taken more at the end than after the warm-up, bytes. Names and devices' bytes: not one. The host's memory
# moves by what its allocator keeps of pictures of other sizes, and by what drivers keep: that levels off, a leak of a
# small picture each hundred frames does not.
BOUNDS = {"named": 0, "Vulkan's": 0, "torch's": 0, "file descriptors": 0, "host's": 96 * MIB}


@dataclass(frozen=True)
class Turn:
    camera: Camera
    settings: RenderSettings
    mode: str
    detail: DepthSettings


class Turns:
    """One after the other; each changes something, and most only the camera."""

    def __init__(self, scene: Scene, seed: int, largest: tuple[int, int]):
        self._random, self._scene, self._largest = np.random.default_rng(seed), scene, largest
        self.size, self.detail, self.mode = STEADY, DepthSettings(1.0), FRAME_MODES[0]
        self.settings = RenderSettings("centre", background=scene.model.background)

    def next(self) -> Turn:
        chance, choice = self._random.random, self._random.choice
        if chance() < 0.15:
            self.size = tuple(int(self._random.integers(1, edge + 1)) for edge in self._largest)
        if chance() < 0.15:
            self.settings = self._settings()
        if chance() < 0.10:
            self.mode = FRAME_MODES[self._random.integers(2)]
        if chance() < 0.03:
            error = (None, 0.0, 1.0, 3.0)[self._random.integers(4)]
            raster = None if error is None else str(choice(RASTERS))
            self.detail = DepthSettings(error, raster, bool(chance() < 0.8))
        settings = self.settings
        if chance() < 0.03:
            settings = replace(settings, culling_camera=self._camera())
        return Turn(self._camera(), settings, self.mode, self.detail)

    def _settings(self) -> RenderSettings:
        random = self._random
        culling, margin = random.choice(CULLING, p=(0.2, 0.5, 0.3)), random.choice((0.0, 0.1, 0.3, 2.0))
        return RenderSettings(str(culling), float(margin), tuple(random.random(3).tolist()),
                              level_bias=float(random.choice((-1, 0, 0, 1))))

    def _camera(self) -> Camera:
        """A tenth of the scene away from a camera of the dataset at most, turned by any angle about the model's up."""
        view = self._scene.cameras[self._random.integers(len(self._scene.cameras))].camera
        angle, up = self._random.uniform(0, 2 * np.pi), np.array(self._scene.up, float)
        x, y, z = up / np.linalg.norm(up)
        cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
        turned = np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
        pose = np.array(view.world_from_camera)[:3].copy()
        pose[:, :3] = turned @ pose[:, :3]
        pose[:, 3] += self._random.uniform(-0.1, 0.1, 3) * self._scene.radius
        width, height = self.size
        focal = height * self._random.uniform(0.5, 2.0)
        return Camera.from_pose(pose, focal, focal, width, height, near=self._scene.near)


class Soak:
    def __init__(self, scene: Scene, options):
        self.scene, self.turns = scene, Turns(scene, options.seed, options.largest)
        self.canvas = Canvas(scene, Spare(scene))
        self.screen = Offscreen(scene.device, *STEADY)
        self.compared = self.resized = self.grown = self.lacking = 0
        self._before: tuple[dict, object] | None = None  # what was taken, and the room that frames had

    def frame(self, compares: bool):
        turn, room = self.turns.next(), self.scene.renderer.buffers.room
        if turn.detail != self.scene.proxy.settings:
            self.scene.proxy.settings = turn.detail
            self.canvas.forget()  # a frame that was begun before is of the former detail
        self._show(turn)
        self.resized += (room.width, room.height) != (turn.camera.width, turn.camera.height)
        if compares:
            self._draw_again()

    def _show(self, turn: Turn):
        self.screen.begin()
        self.screen.show(self.canvas.draw(turn.camera, turn.settings, True, turn.mode))

    def _draw_again(self):
        """What was shown, twice, in the other mode's order and with nothing else under way."""
        renderer, canvas = self.scene.renderer, self.canvas
        if not renderer.wait():
            self.lacking += 1
            return
        shown = [tensor.clone() for tensor in (canvas.frame.rgba, canvas.frame.alpha, canvas.frame.depth)]
        detail, counts = self.scene.proxy.settings, renderer.stats.counts
        for _ in range(2):
            frame = render_frame(self.scene, canvas.camera, canvas.settings)
            again = frame.rgba, frame.alpha, frame.depth
            if renderer.stats.counts != counts or not all(map(torch.equal, again, shown)):
                raise Wrong(f"frame {renderer.queued}: {canvas.camera} with {canvas.settings} and {detail} is another "
                            f"picture when it is drawn again: {renderer.stats.counts} after {counts}")
        self.compared += 1

    def check_memory(self) -> dict:
        """In the same state each time, with nothing under way. Where frames have more room than the last time, from now
        on."""
        turn = Turn(self.scene.cameras[0].camera.resized(*STEADY), RenderSettings("centre"), FRAME_MODES[0],
                    DepthSettings(1.0))
        self.scene.proxy.settings = turn.detail
        for _ in range(12):  # around the rings, so that what former sizes left is closed
            self._show(turn)
            self.scene.renderer.wait()
        self.scene.device.wait_idle()
        gc.collect()
        taken, room = self._taken(), self.scene.renderer.buffers.room
        if self._before is None or room != self._before[1]:
            self.grown += self._before is not None
            self._before = taken, room
        for name, most in BOUNDS.items():
            if taken[name] - self._before[0][name] > most:
                raise Wrong(f"{name}: {taken[name]:,} after {self.scene.renderer.queued:,} frames, "
                            f"{self._before[0][name]:,} before, and at most {most:,} more is flat; by name: "
                            f"{self._named()}")
        return taken

    def _named(self) -> dict[str, int]:
        return self.scene.memory | {"rgba ring": self.canvas.nbytes}

    def _taken(self) -> dict[str, int]:
        cuda = self.scene.backend == "cuda"
        return {"named": sum(self._named().values()), "Vulkan's": self.scene.device.nbytes,
                # What was asked for: a block that its allocator gives for that may be up to 1 MB larger.
                "torch's": torch.cuda.memory_stats()["requested_bytes.all.current"] if cuda else 0,
                "file descriptors": len(os.listdir("/proc/self/fd")),
                "host's": int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")}

    def close(self):
        self.screen.close()
        self.canvas.close()


def run(scene: Scene, options) -> str:
    """Raises Wrong. Memory is looked at ten times after a warm-up of a fifth of the frames."""
    warm_up, often = options.frames // 5, max(1, options.frames * 4 // 5 // 10)
    with closing(Soak(scene, options)) as soak, Bar("soak", "frames") as bar:
        for i in range(options.frames):
            if i >= warm_up and (i - warm_up) % often == 0:
                soak.check_memory()
            soak.frame(i % options.compare == 0)
            bar.show(i + 1, options.frames)
        taken = soak.check_memory()
    if scene.device.validation_messages:
        raise Wrong(f"validation: {scene.device.validation_messages[0]}")
    before, _ = soak._before
    moved = ", ".join(f"{name} {before[name]:,} to {taken[name]:,}" for name in BOUNDS)
    return (f"{options.frames:,} frames, seed {options.seed}, {scene.backend}, up to {options.largest[0]} x "
            f"{options.largest[1]}: {soak.resized:,} resized, {soak.compared:,} drawn again and the same bit for bit "
            f"({soak.lacking} lacked items while a buffer grew), memory compared anew {soak.grown} times as buffers "
            f"grew, since then: {moved}")


def main(arguments: list[str]) -> int:
    parser = parser_of("soak", __doc__)
    parser.add_argument("model", type=Path, nargs="?", default=SAMPLE,
                        help="with a proxy and cameras (default: the sample)")
    parser.add_argument("--scene", type=Path, metavar="MESH")
    parser.add_argument("--frames", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--compare", type=int, default=10, help="every how manieth frame is drawn again (default: 10)")
    parser.add_argument("--largest", type=size, default=(1920, 1280), metavar="WxH",
                        help="picture (default: 1920x1280)")
    parser.add_argument("--backend", default="auto", choices=("auto", "cuda", "cpu"))
    parser.add_argument("--memory-limit", type=gibibytes, metavar="GIB")
    options = parser.parse_args(arguments)

    def work():
        with open_scene(options.model, options.scene, backend=options.backend, outputs=VIEW_OUTPUTS,
                        surface_extensions=[], detail=DepthSettings(1.0), memory_limit=options.memory_limit) as scene:
            if scene.proxy is None or not scene.cameras:
                raise InputError(f"{options.model}: has no proxy or no cameras beside it")
            print(run(scene, options))
    return exit_code(work)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
