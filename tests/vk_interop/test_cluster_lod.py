"""Levels of detail: whatever the mesh, level 0 is the mesh, and every cut through the levels is whole."""

import threading

import numpy as np
import pytest
from bench.scenes import sphere
from lod_meshes import AWKWARD, copies, flipped, grid, hills, mesh

from gsrender.errors import InputError
from vk_interop.cluster_lod import CLUSTER, GROUP
from vk_interop.cluster_lod_build import BuildCancelled, build_clusters
from vk_interop.cluster_lod_cache import _is_sound
from vk_interop.cluster_lod_group import coarser
from vk_interop.mesh import load_mesh

# How far the source may lie from a cut, in errors. The other way round it is one: an occluder never grows by more. But
# what is thin, and no island of its own, may draw back a little further.
SOURCE_FROM_CUT = 1.5


@pytest.fixture(scope="module")
def built():
    """Each mesh's clusters, built once."""
    kept = {}

    def build(name):
        if name not in kept:
            source = AWKWARD[name]()
            kept[name] = source, build_clusters(source)
        return kept[name]
    return build


@pytest.fixture(scope="module")
def ball():
    return build_clusters(sphere(6))


@pytest.fixture(scope="module")
def street_lod(street):
    return build_clusters(load_mesh(street / "proxy.glb"))


def cut(lod, error: float) -> np.ndarray:
    """[N, 3] triangles of the cut that lies within `error` everywhere."""
    return lod.triangles_of(lod.drawn(lod.groups["error"] > error))


def rows(corners: np.ndarray) -> np.ndarray:
    """[T, 3, 3] as sorted rows of bytes, to compare as multisets."""
    return np.sort(np.ascontiguousarray(corners.reshape(-1, 9) + np.float32(0)).view("V36").reshape(-1).view("S36"))


def edge_counts(triangles: np.ndarray) -> np.ndarray:
    edges = np.sort(np.concatenate([triangles[:, (0, 1)], triangles[:, (1, 2)], triangles[:, (2, 0)]]).astype(np.int64))
    return np.unique(edges[:, 0] << 32 | edges[:, 1], return_counts=True)[1]


def monotone_choice(lod, rng) -> np.ndarray:
    """[G] bool: too coarse or not at random, but never less so above than below."""
    value, clusters = rng.random(len(lod.groups)) ** rng.choice([0.5, 3, 20]), lod.clusters
    for level in range(1, lod.levels):
        of_level = clusters[clusters["level"] == level]
        np.maximum.at(value, of_level["group"], value[of_level["refined"]])
    return (value > rng.random()) | np.isinf(lod.groups["error"])


