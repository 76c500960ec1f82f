"""Views of a crowd of spheres and of meshes that are hard to draw, and the proxy depth drawn of them."""

from functools import cache
from types import SimpleNamespace

import numpy as np
from bench.scenes import sphere
from lod_meshes import AWKWARD, copies

from gsrender import Camera
from vk_interop.cluster_lod import ClusterMesh
from vk_interop.cluster_lod_build import build_clusters
from vk_interop.depth_settings import DepthSettings
from vk_interop.proxy_depth import ProxyDepth

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


def cut(clusters: ClusterMesh, camera: Camera, pixels: float) -> np.ndarray:
    """[C] bool, in NumPy."""
    groups = clusters.groups
    z = (groups["centre"] - camera.position) @ camera.rotation[2] - groups["radius"]
    return clusters.drawn(groups["error"] * max(camera.fx, camera.fy) > pixels * np.maximum(z, max(camera.near, 0.01)))
