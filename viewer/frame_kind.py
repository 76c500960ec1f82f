"""What a drawn frame's figures are of: all that frames cost differently by, so that none is exported without it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from viewer.look import Look
from viewer.way import Way

if TYPE_CHECKING:
    from viewer.scene import Scene


@dataclass(frozen=True)
class FrameKind:
    """
    size        width and height in pixels
    resolution  share of the edge that a picture has which is not coarser, for the camera moves or because it is set so
    mode        one of FRAME_MODES
    second      what tells the second settings, where two pictures are drawn
    """

    way: Way
    look: Look
    mode: str
    size: tuple[int, int]
    resolution: float
    second: str = ""

    def figures(self) -> dict[str, str | float | bool | None]:
        """By name, plain values. None is for what nothing depends on: the margin of culling that is off."""
        render, detail, hides = self.way.render, self.way.detail, self.way.render.culling != "off"
        return {"culling": render.culling, "margin": render.margin if hides else None,
                "proxy error": detail.lod_error if hides else None, "frozen": render.culling_camera is not None,
                "anchor bias": render.level_bias, "finest level": render.level_limit,
                "crop box": render.crop is not None, "mode": self.mode, "width": self.size[0], "height": self.size[1],
                "resolution": self.resolution, "view": self.look.view, "wireframe": self.look.wireframe,
                "shown": self.look.compare, "second": self.second}


def about(scene: Scene) -> dict[str, str]:
    """Which scene figures are of."""
    model = scene.model
    return {"model": str(model.path), "precision": model.precision, "proxy": str(scene.mesh_path or "none")}


def about_by_name(scene: Scene) -> dict[str, str]:
    """The same for browsers, which nobody need tell the folders of the machine that draws."""
    mesh = scene.mesh_path
    return about(scene) | {"model": scene.title, "proxy": mesh.name if mesh else "none"}