def distance(points: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """[P] from points [P, 3] to the nearest of triangles [T, 3, 3]."""
    a, b, c = corners.astype(np.float64).transpose(1, 0, 2)
    ab, ac, normal = b - a, c - a, np.cross(b - a, c - a)
    area = np.maximum((normal**2).sum(axis=1), 1e-300)

    def to_edge(start, along):
        offset = points[:, None] - start
        t = np.clip((offset * along).sum(axis=2) / np.maximum((along**2).sum(axis=1), 1e-300), 0, 1)
        return np.linalg.norm(offset - t[..., None] * along, axis=2)

    offset = points[:, None] - a
    u, v = (np.cross(offset, ac) * normal).sum(axis=2) / area, (np.cross(ab, offset) * normal).sum(axis=2) / area
    inside = (u >= 0) & (v >= 0) & (u + v <= 1)
    to_plane = np.abs((offset * normal).sum(axis=2)) / np.sqrt(area)
    nearest = np.minimum.reduce([to_edge(a, ab), to_edge(a, ac), to_edge(b, c - b)])
    return np.where(inside, to_plane, nearest).min(axis=1)


def sampled(corners: np.ndarray, count: int, rng) -> np.ndarray:
    """[count, 3] points, evenly over the surface of triangles [T, 3, 3]."""
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    area = np.linalg.norm(normal, axis=1).astype(np.float64)
    weights = rng.dirichlet((1, 1, 1), count)
    return np.einsum("nc,nck->nk", weights, corners[rng.choice(len(corners), count, p=area / area.sum())])


@pytest.mark.parametrize("name", AWKWARD)
def test_level_0_is_the_source_triangle_for_triangle_from_the_same_corner_on(built, name):
    source, lod = built(name)
    corners = source.vertices[source.triangles]
    a, b, c = (corners[:, i] for i in range(3))
    covers = ~((a == b).all(axis=1) | (b == c).all(axis=1) | (c == a).all(axis=1))
    level_0 = lod.triangles_of(lod.drawn(np.ones(len(lod.groups), bool)))
    assert len(level_0) == covers.sum() and np.array_equal(rows(lod.vertices[level_0]), rows(corners[covers]))


@pytest.mark.parametrize("name", AWKWARD)
def test_errors_and_spheres_only_grow_up_the_levels(built, name):
    _, lod = built(name)
    clusters, groups = lod.clusters, lod.groups
    made = clusters[clusters["refined"] >= 0]
    below, above = groups[made["refined"]], groups[made["group"]]
    assert (above["error"] >= below["error"]).all() and (above["level"] > below["level"]).all()
    apart = np.linalg.norm(above["centre"].astype(float) - below["centre"], axis=1)
    assert (apart + below["radius"] <= above["radius"]).all()
    source = clusters[clusters["level"] == 0]
    around = groups[source["group"]]
    apart = np.linalg.norm(around["centre"].astype(float) - source["centre"], axis=1)
    assert (apart + source["radius"] <= around["radius"]).all()
    assert np.array_equal(clusters["level"][clusters["refined"] >= 0], below["level"] + 1)


@pytest.mark.parametrize("name", AWKWARD)
def test_bounds_hold_their_triangles_and_every_index_leads_somewhere(built, name):
    _, lod = built(name)
    assert _is_sound(lod) and len(np.unique(lod.vertices, axis=0)) == len(lod.vertices)
    corners = lod.vertices[lod.triangles].astype(float)
    of = np.repeat(lod.clusters, lod.clusters["triangle_count"])
    assert (np.linalg.norm(corners - of["centre"][:, None], axis=2) <= of["radius"][:, None]).all()
    assert (corners >= of["low"][:, None]).all() and (corners <= of["high"][:, None]).all()
    edges = np.linalg.norm(corners - corners[:, (1, 2, 0)], axis=2).max(axis=1)
    assert (edges <= of["longest_edge"]).all()
    if len(lod.clusters):
        first = lod.clusters["first_triangle"]
        assert np.allclose(np.maximum.reduceat(edges, first), lod.clusters["longest_edge"], rtol=1e-5)
        assert np.array_equal(np.minimum.reduceat(corners.min(axis=1), first), lod.clusters["low"])
        assert np.array_equal(np.maximum.reduceat(corners.max(axis=1), first), lod.clusters["high"])


@pytest.mark.parametrize("name", AWKWARD.keys() - {"random triangles"})
def test_every_mesh_comes_down_to_one_cluster(built, name):
    _, lod = built(name)
    assert np.isinf(lod.groups["error"]).sum() == min(1, len(lod.triangles))
    assert (lod.clusters["group"] == len(lod.groups) - 1).sum() == min(1, len(lod.triangles))


def test_each_level_of_a_scene_has_half_the_triangles_in_full_clusters(street_lod):
    counts = np.bincount(street_lod.clusters["level"], street_lod.clusters["triangle_count"])
    assert np.allclose(counts[1:8] / counts[:7], 0.5, atol=0.02)
    assert np.bincount(street_lod.clusters["level"])[0] < 1.05 * counts[0] / 128


@pytest.mark.parametrize("name", ["a closed sphere", "thousands of islands"])
def test_every_cut_of_a_closed_mesh_is_closed(built, name):
    _, lod = built(name)
    rng = np.random.default_rng(5)
    for _ in range(25):
        assert (edge_counts(lod.triangles_of(lod.drawn(monotone_choice(lod, rng)))) % 2 == 0).all()


def test_cuts_by_a_camera_mix_levels_and_are_closed(ball):
    rng, mixed = np.random.default_rng(6), []
    for eye in rng.normal(size=(12, 3)) * (0.3, 1, 1.5):  # inside and outside
        near = np.linalg.norm(ball.groups["centre"] - eye, axis=1) - ball.groups["radius"]
        drawn = ball.drawn(ball.groups["error"] / np.maximum(near, 1e-3) > 10 ** rng.uniform(-4, -1))
        assert (edge_counts(ball.triangles_of(drawn)) == 2).all()
        mixed.append(len(np.unique(ball.clusters["level"][drawn])))
    assert max(mixed) > 2


def test_a_cut_of_a_sphere_lies_within_its_error_of_it(ball):
    for error in (3e-4, 1e-3, 1e-2, 0.1):
        triangles = cut(ball, error)
        points = sampled(ball.vertices[triangles], 4000, np.random.default_rng(7))
        assert np.abs(1 - np.linalg.norm(points, axis=1)).max() <= error + 1e-4  # the finest level is 1e-4 off itself
    assert len(triangles) < 1000


@pytest.mark.parametrize("name", ["open borders", "wound at random", "both sides", "far away", "non-manifold edges"])
def test_a_cut_lies_within_its_error_of_the_source_and_the_source_near_it(built, name):
    source, lod = built(name)
    corners, rng = source.vertices[source.triangles].astype(float), np.random.default_rng(8)
    finite = lod.groups["error"][np.isfinite(lod.groups["error"])]
    for error in np.quantile(finite, (0.7, 0.9)):
        drawn = lod.vertices[cut(lod, error)].astype(float)
        assert len(drawn) < len(corners) / 2
        rounding = 2e-7 * np.abs(corners).max()
        assert distance(sampled(drawn, 150, rng), corners).max() <= error + rounding
        assert distance(sampled(corners, 150, rng), drawn).max() <= SOURCE_FROM_CUT * error + rounding


def test_a_cut_of_a_scene_lies_within_its_error_of_it(street_lod):
    rng, groups, clusters = np.random.default_rng(9), street_lod.groups, street_lod.clusters
    source = clusters["level"] == 0
    for group in rng.choice(np.flatnonzero(groups["level"] < 3), 12, replace=False):
        error = groups["error"][group]
        drawn = street_lod.vertices[street_lod.triangles_of(clusters["refined"] == group)]
        low, high = drawn.min(axis=(0, 1)) - error, drawn.max(axis=(0, 1)) + error
        near = source & (clusters["low"] <= high).all(axis=1) & (clusters["high"] >= low).all(axis=1)
        points = sampled(drawn, 30, rng)
        assert distance(points, street_lod.vertices[street_lod.triangles_of(near)]).max() <= error


def test_wrong_winding_costs_nothing():
    right, wrong = build_clusters(hills(90)), build_clusters(flipped(hills(90), 0.3))
    for error in (1e-4, 1e-3, 1e-2):
        assert len(cut(wrong, error)) < 1.1 * len(cut(right, error)) + 20


def test_a_sheet_with_two_sides_keeps_its_border():
    flat = grid(60)
    lod = build_clusters(mesh(flat.vertices, np.concatenate([flat.triangles, flat.triangles[:, ::-1]])))
    finite = lod.groups["error"][np.isfinite(lod.groups["error"])]
    corners = lod.vertices[cut(lod, finite.max())].astype(float)
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1).sum() / 2
    assert len(corners) < 130 and area == pytest.approx(1, abs=0.01)


