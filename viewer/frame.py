"""The frame, on one page: camera, proxy depth, cull, decode, project, sort, blend. Present follows, in the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gsrender.frame import Frame, FrameStats

if TYPE_CHECKING:
    from gsrender.camera import Camera
    from gsrender.settings import RenderSettings
    from viewer.scene import Scene


def draw_frame(scene: Scene, camera: Camera, settings: RenderSettings, rgba=None) -> Frame:
    """Queues one frame and returns at once. What does not fit into a buffer is missing from it once: `frame_stats` says
    so, and the next one has room. `rgba` is where the picture shall go; without it, memory of the renderer."""
    return _frame(scene, camera, settings, lambda depth: scene.renderer.draw(camera, depth, settings, rgba))


def render_frame(scene: Scene, camera: Camera, settings: RenderSettings) -> Frame:
    """One complete picture, finished when this returns."""
    return _frame(scene, camera, settings, lambda depth: scene.renderer.render(camera, depth, settings))


def _frame(scene, camera, settings, gaussians) -> Frame:
    if scene.proxy is None or settings.culling == "off":
        return gaussians(None)
    depth = scene.proxy.render(settings.culling_camera or camera)  # Vulkan: triangles -> linear view z
    frame = gaussians(depth)                                       # gsrender: cull, decode, project, sort, blend
    scene.proxy.finished(scene.stream, depth)
    return frame


def frame_stats(scene: Scene, settings: RenderSettings) -> FrameStats:
    """What the last finished frame did, the proxy's depth included where it was drawn."""
    gaussians = scene.renderer.stats
    if scene.proxy is None or settings.culling == "off":
        return gaussians
    proxy = scene.proxy.stats()
    return FrameStats({**proxy.counts, **gaussians.counts}, {**proxy.milliseconds, **gaussians.milliseconds},
                      gaussians.incomplete, proxy.levels)
