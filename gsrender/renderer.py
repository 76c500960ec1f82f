"""The Gaussian half of the frame: cull, decode, project, sort, blend."""

from __future__ import annotations

from collections import deque
from contextlib import contextmanager

import torch

from gsrender._native import check, ffi, library, pointer
from gsrender.buffers import Buffers
from gsrender.camera import Camera
from gsrender.clock import CudaRecord, HostRecord
from gsrender.depth import DepthBuffer
from gsrender.errors import DeviceError, InputError
from gsrender.frame import Frame, FrameStats
from gsrender.model import LEVEL_MAPS, GaussianModel, Mlp
from gsrender.settings import CULLING, RenderSettings

OUTPUTS = ("rgb", "alpha", "depth")
IN_FLIGHT = 4  # frames the host may be ahead of a CUDA stream
LARGEST_SIDE = 16384  # pixels; tile rectangles hold tile numbers of 16 bits, and memory ends long before


def _stage_names(native) -> list[str]:
    names = []
    while (name := native.gs_stage_name(len(names))) != ffi.NULL:
        names.append(ffi.string(name).decode())
    return names


@contextmanager
def memory_or(sentence: str):
    """Turns torch's failure to allocate into a DeviceError of that sentence."""
    try:
        yield
    except DeviceError:
        raise
    except (RuntimeError, MemoryError) as error:  # torch.OutOfMemoryError, and a bare RuntimeError on the CPU
        raise DeviceError(sentence) from error


