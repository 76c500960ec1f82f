"""Warnings come where culling hides what it should not, and only there."""

import math
import tracemalloc
from concurrent.futures import wait
from dataclasses import replace

import numpy as np
import pytest

from gsrender.camera import Camera
from gsrender.settings import RenderSettings
from viewer.compare import Comparison
from viewer.frame import render_frame
from viewer.warnings import (COLUMNS, ROWS, Rays, _boxes, about_alignment, about_emptied, about_model, cast_rays,
                             emptied_share, outer_side, share_near_proxy)
from viewer.watch import Watch
from vk_interop.mesh import ProxyMesh
from vk_interop.flat_clusters import flat_clusters
from vk_interop.proxy_depth import ProxyDepth

INSIDE = Camera.look_at((34.3, 13.1, 2), (38, 14, 2))  # a building of `street`


def box(low, high):
    """12 triangles, counter-clockwise seen from outside."""
    corners = np.array([[(low, high)[i >> a & 1][a] for a in range(3)] for i in range(8)], np.float32)
    quads = [(0, 2, 3, 1), (4, 5, 7, 6), (0, 1, 5, 4), (2, 6, 7, 3), (0, 4, 6, 2), (1, 3, 7, 5)]
    return corners, np.array([t for a, b, c, d in quads for t in ((a, b, c), (a, c, d))], np.uint32)


BOX = box((-1, -1, -1), (1, 1, 1))


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr("viewer.compare.PAUSE", 0)


def sentences(scene, camera, culling="centre"):
    """What a Watch says about one picture."""
    watch, comparison = Watch(scene, 33.5), Comparison(scene)
    settings = RenderSettings(culling, background=scene.model.background)
    comparison.look(camera, settings, render_frame(scene, camera, settings))
    watch.look(camera, settings, comparison.compared)
    if watch.is_looking:
        wait([watch._result])
    said = watch.warnings(culling)
    watch.close()
    return said


@pytest.fixture
def moved(scene):
    """The scene with its proxy moved by that many scene units."""
    made = []

    def move(by) -> object:
        mesh = ProxyMesh(scene.mesh.vertices + np.float32(by), scene.mesh.triangles, scene.mesh.path)
        made.append(ProxyDepth(scene.device, flat_clusters(mesh)))
        return replace(scene, mesh=mesh, proxy=made[-1])
    yield move
    for proxy in made:
        proxy.close()


def test_rays_hit_a_box_where_it_is():
    rays = cast_rays(*BOX, Camera.look_at((-5, 0, 0), (0, 0, 0), fov_y=50, width=240, height=160))
    assert np.allclose(rays.z[4:12, 8:16], 4) and rays.hit.sum() == 64  # half a cell of 0.233 and half a box of 1


def test_rays_see_the_outside_from_outside_and_the_inside_from_inside():
    outside = cast_rays(*BOX, Camera.look_at((-5, 1, 2), (0, 0, 0)))
    inside = cast_rays(*BOX, Camera.look_at((0.2, 0, 0.1), (1, 1, 0.5), near=1e-3))
    assert outside.share_clockwise == 0 and inside.share_clockwise == 1 and inside.hit.all()


def sheets(count):
    """Triangles behind each other, the nearest one last, each of which fills the view of a camera at 0."""
    z = np.linspace(9, 5, count, dtype=np.float32)[:, None]
    vertices = np.stack([np.hstack([-99 * z, -99 * z, z]), np.hstack([99 * z, -99 * z, z]),
                         np.hstack([0 * z, 99 * z, z])], 1).reshape(-1, 3)
    return vertices, np.arange(len(vertices)).reshape(-1, 3)


AT_ZERO = Camera.look_at((0, 0, 0), (0, 0, 1), up=(0, -1, 0))


def test_rays_find_the_nearest_of_many_triangles_that_fill_the_view_in_little_memory():
    mesh = sheets(4000)  # 1.5 million pairs with rays, which at once are half a gigabyte
    tracemalloc.start()
    rays = cast_rays(*mesh, AT_ZERO)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 150e6
    assert np.allclose(rays.z, 5)


def test_what_of_a_triangle_lies_before_the_near_plane_asks_for_no_rays():
    vertices = np.array([[0, 0, 5], [1, 0, 5], [0.5, 1, -5]], np.float32)  # at near it is 0.1 further to the side
    boxes = _boxes(vertices[None], AT_ZERO.with_near(4.0))
    assert (boxes[1] - boxes[0]).item() < COLUMNS / 3 and (boxes[3] - boxes[2]).item() < ROWS / 3


def test_a_camera_that_is_nowhere_sees_nothing():
    nowhere = replace(AT_ZERO, camera_from_world=((1, 0, 0, math.nan), (0, 1, 0, 0), (0, 0, 1, 0)))
    assert not cast_rays(*BOX, nowhere).hit.any()


