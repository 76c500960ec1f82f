"""What a GPU does for the first time takes a tenth of a second each: Vulkan's driver compiles a pipeline, CUDA loads a
kernel. Here all that a window shows is drawn once before there is a window, which would be deaf meanwhile."""

from __future__ import annotations

from dataclasses import replace

from gsrender.crop import Crop
from gsrender.errors import DeviceError
from gsrender.settings import RenderSettings
from viewer.choices import SLIDER_ERROR
from viewer.look import COMPARISONS, Look
from viewer.looking import Looking
from viewer.scene import Scene
from viewer.shot import Shot, Spare
from viewer.view_table import VIEW_NAMES

ERRORS = range(int(SLIDER_ERROR) + 1)  # pixels
SIZE = 640, 400  # pixels: torch sorts small tensors by other kernels


def warm_up(scene: Scene):
    """Takes a second on a GPU, more where its driver has not kept the pipelines of a former run; there is nothing to
    gain on a CPU. The scene is to be opened with VIEW_OUTPUTS."""
    if scene.backend == "cuda":
        draw_everything(scene)


def draw_everything(scene: Scene):
    """Every view, comparison and kind of culling of a scene, one after the other."""
    camera, spare = scene.first_camera(*SIZE), Spare(scene)
    looking = Looking(scene, spare)
    low, high = (tuple(corner.tolist()) for corner in scene.model.bounds)
    usual = RenderSettings(scene.default_culling)
    frozen = replace(usual, culling_camera=camera)
    cut = replace(usual, crop=Crop(low, high))
    pictures = [*((Look(view), usual) for view in VIEW_NAMES), *((Look(compare=way), usual) for way in COMPARISONS),
                (Look(wireframe=scene.proxy is not None), frozen), (Look(), cut)]
    import torch
    try:
        for look, settings in pictures:
            looking.picture(look, Shot(scene, camera, settings, spare))
        if scene.proxy:
            scene.proxy.prepare(ERRORS)
    except (DeviceError, torch.OutOfMemoryError):
        pass  # no memory to spare for this: the window says so where it matters
