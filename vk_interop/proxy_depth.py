"""Proxy depth: the mesh -> linear view z and its max pyramid, each frame, in memory that the Gaussian stages read."""

from __future__ import annotations

import math
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace

import numpy as np
import torch

from gsrender.camera import Camera
from gsrender.crop import Crop
from gsrender.depth import DepthBuffer
from gsrender.frame import FrameStats
from vk_interop.cluster_buffers import ClusterBuffers
from vk_interop.cluster_lod import ClusterMesh
from vk_interop.depth_passes import PASSES, DepthPasses, read_counters, visible_depth
from vk_interop.depth_settings import DepthSettings
from vk_interop.depth_target import Slot, Target, kind_of, slots_for
from vk_interop.device import Device
from vk_interop.placing import NO_CROP, Placing
from vk_interop.proxy_surfaces import SurfacePass, Surfaces
from vk_interop.sharing import SharedBuffer, Timeline

NEAR = 0.01  # scene units; the smallest near plane of Proxy-GS' own depth, which a nearer camera.near does not lower
OCCLUSION, FROZEN = 1, 2  # flags of shaders/structs.glsl
NEVER = 0x3FFFFFFF  # a stamp that no frame has
MEMORY = {  # by name, what it is for
    "proxy mesh": "The proxy's triangles in clusters, at every level of detail.",
    "proxy depth": "Proxy depths and their max pyramids, of several frames: one is drawn while another is read."}
ASIDE = 60  # frames after the last one aside that its images are kept for the next one
SMALL_SIZE = {"vertex": -1.0, "hybrid": 128.0, "compute": 256.0}  # pixels; see ProxyFrame.small_size


