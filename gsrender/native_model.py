"""A model as the stages are given it: a GsModel, and what it points to besides the model's own tensors."""

from __future__ import annotations

from functools import cached_property

import torch

from gsrender._native import constants, ffi, pointer
from gsrender.chunks import bounds, reach
from gsrender.errors import InputError
from gsrender.fragments import fragments, suits
from gsrender.model import LEVEL_MAPS, Anchors, GaussianModel, Mlp, Splats, tensors_of

SPARE_WEIGHTS = 4  # float32 behind the last one: a kernel reads four at a time
REACH_BYTES = 2 * 4  # of an anchor, see `reach`


class NativeModel:
    """`struct` is the GsModel of an arranged model, and holds as long as this. Raises InputError for a model that
    cannot be drawn."""

    def __init__(self, model: GaussianModel):
        self.struct = ffi.new("GsModel *")
        self._model, self._tensors = model, []  # the latter: what the struct points to
        items, s = model.items, self.struct
        s.count = len(items)
        s.position, s.scale = self._floats(items.position), self._floats(items.scale)
        s.rotation = self._floats(items.rotation)
        s.chunks = ffi.cast("GsChunk *", self._floats(bounds(items)))
        if model.kind == "splats":
            self._fill_splats(items)
        else:
            self._fill_anchors(items)
            self._fill_decoders(items)

    @cached_property
    def nbytes(self) -> int:
        """Of what the struct points to besides the model."""
        models = {t.data_ptr() for t in tensors_of(self._model.items)}
        return sum(t.nbytes for t in self._tensors if t.data_ptr() not in models)

    def choose_appearance(self, row: int) -> None:
        """Of the appearance embedding, where the model has one. Raises InputError."""
        table = self._model.items.appearance if self._model.kind == "anchors" else None
        if table is None:
            return
        if not 0 <= row < len(table):
            raise InputError(f"appearance {row}: the embedding has rows 0 to {len(table) - 1}")
        self.struct.appearance = pointer(table[row], "float *")

    def _fill_splats(self, items: Splats) -> None:
        s = self.struct
        s.kind, s.sh_degree = constants.GS_SPLATS, items.sh_degree
        s.opacity, s.sh = self._floats(items.opacity), self._array(items.sh, items.sh.dtype)
        s.sh_half = items.sh.dtype == torch.float16

    def _fill_anchors(self, items: Anchors) -> None:
        s = self.struct
        s.kind, s.offsets, s.features = constants.GS_ANCHORS, items.offset.shape[1], items.feature.shape[1]
        s.offset, s.feature = self._floats(items.offset), self._floats(items.feature)
        s.level, s.extra_level = self._floats(items.level), self._floats(items.extra_level)
        s.reach = self._floats(reach(items))
        s.voxel_size, s.standard_distance, s.fork = items.voxel_size, items.standard_distance, items.fork
        s.levels, s.level_map = items.levels, LEVEL_MAPS.index(items.level_map)

    def _fill_decoders(self, items: Anchors) -> None:
        s, mlps = self.struct, items.mlps
        weights = [tensor.reshape(-1) for mlp in mlps.values() for tensor in tensors_of(mlp)]
        s.weights = at = self._floats(torch.cat([*weights, weights[0].new_zeros(SPARE_WEIGHTS)]))
        on_tensor_cores = self._model.device.type == "cuda" and suits(items)
        for name, mlp in mlps.items():
            laid_out = self._floats(fragments(mlp, s.offsets)) if on_tensor_cores else ffi.NULL
            setattr(s, name, self._mlp(mlp, at, laid_out))
            at += sum(tensor.numel() for tensor in tensors_of(mlp))

    def _mlp(self, mlp: Mlp, weights, laid_out) -> dict:
        widest = max(mlp.inputs, mlp.hidden, mlp.outputs)
        if widest > constants.GS_MAX_WIDTH:
            raise InputError(f"{self._model.path}: a decoder is {widest} wide; at most {constants.GS_MAX_WIDTH} is "
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


def planned_struct(model: GaussianModel):
    """A GsModel that says how much there is of everything, and no more."""
    struct = ffi.new("GsModel *", {"count": len(model.items)})
    if model.kind == "anchors":
        struct.offsets = model.items.offset.shape[1]
    return struct


def planned_nbytes(model: GaussianModel, device: str) -> int:
    """The `nbytes` that a NativeModel will have on a device, `cuda` or `cpu`. Of the model only the shapes count."""
    items = model.items
    nbytes = ffi.sizeof("GsChunk") * -(-len(items) // constants.GS_CHUNK)
    if model.kind == "anchors":
        weights = sum(tensor.nbytes for mlp in items.mlps.values() for tensor in tensors_of(mlp))
        nbytes += REACH_BYTES * len(items) + weights + 4 * SPARE_WEIGHTS
        if device == "cuda" and suits(items):
            nbytes += sum(fragments(mlp, items.offset.shape[1]).nbytes for mlp in items.mlps.values())
    return nbytes
