"""What there is at one pixel."""

from __future__ import annotations

import math
import weakref
from dataclasses import dataclass

import torch

from gsrender.buffers import TILE
from viewer.arriving import Arriving
from viewer.ruler import Ruler
from viewer.shot import Shot
from viewer.words import NOTHING

STILL = "Known once the picture stands still."


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


class Reader:
    """Reads one pixel after the other. What is asked for comes with a later frame: nobody waits for the GPU."""

    def __init__(self):
        self._asked = None  # what the newest reading is of
        self._coming: Arriving | None = None
        self._reading: Reading | None = None

    def look(self, shot: Shot, x: int, y: int, closely: bool) -> Reading | None:
        """The newest reading that is there, of column x and row y or of where the cursor was before; None before the
        first. `closely` draws what else is needed, once for a Shot; for when the picture stands, since it waits."""
        self._take()
        asked = weakref.ref(shot), x, y, closely
        if self._coming is None and asked != self._asked and (closely or shot.newest):
            self._asked, self._coming = asked, Arriving(_values(shot, x, y, closely))
            self._take()  # on the CPU it is here
        return self._reading

    def _take(self):
        if self._coming and self._coming.is_here:
            self._reading, self._coming = _reading(*self._asked[1:3], self._coming.values.tolist()), None


def _values(shot: Shot, x: int, y: int, closely: bool) -> torch.Tensor:
    """float64, which holds a cluster's number: what a Reading has, in its order."""
    frame = shot.frame if closely else shot.newest
    found = [*frame.rgba[y, x, :3].split(1), frame.alpha[y, x], frame.depth[y, x]]
    if closely:
        found += [shot.inspection.blended[y, x], shot.tile_splats[y // TILE, x // TILE]]
        if shot.scene.proxy is not None:
            found += [shot.proxy_depth[y, x], shot.surfaces.cluster[y, x], shot.surfaces.level[y, x]]
    return torch.cat([value.view(1).to(frame.rgba.device, torch.float64) for value in found])


def _reading(x: int, y: int, values: list[float]) -> Reading:
    red, green, blue, alpha, depth, *closely = values
    reading = dict(x=x, y=y, colour=(int(red), int(green), int(blue)), alpha=alpha, depth=_finite(depth))
    if closely:
        blended, tile_splats, *of_proxy = closely
        reading |= dict(blended=int(blended), tile_splats=int(tile_splats))
        if of_proxy:
            proxy, cluster, level = of_proxy
            reading |= dict(proxy=_finite(proxy), cluster=int(cluster) if cluster >= 0 else None,
                            level=int(level) if level >= 0 else None)
    return Reading(**reading)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def reading_rows(r: Reading | None, ruler: Ruler) -> list[tuple[str, str, str]]:
    """(name, value, meaning) of what is under the cursor."""
    def say(value, text="{}"):
        return NOTHING if value is None else text.format(value)

    def length(value):
        return NOTHING if value is None else ruler.text(value, ".3f")
    return [
        ("pixel", say(r and (r.x, r.y), "{0[0]}, {0[1]}"), "Under the cursor: column and row of the picture, from its "
         "upper left corner."),
        ("colour", say(r and r.colour, "{0[0]}, {0[1]}, {0[2]}"), "Red, green and blue, 0 to 255."),
        ("alpha", say(r and r.alpha, "{:.3f}"), "Share of the background that is covered."),
        ("depth of the Gaussians", length(r and r.depth), f"Mean view z of what covers the pixel, in {ruler.name}."),
        ("depth of the proxy", length(r and r.proxy), f"View z, in {ruler.name}. {STILL}"),
        ("cluster, level", say(r and r.cluster is not None and (r.cluster, r.level) or None, "{0[0]}, {0[1]}"),
         f"Of the proxy: number of the cluster, and its level of detail; 0 is the source. {STILL}"),
        ("splats blended", say(r and r.blended), f"Splats that the pixel took until it was covered. {STILL}"),
        ("splats in the tile", say(r and r.tile_splats), "Splats in the list of the tile of 16 x 16 pixels around it. "
         f"{STILL}")]