def test_islands_stay_until_they_are_no_larger_than_the_error():
    part, count = mesh(sphere(1).vertices * (1, 1, 0.01), sphere(1).triangles), 300  # flat: the planes say nothing
    lod = build_clusters(copies(part, count))
    source = copies(part, count).vertices.reshape(count, -1, 3)
    size = np.linalg.norm(np.ptp(source, axis=1), axis=1)
    island_of = {tuple(vertex): island for island, vertices in enumerate(source) for vertex in vertices.tolist()}
    for error in (0.02, 0.3, 1, 3):
        drawn = {island_of[tuple(vertex)] for vertex in lod.vertices[np.unique(cut(lod, error))].tolist()}
        assert drawn >= set(np.flatnonzero(size > error))
    assert len(drawn) < count


def test_a_few_islands_do_not_spoil_what_is_around_them():
    alone, rng = hills(100), np.random.default_rng(10)
    part = mesh(sphere(1).vertices * (0.02, 0.02, 2e-4), sphere(1).triangles)  # flat
    places = rng.uniform(0, 1, (60, 1, 3)) * (1, 1, 0.1) + (0, 0, 0.1)
    islands = (part.triangles + np.arange(60)[:, None, None] * len(part.vertices)).reshape(-1, 3)
    both = mesh(np.concatenate([alone.vertices, (part.vertices + places).reshape(-1, 3)]),
                np.concatenate([alone.triangles, islands + len(alone.vertices)]))
    alone, both = build_clusters(alone), build_clusters(both)
    for error in (0.01, 0.03):  # below the size of an island
        assert len(cut(both, error)) < len(cut(alone, error)) + len(islands) / 2


