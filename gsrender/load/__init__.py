"""Models and cameras from files. Whatever is wrong with a file is one InputError that says so."""

from __future__ import annotations

from typing import Callable

from gsrender.errors import InputError
from gsrender.load.cameras import distortion_warning, load_cameras
from gsrender.load.dataset_camera import DatasetCamera
from gsrender.load.files import reading
from gsrender.load.model_files import ModelFiles, find_model

__all__ = ["DatasetCamera", "ModelFiles", "distortion_warning", "find_model", "load_cameras", "load_model"]


def load_model(path, device="cpu", iteration: int | None = None, progress: Callable[[str], None] | None = None,
               precision: str = "full", most: int | None = None):
    """Opens a trained model as a GaussianModel on a torch device.

    path       a trainer's output directory, the directory above it, a point_cloud/iteration_N/ or a .ply: anchors of
               Proxy-GS, Octree-GS and Scaffold-GS with their decoders, or plain 3D Gaussians
    iteration  which of the directory's; None or -1 is the newest
    progress   is told what happens next, a few words each time
    precision  `half` keeps the colours of plain splats in 16 bits
    most       reads only so many of the first items, at least two

    What loading dropped or guessed is in `warnings` of the model. Raises InputError.
    """
    from gsrender.load.anchors import load_anchors  # torch takes two seconds to import, and cameras need none of it
    from gsrender.load.cfg_args import read_cfg_args
    from gsrender.load.ply import read_header
    from gsrender.load.splats import load_splats

    say = progress or (lambda what: None)
    with reading(path):
        files = find_model(path, iteration)
        header = read_header(files.ply)
        if most is not None:
            header = header.beginning(most)
        args = read_cfg_args(files.root / "cfg_args")
        say(f"reading {header.count:,} vertices")
        if "f_anchor_feat_0" in header.names:
            model = load_anchors(files, header, args)
        elif "f_dc_0" in header.names:
            model = load_splats(header, args)
        else:
            raise InputError(f"{header.path}: neither anchors (f_anchor_feat_0) nor Gaussians (f_dc_0) in its columns")
    model = model.stored(precision)
    say(f"moving {model.nbytes:,} bytes to {device}")
    return model.to(device)
