"""Writes model files of every variant the formats allow, with the real writers' tools: torch traces and saves the
decoders, the columns are those of the trainers. Each function returns the raw values it wrote."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

VOXEL_SIZE, STANDARD_DISTANCE = 0.5, 16.0  # scene units
MLP_FILES = {"opacity": "opacity_mlp", "covariance": "cov_mlp", "colour": "color_mlp", "bank": "feature_bank_mlp"}


@dataclass
class RawAnchors:
    """What a checkpoint directory holds, before any activation: log scales, opacity logits. float32 arrays."""

    position: np.ndarray  # [N, 3], within 3 units of the origin
    level: np.ndarray  # [N]
    extra_level: np.ndarray  # [N]
    offset: np.ndarray  # [N, K, 3]
    feature: np.ndarray  # [N, C]
    opacity: np.ndarray  # [N]
    scale: np.ndarray  # [N, 6] logarithms
    rotation: np.ndarray  # [N, 4] w, x, y, z, not normalised
    mlps: dict[str, nn.Sequential]  # keys of MLP_FILES; 'bank' only where there is one
    appearance: np.ndarray | None  # [rows, A]


class Embedding(nn.Module):
    """As the trainers wrap it: the weight's name in the file is `embedding.weight`."""

    def __init__(self, rows, width):
        super().__init__()
        self.embedding = nn.Embedding(rows, width)

    def forward(self, index):
        return self.embedding(index)


def write_anchor_checkpoint(folder, *, count=200, seed=0, schema="proxy", feature_bank=False, appearance_dim=0,
                            add_level=False, add_opacity_dist=False, add_cov_dist=False, add_color_dist=False, fork=2,
                            dist2level="round", n_offsets=10, feat_dim=32, unite=False, iteration=100,
                            white_background=False, cameras=5) -> RawAnchors:
    """Writes an output directory as training leaves it. `schema` is 'proxy', 'octree' or 'scaffold'; `unite` puts the
    decoders into one `checkpoints.pth` of state_dicts instead of a TorchScript file each."""
    folder, random = Path(folder), np.random.default_rng(seed)
    rows = _anchors(random, count, schema, n_offsets, feat_dim)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        mlps, embedding = _decoders(schema, feat_dim, n_offsets, feature_bank, add_level and schema != "scaffold",
                                    (add_opacity_dist, add_cov_dist, add_color_dist), appearance_dim, cameras)
    target = folder / "point_cloud" / f"iteration_{iteration}"
    target.mkdir(parents=True)
    _write_columns(target / "point_cloud.ply", _columns(rows, schema))
    (_write_unite if unite else _write_torchscript)(target, mlps, embedding)

    arguments = dict(feat_dim=feat_dim, n_offsets=n_offsets, use_feat_bank=feature_bank, source_path="data/synthetic",
                     model_path=str(folder.name), images="images", white_background=white_background,
                     appearance_dim=appearance_dim, add_opacity_dist=add_opacity_dist, add_cov_dist=add_cov_dist,
                     add_color_dist=add_color_dist)
    if schema == "scaffold":
        arguments |= dict(sh_degree=3, voxel_size=0.001, update_depth=3, update_init_factor=16,
                          update_hierachy_factor=4, lod=0)
    else:
        arguments |= dict(fork=fork, add_level=add_level, dist2level=dist2level, levels=-1, init_level=-1,
                          resolution_scales=[1.0], progressive=schema == "proxy", extend=1.1,
                          base_layer=10 if schema == "proxy" else -1,
                          data_device="cpu" if schema == "proxy" else "cuda")
    (folder / "cfg_args").write_text("Namespace(" + ", ".join(f"{k}={v!r}" for k, v in arguments.items()) + ")")
    return RawAnchors(**rows, mlps=mlps, appearance=None if embedding is None else
                      embedding.embedding.weight.detach().numpy())


def write_splats(path, count=100, seed=0, sh_degree=3) -> dict[str, np.ndarray]:
    """Writes a plain 3D Gaussian .ply. Returns raw arrays: position [N, 3], sh [N, (degree + 1)^2, 3], opacity [N]
    (logit), scale [N, 3] (logarithm), rotation [N, 4]."""
    random = np.random.default_rng(seed)
    rest = (sh_degree + 1) ** 2 - 1
    raw = dict(position=random.uniform(-3, 3, (count, 3)), sh=random.normal(0, 0.4, (count, rest + 1, 3)),
               opacity=random.normal(0, 2, count), scale=random.normal(-2.5, 0.6, (count, 3)),
               rotation=random.normal(size=(count, 4)))
    raw = {name: value.astype(np.float32) for name, value in raw.items()}
    columns = _named("xyz", raw["position"]) | _named(("nx", "ny", "nz"), np.zeros((count, 3)))
    columns |= _numbered("f_dc_", raw["sh"][:, 0])
    columns |= _numbered("f_rest_", raw["sh"][:, 1:].transpose(0, 2, 1).reshape(count, -1))  # channel by channel
    columns |= {"opacity": raw["opacity"]} | _numbered("scale_", raw["scale"]) | _numbered("rot_", raw["rotation"])
    _write_columns(path, columns)
    return raw


