"""The memory a frame works in: allocated between frames, never inside one."""

from __future__ import annotations

import torch

from gsrender._native import constants, ffi, pointer
from gsrender.errors import DeviceError
from gsrender.frame import Frame
from gsrender.model import GaussianModel

COUNTS = ("lod", "visible", "gaussians", "drawn", "pairs")  # the first fields of GsCounts
COUNTS_WORDS = ffi.sizeof("GsCounts") // 8
GAUSSIAN_FLOATS = ffi.sizeof("GsGaussian") // 4
SPLAT_FLOATS = ffi.sizeof("GsSplat") // 4
MOST = 2**31  # entries of a buffer: indices are 32 bits
SPARE = 1.25  # what a buffer that was too small gets, times what the frame needed: the next view needs more


class Buffers:
    """Tensors behind a GsBuffers. Capacities begin at what the model suggests and only grow."""

    def __init__(self, model: GaussianModel, outputs: tuple[str, ...]):
        items = model.items
        self.device, self.outputs, self.width, self.height = model.device, outputs, 0, 0
        count, per_item = len(items), (items.offset.shape[1] if model.kind == "anchors" else 1)
        if count * per_item >= MOST:
            raise DeviceError(f"{count:,} {model.kind} of {per_item} Gaussians: fewer than 2^31 in all are drawn")
        # Anchors make six Gaussians each where they make any (`block`), but a view sees a sixth of them.
        self.gaussian_capacity = min(count * per_item, max(2 * count, 1 << 16))
        self.pair_capacity = max(4 * self.gaussian_capacity, 1 << 18)
        self.tensors = {
            "counts": self._new(COUNTS_WORDS, torch.int64),
            "item_from_visible": self._new(count, torch.int32),
        }
        if self.device.type == "cuda":
            self.tensors["view"] = self._new(ffi.sizeof("GsView"), torch.uint8)
        self._size_gaussians()
        self._size_pairs()

    def resize(self, width: int, height: int) -> None:
        """Makes room for a picture of another size."""
        self.width, self.height = width, height
        tiles = -(-width // constants.GS_TILE) * -(-height // constants.GS_TILE)
        self.tensors["pair_from_tile"] = self._new(tiles + 1, torch.int32)
        self.tensors["rgba"] = self._new((height, width, 4), torch.uint8)
        for name, shape in (("rgb", (height, width, 3)), ("alpha", (height, width)), ("depth", (height, width))):
            if name in self.outputs:
                self.tensors[name] = self._new(shape)

    def grow(self, counts: dict[str, int]) -> None:
        """Grows what a frame with these counts does not fit into."""
        for name in ("gaussians", "pairs"):
            if counts[name] * SPARE >= MOST:
                raise DeviceError(f"the picture needs {counts[name]:,} {name} and at most {int(MOST / SPARE):,} are "
                                  "drawn: draw a smaller picture or cull more")
        if counts["gaussians"] > self.gaussian_capacity:
            self.gaussian_capacity = int(counts["gaussians"] * SPARE)
            self._size_gaussians()
        if counts["pairs"] > self.pair_capacity:
            self.pair_capacity = int(counts["pairs"] * SPARE)
            self._size_pairs()

    def scratch(self, nbytes: int) -> None:
        if nbytes > self.tensors.get("scratch", torch.empty(0)).nbytes:
            self.tensors["scratch"] = self._new(nbytes, torch.uint8)

    def fill(self, struct) -> None:
        """Points a GsBuffers at these tensors."""
        t = self.tensors
        struct.view = pointer(t.get("view"), "GsView *")
        struct.counts = pointer(t["counts"], "GsCounts *")
        struct.item_from_visible = pointer(t["item_from_visible"], "int *")
        struct.gaussians = pointer(t.get("gaussians"), "GsGaussian *")
        struct.splats = pointer(t["splats"], "GsSplat *")
        struct.pair_from_tile = pointer(t["pair_from_tile"], "unsigned *")
        struct.pairs = pointer(t["pairs"], "unsigned long long *")
        struct.scratch = pointer(t.get("scratch"), "void *")
        struct.gaussian_capacity, struct.pair_capacity = self.gaussian_capacity, self.pair_capacity
        struct.rgb, struct.alpha = pointer(t.get("rgb"), "float *"), pointer(t.get("alpha"), "float *")
        struct.z = pointer(t.get("depth"), "float *")

    def frame(self, rgba: torch.Tensor | None) -> Frame:
        t = self.tensors
        return Frame(t["rgba"] if rgba is None else rgba, t.get("rgb"), t.get("alpha"), t.get("depth"))

    def _size_gaussians(self):
        if self.device.type == "cpu" or "gaussians" in self.outputs:  # CUDA projects them as they are decoded
            self.tensors["gaussians"] = self._new((self.gaussian_capacity, GAUSSIAN_FLOATS))
        self.tensors["splats"] = self._new((self.gaussian_capacity, SPLAT_FLOATS))

    def _size_pairs(self):
        self.tensors["pairs"] = self._new(self.pair_capacity, torch.int64)

    def _new(self, shape, dtype=torch.float32):
        return torch.empty(shape, dtype=dtype, device=self.device)