def test_far_away_errors_are_what_they_are_near():
    near = grid(100, lambda x, y: 0.01 * np.sin(5 * x))
    near.vertices = np.round(near.vertices * 2**13) / np.float32(2**7)
    far = mesh(near.vertices + np.float32(2**16 - 64), near.triangles)  # exact
    near, far = build_clusters(near).groups, build_clusters(far).groups
    for level in range(4):
        errors = [np.median(groups["error"][groups["level"] == level]) for groups in (near, far)]
        assert errors[1] == pytest.approx(errors[0], rel=0.15)


def test_a_smooth_surface_is_not_taken_for_flat():
    """Its curvature within a group is below what float32 tells the planes of."""
    cap = grid(150, lambda x, y: np.sqrt(1 - (x / 5)**2 - (y / 5)**2))
    cap.vertices[:, :2] /= 5
    lod = build_clusters(cap)
    made = lod.clusters["refined"] >= 0
    of = np.repeat(lod.clusters, lod.clusters["triangle_count"])
    middle = lod.vertices[lod.triangles].astype(float).mean(axis=1)
    below = 1 - np.linalg.norm(middle, axis=1)
    assert (below[of["refined"] >= 0] <= lod.groups["error"][of["refined"][of["refined"] >= 0]] + 1e-6).all()
    assert made.any() and below.max() > 1e-5


def test_groups_that_do_not_shrink_wait_for_other_neighbours(monkeypatch):
    refused = []

    def sometimes(triangles, *given):
        if len(triangles) > 128 and triangles.sum() % 3 == 0 and len(refused) < 40:
            refused.append(len(triangles))
            return None
        return coarser(triangles, *given)
    monkeypatch.setattr("vk_interop.cluster_lod_build.coarser", sometimes)
    lod, rng = build_clusters(sphere(5), threads=1), np.random.default_rng(11)
    assert len(refused) > 3 and np.isinf(lod.groups["error"]).sum() == 1
    for _ in range(10):
        assert (edge_counts(lod.triangles_of(lod.drawn(monotone_choice(lod, rng)))) == 2).all()


def test_the_clusters_do_not_depend_on_the_number_of_threads(monkeypatch):
    monkeypatch.setattr("vk_interop.cluster_lod_build.SOURCE_CHUNK", 3000)
    monkeypatch.setattr("vk_interop.cluster_lod_build.GROUPING_CHUNK", 100)  # so that there is something to share out
    one, *others = (build_clusters(flipped(hills(100), 0.1), threads=threads) for threads in (1, 2, 5))
    for other in others:
        for name in ("vertices", "triangles", "clusters", "groups"):
            assert getattr(one, name).tobytes() == getattr(other, name).tobytes()


def test_progress_goes_up_to_the_end_and_comes_from_the_thread_that_asked():
    told = []
    build_clusters(hills(100), lambda *step: told.append((*step, threading.current_thread())))
    done, total, threads = zip(*told)
    assert list(done) == sorted(done) and done[0] == 0 and done[-1] == 20_000 and len(set(done)) > 5
    assert set(total) == {20_000} and set(threads) == {threading.current_thread()}


@pytest.mark.parametrize("after", [0, 1, 5, 20])
def test_a_build_stops_when_it_is_told_to(after):
    asked, before = [], set(threading.enumerate())
    with pytest.raises(BuildCancelled):
        build_clusters(hills(100), cancel=lambda: asked.append(1) or len(asked) > after)
    assert len(asked) == after + 1 and set(threading.enumerate()) <= before


def test_ctrl_c_ends_a_build_and_its_threads():
    before = set(threading.enumerate())

    def interrupt(done, total):
        if done > 5000:
            raise KeyboardInterrupt
    with pytest.raises(KeyboardInterrupt):
        build_clusters(hills(100), interrupt)
    assert set(threading.enumerate()) <= before


def test_coordinates_whose_squares_are_not_finite_are_refused():
    with pytest.raises(InputError, match="a vertex at 1e[+]20 scene units; expected less than 1e[+]15"):
        build_clusters(mesh([(0, 0, 0), (1e20, 0, 0), (0, 1, 0)], [0, 1, 2]))


def test_records_are_laid_out_as_a_shader_reads_them():
    offsets = {name: CLUSTER.fields[name][1] for name in CLUSTER.names}
    assert CLUSTER.itemsize == 64 and offsets == dict(
        centre=0, radius=12, low=16, first_triangle=28, high=32, triangle_count=44, group=48, refined=52, level=56,
        longest_edge=60)
    offsets = {name: GROUP.fields[name][1] for name in GROUP.names}
    assert GROUP.itemsize == 32 and offsets == dict(
        centre=0, radius=12, error=16, level=20, first_cluster=24, cluster_count=28)
