"""A mesh's vertices as the compute rasterisers read them: bit for bit the same, in three quarters of the memory.

The bits of floats, negative ones turned over, order as the floats do. Vertices are kept in the order that near
triangles use them, so those that follow each other share their highest bits: of each run, the least of each coordinate
and how far above it the others are, in as few bits as that needs. `town` takes 8.5 bytes a vertex so, for 12.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from vk_interop.cluster_lod import starts
from vk_interop.packing import bits_for, joined, pack

RUN = 64  # vertices; `block` takes 9.19, 9.09 and 9.16 bytes a vertex with 32, 64 and 128
# The words of a run are those of its x, of its y, of its z. 20 bytes.
VERTEX_RUN = np.dtype([("least", "<u4", 3), ("first_word", "<u4"), ("bits", "u1", 3), ("unused", "u1")])
CHUNK = 1 << 11  # runs at a time


def packed_vertices(vertices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The records, [ceil(V / RUN)] VERTEX_RUN, and the words that they lead to, [W] uint32, of [V, 3] float32."""
    bits = np.ascontiguousarray(vertices, np.float32).view(np.uint32)
    bits = np.pad(bits, ((0, -len(bits) % RUN), (0, 0)), mode="edge" if len(bits) else "constant")
    runs = bits.reshape(-1, RUN, 3)
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as workers:
        parts = list(workers.map(lambda first: _packed(runs[first:first + CHUNK]), range(0, len(runs), CHUNK)))
    return joined(parts, VERTEX_RUN)


def _packed(runs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    ordered = np.where(runs >> 31, ~runs, runs | np.uint32(1 << 31))
    least = ordered.min(axis=1)
    bits = bits_for(ordered.max(axis=1) - least)
    lengths = (RUN // 32 * bits).ravel()  # words
    first_word = starts(lengths)
    words = np.zeros(lengths.sum(), np.uint32)
    above = (ordered - least[:, None]).transpose(0, 2, 1).ravel()  # by run, then coordinate
    pack(words, first_word, above, np.full(bits.size, RUN), bits.ravel())
    records = np.zeros(len(runs), VERTEX_RUN)
    for name, values in (("least", least), ("first_word", first_word[::3]), ("bits", bits)):
        records[name] = values
    return records, words
