"""Looks for warnings beside the frames, on a thread of its own, so that no frame waits for them."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor

from gsrender.camera import Camera
from gsrender.settings import RenderSettings
from viewer import warnings
from viewer.compare import Compared
from viewer.scene import Scene

PAUSE = 0.5  # seconds between two looks
VIEWS = 4  # of the dataset, to learn which side of the mesh is its outside


class Watch:
    """The warnings about a scene and what is drawn of it. Only where something is hidden by a proxy is there any."""

    def __init__(self, scene: Scene, radius: float):
        self._scene, self._radius = scene, radius
        self._thread, self._closing = ThreadPoolExecutor(1, "watch"), threading.Event()
        self._outer: bool | None = None
        self._lasting: list[str] | None = None  # about the scene as a whole; None until they are known
        self._looked = 0.0
        self._fit = None  # of the proxy that `_mesh` and `_lasting` are of
        self._asked = None
        self._result: Future | None = None
        self._of_view: list[str] = []

    def look(self, camera: Camera, settings: RenderSettings, compared: Compared | None = None):
        """Offers where the camera is, and what culling was found to change; takes them up when the last look is over
        and a pause has passed."""
        # Of a proxy that is cut off, neither what is inside nor what is empty is a sign of anything.
        if self._scene.proxy is None or settings.culling == "off" or settings.crop is not None:
            self._asked, self._result, self._of_view = None, None, []
            return
        due = time.perf_counter() - self._looked > PAUSE and (self._result is None or self._result.done())
        asked = camera, compared, self._scene.fit
        if due and asked != self._asked:
            self._asked, self._looked = asked, time.perf_counter()
            self._result = self._thread.submit(self._measure, camera, compared)

    @property
    def is_looking(self) -> bool:
        return self._result is not None and not self._result.done()

    def warnings(self, culling: str) -> list[str]:
        """What is known now; reading it waits for nothing."""
        if self._scene.proxy is None or culling == "off":
            return []
        if self._result is not None and self._result.done():
            self._of_view = self._result.result()
        return (self._lasting or []) + self._of_view

    def _measure(self, camera: Camera, compared: Compared | None) -> list[str]:
        stop = self._closing.is_set
        if self._fit != self._scene.fit:
            self._fit, self._mesh, self._lasting = self._scene.fit, self._scene.placed_mesh, None
        mesh, model = self._mesh, self._scene.model
        if self._lasting is None:
            views = self._scene.cameras[::max(1, len(self._scene.cameras) // VIEWS)]
            self._outer = warnings.outer_side(mesh.vertices, mesh.triangles, [view.camera for view in views], stop)
            share = warnings.share_near_proxy(model.items.position.cpu().numpy(), mesh.vertices, mesh.triangles,
                                              self._radius)
            self._lasting = warnings.about_model(model.source, model.levels > 0) + warnings.about_alignment(share)
        rays = warnings.cast_rays(mesh.vertices, mesh.triangles, camera, stop)
        found = warnings.about_side(rays, self._outer)
        if found or compared is None:
            return found
        if compared.camera != camera:  # the pictures are a moment old
            rays = warnings.cast_rays(mesh.vertices, mesh.triangles, compared.camera, stop)
        return warnings.about_emptied(warnings.emptied_share(rays, compared.culled, compared.full))

    def close(self, wait: bool = True):
        """Breaks off the look that is under way; what it found means nothing."""
        self._closing.set()
        self._thread.shutdown(wait=wait, cancel_futures=True)