class ProxyDepth:
    """Draws the depth of one mesh, two-sided, into a ring of shared slots.

    mesh      its clusters; `settings.lod_error` is the error of what is drawn
    settings  may be set to another DepthSettings at any time; the next frame follows
    placing   [4, 4], model from mesh: see `place`
    far       view z in scene units beyond which a surface counts as a miss
    slots     frames that may be under way at once, or None for as many as keep a GPU busy: see `slots_for`. The host
              waits only when all of them are
    timed     measures each pass by itself, which `passes` tells; costs a little

    Raises DeviceError.

    A frame writes a VIEW, 224 bytes, and submits one command buffer, recorded once for each slot of a picture size, and
    once more for frames with a crop box. The GPU waits forward only: CUDA for the depth. A slot is drawn again once the
    host has seen CUDA pass an event behind its readers. (A timeline that CUDA signals for it instead makes the GPU turn
    back to Vulkan after each frame: an empty frame then takes 1.4 ms on an H100 where frames follow each other, for
    0.12.)

    With a lod_error of p pixels a silhouette may be p pixels off, and a surface p pixels' worth nearer than the full
    one. So that nothing is culled that the full mesh shows, the depth for culling is the farthest of all texels within
    ceil(p), times 1 + p / focal length: a margin in view z that grows with the error that is drawn there.
    """

    def __init__(self, device: Device, mesh: ClusterMesh, settings: DepthSettings = DepthSettings(),
                 far: float = math.inf, slots: int | None = None, timed: bool = False,
                 placing: np.ndarray = np.eye(4)):
        self.device, self.settings, self.far, self._slots, self._timed = device, settings, far, slots, timed
        self._chosen = None  # camera, box and settings that the clusters drawn last were chosen for, and the frame
        self.place(placing)
        with ExitStack() as made:
            own = lambda part: made.enter_context(closing(part))
            self._clusters = own(ClusterBuffers(device, mesh))
            self._clusters.prepare(settings.drawn_by(device.is_cpu))
            self._passes = own(DepthPasses(device, self._clusters))
            self._surfaces = own(SurfacePass(device, self._passes, mesh.clusters["level"]))
            # Both count frames: `drawn` is CUDA's to wait for, `done` says the same to the host.
            self._drawn, self._done = (own(Timeline(device, exported)) for exported in (True, False))
            self._made = made.pop_all()  # what is closed with this
        self.has_levels = bool((mesh.clusters["level"] > 0).any())  # of detail; without, all is drawn at any lod_error
        self._closed = False
        # The newest frame submitted; the newest that is known to be done; the one whose counts were read.
        self._frame = self._seen = self._counted = 0
        self._nearby = self._clusters.radius * self._placing.unit / 4  # view z of what is visible, roughly
        self._target: Target | None = None
        self._retired: list[Target] = []  # of former sizes, still in use
        self._aside: Target | None = None  # for what is drawn within `aside`
        self._is_aside = False
        source = mesh.clusters["triangle_count"][mesh.clusters["level"] == 0]
        self._stats = FrameStats({"triangles": int(source.sum()), "clusters": len(mesh.clusters)})

    def render(self, camera: Camera, culling_camera: Camera | None = None, crop: Crop | None = None) -> DepthBuffer:
        """Submits the depth of this view, as culling reads it, and returns at once; the result's `ready` says when it
        is there.

        culling_camera  another one, whose clusters are drawn: what it does not see is missing
        crop            the mesh is cut off at this box, so that what is behind a surface outside of it is seen. Near
                        its faces a simplified surface counts only where the full one is surely inside

        It is overwritten once as many further frames as there are slots were asked for, and not before the stream has
        passed the `finished` that followed it. The near plane is max(camera.near, 0.01) scene units.
        Raises DeviceError.
        """
        if culling_camera is None:
            return self._submit(camera, crop, frozen=False)
        if self._chosen is None or self._chosen[:3] != (culling_camera, crop, self.settings):
            self._submit(culling_camera, crop, frozen=False)
        return self._submit(camera, crop, frozen=True)

    def prepare(self, lod_errors):
        """Makes what frames with these errors need besides, pixels, so that none of them waits for it. A frame must
        have been drawn. Raises DeviceError."""
        self._passes.prepare(self._target, [replace(self.settings, lod_error=error).reach for error in lod_errors])

    def place(self, placing: np.ndarray):
        """Lays the mesh elsewhere in the model, from the next frame on. The matrix turns, moves, and scales alike in
        all directions, so clusters and their errors hold as they are: a frame costs what it did."""
        self._placing, self._chosen = Placing(placing), None

    @property
    def placing(self) -> np.ndarray:
        """[4, 4] float64, model from mesh."""
        return self._placing.model_from_mesh

    @contextmanager
    def aside(self, settings: DepthSettings | None = None, placing: np.ndarray | None = None):
        """What is drawn within it, is drawn with these settings, the mesh lying there, and in images of its own: for
        pictures beside the frames, which go on as if nothing had been between them, their statistics too. What is not
        given is as outside."""
        before = self.settings, self._placing
        self.settings, self._placing = settings or self.settings, self._placing if placing is None else Placing(placing)
        self._target, self._aside, self._is_aside, self._chosen = self._aside, self._target, True, None
        try:
            yield
        finally:
            self.settings, self._placing = before
            self._target, self._aside, self._is_aside, self._chosen = self._aside, self._target, False, None

    def surfaces(self, camera: Camera, culling_camera: Camera | None = None, crop: Crop | None = None) -> Surfaces:
        """What `render` draws, as clusters and triangles. For looking at, not for frames: it waits and takes a slot."""
        self._clusters.prepare("vertex")
        self.render(camera, culling_camera, crop)
        slot = self._newest_slot()
        slot.look(self._view(camera, crop, FROZEN, "vertex"))  # of what was chosen just now
        slot.point_at(self._target)
        return self._surfaces.draw(self._target, slot)

    def drawn(self) -> torch.Tensor:
        """[H, W] float32, view z of the surface that the newest frame drew; +inf where nothing was hit. That is not
        what culling reads where triangles are simplified. For looking at, not for frames: it waits."""
        (width, height), slot = self._target.size, self._newest_slot()
        shared = SharedBuffer(self.device, 4 * width * height)
        try:
            self.device.run(lambda command: self._passes.resolve_drawn(command, self._target, slot, shared))
            return shared.tensor.view(torch.float32).view(height, width).clone()
        finally:
            shared.close()

    def finished(self, stream: int | None = None, depth: DepthBuffer | None = None):
        """All that reads `depth` (the newest, unless given) and earlier ones is on the CUDA stream now, or done. One
        that is read again, or after a later one was finished, is finished once more."""
        frame, passed = depth.ready.frame if depth else self._frame, None
        if stream is not None and self.device.shares_cuda:
            passed = torch.cuda.Event()
            passed.record(torch.cuda.ExternalStream(stream, self.device.torch_device))
        for slot in (slot for target in self._targets for slot in target.slots):
            if slot.frame == frame or 0 < slot.frame < frame and not slot.passed:
                slot.passed, slot.is_free = passed, False

    def outlasts(self, depth: DepthBuffer) -> bool:
        """Whether it is whole still, and stays so when one more frame is asked for."""
        return any(slot.frame == depth.ready.frame for slot in self._target.slots if slot is not self._target.coming)

    def stats(self) -> FrameStats:
        """Counts and GPU milliseconds of the last finished frame: one frame late, or what is known already."""
        slot = self._newest_done()
        if slot and slot.frame != self._counted:  # asking again costs, on lavapipe a wait for all that is under way
            counts, levels = read_counters(slot.counters, self._clusters.clusters)
            self._stats = FrameStats(self._stats.counts | counts,
                                     {"proxy depth": sum(slot.timestamps.milliseconds())}, levels=levels)
            self._counted = slot.frame
        return self._stats

    def passes(self) -> dict[str, float]:
        """GPU milliseconds of the last finished frame by pass; empty unless they are timed."""
        slot = self._newest_done()
        return dict(zip(PASSES, slot.timestamps.milliseconds())) if self._timed and slot else {}

    @property
    def memory(self) -> dict[str, int]:
        """Bytes on the device by name."""
        return dict(zip(MEMORY, (self._clusters.nbytes, sum(target.nbytes for target in self._targets))))

    def close(self):
        """Waits for Vulkan. Depth buffers that are still held keep their memory. Idempotent."""
        if self._closed:
            return
        self._closed = True
        self.device.wait_idle()
        for target in self._targets:
            target.close()
        self._made.close()
        self._target, self._aside, self._retired = None, None, []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _submit(self, camera: Camera, crop: Crop | None, frozen: bool) -> DepthBuffer:
        if self._aside and not self._is_aside and self._frame - self._aside.newest.frame > ASIDE:
            self._retired.append(self._aside)
            self._aside = None
        self._retired = [target for target in self._retired if not self._close_if_done(target)]
        size = camera.width, camera.height
        if self._target is None or self._target.kind != kind_of(self.device, size, self.settings):
            if self._target:
                self._retired.append(self._target)
            self._target = None  # should the new one fail
            self._clusters.prepare(self.settings.drawn_by(self.device.is_cpu))
            slots = self._slots or slots_for(self.device, size)
            self._target = Target(self.device, self._passes, self._clusters, size, self.settings, slots,
                                  [self._drawn.semaphore, self._done.semaphore], self._timed)
        slot = self._target.coming
        self._wait_for(slot)
        self._frame += 1
        self._target.frames += 1
        flags = OCCLUSION * self.settings.occlusion | FROZEN * frozen
        slot.draw(self._frame, self._view(camera, crop, flags, self._target.raster), crops=crop is not None)
        self._look_back()
        if not frozen:
            self._chosen = camera, crop, self.settings, self._frame
        return DepthBuffer(slot.levels, *size, Drawn(self._drawn, self._done, self._frame), crop)

    def _view(self, camera: Camera, crop: Crop | None, flags: int, raster: str) -> tuple:
        """The values of a VIEW, the frame's part of ProxyFrame in shaders/structs.glsl. Nothing is submitted before
        they are there, so they are Python's own numbers: 8 us, and 21 by way of small arrays."""
        placing, pixels, focal = self._placing, self.settings.lod_error, max(camera.fx, camera.fy)
        position, clip_x, clip_y, forward = placing.seen_by(camera)
        low, high, columns = placing.cropped(camera, crop) if crop else NO_CROP
        return (*position, max(camera.near, NEAR), *clip_x, self.far, *clip_y, focal * placing.unit, *forward,
                -1 if pixels is None else pixels, camera.width, camera.height, self._clusters.groups, flags,
                SMALL_SIZE[raster], 1 + (pixels or 0) / focal, self._nearby, self._frame & NEVER,
                *low, placing.unit, *high, self._chosen[3] & NEVER if self._chosen else NEVER, *columns)

    def _look_back(self):
        """Notes what is known of frames that are done: for the next one, while the GPU is at work on this one."""
        newest, coming = self._newest_done(), self._target.coming
        if newest:
            self._nearby = visible_depth(newest.counters)
        coming.is_free = coming.passed is not None and coming.passed.query()

    def _newest_slot(self) -> Slot:
        """Of the newest frame, once it is done."""
        self._done.wait(self._frame)
        return self._target.newest

    def _newest_done(self) -> Slot | None:
        self._seen = drawn = self._done.value
        newest = None
        for slot in self._target.slots if self._target else ():
            if 0 < slot.frame <= drawn and (newest is None or slot.frame > newest.frame):
                newest = slot
        return newest

    @property
    def _targets(self) -> list[Target]:
        return [*self._retired, *filter(None, [self._target, self._aside])]

    def _wait_for(self, slot: Slot):
        """Until neither side uses what was drawn there: the host's only wait, and only when the ring is full."""
        if slot.frame > self._seen:
            self._done.wait(slot.frame)
        if slot.passed and not slot.is_free:
            slot.passed.synchronize()

    def _close_if_done(self, target: Target) -> bool:
        drawn = self._done.value
        done = all(slot.frame <= drawn and (slot.passed is None or slot.passed.query()) for slot in target.slots)
        if done:
            target.close()
        return done


@dataclass(frozen=True)
class Drawn:
    """When a frame's depth is there: the `ready` of a DepthBuffer."""

    timeline: Timeline  # for CUDA's streams
    done: Timeline  # for the host
    frame: int

    def wait(self, stream: int | None = None):
        """As `Ready` says."""
        (self.done if stream is None else self.timeline).wait(self.frame, stream)
