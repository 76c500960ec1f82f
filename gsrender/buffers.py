"""The memory a frame works in: allocated between frames, never inside one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Callable

import torch

from gsrender._native import constants, ffi, pointer
from gsrender.errors import DeviceError
from gsrender.frame import Frame
from gsrender.memory import MemoryLimit
from gsrender.model import GaussianModel

TILE = constants.GS_TILE  # edge of a tile, pixels
OUTPUTS = ("rgb", "alpha", "depth")  # of a Frame, besides the picture
# The counts of a GsCounts, which come before its moments.
COUNTS = tuple(name for name, field in ffi.typeof("GsCounts").fields if field.type.kind == "primitive")
COUNTS_WORDS = ffi.sizeof("GsCounts") // 8
GAUSSIAN_FLOATS = ffi.sizeof("GsGaussian") // 4
SPLAT_FLOATS = ffi.sizeof("GsSplat") // 4
MOST = 2**31  # entries of a buffer: indices are 32 bits
SPARE = 1.25  # what a buffer that was too small gets, times what the frame needed: the next view needs more
NAMED = {  # each tensor: the name that people read, and what it is for
    "view": ("camera", "The camera and the settings of the frame that is being drawn."),
    "counts": ("counts", "How many items each stage of the frame left."),
    "item_from_visible": ("visible items", "Which items of the model culling left."),
    "gaussians": ("Gaussians", "The Gaussians that decode made of the visible items."),
    "splats": ("projected splats", "Those Gaussians as ellipses on the screen, with their colour."),
    "pairs": ("tile pairs", f"Which splat covers which tile of {TILE} x {TILE} pixels, and how far away it is."),
    "pair_from_tile": ("tile lists", "Where the list of each tile begins among the tile pairs."),
    "scratch": ("working memory", "What a stage needs while it runs: marks, sums, lists that are half sorted."),
    "rgba": ("picture",
             "The frame, 8 bits a channel, where it is not drawn straight into one on its way to the screen."),
    "rgb": ("exact picture", "The frame before it is rounded to 8 bits."),
    "alpha": ("alpha", "How much of the background each pixel covers."),
    "depth": ("depth of the Gaussians", "How far the Gaussians of each pixel are.")}
MEMORY = dict(NAMED.values())
FIRST = 1 << 18  # Gaussians that there is room for at first: a street of a city has fewer, whatever the city's size


@dataclass(frozen=True)
class Room:
    """What a frame has room for."""

    gaussians: int
    pairs: int  # of a splat and a tile
    width: int = 0  # pixels
    height: int = 0

    @property
    def columns(self) -> int:
        """Of tiles."""
        return -(-self.width // TILE)

    @property
    def tiles(self) -> int:
        return self.columns * -(-self.height // TILE)


class Buffers:
    """Tensors behind a GsBuffers. There are none before the first `fit`.

    room           what they are for; Gaussians and pairs begin at what the model suggests and only grow
    made           how often some were made anew, so that a GsBuffers is to be filled again
    scratch_bytes  what the stages want for a room
    device         another than the model's, for a `plan` alone
    """

    def __init__(self, model: GaussianModel, outputs: tuple[str, ...], scratch_bytes: Callable[[Room], int],
                 limit: MemoryLimit, device: torch.device | None = None):
        items = model.items
        self.device, self.outputs, self.limit = device or model.device, outputs, limit
        self._items, self._scratch_bytes = len(items), scratch_bytes
        most = self._items * (items.offset.shape[1] if model.kind == "anchors" else 1)
        if most >= MOST:
            raise DeviceError(f"{self._items:,} {model.kind} of {most // self._items} Gaussians: fewer than 2^31 in "
                              "all are drawn")
        # Anchors make six Gaussians each where they make any (`block`), but a view sees a sixth of them.
        gaussians = min(most, max(2 * self._items, 1 << 16), FIRST)
        self.room = Room(gaussians, max(4 * gaussians, 1 << 18))
        self.tensors: dict[str, torch.Tensor] = {}
        self.made = 0

    @property
    def nbytes(self) -> int:
        return sum(tensor.nbytes for tensor in list(self.tensors.values()))

    @property
    def memory(self) -> dict[str, int]:
        """Bytes by the names of MEMORY."""
        return {NAMED[key][0]: tensor.nbytes for key, tensor in list(self.tensors.items())}

    @property
    def planned(self) -> dict[str, int]:
        """The same as `memory`, of what `room` will take."""
        return {NAMED[key][0]: _nbytes(kind) for key, kind in self._plan(self.room).items()}

    def fit(self, room: Room) -> None:
        """Makes room. Raises NoRoom, before anything has changed, where that is more memory than may be taken; and what
        torch raises, and then it is as it was."""
        plan = self._plan(room)
        old = {name: tensor for name, tensor in self.tensors.items() if plan.get(name) != _kind(tensor)}
        new = {name: kind for name, kind in plan.items() if name in old or name not in self.tensors}
        more = sum(_nbytes(kind) for kind in new.values()) - sum(tensor.nbytes for tensor in old.values())
        what = f"a picture of {room.width} x {room.height} with" if room.tiles else "room for"
        self.limit.check(more, f"{what} {room.gaussians:,} Gaussians and {room.pairs:,} tile pairs")
        before = {name: _kind(tensor) for name, tensor in old.items()}
        for name in before:  # first, so that there need not be memory for both
            del self.tensors[name]
        old, self.made = None, self.made + 1
        try:
            self.tensors |= {name: self._new(*kind) for name, kind in new.items()}
        except BaseException:
            self.tensors |= {name: self._new(*kind) for name, kind in before.items()}
            raise
        self.room = room

    def room_for(self, counts: dict[str, int], spare: float = SPARE) -> Room:
        """Where a frame with these counts fits into, and where it did not, `spare` times as much. Raises DeviceError
        where there is no such."""
        for name in ("gaussians", "pairs"):
            if counts[name] * SPARE >= MOST:
                raise DeviceError(f"the picture needs {counts[name]:,} {name} and at most {int(MOST / SPARE):,} are "
                                  "drawn: draw a smaller picture or cull more")
        grown = {name: int(counts[name] * spare) for name in ("gaussians", "pairs")
                 if counts[name] > getattr(self.room, name)}
        return replace(self.room, **grown)

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
        struct.scratch = pointer(t["scratch"], "void *")
        struct.gaussian_capacity, struct.pair_capacity = self.room.gaussians, self.room.pairs
        struct.rgb, struct.alpha = pointer(t.get("rgb"), "float *"), pointer(t.get("alpha"), "float *")
        struct.z = pointer(t.get("depth"), "float *")

    def frame(self, rgba: torch.Tensor | None) -> Frame:
        """What the stages write to, with `rgba`, if there is one, in the place of the picture here."""
        t = self.tensors
        return Frame(t["rgba"] if rgba is None else rgba, t.get("rgb"), t.get("alpha"), t.get("depth"))

    def _plan(self, room: Room) -> dict[str, tuple]:
        """(shape, dtype) of each tensor by name."""
        pixels = room.height, room.width
        plan = {
            "counts": ((COUNTS_WORDS,), torch.int64),
            "item_from_visible": ((self._items,), torch.int32),
            "splats": ((room.gaussians, SPLAT_FLOATS), torch.float32),
            "pairs": ((room.pairs,), torch.int64),
            "pair_from_tile": ((room.tiles + 1,), torch.int32),
            "scratch": ((self._scratch_bytes(room),), torch.uint8),
            "rgba": ((*pixels, 4), torch.uint8),
            "rgb": ((*pixels, 3), torch.float32), "alpha": (pixels, torch.float32), "depth": (pixels, torch.float32)}
        if self.device.type == "cuda":
            plan["view"] = (ffi.sizeof("GsView"),), torch.uint8
        if self.device.type == "cpu" or "gaussians" in self.outputs:  # CUDA projects them as they are decoded
            plan["gaussians"] = (room.gaussians, GAUSSIAN_FLOATS), torch.float32
        unwanted = set(OUTPUTS) - set(self.outputs)
        return {name: kind for name, kind in plan.items() if name not in unwanted}

    def _new(self, shape, dtype):
        return torch.empty(shape, dtype=dtype, device=self.device)


def _kind(tensor: torch.Tensor) -> tuple:
    return tuple(tensor.shape), tensor.dtype


def _nbytes(kind: tuple) -> int:
    shape, dtype = kind
    return torch.Size(shape).numel() * dtype.itemsize