def _anchors(random, count, schema, n_offsets, feat_dim) -> dict[str, np.ndarray]:
    octree = schema != "scaffold"
    opacity = np.full(count, np.log(0.1 / 0.9))
    if schema == "proxy":
        opacity[random.random(count) < 0.5] = np.inf  # what Proxy-GS starts its anchors with: logit(1)
    rows = dict(
        position=random.uniform(-3, 3, (count, 3)),
        level=random.integers(0, 5, count) if octree else np.zeros(count),
        extra_level=0.01 * random.integers(0, 60, count) if octree else np.zeros(count),
        offset=random.normal(0, 1, (count, n_offsets, 3)), feature=random.normal(0, 1, (count, feat_dim)),
        opacity=opacity, scale=random.normal(-1.8, 0.5, (count, 6)),
        rotation=np.array([1, 0, 0, 0]) + random.normal(0, 0.3, (count, 4)))
    if octree:
        rows["level"][:2] = 0, 4  # both ends are there whatever the seed
    return {name: value.astype(np.float32) for name, value in rows.items()}


def _decoders(schema, feat_dim, n_offsets, feature_bank, level, distances, appearance_dim, cameras):
    def mlp(inputs, outputs, *last):
        layers = nn.Sequential(nn.Linear(inputs, feat_dim), nn.ReLU(True), nn.Linear(feat_dim, outputs), *last)
        with torch.no_grad():  # wider than torch's start, so that the decoders say something different of each anchor
            for parameter in layers.parameters():
                parameter *= 2
        return layers.eval()

    opacity, covariance, colour = (feat_dim + 3 + distance + level for distance in distances)
    mlps = {"opacity": mlp(opacity, n_offsets, nn.Tanh()), "covariance": mlp(covariance, 7 * n_offsets),
            "colour": mlp(colour + appearance_dim, 3 * n_offsets, nn.Sigmoid())}
    if feature_bank:
        mlps["bank"] = mlp(3 + (1 if schema == "scaffold" else level), 3, nn.Softmax(dim=1))
    return mlps, Embedding(cameras, appearance_dim).eval() if appearance_dim else None


def _write_torchscript(folder, mlps, embedding) -> None:
    modules = [(MLP_FILES[name], mlp, torch.rand(1, mlp[0].in_features)) for name, mlp in mlps.items()]
    if embedding is not None:
        modules.append(("embedding_appearance", embedding, torch.zeros(1, dtype=torch.long)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # tracing is what the trainers do
        for name, module, example in modules:
            torch.jit.trace(module, example).save(str(folder / f"{name}.pt"))


def _write_unite(folder, mlps, embedding) -> None:
    states = {MLP_FILES[name]: mlp.state_dict() for name, mlp in mlps.items()}
    if embedding is not None:
        states["appearance"] = embedding.state_dict()
    torch.save(states, folder / "checkpoints.pth")


def _columns(rows, schema) -> dict[str, np.ndarray]:
    count = len(rows["position"])
    columns = _named("xyz", rows["position"])
    if schema == "scaffold":
        columns |= _named(("nx", "ny", "nz"), np.zeros((count, 3)))
    else:
        info = np.zeros(count)
        info[:2] = VOXEL_SIZE, STANDARD_DISTANCE  # the format keeps these two scalars in the first two rows
        columns |= {"level": rows["level"], "extra_level": rows["extra_level"], "info": info}
    columns |= _numbered("f_offset_", rows["offset"].transpose(0, 2, 1).reshape(count, -1))  # all x, all y, all z
    columns |= _numbered("f_anchor_feat_", rows["feature"]) | {"opacity": rows["opacity"]}
    return columns | _numbered("scale_", rows["scale"]) | _numbered("rot_", rows["rotation"])


def _named(names, table) -> dict[str, np.ndarray]:
    return dict(zip(names, np.asarray(table).T, strict=True))


def _numbered(prefix, table) -> dict[str, np.ndarray]:
    return {f"{prefix}{i}": column for i, column in enumerate(np.asarray(table).T)}


def _write_columns(path, columns) -> None:
    count = len(next(iter(columns.values())))
    header = ["ply", "format binary_little_endian 1.0", f"element vertex {count}",
              *(f"property float {name}" for name in columns), "end_header\n"]
    table = np.column_stack(list(columns.values())).astype("<f4")
    Path(path).write_bytes("\n".join(header).encode() + table.tobytes())
