"""On the CPU a picture, and all that leads to it, is the same to the last bit however many threads draw it."""

import ctypes

import numpy as np
import pytest
from measures import buffer_of
from synthesise import write_anchor_checkpoint, write_splats

from gsrender import Camera, Renderer, RenderSettings, load_model

CAMERA = Camera.look_at((5, -3, 1.5), (0, 0, 0), width=331, height=205, fov_y=50)
TENSORS = ("item_from_visible", "gaussians", "splats", "pair_from_tile", "pairs", "rgba", "rgb", "alpha", "depth")


@pytest.fixture
def threads():
    """Sets how many threads the library has from now on."""
    openmp = ctypes.CDLL("libgomp.so.1")
    before = openmp.omp_get_max_threads()
    yield openmp.omp_set_num_threads
    openmp.omp_set_num_threads(before)


@pytest.fixture(params=["anchors", "splats"])
def many(request, tmp_path):
    """A model of several chunks; tiles with a handful of pairs and with hundreds."""
    if request.param == "anchors":
        write_anchor_checkpoint(tmp_path, count=2000, seed=5, feature_bank=True)
        return load_model(tmp_path)
    write_splats(tmp_path / "splats.ply", count=6000, seed=5)
    return load_model(tmp_path / "splats.ply")


def drawn(model):
    """What a frame leaves in each buffer, as bytes."""
    depth = np.full((CAMERA.height, CAMERA.width), 6.0, np.float32)
    renderer = Renderer(model)
    renderer.render(CAMERA, buffer_of(depth, "cpu"), RenderSettings("centre", margin=0.1))
    counts = renderer.stats.counts
    fill = {"item_from_visible": "visible", "gaussians": "gaussians", "splats": "gaussians", "pairs": "pairs"}
    tensors = {name: renderer.buffers.tensors[name] for name in TENSORS}
    left = {name: t[:counts[fill[name]]] if name in fill else t for name, t in tensors.items()}
    return counts, {name: t.numpy().tobytes() for name, t in left.items()}


def test_threads_change_no_bit_of_a_frame(many, threads):
    threads(1)
    counts, expected = drawn(many)
    assert counts["visible"] > 300 and counts["pairs"] > 5000
    for count in (2, 3, 5):
        threads(count)
        found_counts, found = drawn(many)
        assert found_counts == counts
        assert [name for name in TENSORS if found[name] != expected[name]] == []
