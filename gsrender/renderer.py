"""The Gaussian half of the frame: cull, decode, project, sort, blend."""

from __future__ import annotations

import dataclasses
from contextlib import contextmanager
from functools import cached_property, partial

import torch

from gsrender._native import constants, ffi, library, pointer
from gsrender.buffers import MEMORY as OF_BUFFERS
from gsrender.buffers import Buffers, Room
from gsrender.camera import Camera
from gsrender.chunks import arranged, bounds, reach
from gsrender.depth import DepthBuffer
from gsrender.errors import DeviceError, InputError
from gsrender.fragments import fragments, suits
from gsrender.frame import Frame, FrameStats
from gsrender.frame_queue import Apart, CudaQueue, Done, HostQueue
from gsrender.inspection import Inspection, inspect
from gsrender.memory import MemoryLimit, NoRoom
from gsrender.model import LEVEL_MAPS, GaussianModel, Mlp, tensors_of
from gsrender.settings import CULLING, LARGEST_SIDE, RenderSettings

CHUNK_BYTES, REACH_BYTES = 13 * 4, 2 * 4  # of chunks.py: bounds of a chunk, reach of an anchor
NO_LIMIT = 64  # levels: more than any file may have
OUTPUTS = ("rgb", "alpha", "depth")
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


@contextmanager
def memory_or(sentence: str):
    """Turns torch's failure to allocate into a NoRoom of that sentence."""
    try:
        yield
    except DeviceError:
        raise
    except (RuntimeError, MemoryError) as error:
        # On the CPU torch has no error of its own for it, only this word in a RuntimeError's text.
        if isinstance(error, (torch.OutOfMemoryError, MemoryError)) or "alloc" in str(error):
            raise NoRoom(sentence) from error
        raise


