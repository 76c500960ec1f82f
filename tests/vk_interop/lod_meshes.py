"""Meshes that are hard on a cluster builder, and what is asked of every one of them."""

from types import SimpleNamespace

import numpy as np
from bench.scenes import sphere


def mesh(vertices, triangles) -> SimpleNamespace:
    return SimpleNamespace(vertices=np.ascontiguousarray(vertices, np.float32),
                           triangles=np.ascontiguousarray(triangles, np.uint32).reshape(-1, 3))


def grid(n: int, height=lambda x, y: 0 * x) -> SimpleNamespace:
    """An open square of 2 n^2 triangles over [0, 1]^2."""
    x, y = np.meshgrid(np.linspace(0, 1, n + 1), np.linspace(0, 1, n + 1), indexing="ij")
    a = (np.arange(n)[:, None] * (n + 1) + np.arange(n)).reshape(-1)
    triangles = np.stack([a, a + n + 1, a + n + 2, a, a + n + 2, a + 1], axis=1)
    return mesh(np.stack([x, y, height(x, y)], axis=-1).reshape(-1, 3), triangles)


def hills(n: int) -> SimpleNamespace:
    return grid(n, lambda x, y: 0.05 * np.sin(9 * x) * np.cos(7 * y))


def copies(part, count: int, seed: int = 0) -> SimpleNamespace:
    """Islands: the part again and again, of sizes from 0.2 to 1, strewn over a box of 40."""
    rng = np.random.default_rng(seed)
    vertices = part.vertices * rng.uniform(0.2, 1, (count, 1, 1)) + rng.uniform(-20, 20, (count, 1, 3))
    triangles = part.triangles + np.arange(count)[:, None, None] * len(part.vertices)
    return mesh(vertices.reshape(-1, 3), triangles)


def flipped(part, share: float) -> SimpleNamespace:
    turn = np.random.default_rng(1).random((len(part.triangles), 1)) < share
    return mesh(part.vertices, np.where(turn, part.triangles[:, ::-1], part.triangles))


def apart(part) -> SimpleNamespace:
    """Every triangle with corners of its own."""
    return mesh(part.vertices[part.triangles].reshape(-1, 3), np.arange(part.triangles.size))


def holed(part, share: float) -> SimpleNamespace:
    keep = np.random.default_rng(2).random(len(part.triangles)) >= share
    return mesh(part.vertices, part.triangles[keep])


def fins(n: int) -> SimpleNamespace:
    """Three sheets that meet along one edge of n pieces."""
    sheet = grid(n)
    turned = [sheet.vertices @ np.array([[np.cos(t), 0, np.sin(t)], [0, 1, 0], [0, 0, 1]]) for t in (0, 2, 4)]
    return mesh(np.concatenate(turned), np.concatenate([sheet.triangles + i * len(sheet.vertices) for i in range(3)]))


def sliver_strip(count: int) -> SimpleNamespace:
    k = np.arange(count)
    return mesh(np.stack([k * 1e-4, k % 2 * 50, k // 2 % 2 * 1e-6], axis=1), np.stack([k[:-2], k[1:-1], k[2:]], axis=1))


AWKWARD = {
    "a closed sphere": lambda: sphere(5),
    "open borders": lambda: hills(90),
    "duplicate vertices": lambda: apart(hills(60)),
    "triangles twice": lambda: mesh(hills(60).vertices, np.tile(hills(60).triangles, (2, 1))),
    "both sides": lambda: mesh(hills(60).vertices, np.concatenate([hills(60).triangles, hills(60).triangles[:, ::-1]])),
    "wound at random": lambda: flipped(hills(80), 0.5),
    "slivers": lambda: sliver_strip(10_000),
    "non-manifold edges": lambda: fins(50),
    "holes everywhere": lambda: holed(hills(90), 0.3),
    "random triangles": lambda: mesh(np.random.default_rng(3).random((500, 3)),
                                     np.random.default_rng(4).integers(0, 500, (5000, 3))),
    "thousands of islands": lambda: copies(sphere(0), 2000),
    "a single triangle": lambda: mesh([(0, 0, 0), (1, 0, 0), (0, 1, 0)], [0, 1, 2]),
    "far away": lambda: mesh(100 * hills(80).vertices + 1e5, hills(80).triangles),
    "tiny": lambda: mesh(1e-12 * hills(50).vertices, hills(50).triangles),
    "partly degenerate": lambda: mesh(hills(20).vertices,
                                      np.concatenate([hills(20).triangles, [(0, 0, 5), (7, 7, 7)]])),
    "nothing but degenerate": lambda: mesh([(0, 0, 0), (1, 0, 0), (0, 0, 0)], [0, 1, 2]),
}
