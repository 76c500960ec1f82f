"""The Gaussian half of the frame: cull, decode, project, sort, blend."""

from __future__ import annotations

import dataclasses
from functools import partial

import torch

from gsrender._native import ffi, library, pointer
from gsrender.buffers import MEMORY as OF_BUFFERS
from gsrender.buffers import OUTPUTS, Buffers, Room
from gsrender.camera import Camera
from gsrender.chunks import arranged
from gsrender.depth import DepthBuffer
from gsrender.errors import DeviceError, InputError
from gsrender.frame import Frame, FrameStats
from gsrender.frame_queue import Apart, CudaQueue, Done, HostQueue
from gsrender.in_view import count_in_view
from gsrender.inspection import Inspection, inspect
from gsrender.memory import MemoryLimit, NoRoom, memory_or
from gsrender.model import MOST_LEVELS, GaussianModel
from gsrender.native_model import NativeModel, planned_nbytes, planned_struct
from gsrender.settings import CULLING, LARGEST_SIDE, RenderSettings

MEMORY = {  # by name, what it is for
    "model": "The model as it was trained: places, shapes, colours or features, an entry for each item.",
    "worked out of the model": "Boxes around neighbouring items, how far each anchor's Gaussians reach, and the "
                               "decoders' weights as the stages read them.",
    **OF_BUFFERS}


def scratch_bytes(native, model, room: Room) -> int:
    """What the stages want besides, for a GsModel."""
    view = ffi.new("GsView *", {"width": room.width, "height": room.height})
    buffers = ffi.new("GsBuffers *", {"gaussian_capacity": room.gaussians, "pair_capacity": room.pairs})
    return native.gs_scratch_bytes(model, view, buffers)


def planned_memory(model: GaussianModel, outputs: tuple[str, ...], device: str) -> dict[str, int]:
    """The `memory` that a Renderer of the model will have on a device, `cuda` or `cpu`, before its first frame. Of the
    model only the shapes count. Raises DeviceError where there are too many items."""
    scratch = partial(scratch_bytes, library(device), planned_struct(model))
    buffers = Buffers(model, outputs, scratch, MemoryLimit(), torch.device(device))
    return dict(zip(MEMORY, (model.nbytes, planned_nbytes(model, device)))) | buffers.planned


