"""Makes the pictures in this folder that show views and panels: `python tests/images/make.py` writes them.

tests/viewer/test_images.py compares them with what the program draws. Look at them before they are committed.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT))

from PIL import Image  # noqa: E402

from gsrender.camera import Camera  # noqa: E402
from gsrender.settings import RenderSettings  # noqa: E402
from viewer.actions import act  # noqa: E402
from viewer.app import Viewer  # noqa: E402
from viewer.camera_path import CameraPath  # noqa: E402
from viewer.contact_sheet import contact_sheet  # noqa: E402
from viewer.legend import with_legend  # noqa: E402
from viewer.look import Look  # noqa: E402
from viewer.panels import PANELS  # noqa: E402
from viewer.picture_views import paint  # noqa: E402
from viewer.scene import Scene, open_scene  # noqa: E402
from viewer.settings import ViewerSettings  # noqa: E402
from viewer.shot import VIEW_OUTPUTS, Shot, Spare  # noqa: E402
from viewer.view_table import VIEW_NAMES  # noqa: E402
from vk_interop.depth_settings import DepthSettings  # noqa: E402
from vk_interop.offscreen import Offscreen  # noqa: E402

VIEW = "test_0002"


def open_sample() -> Scene:
    return open_scene(ROOT / "assets" / "street" / "model", backend="cpu", outputs=VIEW_OUTPUTS, surface_extensions=[],
                      detail=DepthSettings(1.0))


def view(scene: Scene, kind: str, size=(480, 320)) -> Image.Image:
    """As `render --view` draws it."""
    camera = next(view.camera for view in scene.cameras if view.name == VIEW).with_near(scene.near).resized(*size)
    painted = paint(kind, Shot(scene, camera, _render(scene), Spare(scene)))
    return with_legend(Image.fromarray(painted.picture.numpy()), painted.legend)


def views(scene: Scene) -> Image.Image:
    return contact_sheet([view(scene, kind) for kind in VIEW_NAMES], list(VIEW_NAMES))


def window(scene: Scene, panel: str | None, look: Look = Look(), before=lambda viewer: None,
           size=(960, 540)) -> Image.Image:
    """A window with one panel, or with all."""
    closed = tuple(p.name for p in PANELS if panel and p.name != panel)
    viewer = Viewer(scene, Offscreen(scene.device, *size), ViewerSettings(_render(scene), look, closed=closed))
    try:
        viewer.frame()
        before(viewer)
        while not (viewer.idle and viewer.settled) or viewer.message or viewer.comparison.is_pending:
            viewer.frame()
        return Image.fromarray(viewer.frame(capture=True))
    finally:
        viewer.close()


def _render(scene: Scene) -> RenderSettings:
    return RenderSettings("centre", background=scene.model.background)


def _look_from_above(viewer: Viewer):
    act(viewer, "freeze")
    seen = viewer.state.camera(*viewer.picture_size)
    back, up = -7 * seen.rotation[2], np.array([0.0, 0.0, 9.0])
    viewer.state = viewer.state.fly_to(Camera.look_at(seen.position + back + up, seen.position + 9 * seen.rotation[2]))


def _lay_a_path(viewer: Viewer):
    path = CameraPath.through([view.camera for view in viewer.scene.cameras[:6]]).looped(True)
    viewer.path.out = "film.mp4"
    viewer.path.edit(lambda tour: tour.edited(path).chose(2), goes=True)


def _fly(viewer: Viewer):
    """There and back, for figures of a movement."""
    viewer.state = replace(viewer.state, flight_time=2.0)
    for by in (1, -1):
        viewer.visit(by)
        viewer.frame()
        while not viewer.idle:
            viewer.frame()


def _run_the_benchmark(viewer: Viewer):
    _fly(viewer)
    viewer.scene.cameras[8:] = []
    viewer.start_benchmark()
    while not viewer.benchmark.done:
        viewer.frame()


# With figures of the machine in them, so they are made, and looked at, but not compared.
MEASURED = {
    "viewer": lambda scene: window(scene, None, before=_fly, size=(1280, 800)),
    "statistics": lambda scene: window(scene, "Statistics", before=_run_the_benchmark, size=(1280, 720)),
}
PICTURES = {
    "camera": lambda scene: window(scene, "Camera"),
    "scene": lambda scene: window(scene, "Scene", Look(wireframe=True), size=(960, 680)),
    "culling": lambda scene: window(scene, "Culling and LOD"),
    "removed": lambda scene: view(scene, "removed"),
    "views": views,
    "compare": lambda scene: window(scene, "Compare", Look(compare="split", at=0.55)),
    "path": lambda scene: window(scene, "Path", before=_lay_a_path),
    "frozen": lambda scene: window(scene, "Views", before=_look_from_above),
}


def main():
    with open_sample() as scene:
        for name, make in (PICTURES | MEASURED).items():
            path = HERE / f"{name}.png"
            make(scene).save(path, optimize=True)
            print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
