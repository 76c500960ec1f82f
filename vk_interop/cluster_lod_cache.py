"""Clusters on disk: built once, then read beside the mesh or in the user's cache folder.

A file is a header and the four arrays of a ClusterMesh, as they are in memory. It is taken only if it was made from
these very triangles by this version of the builder, and is whole: its checksum fits and so does every size and index in
it. Whatever is wrong with it, it is built and written again.
"""

from __future__ import annotations

import hashlib
import math
import os
import struct
from pathlib import Path
from typing import Callable

import numpy as np

from gsrender.whole_file import remove_leftovers, whole_file
from vk_interop.cluster_lod import CLUSTER, CLUSTER_TRIANGLES, GROUP, ClusterMesh, starts
from vk_interop.cluster_lod_build import build_clusters

VERSION = 2  # goes up with the format, and when the same mesh would give other clusters
HEADER = struct.Struct("<8sI32s4Q32s")  # magic, version, what it was made from, lengths of the arrays, checksum
MAGIC = b"clusters"
ARRAYS = (np.dtype(("<f4", 3)), np.dtype(("<u4", 3)), CLUSTER, GROUP)
SUFFIX = ".clusters"
WRITABLE = 0o222  # a folder with none of these is meant to stay as it is, though root could write to it


def load_or_build(mesh, progress: Callable[[int, int], None] | None = None, cancel: Callable[[], bool] | None = None,
                  threads: int | None = None, say: Callable[[str], None] = lambda sentence: None) -> ClusterMesh:
    """The clusters of a ProxyMesh: from its cache, else built as by `build_clusters` and kept for the next time, in
    `<mesh>.clusters` and, of the same mesh by another transform, `<mesh>.2.clusters`; where these cannot be written, in
    the user's cache folder. `say` is told what cannot be kept."""
    key = _key(mesh)
    beside = [mesh.path.with_name(mesh.path.name + suffix) for suffix in (SUFFIX, f".2{SUFFIX}")]
    for place in (*beside, *_user_cache(key)):
        if clusters := _read(place, key):
            return clusters
    clusters = build_clusters(mesh, progress, cancel, threads)
    failures = []
    for place in (min(beside, key=_written), *_user_cache(key)):
        try:
            _write(place, key, clusters)
            return clusters
        except OSError as error:
            failures.append(f"{place.parent}: {error.strerror or error}")
    say(f"the clusters cannot be kept for the next time: {'; '.join(failures)}.")
    return clusters


def _key(mesh) -> bytes:
    """A hash of what is drawn, with every transform applied."""
    digest = hashlib.sha256(struct.pack("<2Q", len(mesh.vertices), len(mesh.triangles)))
    digest.update(np.ascontiguousarray(mesh.vertices, "<f4"))
    digest.update(np.ascontiguousarray(mesh.triangles, "<u4"))
    return digest.digest()


def _written(place: Path) -> float:
    """When the clusters there were; before all time where there are none that can be read."""
    try:
        if not place.is_file():  # not a pipe, which would block
            return -math.inf
        with open(place, "rb") as file:
            made_from = HEADER.unpack(file.read(HEADER.size))[2]
        return place.stat().st_mtime if _read(place, made_from) else -math.inf
    except (OSError, struct.error):
        return -math.inf


def _user_cache(key: bytes) -> list[Path]:
    folder = Path(os.environ.get("XDG_CACHE_HOME", ""))
    try:
        folder = folder if folder.is_absolute() else Path.home() / ".cache"  # as the XDG specification says
    except RuntimeError:  # nobody knows where home is
        return []
    return [folder / "gsrender-viewer" / (key.hex() + SUFFIX)]


def _read(path: Path, key: bytes) -> ClusterMesh | None:
    """What a file holds; None where there is none, or it is not to be trusted."""
    try:
        if not path.is_file():  # not a pipe, which would block
            return None
        with open(path, "rb") as file:
            magic, version, made_from, *lengths, checksum = HEADER.unpack(file.read(HEADER.size))
            nbytes = sum(length * dtype.itemsize for length, dtype in zip(lengths, ARRAYS))
            if ((magic, version, made_from) != (MAGIC, VERSION, key)
                    or os.fstat(file.fileno()).st_size != HEADER.size + nbytes):
                return None
            data = np.empty(nbytes, np.uint8)
            if file.readinto(data) != nbytes:
                return None
    except (OSError, struct.error):
        return None
    if _checksum(made_from, lengths, data) != checksum:
        return None
    arrays, start = [], 0
    for length, dtype in zip(lengths, ARRAYS):
        values = np.frombuffer(data, dtype.base, length * int(np.prod(dtype.shape)), start)
        arrays.append(values.reshape(length, *dtype.shape))
        start += length * dtype.itemsize
    mesh = ClusterMesh(*arrays)
    return mesh if _is_sound(mesh) else None


def _write(path: Path, key: bytes, mesh: ClusterMesh):
    """The whole file or none. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.parent.stat().st_mode & WRITABLE:
        raise PermissionError(None, "a read-only folder")
    arrays = [np.ascontiguousarray(array, dtype.base) for array, dtype in zip(mesh.arrays, ARRAYS)]
    lengths = [len(array) for array in arrays]
    header = HEADER.pack(MAGIC, VERSION, key, *lengths, _checksum(key, lengths, *arrays))
    remove_leftovers(path.parent, path.name.__eq__)  # half a gigabyte each, for a large mesh
    with whole_file(path) as unfinished, open(unfinished, "wb") as file:
        for part in (header, *arrays):
            file.write(part)


def _checksum(key: bytes, lengths: list[int], *parts: np.ndarray) -> bytes:
    digest = hashlib.sha256(struct.pack("<32s4Q", key, *lengths))
    for part in parts:
        digest.update(part)
    return digest.digest()


def _is_sound(mesh: ClusterMesh) -> bool:
    """Whether all that a shader will follow leads somewhere: a checksum proves no good will."""
    clusters, groups = mesh.clusters, mesh.groups
    triangle_count, cluster_count = (counts.astype(np.int64) for counts in
                                     (clusters["triangle_count"], groups["cluster_count"]))
    if triangle_count.sum() != len(mesh.triangles) or cluster_count.sum() != len(clusters):
        return False
    finite = (mesh.vertices, clusters["centre"], clusters["radius"], clusters["low"], clusters["high"],
              clusters["longest_edge"], groups["centre"], groups["radius"])
    refined = clusters["refined"]
    return bool(
        mesh.triangles.max(initial=0) < max(len(mesh.vertices), 1)
        and (triangle_count > 0).all() and (triangle_count <= CLUSTER_TRIANGLES).all()
        and np.array_equal(clusters["first_triangle"], starts(triangle_count))
        and np.array_equal(groups["first_cluster"], starts(cluster_count))
        and np.array_equal(clusters["group"], np.repeat(np.arange(len(groups)), cluster_count))
        and (refined >= -1).all() and (refined < clusters["group"]).all()
        and np.array_equal(clusters["level"] == 0, refined < 0)
        and (groups["error"] >= 0).all() and all(np.isfinite(array).all() for array in finite))
