"""A tiled scene is the scene again and again: as many items and triangles, the same picture from the middle tile."""

import numpy as np
import pytest
import torch
from bench.scenes import tiled
from bench.tiles import steps, tiled_clusters, tiled_model

from gsrender import Camera, Renderer, RenderSettings, load_cameras, load_model
from vk_interop.cluster_lod_build import build_clusters
from vk_interop.cluster_lod_cache import _is_sound
from vk_interop.depth_settings import DepthSettings
from vk_interop.device import Device
from vk_interop.flat_clusters import flat_clusters
from vk_interop.mesh import load_mesh
from vk_interop.proxy_depth import ProxyDepth

FAR = 1000.0  # scene units between tiles of which a camera that looks down sees one


@pytest.fixture(scope="module")
def model(street):
    return load_model(street / "model")


@pytest.fixture(scope="module")
def clusters(street):
    return build_clusters(load_mesh(street / "proxy.glb"))


def looking_down(low, high, width=240, height=160) -> Camera:
    centre = (np.asarray(low, np.float64) + np.asarray(high, np.float64)) / 2
    return Camera.look_at(centre + (0, 0, 40), centre, (0, 1, 0), width=width, height=height, near=0.01)


def test_the_middle_tile_stays_and_the_others_lie_around_it():
    assert steps(1, 40).tolist() == [[0, 0]]
    assert steps(3, 40).tolist() == [[x, y] for x in (-40, 0, 40) for y in (-40, 0, 40)]
    assert steps(4, 10)[4 * 2 + 2].tolist() == [0, 0] and steps(4, 10).min() == -20 and steps(4, 10).max() == 10


def test_every_item_is_there_once_a_tile(model):
    city = tiled_model(model, 3, 40)
    assert len(city.items) == 9 * len(model.items) and city.nbytes > 8.5 * model.nbytes
    by_tile = city.items.position.view(9, -1, 3)
    assert torch.equal(by_tile[4], model.items.position)
    assert torch.equal(by_tile[0], model.items.position - torch.tensor([40.0, 40, 0]))
    assert torch.equal(city.items.feature.view(9, -1)[8], model.items.feature.reshape(-1))
    assert city.items.colour_mlp is model.items.colour_mlp


def test_where_the_other_tiles_are_out_of_view_the_picture_stays(model):
    camera, settings = looking_down(*model.bounds), RenderSettings(background=model.background)
    one, city = Renderer(model, ()), Renderer(tiled_model(model, 3, FAR), ())
    expected, found = (renderer.render(camera, settings=settings).rgba.float() / 255 for renderer in (one, city))
    for name in ("visible", "gaussians", "drawn", "pairs"):
        assert city.stats.counts[name] == one.stats.counts[name] > 1000
    assert expected.std() > 0.05
    # Not the same bits: what is as far away as another is drawn in the order of memory, which is another.
    assert (expected - found).square().mean() < 1e-5


def test_tiled_levels_of_detail_are_whole_and_every_cut_has_as_many_triangles_a_tile(clusters):
    city = tiled_clusters(clusters, 3, 40)
    assert _is_sound(city) and city.levels == clusters.levels and len(city.clusters) == 9 * len(clusters.clusters)
    for error in (0.0, 0.02, 0.2):
        cut, one = (mesh.drawn(mesh.groups["error"] > error) for mesh in (city, clusters))
        assert np.array_equal(cut, np.tile(one, 9))


def test_bounds_of_tiled_levels_enclose_what_they_stand_for(clusters):
    city = tiled_clusters(clusters, 5, 40)  # far enough out for coordinates to be rounded
    corners = city.vertices[city.triangles].reshape(-1, 3)
    of_corner = np.repeat(np.arange(len(city.clusters)), 3 * city.clusters["triangle_count"].astype(np.int64))
    assert (corners >= city.clusters["low"][of_corner]).all() and (corners <= city.clusters["high"][of_corner]).all()
    replaced = np.flatnonzero(city.clusters["refined"] >= 0)
    below, above = (city.groups[city.clusters[name][replaced]] for name in ("refined", "group"))
    apart = np.linalg.norm(above["centre"].astype(np.float64) - below["centre"], axis=1)
    assert (apart + below["radius"] <= above["radius"]).all() and (below["error"] <= above["error"]).all()


def test_tiled_levels_draw_what_the_tiled_mesh_draws(street, clusters):
    mesh = load_mesh(street / "proxy.glb")
    camera = load_cameras(street / "model" / "cameras.json")[5].camera.resized(240, 160).with_near(0.01)
    with Device.open("cuda" if torch.cuda.is_available() else "cpu") as device:
        drawn = []
        for made, detail in ((flat_clusters(tiled(mesh, 3, 40)), DepthSettings()),
                             (tiled_clusters(clusters, 3, 40), DepthSettings())):
            with ProxyDepth(device, made, detail) as proxy:
                proxy.render(camera)
                drawn.append(proxy.drawn().cpu().numpy())
    hit = np.isfinite(drawn[0])
    assert hit.mean() > 0.3 and np.array_equal(*drawn)


@pytest.mark.parametrize("n", [0, -1])
def test_no_tiles_at_all_are_refused(n):
    with pytest.raises(ValueError, match="expected 1 or more"):
        steps(n, 40)
