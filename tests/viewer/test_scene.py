"""What is opened when only a model is named, and with which settings."""

import shutil

import numpy as np
import pytest

from gsrender import Camera, DeviceError, InputError
from viewer.scene import open_scene, pick_backend, proxies_beside, up_of


def lay(folder, *names):
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_bytes(b"")
    return folder


def found(folder):
    return [path.name for path in proxies_beside(folder)]


def test_the_proxy_is_the_one_called_so_beside_the_model_or_above_it(tmp_path):
    model = lay(tmp_path / "above" / "model")
    assert found(model) == []
    lay(tmp_path / "above", "proxy.obj")
    assert found(model) == ["proxy.obj"]
    lay(model, "city.glb")
    assert found(model) == ["city.glb"]
    lay(model, "proxy.ply", "other.glb")
    assert found(model) == ["proxy.ply"]


def test_a_point_cloud_beside_the_model_is_not_its_proxy(tmp_path):
    assert found(lay(tmp_path / "a" / "model", "point_cloud.ply", "input.ply", "scan.obj")) == []


def test_of_several_meshes_none_is_guessed_and_the_scene_says_so(tmp_path, street):
    lay(tmp_path, "a.glb", "b.glb")
    shutil.copytree(street / "model", tmp_path / "model")
    with open_scene(tmp_path / "model", backend="cpu") as scene:
        assert scene.proxy is None and scene.default_culling == "off"
        assert "several meshes (a.glb, b.glb); name one with --scene" in scene.warnings[0]


def test_a_model_with_levels_beside_its_proxy_is_culled_by_default(street):
    with open_scene(street / "model", backend="cpu") as scene:
        assert scene.mesh_path.name == "proxy.glb" and len(scene.mesh.triangles) == 112_019
        assert scene.default_culling == "centre"
    with open_scene(street / "model", backend="cpu", with_proxy=False) as scene:
        assert scene.proxy is None and scene.device is None and scene.default_culling == "off"


def test_plain_splats_are_not_culled_by_default(block):
    with open_scene(block / "plain" / "point_cloud.ply", block / "proxy.glb", backend="cpu") as scene:
        assert scene.proxy is not None and scene.default_culling == "off"


@pytest.mark.parametrize("up", [(0.0, -1.0, 0.0), (0.6, 0.0, 0.8)])
def test_what_is_up_can_be_given(street, up):
    with open_scene(street / "model", backend="cpu", with_proxy=False, model_up=up) as scene:
        assert scene.up == up
        scene.cameras = []
        right, down, forward = scene.first_camera(90, 60).rotation
        assert right @ up == pytest.approx(0, abs=1e-9) and down @ up < -0.5 and forward @ up < -0.2


def test_the_first_view_is_the_datasets_that_shows_most_with_the_near_plane_of_the_model(street):
    with open_scene(street / "model", backend="cpu", with_proxy=False) as scene:
        camera = scene.first_camera(480, 480)
        assert (camera.width, camera.height, camera.near) == (480, 480, pytest.approx(1e-4))
        assert scene.cameras[scene.first_view].name == "train_0089"  # 77 % of the model; test_0001, the first, 11 %
        assert np.allclose(camera.position, scene.cameras[scene.first_view].camera.position)
        scene.cameras = []
        inside = scene.first_camera(480, 480)
    centre = sum(np.array(corner.tolist()) for corner in scene.model.bounds) / 2
    assert np.allclose((inside.rotation @ (centre - inside.position))[:2], 0, atol=1e-6)  # the middle is in the middle


def test_up_is_what_the_cameras_share():
    def looking(up, *targets):
        return [Camera.look_at((0, 0, 0), target, up=up) for target in targets]
    around = (1, 2, -1), (-1, 2, -2), (2, -1, -1)  # all of them downwards
    assert up_of([]) == (0, 0, 1)
    assert up_of(looking((0, 0, 1), *around)) == (0, 0, 1)
    assert up_of(looking((0.03, -1, 0), *around)) == (0, -1, 0)
    assert up_of(looking((0, 0.6, 0.8), *around)) == pytest.approx((0, 0.6, 0.8), abs=1e-3)
    assert up_of(looking((0, 0, 1), (1, 1, 0.1))) == (0, 0, 1)  # one view is enough


def test_cuda_where_there_is_none_names_the_way_out(monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert pick_backend("auto") == "cpu"
    with pytest.raises(DeviceError, match="--backend cpu"):
        pick_backend("cuda")


@pytest.mark.parametrize("mesh", ["missing.glb", "."])
def test_a_proxy_that_is_not_there_is_one_sentence(street, mesh, tmp_path):
    with pytest.raises(InputError):
        open_scene(street / "model", tmp_path / mesh, backend="cpu")
