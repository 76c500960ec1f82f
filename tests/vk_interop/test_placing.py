"""A camera as a placed mesh sees it, against the camera and the mesh moved to where it is placed."""

import numpy as np
import pytest
import torch

from gsrender import Camera, Crop
from gsrender.quaternions import of_vector, to_matrix
from vk_interop.placing import Placing

CAMERA = Camera.from_pose(Camera.look_at((3, -4, 2), (0, 0, 0)).world_from_camera, 300, 280, 213, 131, cx=100, cy=70)


@pytest.fixture(params=["as it is", "laid elsewhere"])
def placing(request) -> Placing:
    matrix = np.eye(4)
    if request.param == "laid elsewhere":
        matrix[:3, :3], matrix[:3, 3] = 2.5 * to_matrix(of_vector((0.3, -0.8, 0.5))), (4, 1, -2)
    return Placing(matrix)


def points(placing: Placing) -> tuple[np.ndarray, np.ndarray]:
    """[N, 3] of a mesh, and where they are in the model."""
    own = np.random.default_rng(3).normal(size=(200, 3))
    return own, own @ placing.model_from_mesh[:3, :3].T + placing.model_from_mesh[:3, 3]


def test_the_directions_lead_to_pixels_and_view_z_in_scene_units(placing):
    own, there = points(placing)
    x, y, z = CAMERA.rotation @ (there - CAMERA.position).T
    position, clip_x, clip_y, forward = map(np.array, placing.seen_by(CAMERA))
    offset = own - position
    assert np.allclose(offset @ forward, z)
    assert np.allclose((offset @ clip_x / z + 1) / 2 * CAMERA.width, CAMERA.fx * x / z + CAMERA.cx)
    assert np.allclose((offset @ clip_y / z + 1) / 2 * CAMERA.height, CAMERA.fy * y / z + CAMERA.cy)


def test_a_crop_box_holds_the_same_points_and_its_rays_lead_to_them(placing):
    own, there = points(placing)
    crop = Crop((-1, -0.5, -2), (0.5, 2, 3), tuple(map(tuple, to_matrix(of_vector((0, 0, 0.4))))))
    low, high, columns = map(np.array, placing.cropped(CAMERA, crop))
    axes, rays = columns.reshape(2, 3, 4)[..., :3]
    along = (own - placing.seen_by(CAMERA)[0]) @ axes.T
    assert np.allclose(along, (there - CAMERA.position) @ np.array(crop.axes).T)
    inside = ((along >= low) & (along <= high)).all(axis=1)
    assert 0 < inside.sum() < len(inside)
    assert np.array_equal(inside, crop.contains(torch.from_numpy(there)).numpy())
    x, y, z = CAMERA.rotation @ (there - CAMERA.position).T
    pixels = np.stack([CAMERA.fx * x / z + CAMERA.cx, CAMERA.fy * y / z + CAMERA.cy, np.ones_like(z)], axis=1)
    assert np.allclose(pixels @ rays * z[:, None], along)


def test_the_unit_is_the_scale(placing):
    assert np.isclose(placing.unit, np.linalg.norm(placing.model_from_mesh[:3, 0]))
