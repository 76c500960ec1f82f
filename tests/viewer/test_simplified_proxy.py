"""What culling by a simplified proxy drops that culling by the full one keeps, on the trained scenes."""

import numpy as np
import pytest

from gsrender import RenderSettings, load_cameras
from viewer.frame import render_frame
from viewer.scene import open_scene
from vk_interop.depth_settings import DepthSettings


def kept(scene, cameras, culling: str, pixels: float | None) -> list[np.ndarray]:
    """Which items each view keeps."""
    scene.proxy.settings = DepthSettings(pixels)
    masks = []
    for camera in cameras:
        render_frame(scene, camera, RenderSettings(culling))
        mask = np.zeros(len(scene.model.items), bool)
        visible = scene.renderer.buffers.tensors["item_from_visible"][:scene.renderer.stats.counts["visible"]]
        mask[visible.cpu().numpy()] = True
        masks.append(mask)
    return masks


@pytest.mark.parametrize("name", ["block", "town"])
def test_a_simplified_proxy_drops_at_most_one_in_a_thousand_items_of_those_kept(name, request, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = request.getfixturevalue(name)
    with open_scene(folder / "model", folder / "proxy.glb", detail=DepthSettings(1.0)) as scene:
        cameras = [view.camera.with_near(scene.near) for view in load_cameras(folder / "transforms_test.json")]
        for culling in ("centre", "footprint"):
            full, simplified = (kept(scene, cameras, culling, pixels) for pixels in (None, 1.0))
            dropped = [(before & ~after).sum() / before.sum() for before, after in zip(full, simplified)]
            print(f'{name}, {culling}: at most {max(dropped):.5%} of {len(cameras)} views')
            assert max(dropped) <= 0.001
