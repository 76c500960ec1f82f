"""A way to draw a scene: all that a picture depends on besides the camera, a frozen value."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gsrender.crop import Crop
from gsrender.settings import RenderSettings
from viewer.fit import Fit
from vk_interop.depth_settings import DepthSettings

if TYPE_CHECKING:
    from viewer.scene import Scene


@dataclass(frozen=True)
class Way:
    """
    render  what the Gaussian stages do
    detail  how the proxy's depth is drawn
    fit     how the proxy lies
    half    with the colours of plain splats in 16 bits, though the model has them in 32
    """

    render: RenderSettings
    detail: DepthSettings = DepthSettings()
    fit: Fit = Fit()
    half: bool = False

    @staticmethod
    def of(scene: Scene, render: RenderSettings) -> Way:
        """As the scene's proxy is drawn and lies now."""
        return Way(render, scene.proxy.settings if scene.proxy else DepthSettings(), scene.fit)

    def drawn(self, **changes) -> Way:
        """With other values of `render`."""
        return replace(self, render=replace(self.render, **changes))


def described(way: Way, beside: Way) -> str:
    """What tells a way from another one, in a few words."""
    own, other = _told(way), _told(beside)
    if way.render.culling == "off":
        del own["margin"]
    differ = [text for name, (value, text) in own.items() if value != other[name][0]]
    return ", ".join([f"culling {way.render.culling}", *differ])


def _told(way: Way) -> dict[str, tuple]:
    """(value, words) by name."""
    render, detail, fit = way.render, way.detail, way.fit
    error = "the whole proxy" if detail.lod_error is None else f"proxy error {detail.lod_error:.3g} pixels"
    return {
        "margin": (render.margin, f"margin {render.margin:g}"),
        "error": (detail.lod_error, error),
        "raster": (detail.raster, f"proxy drawn by {detail.raster or 'what is fastest'}"),
        "bias": (render.level_bias, f"level bias {render.level_bias:+.3g}"),
        "limit": (render.level_limit,
                  "all levels" if render.level_limit is None else f"levels to {render.level_limit}"),
        "appearance": (render.appearance, f"appearance {render.appearance}"),
        "background": (render.background, "background {:.0%} {:.0%} {:.0%}".format(*render.background)),
        "frozen": (render.culling_camera, "frozen" if render.culling_camera else "not frozen"),
        "half": (way.half, "half precision" if way.half else "full precision"),
        "crop": (render.crop, _crop(render.crop)),
        "up": (fit.up, f"proxy's up {fit.up}"),
        "scale": (fit.scale, f"proxy scaled {fit.scale:.4g}"),
        "turn": (fit.turn, f"proxy turned {_numbers(fit.turn)}"),
        "shift": (fit.shift, f"proxy shifted {_numbers(fit.shift)}")}


def _crop(box: Crop | None) -> str:
    return "no crop box" if box is None else f"crop box {_numbers(box.low)} to {_numbers(box.high)}"


def _numbers(values) -> str:
    return " ".join(f"{value:.3g}" for value in values)
