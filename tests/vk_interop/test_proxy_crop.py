"""The proxy's depth cut off at a crop box: what is behind a surface outside of the box is seen, and nothing else
changes."""

import numpy as np
import pytest
import reference
import torch
from bench.scenes import one_cluster, sphere
from lod_meshes import mesh
from proxy_draws import SIZE, around, crowd, crowd_clusters, differing, walk

from gsrender import Camera, Crop, DepthBuffer
from vk_interop.cluster_lod_build import build_clusters
from vk_interop.depth_settings import RASTERS, DepthSettings
from vk_interop.flat_clusters import flat_clusters
from vk_interop.proxy_depth import ProxyDepth

TURNED = ((0.8, 0.6, 0.0), (-0.48, 0.64, 0.6), (0.36, -0.48, 0.8))
BOXES = {"aligned": Crop((-12, -9, -15), (9, 15, 8)), "turned": Crop((-10, -15, -8), (14, 6, 11), TURNED),
         "a slice": Crop((-99, -99, 1), (99, 99, 2.5))}


def draw(device, clusters, cameras, crop, settings=DepthSettings()) -> list[tuple[np.ndarray, np.ndarray]]:
    """[H, W] each: what was drawn, and what culling reads."""
    with ProxyDepth(device, clusters, settings) as proxy:
        return [read(proxy, camera, crop) for camera in cameras]


def read(proxy, camera, crop):
    depth = proxy.render(camera, crop=crop)
    depth.ready.wait(None)
    return proxy.drawn().cpu().numpy(), depth.depth.cpu().numpy().copy()


def nested():
    """Walls around walls, large and small triangles, which a box cuts through."""
    parts = [sphere(n, radius) for n, radius in ((0, 4.0), (1, 2.5), (0, 1.2))]
    starts = np.cumsum([0] + [len(part.vertices) for part in parts])
    return mesh(np.concatenate([part.vertices for part in parts]),
                np.concatenate([part.triangles + start for part, start in zip(parts, starts)]))


@pytest.mark.parametrize("raster", RASTERS)
@pytest.mark.parametrize("box", [Crop((-2, -9, -1), (3, 1, 9)), Crop((-1, -2, -3), (3, 2, 1), TURNED)])
def test_every_rasteriser_draws_the_mesh_cut_off_at_the_box(device, raster, box):
    source = nested()
    cameras = [Camera.look_at(place, (0, 0, 0), width=64, height=48, near=0.01) for place in ((9, 3, 5), (-4, 8, -6))]
    cameras.append(Camera.look_at((0.3, 0.1, 0.2), (1, -1, 0.5), width=64, height=48, near=0.01))
    settings = DepthSettings(raster=raster)
    whole, cut = ([drawn for drawn, _ in draw(device, flat_clusters(source), cameras, crop, settings)]
                  for crop in (None, box))
    for camera, drawn in zip(cameras, cut):
        assert differing(drawn, reference.proxy_depth(source.vertices, source.triangles, camera, crop=box), 1e-3) < 0.01
    assert np.mean([differing(*pair) for pair in zip(whole, cut)]) > 0.2


@pytest.mark.parametrize("raster", RASTERS)
@pytest.mark.parametrize("box", BOXES)
def test_leaving_hidden_clusters_out_changes_no_bit_of_what_is_cut(device, raster, box):
    path = walk(9)
    with_it, without = (draw(device, crowd_clusters(), path, BOXES[box], DepthSettings(1.0, raster, occlusion))
                        for occlusion in (True, False))
    assert all(np.array_equal(one[0], other[0]) for one, other in zip(with_it, without))
    assert any(np.isfinite(drawn).any() for drawn, _ in with_it)


@pytest.mark.parametrize("pixels", [0.5, 1.0, 3.0])
@pytest.mark.parametrize("box", BOXES)
def test_a_simplified_mesh_hides_nothing_in_the_box_that_the_full_one_shows(device, pixels, box):
    path = walk(6)
    full = draw(device, one_cluster(crowd()), path, BOXES[box])
    simplified = draw(device, crowd_clusters(), path, BOXES[box], DepthSettings(pixels))
    assert np.mean([culled < drawn for (_, culled), (drawn, _) in zip(simplified, full)]) <= 1e-4


