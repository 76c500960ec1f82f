"""A mesh that is laid elsewhere, clusters that are held while the camera moves on, and what is seen of them."""

import numpy as np
import pytest
import torch
from proxy_draws import SIZE, crowd_clusters, cut, differing, read, walk

from gsrender import Camera
from vk_interop.cluster_lod import ClusterMesh
from vk_interop.depth_settings import RASTERS, DepthSettings
from vk_interop.proxy_depth import ProxyDepth


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


# --- chosen for another camera --------------------------------------------------------------------------------------


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
