"""Clusters packed for the compute rasterisers: the same triangles, of vertices that are there once."""

import numpy as np
import pytest
from lod_meshes import AWKWARD, grid, hills, mesh

from vk_interop.cluster_lod_build import build_clusters
from vk_interop.flat_clusters import flat_clusters
from vk_interop.meshlets import CHUNK, meshlets


def values(words: np.ndarray, first: int, count: int, bits: int) -> list[int]:
    """Read bit by bit."""
    ones = np.unpackbits(words[first:first + -(-count * bits // 32)].view(np.uint8), bitorder="little")
    return [int("".join(map(str, one[::-1])), 2) for one in ones[:count * bits].reshape(count, bits)]


def unpacked(record: np.void, words: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A cluster's vertices, and its triangles of the mesh's vertices."""
    count, bits = int(record["vertices"]), int(record["vertex_bits"])
    vertices = np.array(values(words, int(record["first_word"]), count, bits)) + int(record["base"])
    first = int(record["first_word"]) + -(-count * bits // 32)
    corners = values(words, first, 3 * int(record["triangles"]), int(record["corner_bits"]))
    return vertices, vertices[corners].reshape(-1, 3)


def assert_packed(triangles: np.ndarray, counts: np.ndarray, some: int = 60):
    records, words = meshlets(triangles, counts)
    assert np.array_equal(records["triangles"], counts) and words.dtype == np.uint32
    ends = np.cumsum(counts)
    for cluster in np.random.default_rng(0).permutation(len(counts))[:some]:
        vertices, found = unpacked(records[cluster], words)
        assert np.array_equal(found, triangles[ends[cluster] - counts[cluster]:ends[cluster]])
        assert len(np.unique(vertices)) == len(vertices) and np.isin(vertices, found).all()


@pytest.mark.parametrize("name", AWKWARD)
def test_every_triangle_has_its_corners_in_their_order_and_every_vertex_is_there_once(name):
    built = build_clusters(AWKWARD[name]())
    assert_packed(built.triangles, built.clusters["triangle_count"].astype(np.int64))


def test_vertices_from_all_over_a_large_mesh_are_found():
    random = np.random.default_rng(1)
    own = random.integers(0, 2**26, (40, 255), np.uint32)  # of each of 40 clusters
    triangles = np.take_along_axis(own, random.integers(0, 255, (40, 3 * 128)), axis=1)
    assert_packed(triangles.reshape(-1, 3), np.full(40, 128))


def test_clusters_of_one_triangle_and_of_one_vertex_are_packed_as_well():
    triangles = np.uint32([(7, 7, 7), (0, 1, 2), (2**20, 0, 5)])
    assert_packed(triangles, np.ones(3, np.int64))


def test_more_clusters_than_are_packed_at_a_time_lead_to_words_of_their_own():
    triangles = grid(60).triangles
    counts = np.full(len(triangles), 1)
    assert len(counts) > 3 * CHUNK
    assert_packed(triangles, counts)


def test_no_clusters_are_one_word_that_is_read_beside_the_last():
    assert [len(array) for array in meshlets(np.zeros((0, 3), np.uint32), np.zeros(0, np.uint32))] == [0, 1]


@pytest.mark.parametrize("counts, said", [([0, 1], "0 or 1 triangles"), ([129], "129 triangles"),
                                          ([86], "more than 255 vertices")])
def test_what_does_not_fit_a_meshlet_is_refused(counts, said):
    triangles = np.arange(3 * sum(counts), dtype=np.uint32).reshape(-1, 3)
    with pytest.raises(ValueError, match=said):
        meshlets(triangles, np.array(counts))


def test_packing_a_surface_takes_less_than_a_third_of_its_indices():
    built = build_clusters(hills(150))
    records, words = meshlets(built.triangles, built.clusters["triangle_count"])
    assert records.nbytes + words.nbytes < built.triangles.nbytes / 3


def test_clusters_in_a_files_order_end_where_a_meshlet_does():
    """Triangles that share corners make clusters of 128; those that share none have 85 times three."""
    apart = mesh(np.random.default_rng(2).random((900, 3)), np.arange(900))
    for source, expected in ((hills(30), [128] * 14 + [8]), (apart, [85] * 3 + [45])):
        flat = flat_clusters(source)
        assert flat.clusters["triangle_count"].tolist() == expected
        assert_packed(flat.triangles, flat.clusters["triangle_count"].astype(np.int64))