def test_a_simplified_wall_at_a_face_of_the_box_hides_nothing(device):
    """A ball whose far half is outside of a box that ends just behind its near half."""
    ball, camera = sphere(6, 1.0), Camera.look_at((4, 0, 0), (0, 0, 0), width=SIZE[0], height=SIZE[1], near=0.01)
    box = Crop((-2, -2, -2), (0.9, 2, 2))
    exact = draw(device, one_cluster(ball), [camera], box)[0][0]
    for pixels in (1.0, 4.0):
        _, culled = draw(device, build_clusters(ball), [camera], box, DepthSettings(pixels))[0]
        assert not (culled < exact).any() and np.isfinite(culled).any()


def test_the_box_comes_and_goes_between_frames_and_leaves_no_trace(device):
    camera = walk(3)[0]
    for settings in (DepthSettings(), DepthSettings(1.0), DepthSettings(1.0, "compute")):
        with ProxyDepth(device, crowd_clusters(), settings) as proxy:
            before = read(proxy, camera, None)[0]
            cut = {name: read(proxy, camera, box)[0] for name, box in BOXES.items()}
            assert np.array_equal(read(proxy, camera, None)[0], before)
            assert not any(np.array_equal(drawn, before) for drawn in cut.values())
            for name, box in BOXES.items():
                depth = proxy.render(camera, crop=box)
                depth.ready.wait(None)
                assert depth.crop == box and np.array_equal(proxy.drawn().cpu().numpy(), cut[name])


def test_clusters_outside_of_the_box_are_not_drawn(device):
    camera, box = around(crowd())[0], Crop((-3, -3, -3), (3, 3, 3))
    drawn = []
    with ProxyDepth(device, crowd_clusters(), DepthSettings(1.0, occlusion=False)) as proxy:
        for crop in (None, box):
            read(proxy, camera, crop)
            drawn.append(proxy.stats().counts["clusters_drawn"])
    assert 0 < drawn[1] < 0.2 * drawn[0]


def test_surfaces_and_frozen_frames_are_cut_off_as_well(device):
    here, there = (Camera.look_at(place, (0, 0, 0), width=160, height=120) for place in ((-40, 0, 0), (0, 40, 5)))
    box = BOXES["turned"]
    with ProxyDepth(device, crowd_clusters(), DepthSettings(None, "vertex")) as proxy:
        whole = read(proxy, here, None)[0]
        own = read(proxy, here, box)[0]
        cluster = proxy.surfaces(here, crop=box).cluster.cpu().numpy()
        proxy.render(there, culling_camera=here, crop=box)
        held = proxy.drawn().cpu().numpy()
        cut = read(proxy, there, box)[0]
    assert np.array_equal(cluster >= 0, np.isfinite(own)) and np.isfinite(own).sum() < np.isfinite(whole).sum()
    assert 0 < np.isfinite(held).sum() and not (held < cut).any()


def test_the_depth_that_culling_reads_is_a_whole_pyramid(device):
    with ProxyDepth(device, crowd_clusters(), DepthSettings(1.0)) as proxy:
        depth = proxy.render(walk(3)[0], crop=BOXES["aligned"])
        depth.ready.wait(None)
        assert torch.equal(depth.levels, DepthBuffer.from_tensor(depth.depth).levels)


def test_a_mesh_that_is_laid_elsewhere_is_cut_off_where_it_lies(device):
    placing = np.eye(4)
    placing[:3] = np.column_stack([1.7 * np.array(TURNED), (3, -2, 5)])
    source, box = nested(), Crop((-3, -4, 2), (9, 1, 7), TURNED)
    laid = mesh(source.vertices @ placing[:3, :3].T + placing[:3, 3], source.triangles)
    cameras = [Camera.look_at(place, (3, -2, 5), width=64, height=48, near=0.01)
               for place in ((20, 3, 9), (-4, 14, -6))]
    expected = [drawn for drawn, _ in draw(device, flat_clusters(laid), cameras, box)]
    for settings in (DepthSettings(), DepthSettings(None, "compute", False)):
        with ProxyDepth(device, build_clusters(source), settings, placing=placing) as proxy:
            found = [read(proxy, camera, box)[0] for camera in cameras]
        assert max(differing(*pair, 1e-3) for pair in zip(found, expected)) < 0.005
    assert min(np.isfinite(drawn).sum() for drawn in expected) > 100
