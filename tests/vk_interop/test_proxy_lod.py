"""The proxy's depth drawn from clusters: the same depth whatever is left out, near enough where it is simplified."""

from dataclasses import replace
from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from bench.scenes import one_cluster, sphere
from lod_meshes import AWKWARD, copies, grid, mesh

from gsrender import Camera, DepthBuffer, load_cameras
from vk_interop import depth_target
from vk_interop.cluster_lod import CLUSTER, GROUP, ClusterMesh
from vk_interop.cluster_lod_build import build_clusters
from vk_interop.depth_settings import RASTERS, DepthSettings
from vk_interop.flat_clusters import flat_clusters
from vk_interop.mesh import load_mesh
from vk_interop.proxy_depth import SMALL_SIZE, ProxyDepth

SIZE = (160, 120)
EXACT = DepthSettings(occlusion=False)


@cache
def clusters_of(name: str) -> ClusterMesh:
    return build_clusters(AWKWARD[name]())


@cache
def crowd() -> SimpleNamespace:
    return copies(sphere(4), 60)


@cache
def crowd_clusters() -> ClusterMesh:
    return build_clusters(crowd())


def around(source, count: int = 3, distance: float = 1.6) -> list[Camera]:
    """Views of a mesh from all sides, and from its middle."""
    low, high = np.float64(source.vertices.min(0)), np.float64(source.vertices.max(0))
    centre, radius = (low + high) / 2, max(np.linalg.norm(high - low) / 2, 1e-9)
    angles = 0.3 + np.arange(count) * 2.1
    ways = [np.array([np.cos(angle), np.sin(angle), 0.5 - 0.4 * i]) for i, angle in enumerate(angles)]
    looks = [(centre + distance * radius * way, centre) for way in ways]
    looks.append((centre, centre + radius * np.array([1, 0.3, 0.1])))
    return [Camera.look_at(*look, width=SIZE[0], height=SIZE[1], near=0.01) for look in looks]


