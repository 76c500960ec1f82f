"""The proxy's depth drawn from clusters: the same depth whatever is left out, near enough where it is simplified."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch
from bench.scenes import one_cluster, sphere
from lod_meshes import AWKWARD, grid, mesh
from proxy_draws import SIZE, around, clusters_of, crowd, crowd_clusters, cut, draw, read, walk

from gsrender import Camera, DepthBuffer, load_cameras
from vk_interop.cluster_lod import ClusterMesh
from vk_interop.cluster_lod_build import build_clusters
from vk_interop.depth_settings import RASTERS, DepthSettings
from vk_interop.mesh import load_mesh
from vk_interop.proxy_depth import ProxyDepth


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