class Renderer:
    """Draws one model on the device that its tensors are on.

    outputs  which of `OUTPUTS` a Frame carries besides the RGBA8 picture
    """

    def __init__(self, model: GaussianModel, outputs: tuple[str, ...] = OUTPUTS):
        self.model = model
        self.stats = FrameStats()  # of the last frame that is known to be finished
        self._native = library(model.device.type)
        self.stages = _stage_names(self._native)  # "decode+project" where two are done at once
        self._tensors: list[torch.Tensor] = []  # what the structs point to
        self._model = self._model_struct()
        self._view, self._buffers = ffi.new("GsView *"), ffi.new("GsBuffers *")
        with memory_or(f"not enough memory to draw {len(model.items):,} {model.kind}: close other programs or open a "
                       "smaller model"):
            self.buffers = Buffers(model, outputs)
        self._pending: deque = deque()
        self._records: list = []

    def render(self, camera: Camera, depth: DepthBuffer | None = None,
               settings: RenderSettings = RenderSettings()) -> Frame:
        """Draws a complete picture and waits for it. Its tensors hold until the next frame."""
        while True:
            frame = self.draw(camera, depth, settings)
            if not self.wait().incomplete:
                return frame

    def draw(self, camera: Camera, depth: DepthBuffer | None = None, settings: RenderSettings = RenderSettings(),
             rgba: torch.Tensor | None = None) -> Frame:
        """Puts a frame on the current CUDA stream, or draws it on the CPU, and does not wait for it.

        rgba   [H, W, 4] uint8 on the model's device to write the picture to
        depth  of the same size as the camera's picture

        Where a buffer turned out too small, this one picture lacks items and its `stats` say so.
        """
        if max(camera.width, camera.height) > LARGEST_SIDE:
            raise InputError(f"picture size {camera.width} x {camera.height}: at most {LARGEST_SIDE} pixels a side")
        if depth is not None and (depth.width, depth.height) != (camera.width, camera.height):
            raise InputError(f"depth of {depth.width} x {depth.height} for a picture of "
                             f"{camera.width} x {camera.height}: the sizes must be equal")
        self._collect(len(self._pending) >= IN_FLIGHT)
        stream = self._prepare(camera, depth, settings, rgba)
        pointer_to_stream = ffi.cast("void *", stream or 0)
        record = self._records.pop() if self._records else self._new_record()
        if depth is not None and depth.ready is not None:
            depth.ready.wait(stream)
        record.upload(self._view, self.buffers.tensors.get("view"))
        for number, stage in enumerate(self.stages):
            record.mark(stage)
            check(self._native, self._native.gs_stage(number, self._model, self._view, self._buffers, pointer_to_stream))
        record.finish(self.buffers.tensors["counts"])
        self._pending.append(record)
        if self.model.device.type == "cpu":
            self.wait()
        return self.buffers.frame(rgba)

    def wait(self) -> FrameStats:
        """Waits for every frame that was put on the stream; the statistics of the last one."""
        while self._pending:
            self._collect(wait=True)
        return self.stats

    @property
    def memory(self) -> dict[str, int]:
        """Bytes on the device by name."""
        return {"model": self.model.nbytes, **{name: t.nbytes for name, t in self.buffers.tensors.items()}}

    def _collect(self, wait: bool) -> None:
        """Reads the counters of finished frames and grows what was too small."""
        while self._pending and (wait or self._pending[0].is_ready()):
            record = self._pending.popleft()
            counts, milliseconds = record.read()
            if isinstance(record, CudaRecord):
                self._records.append(record)
            with memory_or(f"not enough memory for {counts['gaussians']:,} Gaussians and {counts['pairs']:,} tile "
                           "pairs: draw a smaller picture or cull more"):
                incomplete = self.buffers.grow(counts)
            self.stats = FrameStats({"items": len(self.model.items), **counts}, milliseconds, incomplete)
            wait = False

    def _prepare(self, camera, depth, settings, rgba) -> int | None:
        with memory_or(f"not enough memory for a picture of {camera.width} x {camera.height}: draw a smaller one"):
            self.buffers.resize(camera.width, camera.height)
        self._fill_view(camera, depth, settings)
        if self._model.kind == self._native.GS_ANCHORS and self.model.items.appearance is not None:
            table = self.model.items.appearance
            if not 0 <= settings.appearance < len(table):
                raise InputError(f"appearance {settings.appearance}: the embedding has rows 0 to {len(table) - 1}")
            self._model.appearance = pointer(table[settings.appearance], "float *")
        self._view.rgba = pointer(self.buffers.tensors["rgba"] if rgba is None else rgba, "unsigned char *")
        self.buffers.fill(self._buffers)
        self.buffers.scratch(self._native.gs_scratch_bytes(self._model, self._view, self._buffers))
        self.buffers.fill(self._buffers)
        return torch.cuda.current_stream(self.model.device).cuda_stream if self.model.device.type == "cuda" else None

    def _fill_view(self, camera: Camera, depth: DepthBuffer | None, settings: RenderSettings) -> None:
        view = self._view
        view.camera_from_world = [v for row in camera.camera_from_world for v in row]
        view.position = camera.position.tolist()
        view.fx, view.fy, view.cx, view.cy, view.near = camera.fx, camera.fy, camera.cx, camera.cy, camera.near
        view.width, view.height = camera.width, camera.height
        view.background = settings.background
        view.culling, view.margin = CULLING.index(settings.culling), settings.margin
        view.depth = pointer(depth.levels if depth is not None else None, "float *")

    def _new_record(self):
        return CudaRecord() if self.model.device.type == "cuda" else HostRecord()

    def _model_struct(self):
        items, s = self.model.items, ffi.new("GsModel *")
        s.count = len(items)
        s.position, s.scale, s.rotation = self._floats(items.position), self._floats(items.scale), self._floats(items.rotation)
        if self.model.kind == "splats":
            s.kind, s.sh_degree = self._native.GS_SPLATS, items.sh_degree
            s.opacity, s.sh = self._floats(items.opacity), self._floats(items.sh)
            return s
        s.kind, s.offsets, s.features = self._native.GS_ANCHORS, items.offset.shape[1], items.feature.shape[1]
        s.offset, s.feature = self._floats(items.offset), self._floats(items.feature)
        s.level, s.extra_level = self._floats(items.level), self._floats(items.extra_level)
        reach = torch.stack([(items.offset * items.scale[:, None, :3]).norm(dim=2).amax(1), items.scale[:, 3:].amax(1)], 1)
        s.reach = self._floats(reach)
        s.voxel_size, s.standard_distance, s.fork = items.voxel_size, items.standard_distance, items.fork
        s.levels, s.level_map = items.levels, LEVEL_MAPS.index(items.level_map)
        s.opacity_mlp = self._mlp(items.opacity_mlp)
        s.covariance_mlp = self._mlp(items.covariance_mlp)
        s.colour_mlp = self._mlp(items.colour_mlp)
        s.bank_mlp = self._mlp(items.bank_mlp)
        return s

    def _mlp(self, mlp: Mlp | None) -> dict:
        if mlp is None:
            return {}
        widest = max(mlp.inputs, mlp.hidden, mlp.outputs)
        if widest > self._native.GS_MAX_WIDTH:
            raise InputError(f"{self.model.path}: a decoder is {widest} wide; at most {self._native.GS_MAX_WIDTH} is drawn")
        return dict(weight1=self._floats(mlp.weight1), bias1=self._floats(mlp.bias1), weight2=self._floats(mlp.weight2),
                    bias2=self._floats(mlp.bias2), features=mlp.features, distance=mlp.distance, level=mlp.level,
                    appearance=mlp.appearance, inputs=mlp.inputs, hidden=mlp.hidden, outputs=mlp.outputs)

    def _floats(self, tensor: torch.Tensor):
        tensor = tensor.detach().contiguous().float()
        self._tensors.append(tensor)
        return pointer(tensor, "float *")
