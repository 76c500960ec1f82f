"""Runs of numbers in as few bits as they need, for shaders to read: `unpacked` of shaders/packing.glsl."""

from __future__ import annotations

import numpy as np

from vk_interop.cluster_lod import starts


def bits_for(most: np.ndarray) -> np.ndarray:
    """How many a number up to `most` needs, but one at least."""
    return np.maximum(np.frexp(most.astype(np.float64))[1], 1).astype(np.int64)


def pack(words: np.ndarray, first_word: np.ndarray, values: np.ndarray, counts: np.ndarray, bits: np.ndarray):
    """Writes runs of values, each of its `bits` and each run from its word on, lowest bits first."""
    begin = 32 * first_word - starts(counts) * bits
    at = np.repeat(begin, counts) + np.arange(len(values)) * np.repeat(bits, counts)
    word, shifted = at >> 5, values.astype(np.uint64) << (at & 31).astype(np.uint64)
    begins = np.flatnonzero(np.diff(word, prepend=-1))  # of those that share a word
    word, shifted = word[begins], np.bitwise_or.reduceat(shifted, begins)
    words[word] = shifted.astype(np.uint32)
    reaches = np.flatnonzero(shifted >> np.uint64(32))  # into the next word
    words[word[reaches] + 1] |= (shifted[reaches] >> np.uint64(32)).astype(np.uint32)


def joined(parts: list[tuple[np.ndarray, np.ndarray]], record: np.dtype) -> tuple[np.ndarray, np.ndarray]:
    """Records that have a `first_word`, and the words that they lead to, of several such; one word more at the end,
    since shaders read two at a time."""
    start = 0
    for records, words in parts:
        records["first_word"] += np.uint32(start)
        start += len(words)
    return (np.concatenate([np.zeros(0, record), *(records for records, _ in parts)]),
            np.concatenate([*(words for _, words in parts), np.zeros(1, np.uint32)]))
