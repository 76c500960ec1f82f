"""What depends on the size of the picture: the images that a frame's passes draw to, a ring of slots for the result."""

from __future__ import annotations

from contextlib import ExitStack, closing
from functools import partial
from struct import Struct

import numpy as np
import torch

from gsrender.depth import pyramid_sizes
from gsrender.errors import DeviceError
from vk_interop.calls import vk
from vk_interop.cluster_buffers import FILLED, STORAGE, ClusterBuffers
from vk_interop.depth_passes import (COUNTERS, LARGE_GROUPS, LARGE_PARTS, LARGE_TILE, MEDIUM_GROUPS, MEDIUM_PARTS,
                                     OCCLUSION_LEVELS, PASS, PASSES, PENDING_GROUPS, SMALL_GROUPS, DepthPasses)
from vk_interop.depth_settings import DepthSettings
from vk_interop.device import ALL, Device, Submission
from vk_interop.pipelines import Descriptors
from vk_interop.resources import CACHED, DEVICE_LOCAL, Buffer, Image, Timestamps, image_barrier, upload
from vk_interop.sharing import SharedBuffer

# ProxyFrame of shaders/structs.glsl, 368 bytes. The frame's own values, then addresses that stay.
VIEW = Struct("<16f 4I 3f I 4f 3f I 24f")
LEAST_SLOTS, MOST_SLOTS = 3, 8
SLOT_BYTES = 56 * 10**6  # of all slots together, where that is more than the fewest
ADDRESSES = ("vertices", "indices", "vertex_run", "vertex_words", "meshlet", "packed", "cluster", "group", "seen",
             "pending", "small_list", "medium_list", "large_list", "draws", "counters", "texels", "pyramid", "report")
FRAME = np.dtype([("view", f"V{VIEW.size}"), *((name, "<u8") for name in ADDRESSES)])


def kind_of(device: Device, size: tuple[int, int], settings: DepthSettings) -> tuple:
    """What a target is made for."""
    return size, settings.drawn_by(device.is_cpu), settings.reach


def slots_for(device: Device, size: tuple[int, int]) -> int:
    """Frames that may be under way at once. GPUs take 1-2 ms turns with Vulkan's and CUDA's work, so short frames
    follow each other faster the more of them are ready: empty ones in 0.12 ms with 3 slots, 0.09 with 4, 0.05 with 8 on
    an H100. Large pictures take longer than a turn, and their slots more memory."""
    fitting = SLOT_BYTES // levels_nbytes(pyramid_sizes(*size))
    return LEAST_SLOTS if device.is_cpu else min(max(fitting, LEAST_SLOTS), MOST_SLOTS)


def levels_nbytes(sizes: list[tuple[int, int]]) -> int:
    """Of a depth's levels of these (width, height), float32."""
    return 4 * sum(width * height for width, height in sizes)