def planned_memory(model: GaussianModel, outputs: tuple[str, ...], device: str) -> dict[str, int]:
    """The `memory` that a Renderer of the model will have on a device, `cuda` or `cpu`, before its first frame. Of the
    model only the shapes count. Raises DeviceError where there are too many items."""
    items, struct = model.items, ffi.new("GsModel *")
    struct.count = len(items)
    own = CHUNK_BYTES * -(-len(items) // constants.GS_CHUNK)
    if model.kind == "anchors":
        struct.offsets = items.offset.shape[1]
        mlps = (items.opacity_mlp, items.covariance_mlp, items.colour_mlp, items.bank_mlp)
        own += REACH_BYTES * len(items) + sum(t.nbytes for mlp in mlps if mlp for t in tensors_of(mlp)) + 16
        if device == "cuda" and suits(items):
            own += sum(fragments(mlp, struct.offsets).nbytes for mlp in mlps[:3])
    scratch = partial(scratch_bytes, library(device), struct)
    buffers = Buffers(model, outputs, scratch, MemoryLimit(), torch.device(device))
    return dict(zip(MEMORY, (model.nbytes, own))) | buffers.planned


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
        self._done: Done | None = None  # the last frame that is known to be finished
        self._finished = 0  # how many are
        self.queued = 0  # frames in all
        self.refusal: str | None = None  # why there will be no room for what that frame lacks
        self._native = library(model.device.type)
        self._queue = CudaQueue(self._native, model.device) if self.is_cuda else HostQueue(self._native)
        self._tensors: list[torch.Tensor] = []  # what the structs point to
        self._model = self._model_struct()
        self._view, self._buffers = ffi.new("GsView *"), ffi.new("GsBuffers *")
        with memory_or(f"not enough memory to draw {len(model.items):,} {model.kind}: close other programs or open a "
                       "smaller model"):
            limit = limit or MemoryLimit()
            limit.count(self.model)
            self.buffers = Buffers(model, outputs, partial(scratch_bytes, self._native, self._model), limit)
            limit.count(self)  # bounds and weights are there already
            self.buffers.fit(self.buffers.room)
        self._filled = 0  # which of the buffers the struct points to

    def render(self, camera: Camera, depth: DepthBuffer | None = None, settings: RenderSettings = RenderSettings(),
               items: torch.Tensor | None = None) -> Frame:
        """Draws a complete picture and waits for it. Its tensors hold until the next frame. Raises DeviceError where
        there is no room for it."""
        while True:
            frame = self.draw(camera, depth, settings, items=items)
            if not self.wait().incomplete:
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
        so do the next ones, and `refusal` says why. Raises NoRoom where there is none for a picture of that size.
        """
        if max(camera.width, camera.height) > LARGEST_SIDE:
            raise InputError(f"picture size {camera.width} x {camera.height}: at most {LARGEST_SIDE} pixels a side")
        culled = settings.culling_camera or camera
        if depth is not None and (depth.width, depth.height) != (culled.width, culled.height):
            raise InputError(f"depth of {depth.width} x {depth.height} for culling by a view of "
                             f"{culled.width} x {culled.height}: the sizes must be equal")
        if depth is not None and depth.crop != settings.crop:
            raise InputError(f"depth cut off at {depth.crop or 'no box'} for a picture with {settings.crop or 'none'}: "
                             "the crop boxes must be equal")
        self._collect(wait=self.is_cuda and self._queue.is_full)
        self._size_for(camera.width, camera.height)
        self._fill_view(self._view, camera, depth, settings, rgba)
        apart = None
        if settings.culling_camera is not None or items is not None:
            apart = Apart(ffi.new("GsView *"), items)
            self._fill_view(apart.view, culled, depth, settings, rgba)
        ready = depth.ready if depth is not None else None
        self._queue.submit(self._model, self._view, self._buffers, self.buffers.tensors, ready, apart)
        self.queued += 1
        return self.buffers.frame(rgba)

    def inspect(self, opacity: float = 0.0) -> Inspection:
        """What blending did in the frame that was drawn last, which must have been complete. Slow: for looking at it.

        opacity  of a splat that counts as the front one, at least
        """
        if self.wait().incomplete:  # its buffers have grown, and what it drew is gone
            raise RuntimeError("a frame that lacks items cannot be inspected: draw it again")
        return inspect(self._native, self._view, self._buffers, self.buffers.tensors, self.stats.counts["gaussians"],
                       opacity)

    @property
    def tile_splats(self) -> torch.Tensor:
        """[rows, columns] int32: how many splats the last frame had in the list of each tile of 16 x 16 pixels."""
        columns = -(-self._view.width // constants.GS_TILE)
        return self.buffers.tensors["pair_from_tile"].diff().view(-1, columns)

    @property
    def drawn_items(self) -> torch.Tensor:
        """[n] int32, ascending: which of the model's items the last frame kept. A view that the next one overwrites."""
        return self.buffers.tensors["item_from_visible"][:self.wait().counts["visible"]]

    def wait(self) -> FrameStats:
        """Waits for every frame that was put on the stream; the statistics of the last one."""
        while not self._queue.is_empty:
            self._collect(wait=True)
        return self.stats

    @property
    def stats(self) -> FrameStats:
        """Of the last frame that is known to be finished."""
        done = self._done
        if done is None:
            return FrameStats()
        counts = {"items": len(self.model.items), **done.counts}
        return FrameStats(counts, done.milliseconds, done.incomplete, frame=self._finished)

    @property
    def is_cuda(self) -> bool:
        return self.model.device.type == "cuda"

    @property
    def memory(self) -> dict[str, int]:
        """Bytes on the device by name."""
        return dict(zip(MEMORY, (self.model.nbytes, self._own_bytes))) | self.buffers.memory

    @cached_property
    def _own_bytes(self) -> int:
        """Of what the structs point to besides the model."""
        models = {t.data_ptr() for t in tensors_of(self.model.items)}
        return sum(t.nbytes for t in self._tensors if t.data_ptr() not in models)

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

    def _choose_appearance(self, row: int) -> None:
        table = self.model.items.appearance
        if not 0 <= row < len(table):
            raise InputError(f"appearance {row}: the embedding has rows 0 to {len(table) - 1}")
        self._model.appearance = pointer(table[row], "float *")

    def _fill_view(self, view, camera: Camera, depth: DepthBuffer | None, settings: RenderSettings, rgba) -> None:
        if self.model.kind == "anchors" and self.model.items.appearance is not None:
            self._choose_appearance(settings.appearance)
        view.camera_from_world = [v for row in camera.camera_from_world for v in row]
        view.position = camera.position.tolist()
        view.fx, view.fy, view.cx, view.cy, view.near = camera.fx, camera.fy, camera.cx, camera.cy, camera.near
        view.width, view.height = camera.width, camera.height
        view.whole_width, view.whole_height = camera.whole or (camera.width, camera.height)
        view.background = settings.background
        view.culling, view.margin = CULLING.index(settings.culling), settings.margin
        view.level_bias = settings.level_bias
        view.level_limit = NO_LIMIT if settings.level_limit is None else min(settings.level_limit, NO_LIMIT)
        view.crop.on = settings.crop is not None
        if settings.crop is not None:
            view.crop.low, view.crop.high = settings.crop.low, settings.crop.high
            view.crop.axes = [v for axis in settings.crop.axes for v in axis]
        view.depth = pointer(depth.levels if depth is not None else None, "float *")
        view.rgba = pointer(self.buffers.tensors["rgba"] if rgba is None else rgba, "unsigned char *")

    def _model_struct(self):
        items, s = self.model.items, ffi.new("GsModel *")
        s.count = len(items)
        s.position, s.scale = self._floats(items.position), self._floats(items.scale)
        s.rotation = self._floats(items.rotation)
        s.chunks = ffi.cast("GsChunk *", self._floats(bounds(items)))
        if self.model.kind == "splats":
            s.kind, s.sh_degree = self._native.GS_SPLATS, items.sh_degree
            s.opacity, s.sh = self._floats(items.opacity), self._array(items.sh, items.sh.dtype)
            s.sh_half = items.sh.dtype == torch.float16
            return s
        s.kind, s.offsets, s.features = self._native.GS_ANCHORS, items.offset.shape[1], items.feature.shape[1]
        s.offset, s.feature = self._floats(items.offset), self._floats(items.feature)
        s.level, s.extra_level = self._floats(items.level), self._floats(items.extra_level)
        s.reach = self._floats(reach(items))
        s.voxel_size, s.standard_distance, s.fork = items.voxel_size, items.standard_distance, items.fork
        s.levels, s.level_map = items.levels, LEVEL_MAPS.index(items.level_map)
        mlps = items.opacity_mlp, items.covariance_mlp, items.colour_mlp, items.bank_mlp
        weights = [w for mlp in mlps if mlp for w in (mlp.weight1, mlp.bias1, mlp.weight2, mlp.bias2)]
        packed = torch.cat([w.reshape(-1) for w in weights] + [weights[0].new_zeros(4)])  # spare: read four at a time
        s.weights, at = self._floats(packed), 0
        on_tensor_cores = self.is_cuda and suits(items)
        for name, mlp in zip(("opacity_mlp", "covariance_mlp", "colour_mlp", "bank_mlp"), mlps):
            if mlp:
                laid_out = self._floats(fragments(mlp, s.offsets)) if on_tensor_cores else ffi.NULL
                setattr(s, name, self._mlp(mlp, s.weights + at, laid_out))
                at += sum(w.numel() for w in (mlp.weight1, mlp.bias1, mlp.weight2, mlp.bias2))
        return s

    def _mlp(self, mlp: Mlp, weights, laid_out) -> dict:
        widest = max(mlp.inputs, mlp.hidden, mlp.outputs)
        if widest > self._native.GS_MAX_WIDTH:
            raise InputError(f"{self.model.path}: a decoder is {widest} wide; at most {self._native.GS_MAX_WIDTH} is "
                             "drawn")
        bias1 = weights + mlp.inputs * mlp.hidden
        weight2 = bias1 + mlp.hidden
        return dict(weight1=weights, bias1=bias1, weight2=weight2, bias2=weight2 + mlp.hidden * mlp.outputs,
                    features=mlp.features, distance=mlp.distance, level=mlp.level, appearance=mlp.appearance,
                    inputs=mlp.inputs, hidden=mlp.hidden, outputs=mlp.outputs, fragments=laid_out)

    def _floats(self, tensor: torch.Tensor):
        return ffi.cast("float *", self._array(tensor, torch.float32))

    def _array(self, tensor: torch.Tensor, dtype: torch.dtype):
        tensor = tensor.detach().contiguous().to(dtype)
        self._tensors.append(tensor)
        return pointer(tensor, "void *")
