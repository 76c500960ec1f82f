"""The frame, on one page: camera, proxy depth, cull, decode, project, sort, blend. Present follows, in the window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gsrender.frame import Frame, FrameStats

if TYPE_CHECKING:
    from gsrender.camera import Camera
    from gsrender.depth import DepthBuffer
    from gsrender.settings import RenderSettings
    from viewer.scene import Scene


@dataclass(frozen=True)
class Begun:
    """A frame whose proxy depth is on its way; None where it needs none. What is begun later must end later."""

    camera: Camera
    settings: RenderSettings
    depth: DepthBuffer | None


def begin_frame(scene: Scene, camera: Camera, settings: RenderSettings) -> Begun:
    """Submits the proxy's depth and returns at once."""
    if scene.proxy is None or settings.culling == "off":
        return Begun(camera, settings, None)
    return Begun(camera, settings, scene.proxy.render(settings.culling_camera or camera, crop=settings.crop))


def end_frame(scene: Scene, begun: Begun, rgba=None) -> Frame:
    """Queues the rest and returns at once. What does not fit into a buffer is missing from it once: `frame_stats` says
    so, and the next one has room. `rgba` is where the picture shall go; without it, memory of the renderer."""
    return _end(scene, begun, scene.renderer.draw(begun.camera, begun.depth, begun.settings, rgba))


def draw_frame(scene: Scene, camera: Camera, settings: RenderSettings, rgba=None) -> Frame:
    """Queues one frame and returns at once: see `end_frame`."""
    return end_frame(scene, begin_frame(scene, camera, settings), rgba)


def render_frame(scene: Scene, camera: Camera, settings: RenderSettings) -> Frame:
    """One complete picture, finished when this returns."""
    begun = begin_frame(scene, camera, settings)                                         # Vulkan: triangles -> view z
    return _end(scene, begun, scene.renderer.render(camera, begun.depth, settings))      # gsrender: cull ... blend


def _end(scene: Scene, begun: Begun, frame: Frame) -> Frame:
    if begun.depth is not None:
        scene.proxy.finished(scene.stream, begun.depth)
    return frame


class FrameOrder:
    """Frames one after the other, in one of the FRAME_MODES of settings.py.

    same-frame  a frame ends as soon as it has begun: the lowest latency
    pipelined   a frame begins, and the one before it ends. Vulkan draws depth while CUDA draws Gaussians, and neither
                waits for the other; the picture is of one camera earlier. The first one begins twice.

    Where nothing is culled by the proxy there is nothing to draw ahead, and both are the same.
    """

    def __init__(self, scene: Scene):
        self._scene = scene
        self._ahead: Begun | None = None

    def begin(self, camera: Camera, settings: RenderSettings, mode: str) -> Begun:
        """Begins a frame. Returns the one to end now, with `end_frame`, before the next is begun."""
        if mode != "pipelined" or self._scene.proxy is None or settings.culling == "off":
            self._ahead = None
            return begin_frame(self._scene, camera, settings)
        due = self._ahead
        if due is None or not self._scene.proxy.outlasts(due.depth):  # others may have asked for frames meanwhile
            due = begin_frame(self._scene, camera, settings)
        self._ahead = begin_frame(self._scene, camera, settings)
        return due

    def rest(self):
        """No frame follows for now: the next one is not preceded by the last one that began."""
        self._ahead = None


def frame_stats(scene: Scene, settings: RenderSettings) -> FrameStats:
    """What the last finished frame did, the proxy's depth included where it was drawn."""
    gaussians = scene.renderer.stats
    if scene.proxy is None or settings.culling == "off":
        return gaussians
    proxy = scene.proxy.stats()
    return FrameStats({**proxy.counts, **gaussians.counts}, {**proxy.milliseconds, **gaussians.milliseconds},
                      gaussians.incomplete, proxy.levels, gaussians.frame)
