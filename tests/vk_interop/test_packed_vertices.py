"""A mesh's vertices packed for the compute rasterisers: bit for bit what they were."""

import numpy as np
import pytest
from lod_meshes import AWKWARD, hills
from test_meshlets import values

from vk_interop.cluster_lod_build import build_clusters
from vk_interop.packed_vertices import CHUNK, RUN, packed_vertices


def unpacked(records: np.ndarray, words: np.ndarray, count: int) -> np.ndarray:
    """[V, 3] float32."""
    found = np.empty((len(records) * RUN, 3), np.uint32)
    for run, record in enumerate(records):
        word = int(record["first_word"])
        for axis, bits in enumerate(record["bits"].tolist()):
            ordered = np.array(values(words, word, RUN, bits), np.uint32) + record["least"][axis]
            found[run * RUN:(run + 1) * RUN, axis] = np.where(ordered >> 31, ordered & ~np.uint32(1 << 31), ~ordered)
            word += RUN * bits // 32
    return found[:count].view(np.float32)


def assert_packed(vertices):
    vertices = np.asarray(vertices, np.float32).reshape(-1, 3)
    records, words = packed_vertices(vertices)
    assert len(records) == -(-len(vertices) // RUN)
    assert unpacked(records, words, len(vertices)).tobytes() == vertices.tobytes()


@pytest.mark.parametrize("name", AWKWARD)
def test_every_vertex_keeps_its_bits(name):
    assert_packed(build_clusters(AWKWARD[name]()).vertices)


def test_signs_zeros_and_the_ends_of_the_range_keep_their_bits():
    most, least = np.finfo(np.float32).max, np.finfo(np.float32).smallest_subnormal
    ends = np.float32([0.0, -0.0, 1.0, -1.0, least, -least, most, -most, 1e-20, -3e7])
    assert_packed(np.stack(np.meshgrid(ends, ends, ends), axis=-1))
    assert_packed(np.full((RUN, 3), -2.5))


@pytest.mark.parametrize("count", [0, 1, RUN - 1, RUN, RUN + 1, 2 * CHUNK * RUN + 1])
def test_any_number_of_vertices_is_packed(count):
    vertices = np.random.default_rng(count).normal(size=(count, 3)).astype(np.float32)
    records, words = packed_vertices(vertices)
    some = slice(max(0, len(records) - 3), None)  # of a later chunk, where there is one
    found = unpacked(records[some], words, RUN * 3)
    assert found[:max(0, count - some.start * RUN)].tobytes() == vertices[some.start * RUN:].tobytes()


def test_a_surface_takes_three_quarters_of_its_floats():
    vertices = build_clusters(hills(150)).vertices + np.float32((0, 0, 10))
    records, words = packed_vertices(vertices)
    assert records.nbytes + words.nbytes < 0.75 * vertices.nbytes
