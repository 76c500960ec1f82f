"""What draws the clusters: by any of the rasters the same depth, however large triangles are and however many."""

from types import SimpleNamespace

import numpy as np
import pytest
from bench.scenes import one_cluster, sphere
from lod_meshes import AWKWARD, copies, mesh
from proxy_draws import around, clusters_of, crowd, crowd_clusters, differing, draw, read, walk

from gsrender import Camera
from vk_interop import cluster_buffers, depth_target
from vk_interop.cluster_lod import CLUSTER, GROUP, ClusterMesh
from vk_interop.depth_settings import DepthSettings
from vk_interop.flat_clusters import flat_clusters
from vk_interop.proxy_depth import SMALL_SIZE, ProxyDepth


@pytest.mark.parametrize("raster", ["hybrid", "compute"])
@pytest.mark.parametrize("name", ["a closed sphere", "open borders", "slivers", "wound at random", "far away",
                                  "random triangles", "thousands of islands", "a single triangle"])
def test_the_compute_rasterisers_draw_what_the_vertex_pipeline_draws(device, name, raster):
    cameras = around(AWKWARD[name]())[:3 if name == "slivers" else 4]  # those are noise to all from within their plane
    for lod_error in (None, 1.0):
        compute, vertex = (draw(device, clusters_of(name), cameras, DepthSettings(lod_error, kind))
                           for kind in (raster, "vertex"))
        assert np.mean([differing(*pair) for pair in zip(compute, vertex)]) <= 0.002


@pytest.mark.parametrize("raster", ["hybrid", "compute"])
@pytest.mark.parametrize("name", ["a closed sphere", "far away", "thousands of islands"])
def test_packed_vertices_are_drawn_bit_for_bit_as_others(device, monkeypatch, name, raster):
    cameras, settings = around(AWKWARD[name]()), DepthSettings(1.0, raster)
    plain = draw(device, clusters_of(name), cameras, settings)
    monkeypatch.setattr(cluster_buffers, "MOST_VERTEX_BYTES", 0)
    with ProxyDepth(device, clusters_of(name), settings) as proxy:
        packed = [read(proxy, camera)[0] for camera in cameras]
        surfaces = proxy.surfaces(cameras[0])  # whose pipeline reads floats, which come then
    assert all(map(np.array_equal, packed, plain))
    assert np.isfinite(surfaces.z.cpu().numpy()).any()


def test_compute_draws_triangles_that_cross_the_near_plane_and_fill_the_screen(device):
    random = np.random.default_rng(6)
    vertices = random.uniform(-6, 6, (150, 1, 3)) + random.uniform(-9, 9, (150, 3, 3))
    source = mesh(vertices.reshape(-1, 3), np.arange(450))
    camera = Camera.look_at((0.3, 0.1, 0), (1, 2, 0.5), width=200, height=150, near=0.2)
    compute, vertex = (draw(device, flat_clusters(source), [camera], DepthSettings(raster=kind))[0]
                       for kind in ("compute", "vertex"))
    assert differing(compute, vertex, 1e-3) <= 0.005  # 150 triangles' edges in a small picture


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