def test_looking_for_warnings_ends_within_a_part_once_nobody_wants_them(monkeypatch, scene):
    monkeypatch.setattr("viewer.warnings.PAIRS", 1)
    parts, watch = [], Watch(scene, 33.5)

    def stop(ask=watch._closing.is_set):
        parts.append(1)
        if len(parts) == 10:
            watch.close(wait=False)
        return ask()
    monkeypatch.setattr(watch._closing, "is_set", stop)
    watch.look(INSIDE, RenderSettings("centre"))
    wait([watch._result])
    assert 10 <= len(parts) <= 20  # each of what else it would look at asks once


def test_rays_agree_with_the_depth_that_vulkan_draws(scene):
    camera = scene.cameras[2].camera.with_near(0.01)
    rays = cast_rays(scene.mesh.vertices, scene.mesh.triangles, camera)
    drawn = scene.proxy.render(camera)
    drawn.ready.wait(None)
    rows = ((np.arange(ROWS) + 0.5) * camera.height / ROWS).astype(int)
    columns = ((np.arange(COLUMNS) + 0.5) * camera.width / COLUMNS).astype(int)
    depth = drawn.depth.numpy()[rows][:, columns]
    scene.proxy.finished(None, drawn)
    assert (np.isfinite(depth) == rays.hit).mean() > 0.99
    both = np.isfinite(depth) & rays.hit
    near = np.abs(depth[both] - rays.z[both]) < 0.05 * rays.z[both]  # a ray does not pass a pixel's middle exactly
    assert near.mean() > 0.98


@pytest.mark.parametrize("camera", [Camera.look_at((0, 0, 9), (0, 1, 19)), Camera.look_at((0, 0, 9), (0, 1, 9))])
def test_rays_beside_a_mesh_hit_nothing_and_tell_nothing(camera):
    rays = cast_rays(*BOX, camera)
    assert not rays.hit.any() and rays.share_clockwise is None


def test_the_outside_is_where_the_photographs_were_taken(scene):
    outer = outer_side(scene.mesh.vertices, scene.mesh.triangles, [view.camera for view in scene.cameras[::8]])
    flipped = outer_side(scene.mesh.vertices, scene.mesh.triangles[:, ::-1], [scene.cameras[0].camera])
    assert outer is not None and flipped is (not outer)


def test_a_mesh_without_an_outside_is_not_guessed_at():
    vertices, triangles = BOX
    triangles = triangles.copy()
    triangles[::2] = triangles[::2, ::-1]
    assert outer_side(vertices, triangles, [Camera.look_at((-3, 1, 2), (0, 0, 0))]) is None


def test_every_point_of_a_surface_is_near_it_and_none_far_away():
    rng = np.random.default_rng(1)
    on = rng.uniform(-1, 1, (2000, 3))
    on[:, 0] = 1
    assert share_near_proxy(on, *BOX, radius=4) == 1
    assert share_near_proxy(on + (0.5, 0, 0), *BOX, radius=4) == 0


def test_the_sample_has_its_proxy_near_and_not_when_it_is_moved_or_turned(scene):
    positions = scene.model.items.position.numpy()
    mesh, radius = scene.mesh, 33.5
    assert about_alignment(share_near_proxy(positions, mesh.vertices, mesh.triangles, radius)) == []
    for vertices in (mesh.vertices + np.float32([2.7, 2, 0]), mesh.vertices[:, [0, 2, 1]], 10 * mesh.vertices):
        [sentence] = about_alignment(share_near_proxy(positions, vertices, mesh.triangles, radius))
        assert "of the model has the proxy near it" in sentence


@pytest.mark.parametrize("view", [0, 1, 2, 3, 5, 9, 10, 20, 33])
def test_no_view_of_the_sample_is_warned_about(scene, view):
    assert sentences(scene, scene.cameras[view].camera.with_near(scene.near)) == []


def test_a_camera_inside_a_building_is_told_so(scene):
    [sentence] = sentences(scene, INSIDE.with_near(scene.near))
    assert "inside or behind the proxy" in sentence


def test_a_proxy_before_the_facades_is_noticed_in_the_picture(scene, moved):
    camera = scene.cameras[3].camera.with_near(scene.near)  # faces a facade
    found = sentences(moved(-2 * camera.rotation[2]), camera)
    assert any("Culling leaves nothing on" in sentence for sentence in found)


def test_where_nothing_is_hidden_there_is_no_warning(scene, moved):
    assert sentences(moved((8, 8, 0)), INSIDE.with_near(scene.near), "off") == []


def test_only_layouts_without_levels_look_trained_without_a_proxy():
    assert about_model("proxy-gs", True) == []
    assert "3dgs" in about_model("3dgs", False)[0]


def test_only_what_culling_empties_counts_and_only_where_the_proxy_is():
    z = np.full((ROWS, COLUMNS), np.inf)
    z[:, :12] = 5
    rays, culled, full = Rays(z, np.zeros_like(z, bool)), np.ones_like(z), np.ones_like(z)
    culled[:, 12:] = 0  # the sky
    assert emptied_share(rays, culled, full) == 0
    culled[:, :4] = 0.4
    assert about_emptied(emptied_share(rays, culled, full))[0].startswith("Culling leaves nothing on 33%")
    full[:, 1:4] = 0.4  # thin without culling as well
    assert about_emptied(emptied_share(rays, culled, full)) == []
