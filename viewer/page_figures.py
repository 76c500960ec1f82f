"""What a picture cost and what was left of the model in it, in words for a browser's panel."""

from __future__ import annotations

from dataclasses import dataclass, field

from gsrender.camera import Camera
from gsrender.frame import FrameStats
from gsrender.memory import size
from viewer.lost import why_empty
from viewer.page_controls import Wish
from viewer.scene import Scene
from viewer.statistics import COUNTS, Statistics, count_label, milliseconds, psnr_text
from viewer.view_table import view_kind
from viewer.way import described


@dataclass(frozen=True)
class Cost:
    """Of one picture.

    stats    what was drawn
    trip     milliseconds to the browser and back
    latency  milliseconds from a camera's arrival to that of its picture in the browser; None before a camera moved
    psnr     dB, to the picture with culling off, where it is known
    """

    camera: Camera | None = None
    wish: Wish | None = None
    stats: FrameStats = field(default_factory=FrameStats)
    trip: float = 0.0
    latency: float | None = None
    psnr: float | None = None

    def is_of(self, request) -> bool:
        """Whether the request's picture is drawn the same way."""
        size = self.camera and (self.camera.width, self.camera.height)
        return (size, self.wish) == ((request.camera.width, request.camera.height), request.wish)


def figures(sharp: bool, cost: Cost, recent: Statistics, scene: Scene) -> str:
    """Markdown. `recent` are frames like the last one, which `cost` is of. Speed is of drawing alone, whatever the line
    to the browser is like."""
    rows = [("**fps**", f"**{recent.fps:.1f}**"), ("a picture", f"{milliseconds(recent.percentile(50))} ms"),
            ("size" if sharp else "size, while moving", f"{cost.camera.width} × {cost.camera.height}"),
            *((stage, f"{milliseconds(value)} ms") for stage, value in recent.stage_milliseconds().items()),
            *((count_label(key, scene.model.kind), f"{cost.stats.counts[key]:,}")
              for key in COUNTS if key in cost.stats.counts and (key != "lod" or scene.model.levels))]
    if cost.psnr is not None:
        rows.append(("PSNR to off", psnr_text(cost.psnr)))
    rows.append(("memory, model", size(sum(scene.renderer.memory.values()))))
    if scene.proxy:
        rows.append(("memory, proxy", size(sum(scene.proxy.memory.values()))))
    rows.append(("to the browser and back", f"{cost.trip:.0f} ms"))
    if cost.latency is not None:
        rows.append(("from a move to its picture", f"{cost.latency:.0f} ms"))
    table = "\n".join(f"| {name} | {value} |" for name, value in rows)
    look, two = cost.wish.look, _two(cost.wish, scene)
    empty = why_empty(scene, cost.camera, cost.stats.counts)
    lost = f"**{empty}: a dataset view, or loading the page anew, leads back**\n\n" if empty else ""
    return f"{lost}{look.view}: {view_kind(look.view).help}.{two}\n\n| drawn on {scene.backend} | |\n|:--|--:|\n{table}"


def _two(wish: Wish, scene: Scene) -> str:
    """Which two are compared, where two are."""
    look = wish.look
    if not look.shows_two:
        return ""
    first = wish.way
    second = look.second(first, scene.usual_culling)
    one, other = described(first, second), described(second, first)
    said = {"split": f"Left: {one}. Right: {other}.", "second": f"Second: {other}.",
            "difference": f"Difference of {one} and {other}, times 10."}
    return f" {said[look.compare]}"