def walk(count: int) -> list[Camera]:
    """Through the crowd: small steps, and jumps to elsewhere."""
    places = np.random.default_rng(5).uniform(-20, 20, (3, 2, 3))
    steps = [start + (end - start) * t for start, end in places for t in np.linspace(0, 0.15, count // 3)]
    return [Camera.look_at(place, (0, 0, 3), width=SIZE[0], height=SIZE[1], near=0.01) for place in steps]


def draw(device, clusters, cameras, settings=EXACT, **options) -> list[np.ndarray]:
    """What was drawn, not what culling reads."""
    with ProxyDepth(device, clusters, settings, **options) as proxy:
        return [read(proxy, camera)[0] for camera in cameras]


def read(proxy: ProxyDepth, camera: Camera) -> tuple[np.ndarray, np.ndarray]:
    """[H, W] each: what was drawn, and what culling reads."""
    depth = proxy.render(camera)
    depth.ready.wait(None)
    return proxy.drawn().cpu().numpy(), depth.depth.cpu().numpy().copy()


def differing(drawn, expected, tolerance=1e-4) -> float:
    """Share of pixels where one hits and the other misses, or z differs by more."""
    hit, other = np.isfinite(drawn), np.isfinite(expected)
    both = hit & other
    off = np.abs(drawn[both] - expected[both]) > tolerance * expected[both]
    return ((hit != other).sum() + off.sum()) / drawn.size


# --- nothing is left out that would change a bit --------------------------------------------------------------------


@pytest.mark.parametrize("name", AWKWARD)
def test_without_lod_the_depth_is_that_of_one_plain_draw_bit_for_bit(device, name):
    source = AWKWARD[name]()
    for first, second in zip(draw(device, one_cluster(source), around(source)),
                             draw(device, clusters_of(name), around(source), DepthSettings())):
        assert np.array_equal(first, second)


@pytest.mark.parametrize("side", range(5))
def test_what_reaches_into_the_view_by_its_tip_is_drawn(device, side):
    """A spike whose sphere just reaches over the edge of what is seen: one of the four sides, or the near plane."""
    camera = Camera.from_pose(np.eye(4)[:3], 80, 80, *SIZE, near=0.5)  # half the picture is 1 x 0.75 at view z 1
    outwards, edge = [((1, 0, -1), (1.5, 0, 1.5)), ((-1, 0, -1), (-1.5, 0, 1.5)), ((0, 1, -0.75), (0, 1.125, 1.5)),
                      ((0, -1, -0.75), (0, -1.125, 1.5)), ((0, 0, -1), (0, 0.2, 0.5))][side]
    along = np.array(outwards) / np.linalg.norm(outwards)
    across = 0.05 * np.cross(along, (0.6, 0.8, 0.05))
    spike = mesh(edge + np.array([-0.1 * along - across, -0.1 * along + across, 2.9 * along]), [0, 1, 2])
    drawn = draw(device, build_clusters(spike), [camera], DepthSettings(None, "vertex"))[0]
    assert np.isfinite(drawn).any() and np.array_equal(drawn, draw(device, one_cluster(spike), [camera])[0])


@pytest.mark.parametrize("raster", RASTERS)
@pytest.mark.parametrize("lod_error", [None, 1.0])
def test_occlusion_culling_changes_no_bit_on_a_path_with_jumps(device, raster, lod_error):
    path = walk(12)
    with_it, without = (draw(device, crowd_clusters(), path, DepthSettings(lod_error, raster, occlusion))
                        for occlusion in (True, False))
    assert all(np.array_equal(first, second) for first, second in zip(with_it, without))


def test_a_cluster_behind_another_is_not_drawn_and_comes_back_at_once(device):
    wall, ball = sphere(3, radius=4), sphere(5, radius=1)
    source = mesh(np.concatenate([wall.vertices, ball.vertices + (8, 0, 0)]),
                  np.concatenate([wall.triangles, ball.triangles + len(wall.vertices)]))
    before, behind = (Camera.look_at((x, 0.1, 0), (4, 0, 0), width=160, height=120) for x in (-9, 17))
    with ProxyDepth(device, build_clusters(source), DepthSettings()) as proxy:
        for _ in range(3):
            read(proxy, before)
        hidden = proxy.stats().counts
        seen = read(proxy, behind)[0]
    assert hidden["clusters_culled_occlusion"] > hidden["clusters_drawn"]
    assert np.array_equal(seen, draw(device, one_cluster(source), [behind])[0])


def test_settings_may_change_between_frames(device):
    camera = walk(3)[0]
    with ProxyDepth(device, crowd_clusters()) as proxy:
        for settings in (DepthSettings(), DepthSettings(1.0, "compute"), DepthSettings(3.0, "vertex"),
                         DepthSettings(1.0, "vertex"), DepthSettings(None, "vertex")):
            proxy.settings = settings
            with ProxyDepth(device, crowd_clusters(), settings) as fresh:
                pairs = zip(read(proxy, camera), read(fresh, camera))
            assert all(np.array_equal(one, other) for one, other in pairs)


# --- near enough where it is simplified -----------------------------------------------------------------------------


def away_from_silhouettes(depth: np.ndarray, reach: int) -> np.ndarray:
    """Pixels around which the depth has no step of more than a twentieth."""
    padded = np.pad(depth, reach, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (2 * reach + 1, 2 * reach + 1))
    with np.errstate(invalid="ignore"):
        return windows.max((2, 3)) < 1.05 * windows.min((2, 3))


def pinholes(depth: np.ndarray, full: np.ndarray, reach: int) -> int:
    """Pixels that show, or miss, what is farther than all eight around them, and than all that the full mesh shows
    within reach."""
    around = np.stack([np.roll(depth, (x, y), (0, 1)) for x in (-1, 0, 1) for y in (-1, 0, 1) if x or y])
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(full, reach, mode="edge"), (2 * reach + 1, 2 * reach + 1))
    return int((depth > 1.2 * np.maximum(around.max(0), windows.max((2, 3))))[1:-1, 1:-1].sum())


def assert_near(drawn, full, camera, pixels):
    hits = np.isfinite(drawn) == np.isfinite(full)
    assert hits.mean() >= 0.995
    inside = away_from_silhouettes(full, int(np.ceil(pixels)) + 1) & np.isfinite(drawn)
    if inside.any():
        allowed = (pixels / camera.fy + 0.002) * full[inside]
        assert np.mean(np.abs(drawn[inside] - full[inside]) <= allowed) >= 0.999
    assert pinholes(drawn, full, int(np.ceil(pixels))) == 0


@pytest.mark.parametrize("name", [name for name in AWKWARD if name not in ("random triangles", "slivers")])
def test_a_simplified_mesh_is_off_by_as_many_pixels_as_allowed(device, name):
    source = AWKWARD[name]()
    cameras = around(source)
    for pixels in (0.5, 1.0):
        drawn = draw(device, clusters_of(name), cameras, DepthSettings(pixels))
        for z, full, camera in zip(drawn, draw(device, one_cluster(source), cameras), cameras):
            assert_near(z, full, camera, pixels)


@pytest.fixture(scope="module")
def fine_sphere():
    return build_clusters(sphere(8))  # 1.3 million triangles


@pytest.mark.parametrize("raster", RASTERS)
def test_a_closed_sphere_has_no_pinhole_at_any_error_from_inside_and_outside(device, fine_sphere, raster):
    cameras = [Camera.look_at(place, (0.1, 0, 0.2), width=320, height=240, near=0.001)
               for place in ((-2.5, 0.3, 0.4), (1.02, 0.2, 0.1), (0.5, 0.3, 0), (0, -0.98, 0.1))]
    for pixels in (0.25, 1.0, 3.0, 10.0):
        for camera, z in zip(cameras, draw(device, fine_sphere, cameras, DepthSettings(pixels, raster))):
            inside = np.linalg.norm(camera.position) < 1
            assert not inside or np.isfinite(z).all()
            around = np.stack([np.roll(z, (x, y), (0, 1)) for x in (-1, 0, 1) for y in (-1, 0, 1) if x or y])
            assert not (z > 1.2 * around.max(0))[1:-1, 1:-1].any()


@pytest.mark.parametrize("raster", ["hybrid", "compute"])
@pytest.mark.parametrize("name", ["a closed sphere", "open borders", "slivers", "wound at random", "far away",
                                  "random triangles", "thousands of islands", "a single triangle"])
def test_the_compute_rasterisers_draw_what_the_vertex_pipeline_draws(device, name, raster):
    cameras = around(AWKWARD[name]())[:3 if name == "slivers" else 4]  # those are noise to all from within their plane
    for lod_error in (None, 1.0):
        compute, vertex = (draw(device, clusters_of(name), cameras, DepthSettings(lod_error, kind))
                           for kind in (raster, "vertex"))
        assert np.mean([differing(*pair) for pair in zip(compute, vertex)]) <= 0.002


def test_compute_draws_triangles_that_cross_the_near_plane_and_fill_the_screen(device):
    random = np.random.default_rng(6)
    vertices = random.uniform(-6, 6, (150, 1, 3)) + random.uniform(-9, 9, (150, 3, 3))
    source = mesh(vertices.reshape(-1, 3), np.arange(450))
    camera = Camera.look_at((0.3, 0.1, 0), (1, 2, 0.5), width=200, height=150, near=0.2)
    compute, vertex = (draw(device, flat_clusters(source), [camera], DepthSettings(raster=kind))[0]
                       for kind in ("compute", "vertex"))
    assert differing(compute, vertex, 1e-3) <= 0.005  # 150 triangles' edges in a small picture


# --- conservative ---------------------------------------------------------------------------------------------------


def test_culling_reads_the_farthest_depth_within_reach_moved_back_by_the_error(device):
    camera, pixels = walk(3)[0], 1.5
    with ProxyDepth(device, crowd_clusters(), DepthSettings(pixels)) as proxy:
        depth = proxy.render(camera)
        depth.ready.wait(None)
        drawn = proxy.drawn()
    window = torch.nn.functional.max_pool2d(drawn[None, None], 5, stride=1, padding=2)[0, 0]
    expected = DepthBuffer.from_tensor(window * np.float32(1 + pixels / camera.fy))
    assert torch.equal(depth.levels, expected.levels)


def test_without_lod_culling_reads_what_was_drawn(device):
    with ProxyDepth(device, crowd_clusters()) as proxy:
        depth = proxy.render(walk(3)[0])
        depth.ready.wait(None)
        drawn = proxy.drawn()
    assert torch.equal(depth.levels, DepthBuffer.from_tensor(drawn).levels)


@pytest.mark.parametrize("pixels", [0.5, 1.0, 3.0])
def test_a_simplified_mesh_hides_nothing_that_the_full_one_shows(device, pixels):
    path = walk(6)
    full = draw(device, one_cluster(crowd()), path)
    with ProxyDepth(device, crowd_clusters(), DepthSettings(pixels)) as proxy:
        nearer = [read(proxy, camera)[1] < z for camera, z in zip(path, full)]
    assert np.mean(nearer) <= 1e-4


# --- what it says ---------------------------------------------------------------------------------------------------


def cut(clusters: ClusterMesh, camera: Camera, pixels: float) -> np.ndarray:
    """[C] bool, in NumPy."""
    groups = clusters.groups
    z = (groups["centre"] - camera.position) @ camera.rotation[2] - groups["radius"]
    return clusters.drawn(groups["error"] * max(camera.fx, camera.fy) > pixels * np.maximum(z, max(camera.near, 0.01)))


def gone_into(clusters: ClusterMesh, camera: Camera, pixels: float) -> int:
    """Clusters of the groups that may hold some of the cut, in NumPy."""
    groups, refined = clusters.groups, clusters.clusters["refined"]
    errors = np.where(refined < 0, -np.inf, groups["error"][refined])
    least = np.minimum.reduceat(errors, groups["first_cluster"])
    z = (groups["centre"] - camera.position) @ camera.rotation[2]
    focal, near = max(camera.fx, camera.fy), max(camera.near, 0.01)
    left = groups["error"] * focal > pixels * np.maximum(z - groups["radius"], near)
    left &= ~(least * focal > pixels * np.maximum(z + groups["radius"], near))
    return int(groups["cluster_count"][left].sum())


@cache
def half_flat_clusters() -> ClusterMesh:
    """A square whose groups hold clusters of very different errors."""
    return build_clusters(grid(150, lambda x, y: 0.1 * np.maximum(x - 0.5, 0) * np.sin(60 * x) * np.cos(50 * y)))


@pytest.mark.parametrize("stretch", [1, 0.4])
@pytest.mark.parametrize("clusters, place, target, errors", [
    (crowd_clusters, (-45, 3, 5), (0, 0, 0), (0.03, 0.1, 0.3, 1.0)),
    (half_flat_clusters, (0.5, 0.4, 6), (0.5, 0.5, 0), (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1))])
def test_the_cut_is_that_of_the_groups_errors_in_view_z(device, clusters, place, target, errors, stretch):
    camera = Camera.look_at(place, target, fov_y=130, width=SIZE[0], height=SIZE[1])  # sees all
    camera, clusters = replace(camera, fy=stretch * camera.fy), clusters()
    for pixels in errors:
        chosen = cut(clusters, camera, pixels)
        with ProxyDepth(device, clusters, DepthSettings(pixels, occlusion=False)) as proxy:
            read(proxy, camera)
            counts, drawn = proxy.stats().counts, proxy.stats().levels
        assert counts["clusters_culled_frustum"] == 0
        # Two groups, of up to 32 clusters.
        assert abs(counts["clusters_tested"] - gone_into(clusters, camera, pixels)) <= 2 * 32
        expected = np.bincount(clusters.clusters["level"][chosen], minlength=32)
        assert np.abs(np.pad(drawn, (0, 32 - len(drawn))) - expected).sum() <= 2  # float32 against float64
        assert abs(counts["clusters_culled_lod"] - (~chosen).sum()) <= 2


@pytest.mark.parametrize("raster", RASTERS)
def test_every_cluster_is_drawn_or_culled_for_one_reason(device, raster):
    with ProxyDepth(device, crowd_clusters(), DepthSettings(1.0, raster)) as proxy:
        for camera in walk(6):
            read(proxy, camera)
            stats = proxy.stats()
            counts = stats.counts
            reasons = [count for name, count in counts.items() if name.startswith("clusters_culled")]
            assert min(reasons) >= 0 and counts["clusters"] == len(crowd_clusters().clusters)
            in_cut = cut(crowd_clusters(), camera, 1.0).sum()
            # Groups out of view are not gone into.
            assert counts["clusters_culled_lod"] <= counts["clusters"] - in_cut + 2
            assert sum(stats.levels) == counts["clusters_drawn"] and len(stats.levels) <= crowd_clusters().levels
            assert 0 < counts["triangles_drawn"] <= 128 * counts["clusters_drawn"]
            assert raster != "vertex" or counts["clusters_small"] == 0


@pytest.fixture(scope="module")
def single_triangles() -> SimpleNamespace:
    """72,000 of them side by side."""
    x, y = np.meshgrid(np.arange(300), np.arange(240))
    corners = np.stack([x, y, 0 * x], -1).reshape(-1, 1, 3) + [(0, 0, 0), (0.9, 0, 0), (0, 0.9, 0)]
    return mesh(corners.reshape(-1, 3), np.arange(corners.size // 3))


def one_triangle_each(source, group_size: int) -> ClusterMesh:
    """A cluster for each triangle, and groups of that many clusters."""
    corners, count = source.vertices[source.triangles], len(source.triangles)
    clusters, groups = np.zeros(count, CLUSTER), np.zeros(count // group_size, GROUP)
    clusters["low"], clusters["high"] = corners.min(1), corners.max(1)
    clusters["first_triangle"], clusters["triangle_count"] = np.arange(count), 1
    clusters["longest_edge"], clusters["refined"], clusters["group"] = 1.3, -1, np.arange(count) // group_size
    groups["first_cluster"], groups["cluster_count"] = np.arange(0, count, group_size), group_size
    groups["error"], groups["radius"] = np.inf, 1000
    return ClusterMesh(source.vertices, source.triangles, clusters, groups)


@pytest.mark.parametrize("parts", [1, 64])
@pytest.mark.parametrize("small_size", [0.0, 256.0])  # all triangles are large; those of the spheres are medium
def test_what_many_workgroups_share_is_drawn_as_by_the_vertex_pipeline(device, parts, small_size, monkeypatch):
    monkeypatch.setattr(depth_target.Target, "_large_parts", lambda self: parts)
    monkeypatch.setitem(SMALL_SIZE, "compute", small_size)
    wall = [(-40, -40, 20), (40, -40, 20), (-40, 40, 30), (40, 40, 30)]
    spheres = copies(sphere(1), 60)
    vertices = np.concatenate([spheres.vertices, np.float32(wall)])
    triangles = np.concatenate([spheres.triangles, len(spheres.vertices) + np.uint32([[0, 1, 2], [1, 3, 2]])])
    camera = Camera.look_at((0, 0, -25), (0, 0, 3), (0, -1, 0), width=1100, height=1000)  # 288 tiles
    clusters = flat_clusters(mesh(vertices, triangles))
    compute, vertex = (draw(device, clusters, [camera], DepthSettings(1.0, raster, occlusion=False))[0]
                       for raster in ("compute", "vertex"))
    assert np.isfinite(vertex).all() and differing(compute, vertex, 1e-3) <= 0.002


def test_large_triangles_behind_each_other_are_all_drawn_however_long_that_takes(device, monkeypatch):
    """lavapipe ends an invocation's loops after 65,535 steps; 288 tiles of 120 triangles are 700,000."""
    monkeypatch.setattr(depth_target, "LARGE_PARTS", 1)
    walls = [[(-40, -40, 20 - 0.1 * i), (40, -40, 20 - 0.1 * i), (-40, 40, 20 - 0.1 * i), (40, 40, 20 - 0.1 * i)]
             for i in range(60)]
    corners = 4 * np.arange(60)[:, None, None] + [[0, 1, 2], [1, 3, 2]]
    clusters = flat_clusters(mesh(np.float32(walls).reshape(-1, 3), corners.reshape(-1, 3)))
    camera = Camera.look_at((0, 0, 0), (0, 0, 3), (0, -1, 0), width=1100, height=1000)
    drawn = draw(device, clusters, [camera], DepthSettings(1.0, "compute", occlusion=False))[0]
    assert np.abs(drawn - 14.1).max() < 1e-3


@pytest.mark.parametrize("group_size, small", [(1, True), (100, False)])
def test_more_clusters_or_groups_than_a_row_of_workgroups_are_all_drawn(device, single_triangles, group_size, small,
                                                                        monkeypatch):
    monkeypatch.setitem(SMALL_SIZE, "compute", 128.0 if small else -1.0)
    size = (600, 480) if small else (120, 96)  # large ones take up to 64 workgroups each
    camera = Camera.look_at((150, 120, -230), (150, 120, 0), (0, -1, 0), width=size[0], height=size[1])
    clusters = one_triangle_each(single_triangles, group_size)
    with ProxyDepth(device, clusters, DepthSettings(1.0, "compute")) as proxy:
        drawn, counts = read(proxy, camera)[0], proxy.stats().counts
    assert counts["clusters_drawn"] == len(clusters.clusters) > 65_535
    assert counts["clusters_small"] == small * len(clusters.clusters)
    # Their edges go either way, and there are many.
    plain = draw(device, one_cluster(single_triangles), [camera])[0]
    assert differing(drawn, plain) <= (0.01 if small else 0.05)


def test_a_mesh_takes_18_bytes_a_triangle_by_compute_and_40_by_the_vertex_pipeline(device):
    taken = {}
    for raster in ("compute", "vertex"):
        with ProxyDepth(device, crowd_clusters(), DepthSettings(1.0, raster)) as proxy:
            taken[raster] = proxy.memory["proxy mesh"] / len(crowd().triangles)
            proxy.render(walk(3)[0])
            assert proxy.memory["proxy mesh"] == taken[raster] * len(crowd().triangles)
    assert taken["compute"] <= 18 < taken["vertex"] <= 40


def test_what_another_rasteriser_reads_is_made_once_it_draws(device):
    camera, detail = walk(3)[1], [DepthSettings(1.0, raster) for raster in ("compute", "vertex", "hybrid", "compute")]
    with ProxyDepth(device, crowd_clusters(), detail[0]) as proxy:
        taken, drawn = [], []
        for proxy.settings in detail:
            drawn.append(read(proxy, camera)[0])
            taken.append(proxy.memory["proxy mesh"])
    assert taken[0] < taken[1] == taken[2] == taken[3]
    for settings, z in zip(detail, drawn):
        assert np.array_equal(z, draw(device, crowd_clusters(), [camera], settings)[0])


# --- laid elsewhere -------------------------------------------------------------------------------------------------

def placing(scale: float) -> np.ndarray:
    """Turns x to y, y to z and z to x, so that boxes stay boxes."""
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = scale * np.eye(3)[[2, 0, 1]], (3, -20, 5)
    return matrix


def laid(clusters: ClusterMesh, place: np.ndarray) -> ClusterMesh:
    """The same clusters of a mesh whose every vertex was moved."""
    scale = np.cbrt(np.linalg.det(place[:3, :3]))
    move = lambda points: np.float32(points @ place[:3, :3].T + place[:3, 3])
    records = clusters.clusters.copy(), clusters.groups.copy()
    for record in records:
        for name in record.dtype.names:
            if name in ("centre", "low", "high"):
                record[name] = move(record[name])
            elif name in ("radius", "error", "longest_edge"):
                record[name] *= scale
    return ClusterMesh(move(clusters.vertices), clusters.triangles, *records)


@pytest.mark.parametrize("scale, raster", [(1 / 64, "vertex"), (1, "hybrid"), (32, "compute")])
def test_a_mesh_that_is_laid_elsewhere_is_drawn_as_one_that_was_read_there(device, raster, scale):
    place, settings = placing(scale), DepthSettings(1.0, raster)
    cameras = [Camera.look_at(*(place[:3, :3] @ end + place[:3, 3] for end in (camera.position, (0, 0, 3))),
                              width=SIZE[0], height=SIZE[1], near=0.01 * max(scale, 1)) for camera in walk(6)]
    with ProxyDepth(device, laid(crowd_clusters(), place), settings, placing=np.eye(4)) as there, \
            ProxyDepth(device, crowd_clusters(), settings, placing=place) as here:
        for camera in cameras:
            (expected, culling), (drawn, farther) = read(there, camera), read(here, camera)
            hit = np.isfinite(expected).mean()
            assert hit > 0.01 and differing(drawn, expected) < 0.02 * hit and differing(farther, culling) < 0.04 * hit
            levels, others = (np.array([*proxy.stats().levels, 0, 0, 0][:4]) for proxy in (there, here))
            assert np.abs(levels - others).sum() <= 0.01 * levels.sum() and levels[1:].any()


def test_what_is_held_is_chosen_anew_once_the_mesh_is_laid_elsewhere(device):
    camera = walk(3)[0]
    with ProxyDepth(device, crowd_clusters(), DepthSettings(1.0)) as proxy:
        before = read(proxy, camera)[0]
        proxy.place(placing(1))
        proxy.render(camera, culling_camera=camera)
        assert np.array_equal(proxy.drawn().cpu().numpy(), read(proxy, camera)[0])
        proxy.place(np.eye(4))
        assert np.array_equal(read(proxy, camera)[0], before)


# --- looking at it --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("occlusion", [True, False])
def test_another_cameras_clusters_show_what_it_does_not_see(device, occlusion):
    here, there = (Camera.look_at(place, (20, 0, 0), width=160, height=120) for place in ((0, 0, 0), (-40, 0, 0)))
    with ProxyDepth(device, crowd_clusters(), DepthSettings(1.0, occlusion=occlusion)) as proxy:
        for _ in range(3):
            whole = read(proxy, there)[0]
        proxy.render(there, culling_camera=here)
        held = proxy.drawn().cpu().numpy()
        again = read(proxy, there)[0]
        proxy.render(there, culling_camera=there)
        own = proxy.drawn().cpu().numpy()
    assert 0 < np.isfinite(held).sum() < 0.5 * np.isfinite(whole).sum()
    assert np.array_equal(again, whole) and np.array_equal(own, whole)


def test_what_is_held_is_what_was_drawn_hidden_or_not(device):
    *_, before, after = walk(9)[:4]  # a jump, so that some of what is drawn at once turns out hidden
    with ProxyDepth(device, crowd_clusters(), DepthSettings(1.0)) as proxy:
        for camera in (before, after):
            read(proxy, camera)
        own = proxy.stats()
        proxy.render(before, culling_camera=after).ready.wait(None)
        held = proxy.stats()
    assert held.levels == own.levels and held.counts["triangles_drawn"] == own.counts["triangles_drawn"]


def test_what_is_held_follows_the_settings_and_stays_for_frames_and_surfaces(device):
    here, there = (Camera.look_at(place, (20, 0, 0), width=160, height=120) for place in ((0, 0, 0), (-40, 0, 0)))
    with ProxyDepth(device, crowd_clusters(), DepthSettings(1.0)) as proxy:
        held = []
        for pixels in (0.1, 8.0):
            proxy.settings = DepthSettings(pixels)
            for _ in range(2):
                proxy.render(there, culling_camera=here).ready.wait(None)
                held.append(proxy.stats().levels)
        surfaces = proxy.surfaces(there, culling_camera=here)
        proxy.render(there, culling_camera=here)
        assert held[0] == held[1] != held[2] == held[3]
        assert torch.equal(surfaces.cluster >= 0, torch.isfinite(proxy.drawn()))


@pytest.mark.parametrize("raster", RASTERS)
def test_surfaces_name_the_cluster_at_each_pixel(device, raster):
    clusters, camera = crowd_clusters(), walk(3)[1]
    with ProxyDepth(device, clusters, DepthSettings(1.0, raster)) as proxy:
        drawn = read(proxy, camera)[0]
        surfaces = proxy.surfaces(camera)
        again = read(proxy, camera)[0]
    cluster, level, size, edge, z = (field.cpu().numpy() for field in vars(surfaces).values())
    assert np.mean((cluster >= 0) == np.isfinite(drawn)) > 0.998
    hit = cluster >= 0
    assert np.isin(np.unique(cluster[hit]), np.flatnonzero(cut(clusters, camera, 1.0))).mean() > 0.99
    assert np.array_equal(level[hit], clusters.clusters["level"][cluster[hit]]) and (level[~hit] == -1).all()
    assert (size[hit] > 0).all() and (size[~hit] == 0).all()
    both = hit & np.isfinite(drawn)
    assert np.allclose(z[both], drawn[both], rtol=1e-3) and np.isinf(z[~hit]).all()
    assert (edge[hit] <= 1e-3 + np.sqrt(size[hit] / np.sqrt(27))).all()  # no circle in a triangle is larger
    assert np.array_equal(again, drawn)


# --- real scenes ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def town_proxy(town):
    source = load_mesh(town / "proxy.glb")
    return source, build_clusters(source), load_cameras(town / "model" / "cameras.json")


def test_town_is_near_enough_at_one_pixel(device, town_proxy):
    source, clusters, views = town_proxy
    cameras = [view.camera for view in views[:36:6]]
    full = draw(device, one_cluster(source), cameras)
    for z, expected, camera in zip(draw(device, clusters, cameras, DepthSettings(1.0)), full, cameras):
        assert_near(z, expected, camera, 1.0)


def test_town_without_lod_is_the_plain_draw_along_its_path(device, town, town_proxy):
    source, clusters, _ = town_proxy
    cameras = [view.camera for view in load_cameras(town / "transforms_fly.json")[::40]]
    plain = draw(device, one_cluster(source), cameras)
    for first, second in zip(plain, draw(device, clusters, cameras, DepthSettings())):
        assert np.array_equal(first, second)
