import numpy as np
import pytest

from viewer.ground import Ground
from viewer.pose import Space


def box(low, high):
    """[8, 3] corners, [12, 3] triangles."""
    corners = np.array(np.meshgrid(*zip(low, high), indexing="ij"), np.float32).reshape(3, -1).T
    faces = [(0, 1, 3, 2), (4, 5, 7, 6), (0, 1, 5, 4), (2, 3, 7, 6), (0, 2, 6, 4), (1, 3, 7, 5)]
    return corners, np.array([t for a, b, c, d in faces for t in ((a, b, c), (a, c, d))], np.int32)


def scene():
    """A floor of 100 x 100 and a table of 2 x 2 on it, 1 high."""
    (v, t), (w, u) = box((-50, -50, -1), (50, 50, 0)), box((4, 4, 0), (6, 6, 1))
    return np.concatenate([v, w]), np.concatenate([t, u + 8])


@pytest.mark.parametrize("point, below", [((0, 0, 1.7), 1.7), ((5, 5, 1.7), 0.7), ((5, 5, 0.5), 0.5), ((49, -49, 3), 3),
                                          ((5.9, 4.1, 2), 1), ((0, 0, -0.5), 0.5), ((0, 0, -2), None),
                                          ((60, 0, 1), None)])
def test_the_nearest_surface_below_counts(point, below):
    ground = Ground(*scene(), np.eye(3))
    found = ground.below(point)
    assert found is None if below is None else found == pytest.approx(below, abs=1e-5)


@pytest.mark.parametrize("up", [(0, 1, 0), (0, 0, -1), (0.2, -0.9, 0.4)])
def test_down_is_against_the_scenes_up(up):
    world_from_level = Space(up=up).world_from_level
    vertices, triangles = scene()
    ground = Ground((vertices @ world_from_level.T).astype(np.float32), triangles, world_from_level)
    assert ground.below(world_from_level @ (5, 5, 1.7)) == pytest.approx(0.7, abs=1e-4)


def test_it_agrees_with_every_triangle_tried_on_a_rough_ground():
    rng = np.random.default_rng(5)
    x, y = np.meshgrid(np.linspace(0, 10, 40), np.linspace(0, 7, 30))
    vertices = np.stack([x, y, rng.random(x.shape)], -1).reshape(-1, 3).astype(np.float32)
    corner = (np.arange(29)[:, None] * 40 + np.arange(39)).reshape(-1, 1)
    triangles = np.concatenate([corner + (0, 1, 40), corner + (1, 41, 40)])
    ground = Ground(vertices, triangles, np.eye(3))
    for px, py in rng.random((50, 2)) * (10, 7):
        a, b, c = np.moveaxis(vertices[triangles].astype(float), 1, 0)
        m = np.stack([b - a, c - a], -1)[:, :2]
        v, w = np.linalg.solve(m, ((px, py) - a[:, :2])[..., None])[..., 0].T
        heights = (a + v[:, None] * (b - a) + w[:, None] * (c - a))[(v >= 0) & (w >= 0) & (v + w <= 1), 2]
        assert ground.below((px, py, 2)) == pytest.approx(2 - heights.max(), abs=1e-5)


def test_an_empty_mesh_has_no_ground():
    assert Ground(np.zeros((0, 3), np.float32), np.zeros((0, 3), np.int32), np.eye(3)).below((0, 0, 0)) is None
