"""One view of a scene, and what can be asked of it, each drawn when it is first needed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import torch

from gsrender.camera import Camera
from gsrender.frame import Frame, FrameStats
from gsrender.renderer import Renderer
from gsrender.settings import RenderSettings
from viewer.colours import Scale
from viewer.frame import frame_stats, render_frame
from viewer.ruler import Ruler
from viewer.scene import Scene

if TYPE_CHECKING:
    from gsrender.inspection import Inspection
    from vk_interop.proxy_surfaces import Surfaces

VIEW_OUTPUTS = ("alpha", "depth")  # what a Shot asks of the scene's renderer


def outputs_for(view: str, frozen=None) -> tuple[str, ...]:
    """What a renderer is asked for whose shots are only painted as that view; `frozen` is a camera that is culled for,
    whose frustum is drawn."""
    return () if (view, frozen) == ("picture", None) else VIEW_OUTPUTS


class Spare:
    """A second renderer of a scene, made when it is first needed: for pictures beside the frame."""

    def __init__(self, scene: Scene):
        self._scene = scene

    @cached_property
    def scene(self) -> Scene:
        """The same scene with that renderer. Raises DeviceError where there is no memory for it."""
        return replace(self._scene, renderer=Renderer(self._scene.model, VIEW_OUTPUTS, self._scene.limit))

    @property
    def nbytes(self) -> int:
        """On the device."""
        return self.scene.renderer.nbytes if "scene" in vars(self) else 0


@dataclass(eq=False)
class Shot:
    """
    scene  opened with VIEW_OUTPUTS
    drawn  the frame of this camera and these settings, if the scene's renderer has just drawn it
    scale  of the numbers that are shown as colours; None: one that fits them
    ruler  that tells lengths

    Where the scene's renderer has drawn another frame since, it draws this one again.
    """

    scene: Scene
    camera: Camera
    settings: RenderSettings
    spare: Spare
    drawn: Frame | None = None
    scale: Scale | None = None
    ruler: Ruler = Ruler()

    def __post_init__(self):
        self._number = self.scene.renderer.queued  # of `drawn`

    @property
    def newest(self) -> Frame | None:
        """As it was drawn, though it may lack items, and nobody waits for it; None where the renderer has drawn
        another one since."""
        return self.drawn if self.scene.renderer.queued == self._number else None

    @property
    def frame(self) -> Frame:
        """Whole, and the last one of the scene's renderer. Waits for it."""
        renderer = self.scene.renderer
        if self.drawn is None or renderer.queued != self._number or not renderer.wait():
            self.drawn = render_frame(self.scene, self.camera, self.settings)
            self._number = renderer.queued
        return self.drawn

    @property
    def stats(self) -> FrameStats:
        """What was drawn."""
        return frame_stats(self.scene, self.settings) if self.drawn else self.scene.proxy.stats()

    @property
    def picture(self) -> torch.Tensor:
        """[H, W, 3] uint8."""
        return self.frame.rgba[..., :3]

    @cached_property
    def inspection(self) -> Inspection:
        self.frame
        return self.scene.renderer.inspect(FRONT_OPACITY)

    @cached_property
    def tile_splats(self) -> torch.Tensor:
        """[rows, columns] int32, splats in the list of each tile."""
        self.frame
        return self.scene.renderer.tile_splats

    @property
    def items(self) -> torch.Tensor:
        """[n] int32, ascending: the model's items that the frame is of."""
        self.frame
        return self.scene.renderer.drawn_items

    @cached_property
    def proxy_depth(self) -> torch.Tensor:
        """[H, W] float32, view z of the proxy as it is drawn; +inf where there is none."""
        self.scene.proxy.render(self.camera, self.settings.culling_camera, self.settings.crop)
        return self.scene.proxy.drawn()

    @cached_property
    def surfaces(self) -> Surfaces:
        return self.scene.proxy.surfaces(self.camera, self.settings.culling_camera, self.settings.crop)

    @cached_property
    def removed(self) -> Frame:
        """What culling by the proxy removed, and nothing else. Holds until the spare renderer's next frame."""
        renderer = self.spare.scene.renderer
        kept = self.items.clone()
        renderer.render(self.camera, None, replace(self.settings, culling="off"))
        everything = renderer.drawn_items.clone()
        left_out = everything[~torch.isin(everything, kept)]
        return renderer.render(self.camera, None, replace(self.settings, background=(0, 0, 0)), left_out)


FRONT_OPACITY = 0.2  # of a splat that counts as the front one: nearer veils would cover what is seen