class Renderer:
    """Draws one model on the device that its tensors are on.

    outputs  which of `OUTPUTS` a Frame carries besides the RGBA8 picture
    limit    how much memory may be taken, and what is; without one, whatever the device has

    `.model` is a copy with its items in another order (chunks.py): drop the one that came in where memory is short.
    Raises InputError for a model that cannot be drawn, DeviceError where there is no memory for it.
    """

    def __init__(self, model: GaussianModel, outputs: tuple[str, ...] = OUTPUTS,
                 limit: MemoryLimit | None = None):
        if not len(model.items):
            raise InputError(f"{model.path or 'the model'}: 0 {model.kind}, and there is something to draw from 1 on")
        with memory_or(f"not enough memory to arrange {len(model.items):,} {model.kind}: open a smaller model"):
            self.model = model = arranged(model)
        self.is_cuda = model.device.type == "cuda"
        self._done: Done | None = None  # the last frame that is known to be finished
        self._finished = 0  # how many are
        self._stats = FrameStats()  # of it, once they were asked for
        self.queued = 0  # frames in all
        self.refusal: str | None = None  # why there will be no room for what that frame lacks
        self._native = library(model.device.type)
        self._queue = CudaQueue(self._native, model.device) if self.is_cuda else HostQueue(self._native)
        self._model = NativeModel(model)
        self._view, self._buffers = ffi.new("GsView *"), ffi.new("GsBuffers *")
        with memory_or(f"not enough memory to draw {len(model.items):,} {model.kind}: close other programs or open a "
                       "smaller model"):
            limit = limit or MemoryLimit()
            limit.count(self.model)
            self.buffers = Buffers(model, outputs, partial(scratch_bytes, self._native, self._model.struct),
                                   limit)
            limit.count(self)  # bounds and weights are there already
            self.buffers.fit(self.buffers.room)
        self._filled = 0  # which of the buffers the struct points to

    def render(self, camera: Camera, depth: DepthBuffer | None = None, settings: RenderSettings = RenderSettings(),
               items: torch.Tensor | None = None) -> Frame:
        """Draws a complete picture and waits for it. Its tensors hold until the next frame. Raises DeviceError where
        there is no room for it."""
        while True:
            frame = self.draw(camera, depth, settings, items=items)
            if self.wait():
                return frame
            if self.refusal:
                raise NoRoom(self.refusal)

    def draw(self, camera: Camera, depth: DepthBuffer | None = None, settings: RenderSettings = RenderSettings(),
             rgba: torch.Tensor | None = None, items: torch.Tensor | None = None) -> Frame:
        """Puts a frame on the current CUDA stream, or draws it on the CPU, and does not wait for it.

        rgba   [H, W, 4] uint8 on the model's device to write the picture to
        depth  of the view of the camera, or of the culling camera where the settings have one, and of its size
        items  [n] int32 ascending: draws these of the model's items, as they come, in place of those that cull keeps

        Where a buffer turned out too small, this one picture lacks items and its `stats` say so; where it cannot grow,
        so do the next ones, and `refusal` says why. Raises NoRoom where there is none for a picture of that size, and
        InputError where sizes or crop boxes do not belong together.
        """
        culled_by = settings.culling_camera or camera
        _check(camera, culled_by, depth, settings)
        self._collect(wait=self._queue.is_full)
        self._size_for(camera.width, camera.height)
        self._fill_view(self._view, camera, depth, settings, rgba)
        apart = None
        if settings.culling_camera is not None or items is not None:
            apart = Apart(ffi.new("GsView *"), items)
            self._fill_view(apart.view, culled_by, depth, settings, rgba)
        ready = depth.ready if depth is not None else None
        self._queue.submit(self._model.struct, self._view, self._buffers, self.buffers.tensors, ready, apart)
        self.queued += 1
        return self.buffers.frame(rgba)

    def inspect(self, opacity: float = 0.0) -> Inspection:
        """What blending did in the frame that was drawn last, which must have been complete. Slow: for looking at it.

        opacity  of a splat that counts as the front one, at least
        """
        if not self.wait():  # its buffers have grown, and what it drew is gone
            raise RuntimeError("a frame that lacks items cannot be inspected: draw it again")
        return inspect(self._native, self._view, self._buffers, self.buffers.tensors, self.stats.counts["gaussians"],
                       opacity)

    def in_view(self, camera: Camera, settings: RenderSettings = RenderSettings()) -> int:
        """How many items pass the crop box and the level of detail and are in the picture, hidden or not. On the CPU
        alone, where it takes what cull does: on CUDA it would wait for the frames that are under way."""
        view, settings = ffi.new("GsView *"), dataclasses.replace(settings, culling="off")
        self._fill_view(view, settings.culling_camera or camera, None, settings, None)
        return count_in_view(self._native, self._model.struct, view,
                             scratch_bytes(self._native, self._model.struct, Room(0, 0)))

    @property
    def tile_splats(self) -> torch.Tensor:
        """[rows, columns] int32: how many splats the last frame had in the list of each tile."""
        return self.buffers.tensors["pair_from_tile"].diff().view(-1, self.buffers.room.columns)

    @property
    def drawn_items(self) -> torch.Tensor:
        """[n] int32, ascending: which of the model's items the last frame kept. A view that the next one overwrites."""
        self.wait()
        return self.buffers.tensors["item_from_visible"][:self.stats.counts["visible"]]

    def wait(self) -> bool:
        """Waits for every frame that was put on the stream. False where the last one lacks items."""
        while not self._queue.is_empty:
            self._collect(wait=True)
        return self._done is None or not self._done.incomplete

    @property
    def is_finished(self) -> bool:
        """Whether every frame that was put on the stream is. Waits for none."""
        self._collect(wait=False)
        return self._queue.is_empty

    @property
    def stats(self) -> FrameStats:
        """Of the last frame that is known to be finished."""
        done = self._done
        if self._stats.frame != self._finished:
            counts = {"items": self._model.struct.count, **done.counts}
            self._stats = FrameStats(counts, done.milliseconds, done.incomplete, frame=self._finished)
        return self._stats

    @property
    def memory(self) -> dict[str, int]:
        """Bytes on the device by name."""
        return dict(zip(MEMORY, (self.model.nbytes, self._model.nbytes))) | self.buffers.memory

    @property
    def nbytes(self) -> int:
        """Of all that, less the model."""
        return sum(self.memory.values()) - self.model.nbytes

    def _collect(self, wait: bool) -> None:
        """Reads the counts of frames that are finished, of the oldest with `wait`, and grows what was too small."""
        while (done := self._queue.collect(wait)) is not None:
            self.refusal = self._grow(done.counts) if done.incomplete else None
            self._done, self._finished, wait = done, self._finished + 1, False

    def _grow(self, counts: dict[str, int]) -> str | None:
        """Makes room for a frame with these counts, or says why not."""
        try:
            with memory_or(f"not enough memory for {counts['gaussians']:,} Gaussians and {counts['pairs']:,} tile "
                           "pairs: draw a smaller picture or cull more"):
                try:
                    self.buffers.fit(self.buffers.room_for(counts))
                except NoRoom:
                    self.buffers.fit(self.buffers.room_for(counts, spare=1))
        except DeviceError as error:
            return str(error)
        return None

    def _size_for(self, width: int, height: int) -> None:
        buffers = self.buffers
        if (buffers.room.width, buffers.room.height) != (width, height):
            with memory_or(f"not enough memory for a picture of {width} x {height}: draw a smaller one"):
                buffers.fit(dataclasses.replace(buffers.room, width=width, height=height))
        if self._filled != buffers.made:
            buffers.fill(self._buffers)
            self._filled = buffers.made

    def _fill_view(self, view, camera: Camera, depth: DepthBuffer | None, settings: RenderSettings, rgba) -> None:
        self._model.choose_appearance(settings.appearance)
        view.camera_from_world = [v for row in camera.camera_from_world for v in row]
        view.position = camera.origin
        view.fx, view.fy, view.cx, view.cy, view.near = camera.fx, camera.fy, camera.cx, camera.cy, camera.near
        view.width, view.height = camera.width, camera.height
        view.whole_width, view.whole_height = camera.whole or (camera.width, camera.height)
        view.background = settings.background
        view.culling, view.margin = CULLING.index(settings.culling), settings.margin
        view.level_bias = settings.level_bias
        view.level_limit = MOST_LEVELS if settings.level_limit is None else min(settings.level_limit, MOST_LEVELS)
        view.crop.on = settings.crop is not None
        if settings.crop is not None:
            view.crop.low, view.crop.high = settings.crop.low, settings.crop.high
            view.crop.axes = [v for axis in settings.crop.axes for v in axis]
        view.depth = pointer(depth.levels if depth is not None else None, "float *")
        view.rgba = pointer(self.buffers.tensors["rgba"] if rgba is None else rgba, "unsigned char *")


def _check(camera: Camera, culled_by: Camera, depth: DepthBuffer | None, settings: RenderSettings) -> None:
    """Raises InputError for what cannot be drawn, or does not belong together."""
    if max(camera.width, camera.height) > LARGEST_SIDE:
        raise InputError(f"picture size {camera.width} x {camera.height}: at most {LARGEST_SIDE} pixels a side")
    if depth is not None and (depth.width, depth.height) != (culled_by.width, culled_by.height):
        raise InputError(f"depth of {depth.width} x {depth.height} for culling by a view of "
                         f"{culled_by.width} x {culled_by.height}: the sizes must be equal")
    if depth is not None and depth.crop != settings.crop:
        raise InputError(f"depth cut off at {depth.crop or 'no box'} for a picture with {settings.crop or 'none'}: "
                         "the crop boxes must be equal")
