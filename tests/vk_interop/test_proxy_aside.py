"""Depths that are drawn beside the frames, by other settings and of a mesh that lies elsewhere."""

import numpy as np
import pytest

from gsrender.load import load_cameras
from vk_interop.cluster_lod_build import build_clusters
from vk_interop.depth_settings import DepthSettings
from vk_interop.mesh import load_mesh
from vk_interop.proxy_depth import ASIDE, ProxyDepth

SETTINGS, OTHERS = DepthSettings(0.0), DepthSettings(6.0, "compute")


@pytest.fixture(scope="module")
def clusters(street):
    return build_clusters(load_mesh(street / "proxy.glb"))


@pytest.fixture
def looks(street):
    return [view.camera.resized(96, 64) for view in load_cameras(street / "model" / "cameras.json")[:3]]


def read(depth) -> np.ndarray:
    depth.ready.wait(None)
    return depth.levels.cpu().numpy().copy()


def raised(by: float) -> np.ndarray:
    placing = np.eye(4)
    placing[2, 3] = by
    return placing


def test_a_depth_aside_is_that_of_a_proxy_made_so(device, clusters, looks):
    with ProxyDepth(device, clusters, OTHERS, placing=raised(0.7)) as proxy:
        expected = [read(proxy.render(look)) for look in looks]
    with ProxyDepth(device, clusters, SETTINGS) as proxy:
        usual = [read(proxy.render(look)) for look in looks]
        for look, there, here in zip(looks, expected, usual):
            with proxy.aside(OTHERS, raised(0.7)):
                assert np.array_equal(read(proxy.render(look)), there)
            assert np.array_equal(read(proxy.render(look)), here) and not np.array_equal(here, there)
            with proxy.aside():
                assert np.array_equal(read(proxy.render(look)), here)


def test_frames_go_on_as_if_nothing_had_been_between_them(device, clusters, looks, stream):
    with ProxyDepth(device, clusters, SETTINGS) as proxy:
        depth = proxy.render(looks[0])
        whole, stats = read(depth), proxy.stats()
        for _ in range(3):
            with proxy.aside(OTHERS):
                for look in looks:
                    read(other := proxy.render(look))
                    proxy.finished(stream, other)
                assert proxy.stats().counts != stats.counts
            assert proxy.outlasts(depth) and np.array_equal(read(depth), whole)
        assert proxy.settings == SETTINGS and proxy.stats().counts == stats.counts


def test_what_is_frozen_aside_and_outside_is_each_of_its_own(device, clusters, looks):
    with ProxyDepth(device, clusters, SETTINGS) as proxy:
        expected = read(proxy.render(looks[0], looks[1]))
        with proxy.aside(OTHERS):
            other = read(proxy.render(looks[0], looks[1]))
        assert np.array_equal(read(proxy.render(looks[0], looks[1])), expected)
        with proxy.aside(OTHERS):
            assert np.array_equal(read(proxy.render(looks[0], looks[1])), other)
        assert not np.array_equal(other, expected)


def test_the_memory_for_it_is_given_back_when_it_has_not_been_needed_for_a_while(device, clusters, looks):
    with ProxyDepth(device, clusters, SETTINGS) as proxy:
        read(proxy.render(looks[0]))
        before = proxy.memory["proxy depth"]
        with proxy.aside(SETTINGS):
            read(proxy.render(looks[0]))
        assert proxy.memory["proxy depth"] == 2 * before
        for _ in range(ASIDE + 2):
            read(proxy.render(looks[0]))
            proxy.finished()
        assert proxy.memory["proxy depth"] == before
