"""The small networks beside a model's anchors: which files they are in, and what their inputs mean.

A decoder takes [anchor feature, view direction 3, distance?, level?, appearance?]. The files do not say which of the
optional inputs are there, so the widths are held against the training arguments."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from gsrender.errors import InputError
from gsrender.model import Mlp
from gsrender.load.cfg_args import CfgArgs
from gsrender.load.torchscript import read_weights

LAYERS = ("0.weight", "0.bias", "2.weight", "2.bias")  # dense, ReLU, dense; what follows has no weights
FLAGS = {"opacity_mlp": "add_opacity_dist", "cov_mlp": "add_cov_dist", "color_mlp": "add_color_dist"}
OUTPUTS = {"opacity_mlp": 1, "cov_mlp": 7, "color_mlp": 3}  # for each offset
VIEW = 3  # inputs of the view direction


@dataclass(frozen=True)
class Decoders:
    """By their fields in Anchors, on the host."""

    opacity_mlp: Mlp
    covariance_mlp: Mlp
    colour_mlp: Mlp
    bank_mlp: Mlp | None
    appearance: torch.Tensor | None  # [rows, A]


def read_decoders(folder: Path, args: CfgArgs, *, features: int, offsets: int, levels: bool) -> Decoders:
    """Reads the decoders of anchors with `features` numbers and `offsets` Gaussians each. `levels`: the anchors have
    levels, which a decoder may take; without them a feature bank takes the distance (Scaffold-GS). Raises
    InputError."""
    united = folder / "checkpoints.pth"
    files = _United(united) if united.exists() and not (folder / "opacity_mlp.pt").exists() else _Separate(folder)
    with_bank, width = args.flag("use_feat_bank"), args.integer("appearance_dim")
    if with_bank is None:
        with_bank = files.has("feature_bank_mlp")
    if width is None:
        width = 1 if files.has("embedding_appearance") else 0
    layers = {name: _layers(files, name) for name in FLAGS}
    bank = _layers(files, "feature_bank_mlp") if with_bank else None
    appearance = _embedding(files, args.integer("appearance_dim")) if width else None
    extra = {name: weights[0].shape[1] - features - VIEW for name, weights in layers.items()}
    extra["color_mlp"] -= 0 if appearance is None else appearance.shape[1]
    level, distance = _optional_inputs(folder, args, extra, None if bank is None else bank[0].shape[1], levels)

    for name, outputs in OUTPUTS.items():
        _check_outputs(files, name, layers[name], outputs * offsets)
    mlps = [_mlp(weights, features, distance[name], level) for name, weights in layers.items()]
    if appearance is not None:
        mlps[2].appearance = appearance.shape[1]
    bank_mlp = None
    if bank is not None:
        _check_outputs(files, "feature_bank_mlp", bank, 3)
        if features % 4:
            raise InputError(f"{folder}: {features} features with a feature bank, expected a multiple of 4")
        bank_mlp = _mlp(bank, 0, not levels, level)
    return Decoders(*mlps, bank_mlp, appearance)


class _Separate:
    """A TorchScript file for each decoder."""

    def __init__(self, folder):
        self.folder = folder

    def path(self, name) -> str:
        return str(self.folder / f"{name}.pt")

    def has(self, name) -> bool:
        return (self.folder / f"{name}.pt").exists()

    def weights(self, name) -> dict[str, torch.Tensor]:
        return read_weights(self.path(name))


class _United:
    """One file of state_dicts by decoder."""

    def __init__(self, file):
        self.file, self.tensors = file, read_weights(file)

    def path(self, name) -> str:
        return f"{self.file}: {self.key(name)}"

    def key(self, name) -> str:
        return "appearance" if name == "embedding_appearance" else name

    def has(self, name) -> bool:
        return any(full.startswith(self.key(name) + ".") for full in self.tensors)

    def weights(self, name) -> dict[str, torch.Tensor]:
        prefix = self.key(name) + "."
        found = {full.removeprefix(prefix): t for full, t in self.tensors.items() if full.startswith(prefix)}
        if not found:
            raise InputError(f"{self.file}: no state_dict {self.key(name)}")
        return found


def _layers(files, name) -> list[torch.Tensor]:
    weights = _finite(files, name)
    shapes = {key: tuple(tensor.shape) for key, tensor in weights.items()}
    match [shapes.get(key) for key in LAYERS]:
        case [[hidden, _], [bias1], [outputs, hidden2], [bias2]] if (
                len(shapes) == 4 and hidden == bias1 == hidden2 and outputs == bias2 and min(hidden, outputs) > 0):
            return [weights[key] for key in LAYERS]
    found = ", ".join(f"{key} {list(shape)}" for key, shape in list(shapes.items())[:6])
    raise InputError(f"{files.path(name)}: holds {found}; expected two dense layers, {', '.join(LAYERS)}")


def _embedding(files, width) -> torch.Tensor:
    weights = list(_finite(files, "embedding_appearance").values())
    shapes = [list(tensor.shape) for tensor in weights]
    if len(weights) != 1 or weights[0].ndim != 2 or 0 in shapes[0] or width not in (None, shapes[0][1]):
        raise InputError(f"{files.path('embedding_appearance')}: holds tensors of shapes {shapes[:6]}, expected one of "
                         f"[images, {width or 'appearance_dim'}]")
    return weights[0]


def _finite(files, name) -> dict[str, torch.Tensor]:
    weights = files.weights(name)
    for key, tensor in weights.items():
        wrong = int((~tensor.isfinite()).sum())
        if wrong:
            raise InputError(f"{files.path(name)}: {wrong} of the {tensor.numel()} numbers of {key} are not finite")
    return weights


def _check_outputs(files, name, weights, expected) -> None:
    if weights[2].shape[0] != expected:
        raise InputError(f"{files.path(name)}: {weights[2].shape[0]} outputs, expected {expected}")


def _optional_inputs(folder, args, extra, bank_inputs, levels) -> tuple[bool, dict[str, bool]]:
    """Whether the level is an input of all, and of which decoders the distance is one, given how many inputs each has
    beyond those it must have. Where widths leave it open, the training arguments decide."""
    fits = []
    for level in (False, True) if levels else (False,):
        distance = {name: count - level for name, count in extra.items()}
        bank_fits = bank_inputs in (None, VIEW + (level if levels else 1))
        arguments_fit = args.flag("add_level") in (None, level) or not levels
        flags_fit = all(args.flag(FLAGS[name]) in (None, bool(count)) for name, count in distance.items())
        if bank_fits and arguments_fit and flags_fit and set(distance.values()) <= {0, 1}:
            fits.append((level, {name: bool(count) for name, count in distance.items()}))
    if len(fits) == 1:
        return fits[0]
    flags = ", ".join(f"{flag}={args.flag(flag)}" for flag in ("add_level", *FLAGS.values()))
    widths = ", ".join(f"{name} {count}" for name, count in extra.items())
    if bank_inputs is not None:
        widths += f", feature_bank_mlp {bank_inputs - VIEW}"
    raise InputError(f"{folder}: inputs beyond feature, view direction and appearance are {widths}, which cfg_args "
                     f"({flags}) {'does not explain' if not fits else 'leaves open'}")


def _mlp(weights, features, distance, level) -> Mlp:
    weight1, bias1, weight2, bias2 = weights
    return Mlp(weight1.T.contiguous(), bias1, weight2.T.contiguous(), bias2, features, bool(distance), bool(level))
