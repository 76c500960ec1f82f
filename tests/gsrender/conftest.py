"""Models for the stages' tests: small, random from a fixed seed, written and read as real files."""

import numpy as np
import pytest
import torch
from synthesise import write_anchor_checkpoint, write_splats

import gsrender
from gsrender import Camera

# What training can switch on, each at least once; names are the files' own.
VARIANTS = {
    "proxy": {},
    "bank": {"feature_bank": True},
    "bank-level": {"feature_bank": True, "add_level": True, "schema": "octree"},
    "appearance": {"appearance_dim": 8},
    "distances": {"add_opacity_dist": True, "add_cov_dist": True, "add_color_dist": True},
    "one-distance": {"add_color_dist": True, "add_level": True, "appearance_dim": 4},
    "fork-3": {"fork": 3},
    "floor": {"dist2level": "floor"},
    "ceil": {"dist2level": "ceil"},
    "progressive": {"dist2level": "progressive"},
    "small": {"n_offsets": 5, "feat_dim": 16},
    "many-offsets": {"n_offsets": 36, "feat_dim": 16},
    "most-offsets-on-tensor-cores": {"n_offsets": 32},
    "too-many-for-tensor-cores": {"n_offsets": 33},
    "scaffold": {"schema": "scaffold"},
    "scaffold-bank": {"schema": "scaffold", "feature_bank": True, "appearance_dim": 8, "add_cov_dist": True},
}


@pytest.fixture(params=["cpu", "cuda"])
def device(request):
    if request.param == "cuda" and not torch.cuda.is_available():
        pytest.skip("no NVIDIA GPU")
    return request.param


@pytest.fixture(params=VARIANTS)
def anchors(request, tmp_path):
    write_anchor_checkpoint(tmp_path, count=300, seed=7, **VARIANTS[request.param])
    return gsrender.load_model(tmp_path)


@pytest.fixture(params=[0, 1, 2, 3])
def splats(request, tmp_path):
    write_splats(tmp_path / "splats.ply", count=400, seed=3, sh_degree=request.param)
    return gsrender.load_model(tmp_path / "splats.ply")


@pytest.fixture(params=["anchors", "splats"])
def model(request, tmp_path):
    """One model of each kind."""
    if request.param == "anchors":
        write_anchor_checkpoint(tmp_path, count=300, seed=7)
        return gsrender.load_model(tmp_path)
    write_splats(tmp_path / "splats.ply", count=400, seed=3)
    return gsrender.load_model(tmp_path / "splats.ply")


@pytest.fixture
def camera():
    """A picture of odd size, a principal point off its middle, some of the model behind and beside it."""
    seen = Camera.look_at((5, -3, 1.5), (0, 0, 0), width=213, height=131, fov_y=50)
    return Camera.from_pose(seen.world_from_camera, seen.fx, 1.1 * seen.fy, 213, 131, cx=100, cy=70, near=0.2)


@pytest.fixture
def depth(camera):
    """A wall across the model that comes nearer from left to right, with a window in it; misses are +inf."""
    z = np.tile(np.linspace(7, 4, camera.width, dtype=np.float32), (camera.height, 1))
    z[40:70, 60:110] = np.inf
    return z
