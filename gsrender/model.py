"""A trained Gaussian model in memory, whatever file it came from."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from functools import cached_property

import torch

from gsrender.camera import Triple
from gsrender.trimmed import trimmed_bounds

PRECISIONS = ("full", "half")
# View z in scene units at which each trainer's rasteriser stops drawing: compiled into it.
NEAR = {"proxy-gs": 1e-4, "octree-gs": 0.2, "scaffold-gs": 0.2, "3dgs": 0.2}
MOST_LEVELS = 64  # fork^level has to be a number; trained models have about ten
LEVEL_MAPS = ("round", "floor", "ceil", "progressive")


@dataclass
class Mlp:
    """Two dense layers with a ReLU between: the decoders of Scaffold-GS and its descendants.

    The input is [anchor feature (features), view direction (3), distance, level, appearance (appearance)], the scalars
    only where the flags say so. Weights are stored transposed, [in, out], so that neighbouring outputs are neighbours.
    """

    weight1: torch.Tensor  # [inputs, hidden] float32
    bias1: torch.Tensor  # [hidden]
    weight2: torch.Tensor  # [hidden, outputs]
    bias2: torch.Tensor  # [outputs]
    features: int  # leading inputs that are the anchor's feature; 0 for the feature bank
    distance: bool = False  # an input holds |anchor - camera|, scene units
    level: bool = False  # an input holds the anchor's level
    appearance: int = 0  # trailing inputs from the appearance embedding

    @property
    def inputs(self) -> int:
        return self.weight1.shape[0]

    @property
    def hidden(self) -> int:
        return self.weight1.shape[1]

    @property
    def outputs(self) -> int:
        return self.weight2.shape[1]


@dataclass
class Anchors:
    """N anchors of K Gaussians each, as Scaffold-GS, Octree-GS and Proxy-GS train them. Activated, not raw."""

    position: torch.Tensor  # [N, 3] float32, scene units
    offset: torch.Tensor  # [N, K, 3] in units of scale[:, 0:3]
    feature: torch.Tensor  # [N, C]
    scale: torch.Tensor  # [N, 6]: 0..2 scale the offsets (and the anchor's own ellipsoid), 3..5 the Gaussians
    rotation: torch.Tensor  # [N, 4] unit quaternion w, x, y, z
    level: torch.Tensor  # [N] float32, whole numbers; zeros where the model has no levels
    extra_level: torch.Tensor  # [N]
    voxel_size: float  # edge of the coarsest cell, scene units
    standard_distance: float  # distance at which the finest level is 0, scene units
    fork: float  # cells an edge splits into from a level to the next
    levels: int  # number of levels; 0 where the model has none (Scaffold-GS)
    level_map: str  # one of LEVEL_MAPS
    opacity_mlp: Mlp  # -> K; tanh follows
    covariance_mlp: Mlp  # -> 7K: 3 scales (sigmoid follows), 4 of a quaternion w, x, y, z
    colour_mlp: Mlp  # -> 3K; sigmoid follows
    bank_mlp: Mlp | None = None  # -> 3; softmax follows
    appearance: torch.Tensor | None = None  # [rows, A]

    def __len__(self) -> int:
        return len(self.position)

    @property
    def mlps(self) -> dict[str, Mlp]:
        """By their fields here and in GsModel, in the order there; the feature bank where there is one."""
        mlps = {name: getattr(self, name) for name in ("opacity_mlp", "covariance_mlp", "colour_mlp", "bank_mlp")}
        return {name: mlp for name, mlp in mlps.items() if mlp}


@dataclass
class Splats:
    """N plain 3D Gaussians. Activated, not raw."""

    position: torch.Tensor  # [N, 3] float32, scene units
    scale: torch.Tensor  # [N, 3] standard deviations, scene units
    rotation: torch.Tensor  # [N, 4] unit quaternion w, x, y, z
    opacity: torch.Tensor  # [N] in 0..1
    sh: torch.Tensor  # [N, (degree + 1)^2, 3] spherical harmonics of the colour, INRIA's order and signs; or float16

    @property
    def sh_degree(self) -> int:
        return {1: 0, 4: 1, 9: 2, 16: 3}[self.sh.shape[1]]

    def __len__(self) -> int:
        return len(self.position)


@dataclass
class GaussianModel:
    """What `load_model` returns and `Renderer` draws."""

    items: Anchors | Splats
    source: str  # one of NEAR: who trained it, as far as the files tell
    background: Triple  # the one it was trained on
    near: float  # view z in scene units at which drawing stops
    path: str = ""
    warnings: list[str] = field(default_factory=list)  # what loading dropped or guessed, a sentence each
    file_from_item: torch.Tensor | None = None  # [N] int64 on the host: which of the file's each is; None: the same
    shared: int = 0  # bytes of its arrays that are another model's, and counted there

    @property
    def kind(self) -> str:
        return "anchors" if isinstance(self.items, Anchors) else "splats"

    @property
    def levels(self) -> int:
        """Levels of detail; 0 where there are none."""
        return self.items.levels if self.kind == "anchors" else 0

    @property
    def device(self) -> torch.device:
        return self.items.position.device

    @property
    def precision(self) -> str:
        """One of PRECISIONS."""
        return "half" if self.kind == "splats" and self.items.sh.dtype == torch.float16 else "full"

    @cached_property
    def bounds(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Lower and upper corner [3] of the box around the middle 98 % of the items on each axis, scene units. On the
        host, where reading them waits for nothing."""
        low, high = trimmed_bounds(self.items.position)
        return low.cpu(), high.cpu()

    @cached_property
    def nbytes(self) -> int:
        """Bytes of all of its arrays but for what is shared."""
        return sum(t.nbytes for t in tensors_of(self.items)) - self.shared

    def stored(self, precision: str, beside: bool = False) -> GaussianModel:
        """The same model, in `half` precision with the colours of plain splats in 16 bits: they are four fifths of what
        is read of a splat. Anchors stay as they are, and a warning says so. `beside`: both are kept, and what they
        share is counted as this one's."""
        if precision not in PRECISIONS:
            raise ValueError(f"precision {precision!r} not in {PRECISIONS}")
        if precision == "full":
            return self
        if self.kind == "anchors":
            kept = "half precision is for plain splats: the anchors stay in full precision"
            return dataclasses.replace(self, warnings=[*self.warnings, kept])
        most = torch.finfo(torch.float16).max
        half = self.items.sh.clamp(-most, most).half()
        shared = self.nbytes - self.items.sh.nbytes if beside else 0
        return dataclasses.replace(self, items=dataclasses.replace(self.items, sh=half), shared=shared)

    def to(self, device) -> GaussianModel:
        """The same model on another torch device; itself where it is there already."""
        if self.device == torch.device(device):
            return self
        return dataclasses.replace(self, items=_to(self.items, device))


def rows_of(items: Anchors | Splats) -> dict[str, torch.Tensor]:
    """By field, the tensors that have a row for each item."""
    return {field.name: value for field in dataclasses.fields(items) if field.name != "appearance"
            and isinstance(value := getattr(items, field.name), torch.Tensor)}


def tensors_of(value):
    """All tensors in a value and in the fields of a dataclass."""
    if isinstance(value, torch.Tensor):
        yield value
    elif dataclasses.is_dataclass(value):
        for f in dataclasses.fields(value):
            yield from tensors_of(getattr(value, f.name))


def _to(value, device):
    if isinstance(value, torch.Tensor):
        return value.to(device)
    if dataclasses.is_dataclass(value):
        return dataclasses.replace(value, **{f.name: _to(getattr(value, f.name), device)
                                             for f in dataclasses.fields(value)})
    return value