class Target:
    """Images of one size, and the passes recorded. Frames take turns on the images, so there is one of each but for the
    slots, which they go round. Raises DeviceError.

    signals  semaphores that each frame sets to its number
    timed    measures each pass, not only all of them
    """

    def __init__(self, device: Device, passes: DepthPasses, clusters: ClusterBuffers, size: tuple[int, int],
                 settings: DepthSettings, slots: int, signals: list, timed: bool):
        width, height = self.size = size
        if max(size) > device.largest_image:
            raise DeviceError(f"a picture of {width} x {height} is larger than {device.name} allows "
                              f"({device.largest_image}); use a smaller --size")
        self.device, self.clusters, self.kind = device, clusters, kind_of(device, size, settings)
        self.raster = settings.drawn_by(device.is_cpu)
        self.draws, self.rasterises = self.raster != "compute", self.raster != "vertex"
        self.reach, self.frames = settings.reach, 0  # that were drawn here
        with ExitStack() as made:
            self._make(passes, slots, signals, timed, made)
            self._made = made.pop_all()

    def _make(self, passes: DepthPasses, slots: int, signals: list, timed: bool, made: ExitStack):
        device, (width, height), own = self.device, self.size, lambda part: made.enter_context(closing(part))
        self.depth = own(Image(device, *(self.size if self.draws else (1, 1)), vk.VK_FORMAT_D32_SFLOAT,
                               vk.VK_IMAGE_USAGE_DEPTH_STENCIL_ATTACHMENT_BIT | vk.VK_IMAGE_USAGE_SAMPLED_BIT,
                               vk.VK_IMAGE_ASPECT_DEPTH_BIT))
        self.texels = own(Buffer(device, 4 * width * height if self.rasterises else 4, FILLED))
        levels = pyramid_sizes(width, height)[:OCCLUSION_LEVELS + 1]
        self.pyramid = own(Buffer(device, levels_nbytes(levels), STORAGE))
        self.counters = own(Buffer(device, 8 * COUNTERS, FILLED | vk.VK_BUFFER_USAGE_INDIRECT_BUFFER_BIT
                                   | vk.VK_BUFFER_USAGE_TRANSFER_SRC_BIT))
        upload(device, self.counters, np.tile(self._first_counters(), 2))
        device.run(self._prepare)
        self.slots = [own(Slot(self, passes, signals, timed)) for _ in range(slots)]

    @property
    def newest(self) -> Slot:
        """That was drawn last."""
        return self.slots[(self.frames - 1) % len(self.slots)]

    @property
    def coming(self) -> Slot:
        """That is drawn next."""
        return self.slots[self.frames % len(self.slots)]

    @property
    def nbytes(self) -> int:
        """On the device."""
        own = self.texels.nbytes + self.pyramid.nbytes + 4 * self.depth.width * self.depth.height
        return own + sum(slot.shared.nbytes for slot in self.slots)

    def close(self):
        self._made.close()

    def _first_counters(self) -> np.ndarray:
        """[COUNTERS] uint32, what a frame starts from: all zero but for the third dimension of the dispatches."""
        counters = np.zeros(COUNTERS, np.uint32)
        counters[PENDING_GROUPS + 2] = 1
        for groups, parts in ((SMALL_GROUPS, 1), (MEDIUM_GROUPS, MEDIUM_PARTS), (LARGE_GROUPS, self._large_parts())):
            counters[[groups + 2, PASS + groups + 2]] = parts
        return counters

    def _large_parts(self) -> int:
        """Workgroups for a cluster of large triangles. On lavapipe, which ends an invocation's loops after 65,535 steps
        in all, so many that none has more than 16 tiles: each takes 128 triangles 21 steps at most."""
        tiles = -(-self.size[0] // LARGE_TILE) * -(-self.size[1] // LARGE_TILE)
        return min(max(LARGE_PARTS, -(-tiles // 16)) if self.device.is_cpu else LARGE_PARTS, tiles)

    def _prepare(self, command):
        image_barrier(command, self.depth.handle, (ALL, 0, vk.VK_IMAGE_LAYOUT_UNDEFINED),
                      (ALL, vk.VK_ACCESS_2_MEMORY_WRITE_BIT, vk.VK_IMAGE_LAYOUT_GENERAL), vk.VK_IMAGE_ASPECT_DEPTH_BIT)


class Slot:
    """One frame's depth and what draws it."""

    def __init__(self, target: Target, passes: DepthPasses, signals: list, timed: bool):
        self.device = target.device
        self.frame = 0  # that was drawn here last
        self.passed: torch.cuda.Event | None = None  # once it has, CUDA reads this no more
        self.is_free = False  # that is known already
        with ExitStack() as made:
            self._make(target, passes, signals, timed, made)
            self._made = made.pop_all()

    def _make(self, target: Target, passes: DepthPasses, signals: list, timed: bool, made: ExitStack):
        device, own = self.device, lambda part: made.enter_context(closing(part))
        self.shared = own(SharedBuffer(device, levels_nbytes(pyramid_sizes(*target.size))))
        made.callback(self._let_go)
        self.levels = self.shared.tensor.view(torch.float32)
        self._report = own(Buffer(device, 4 * COUNTERS, STORAGE, host=True, wished=CACHED))
        self._words = self._report.array.view(np.uint32)
        self._frame = own(Buffer(device, FRAME.itemsize, vk.VK_BUFFER_USAGE_UNIFORM_BUFFER_BIT, host=True,
                                 wished=DEVICE_LOCAL))
        self.timestamps = own(Timestamps(device, len(PASSES) + 1 if timed else 2))
        self.descriptors = own(Descriptors(passes.layout, {
            0: self._frame, 1: (target.depth.view, vk.VK_IMAGE_LAYOUT_GENERAL)}))
        self.point_at(target)
        made.callback(self._free)
        self._submissions: dict[bool, Submission] = {}  # by whether a crop box cuts something off
        self._commands = []
        self._new_submission = partial(self._recorded, passes, target, signals, timed)
        self._submission(crops=False)

    @property
    def counters(self) -> list[int]:
        """COUNTERS of them, of the frame that was drawn here last. It must have finished."""
        return self._words.tolist()

    def draw(self, frame: int, view: tuple, crops: bool):
        """Submits it, with the values of a VIEW, of which a crop box cuts something off or not."""
        self.frame, self.passed, self.is_free = frame, None, False
        self.look(view)
        self._submission(crops).submit(signal_values=[frame, frame])

    def look(self, view: tuple):
        """Sets what the shaders are told of the frame."""
        VIEW.pack_into(self._frame.array, 0, *view)

    def point_at(self, target: Target):
        """Tells the shaders where everything is."""
        own = {"counters": target.counters, "texels": target.texels, "pyramid": target.pyramid, "report": self._report}
        for name in ADDRESSES:
            self._values[name] = own[name].address if name in own else target.clusters.address(name)

    def timestamp(self, command):
        """Records the time between passes, if they are timed one by one."""
        if self._timed:
            self.timestamps.write(command, self._moments)
            self._moments += 1

    def close(self):
        self._made.close()

    def _let_go(self):
        self.levels = None  # else the memory would stay lent

    def _free(self):
        for command in self._commands:
            self.device.free(command)

    def _submission(self, crops: bool) -> Submission:
        if crops not in self._submissions:
            self._submissions[crops] = self._new_submission(crops)
        return self._submissions[crops]

    def _recorded(self, passes, target, signals: list, timed: bool, crops: bool) -> Submission:
        self._commands.append(self.device.record(
            lambda command: self._record(command, passes, target, timed, crops)))
        return Submission(self.device, self._commands[-1:], signals=signals)

    @property
    def _values(self) -> np.ndarray:
        return self._frame.array.view(FRAME)[0]

    def _record(self, command, passes, target, timed: bool, crops: bool):
        self._timed, self._moments = timed, 0
        self.timestamps.reset(command)
        if not timed:
            self.timestamps.write(command, 0)
        passes.record(command, target, self, crops)
        if not timed:
            self.timestamps.write(command, 1)
        compute = vk.VK_PIPELINE_STAGE_2_COMPUTE_SHADER_BIT
        self.shared.release(command, compute, vk.VK_ACCESS_2_SHADER_STORAGE_WRITE_BIT)
