"""What a picture cost and what was left of the model in it, in words for a browser's panel."""

from __future__ import annotations

from dataclasses import dataclass, field

from gsrender.camera import Camera
from gsrender.frame import FrameStats
from viewer.funnel import steps
from viewer.lost import why_empty
from viewer.memory import memory_rows
from viewer.page_controls import Wish
from viewer.photograph import Match, photograph_rows
from viewer.reading import Reading, reading_rows
from viewer.scene import Scene
from viewer.statistics import COUNTS, Statistics, bottleneck, count_label, milliseconds, psnr_text
from viewer.view_table import view_kind
from viewer.way import described
from viewer.words import NOTHING

BAR = 14  # letters of a funnel's whole bar


@dataclass(frozen=True)
class Cost:
    """Of one picture.

    stats    what was drawn
    trip     milliseconds to the browser and back
    latency  milliseconds from a camera's arrival to that of its picture in the browser; None before a camera moved
    psnr     dB, to the picture with culling off, where it is known
    in_view  items in the picture, hidden or not, where it is known
    both     dB, of two pictures that are compared
    match    with the photograph, where the camera stands at one
    reading  of a pixel
    memory   bytes by name
    """

    camera: Camera | None = None
    wish: Wish | None = None
    stats: FrameStats = field(default_factory=FrameStats)
    trip: float = 0.0
    latency: float | None = None
    psnr: float | None = None
    in_view: int | None = None
    both: float | None = None
    match: Match | None = None
    reading: Reading | None = None
    memory: dict[str, int] = field(default_factory=dict)

    def is_of(self, request) -> bool:
        """Whether the request's picture is drawn the same way."""
        size = self.camera and (self.camera.width, self.camera.height)
        return (size, self.wish) == ((request.camera.width, request.camera.height), request.wish)


def statistics(sharp: bool, cost: Cost, recent: Statistics, history: Statistics, scene: Scene) -> str:
    """Markdown. `recent` are frames like the last one, which `cost` is of; `history` are all. Speed is of drawing
    alone, whatever the line to the browser is like."""
    times, frame = recent.stage_milliseconds(), recent.percentile(50)
    rows = [("**fps**", f"**{recent.fps:.1f}**"), ("a picture", f"{milliseconds(frame)} ms"),
            ("p95, p99 of all", ", ".join(f"{milliseconds(history.percentile(p))}" for p in (95, 99)) + " ms"),
            ("size" if sharp else "size, while moving", f"{cost.camera.width} × {cost.camera.height}"),
            *((stage, f"{milliseconds(value)} ms") for stage, value in times.items()),
            ("bottleneck", bottleneck(frame, times, False)),
            *((count_label(key, scene.model.kind), f"{cost.stats.counts[key]:,}")
              for key in COUNTS if key in cost.stats.counts and (key != "lod" or scene.model.levels)),
            ("to the browser and back", f"{cost.trip:.0f} ms"),
            ("from a move to its picture", NOTHING if cost.latency is None else f"{cost.latency:.0f} ms")]
    return table(f"drawn on {scene.backend}", rows)


def memory(cost: Cost, scene: Scene) -> str:
    """Markdown."""
    (whole, told, _), *rows = memory_rows(cost.memory, scene.limit)
    return table(whole, [("", told), *((name, told) for name, told, _ in rows)])


def what_is_left(cost: Cost, scene: Scene) -> str:
    """Markdown: the funnel."""
    model, counts = scene.model, cost.stats.counts
    offsets = model.items.offset.shape[1] if model.kind == "anchors" else 1
    in_view = counts.get("visible") if cost.wish.render.culling == "off" else cost.in_view
    rows = [(step.name, f"{step.text}<br>{bar(step.share)}" if step.count is not None else step.text)
            for step in steps(cost.stats, model.kind, model.levels > 0, offsets, in_view)]
    return table("what is left", [("PSNR to off", NOTHING if cost.psnr is None else psnr_text(cost.psnr)), *rows])


def shown(cost: Cost, scene: Scene) -> str:
    """Markdown: which kind of picture it is, and what is at a pixel that was clicked on."""
    look = cost.wish.look
    empty = why_empty(scene, cost.camera, cost.stats.counts)
    lost = f"**{empty}: a dataset view, or the first one, leads back**\n\n" if empty else ""
    rows = [(name, value) for name, value, _ in reading_rows(cost.reading, cost.wish.ruler)]
    told = table("a pixel", rows) if cost.reading else "Click on the picture to read a pixel."
    return f"{lost}{look.view}: {view_kind(look.view).help}.\n\n{told}"


def compared(cost: Cost, scene: Scene, photographs: int) -> str:
    """Markdown: which two settings are compared, and how near they are to each other and to the photograph."""
    two = _two(cost.wish, scene)
    rows = [("PSNR of both", psnr_text(cost.both) if two and cost.both is not None else NOTHING),
            *((name, value) for name, value, _ in photograph_rows(cost.match, photographs))]
    return f"{two}\n\n{table('how near', rows)}"


def table(title: str, rows: list[tuple[str, str]]) -> str:
    return "\n".join([f"| {title} | |", "|:--|--:|", *(f"| {name} | {value} |" for name, value in rows)])


def bar(share: float) -> str:
    full = round(BAR * min(share, 1.0))
    return "█" * full + "░" * (BAR - full)


def _two(wish: Wish, scene: Scene) -> str:
    """Which two are compared, where two are."""
    look, first = wish.look, wish.way
    if not look.shows_two:
        return ""
    second = look.second(first, scene.usual_culling)
    one, other = described(first, second), described(second, first)
    said = {"split": f"Left: {one}. Right: {other}.", "second": f"Second: {other}.",
            "difference": f"Difference of {one} and {other}, times 10."}
    return said[look.compare]
