"""What there is at one pixel."""

from __future__ import annotations

import math
from dataclasses import dataclass

from gsrender.buffers import TILE
from viewer.shot import Shot


@dataclass(frozen=True)
class Reading:
    """None is for what is not there, or not looked at while the camera moves."""

    x: int  # pixels of the picture
    y: int
    colour: tuple[int, int, int]
    alpha: float
    depth: float | None  # mean view z of the Gaussians, scene units
    proxy: float | None = None  # view z of the proxy
    cluster: int | None = None  # of the proxy
    level: int | None = None  # of detail, of that cluster
    blended: int | None = None  # splats that the pixel took
    tile_splats: int | None = None  # splats in the list of its tile


def read(shot: Shot, x: int, y: int, closely: bool) -> Reading:
    """At column x and row y. `closely` draws what else is needed, once for a Shot; for when the picture stands."""
    frame = shot.frame
    reading = dict(x=x, y=y, colour=tuple(frame.rgba[y, x, :3].tolist()), alpha=float(frame.alpha[y, x]),
                   depth=_finite(frame.depth[y, x]))
    if closely:
        reading |= dict(blended=int(shot.inspection.blended[y, x]),
                        tile_splats=int(shot.tile_splats[y // TILE, x // TILE]))
        if shot.scene.proxy is not None:
            cluster, level = (int(values[y, x]) for values in (shot.surfaces.cluster, shot.surfaces.level))
            reading |= dict(proxy=_finite(shot.proxy_depth[y, x]), cluster=cluster if cluster >= 0 else None,
                            level=level if level >= 0 else None)
    return Reading(**reading)


def _finite(value) -> float | None:
    number = float(value)
    return number if math.isfinite(number) else None
