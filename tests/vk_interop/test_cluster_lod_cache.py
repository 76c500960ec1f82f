"""The cache of clusters: read when it is right, built again whatever is wrong with it, never half there."""

import dataclasses
import os
from pathlib import Path

import numpy as np
import pytest
from bench.scenes import sphere, write_glb

from vk_interop import cluster_lod_cache
from vk_interop.cluster_lod_build import build_clusters
from vk_interop.cluster_lod_cache import HEADER, load_or_build
from vk_interop.mesh import load_mesh

NAMES = ("vertices", "triangles", "clusters", "groups")
SCALED = [[2, 0, 0, 0], [0, 2, 0, 0], [0, 0, 2, 0], [0, 0, 0, 1]]


@pytest.fixture
def proxy(tmp_path, monkeypatch):
    """A mesh in a folder of its own; `builds` counts how often its clusters were really built."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "scene").mkdir()
    write_glb(tmp_path / "scene" / "proxy.glb", sphere(3))
    builds = []
    monkeypatch.setattr(cluster_lod_cache, "build_clusters", lambda *given: builds.append(1) or build_clusters(*given))
    mesh = load_mesh(tmp_path / "scene" / "proxy.glb")
    return mesh, mesh.path.with_name("proxy.glb.clusters"), builds


def same(a, b) -> bool:
    pairs = [(getattr(a, name), getattr(b, name)) for name in NAMES]
    return all(one.dtype == other.dtype and one.tobytes() == other.tobytes() for one, other in pairs)


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def read_only(path: Path):
    path.chmod(0o555)


def test_the_second_time_nothing_is_built(proxy):
    mesh, beside, builds = proxy
    first, second = load_or_build(mesh), load_or_build(mesh)
    assert len(builds) == 1 and same(first, second) and files(beside.parent) == ["proxy.glb", "proxy.glb.clusters"]


def test_damage_anywhere_is_found_and_mended(proxy):
    mesh, beside, builds = proxy
    right = load_or_build(mesh)
    whole = beside.read_bytes()
    rng = np.random.default_rng(0)
    for place in [*range(HEADER.size), *rng.integers(HEADER.size, len(whole), 60), len(whole) - 1]:
        damaged = bytearray(whole)
        damaged[place] ^= 1 << rng.integers(8)
        beside.write_bytes(damaged)
        builds.clear()
        assert same(load_or_build(mesh), right) and len(builds) == 1 and beside.read_bytes() == whole, place


@pytest.mark.parametrize("length", [0, 1, HEADER.size - 1, HEADER.size, HEADER.size + 1, -1, None])
def test_files_that_break_off_or_go_on_are_built_again(proxy, length):
    mesh, beside, builds = proxy
    load_or_build(mesh)
    whole = beside.read_bytes()
    beside.write_bytes(whole + b"\0" if length is None else whole[:length])
    load_or_build(mesh)
    assert len(builds) == 2 and beside.read_bytes() == whole


def test_another_version_is_built_again(proxy, monkeypatch):
    mesh, beside, builds = proxy
    with monkeypatch.context() as patch:
        patch.setattr(cluster_lod_cache, "VERSION", cluster_lod_cache.VERSION - 1)
        load_or_build(mesh)
    load_or_build(mesh)
    assert len(builds) == 2


def test_another_mesh_and_another_transform_are_built_again(proxy):
    mesh, _, builds = proxy
    load_or_build(mesh)
    scaled = load_or_build(load_mesh(mesh.path, SCALED))
    assert len(builds) == 2 and np.abs(scaled.vertices).max() == 2
    turned = mesh.triangles.copy()
    turned[0] = turned[0, ::-1]
    load_or_build(dataclasses.replace(mesh, triangles=turned))
    assert len(builds) == 3


def test_a_mesh_by_a_transform_and_back_is_built_once_each_and_a_third_takes_the_older_ones_place(proxy):
    mesh, beside, builds = proxy
    scaled = load_mesh(mesh.path, SCALED)
    for _ in range(3):
        load_or_build(mesh)
        load_or_build(scaled)
    assert len(builds) == 2
    os.utime(beside, (1, 1))
    load_or_build(load_mesh(mesh.path, up="y"))
    load_or_build(scaled)
    assert len(builds) == 3
    assert files(beside.parent) == ["proxy.glb", "proxy.glb.2.clusters", "proxy.glb.clusters"]


@pytest.mark.parametrize("array, field, value", [
    ("triangles", None, 2**32 - 1), ("vertices", None, np.nan), ("clusters", "first_triangle", 7),
    ("clusters", "triangle_count", 0), ("clusters", "group", -1), ("clusters", "group", 10**9),
    ("clusters", "refined", -2), ("clusters", "refined", 10**9), ("clusters", "level", 1),
    ("clusters", "centre", np.inf), ("clusters", "radius", np.nan),
    ("groups", "error", np.nan), ("groups", "error", -1), ("groups", "radius", np.inf), ("groups", "first_cluster", 5),
    ("groups", "cluster_count", 2**32 - 1)])
def test_a_file_with_a_right_checksum_is_not_followed_out_of_bounds(proxy, array, field, value):
    mesh, beside, builds = proxy
    right = load_or_build(mesh)
    wrong = getattr(right, array).copy()
    (wrong[field] if field else wrong)[0] = value
    cluster_lod_cache._write(beside, cluster_lod_cache._key(mesh), dataclasses.replace(right, **{array: wrong}))
    assert same(load_or_build(mesh), right) and len(builds) == 2


def test_a_folder_that_is_not_to_be_written_to_is_left_alone(proxy, tmp_path):
    mesh, beside, builds = proxy
    read_only(beside.parent)
    first, second = load_or_build(mesh), load_or_build(mesh)
    assert len(builds) == 1 and same(first, second) and files(beside.parent) == ["proxy.glb"]
    cached, = files(tmp_path / "cache")
    assert cached.startswith("gsrender-viewer/") and cached.endswith(".clusters")
    load_or_build(load_mesh(mesh.path, SCALED))
    assert len(builds) == 2 and len(files(tmp_path / "cache")) == 2  # each mesh has its own there
    load_or_build(mesh)
    assert len(builds) == 2


def test_the_users_cache_is_where_xdg_says(proxy, tmp_path, monkeypatch):
    mesh, beside, _ = proxy
    read_only(beside.parent)
    monkeypatch.setenv("XDG_CACHE_HOME", "not/absolute")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    load_or_build(mesh)
    assert files(tmp_path / "home")[0].startswith(".cache/gsrender-viewer/")


def test_where_nothing_can_be_kept_it_is_said_and_drawn_all_the_same(proxy, tmp_path):
    mesh, beside, builds = proxy
    read_only(beside.parent)
    (tmp_path / "cache").write_text("a file")
    said = []
    assert len(load_or_build(mesh, say=said.append).clusters) and len(said) == 1
    assert str(beside.parent) in said[0] and "cannot be kept" in said[0] and files(beside.parent) == ["proxy.glb"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError(28, "No space left on device")])
def test_an_interrupted_write_leaves_nothing(proxy, tmp_path, monkeypatch, error):
    mesh, beside, builds = proxy

    def fail(*_):
        raise error
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", fail)
        if error is KeyboardInterrupt:
            with pytest.raises(KeyboardInterrupt):
                load_or_build(mesh)
        else:
            said = []
            load_or_build(mesh, say=said.append)
            assert said[0].count("No space left on device") == 2
    assert files(tmp_path) == ["scene/proxy.glb"]
    load_or_build(mesh)
    assert beside.exists() and len(builds) == 2


def test_what_a_killed_process_left_half_written_goes(proxy):
    mesh, beside, _ = proxy
    beside.with_name(".proxy.glb.clusters.999999999").touch()  # no Linux has as many processes
    load_or_build(mesh)
    assert files(beside.parent) == ["proxy.glb", "proxy.glb.clusters"]


def test_what_is_no_file_is_not_opened(proxy):
    mesh, beside, builds = proxy
    os.mkfifo(beside)  # opening it would wait for a writer
    assert len(load_or_build(mesh).clusters) and len(builds) == 1
    assert beside.is_file()


def test_a_mesh_that_covers_nothing_is_kept_as_well(proxy):
    mesh, _, builds = proxy
    empty = dataclasses.replace(mesh, triangles=np.zeros((3, 3), np.uint32))
    assert same(load_or_build(empty), load_or_build(empty)) and len(builds) == 1
