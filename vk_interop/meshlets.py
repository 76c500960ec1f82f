"""Clusters as the compute rasterisers read them: a list of a cluster's vertices, each once, and triangles that count
in it; both in as few bits as they need. `town` takes 7.4 bytes a source triangle so, at all its levels, and 24 as
indices of 32 bits."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from vk_interop import cluster_lod_meshopt as meshopt
from vk_interop.cluster_lod import starts
from vk_interop.packing import bits_for, joined, pack

# In a cluster's words, its vertices come first: what is to be added to `base`. Triangles begin with the next whole
# word, three corners each, the first in the lowest bits. 12 bytes.
MESHLET = np.dtype([
    ("first_word", "<u4"), ("base", "<u4"),
    ("triangles", "u1"), ("vertices", "u1"),
    ("vertex_bits", "u1"), ("corner_bits", "u1")])  # of an entry in the list, of a place in it
CHUNK = 1 << 11  # clusters at a time


def meshlets(triangles: np.ndarray, triangle_count: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The records, [C] MESHLET, and the words that they lead to, [W] uint32, of clusters that follow each other in
    `triangles`, [T, 3] uint32. Takes two seconds for 50 million triangles on two cores. Raises ValueError for a
    cluster of more than 128 triangles or 255 vertices."""
    counts = triangle_count.astype(np.int64)
    ends = np.append(0, np.cumsum(counts))

    def chunk(first: int):
        last = min(first + CHUNK, len(counts))
        return _meshlets(triangles[ends[first]:ends[last]], counts[first:last])

    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as workers:
        parts = list(workers.map(chunk, range(0, len(counts), CHUNK)))
    return joined(parts, MESHLET)


def _meshlets(triangles: np.ndarray, triangle_count: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    vertices, vertex_count, corners = meshopt.numbered(triangles, triangle_count)
    firsts = starts(vertex_count)
    base = np.minimum.reduceat(vertices, firsts)
    vertex_bits = bits_for(np.maximum.reduceat(vertices, firsts) - base)
    corner_bits = bits_for(vertex_count - 1)
    list_words, triangle_words = -(-vertex_bits * vertex_count // 32), -(-3 * corner_bits * triangle_count // 32)
    first_word = starts(list_words + triangle_words)

    a, b, c = corners.T.astype(np.uint32)
    bits = np.repeat(corner_bits, triangle_count).astype(np.uint32)
    words = np.zeros((list_words + triangle_words).sum(), np.uint32)
    pack(words, first_word, vertices - np.repeat(base, vertex_count), vertex_count, vertex_bits)
    pack(words, first_word + list_words, a | b << bits | c << 2 * bits, triangle_count, 3 * corner_bits)
    records = np.zeros(len(triangle_count), MESHLET)
    for name, values in (("first_word", first_word), ("base", base), ("triangles", triangle_count),
                         ("vertices", vertex_count), ("vertex_bits", vertex_bits), ("corner_bits", corner_bits)):
        records[name] = values
    return records, words
