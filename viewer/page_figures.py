"""What a picture cost and what was left of the model in it, in words for a browser's panel."""

from __future__ import annotations

from gsrender.frame import FrameStats
from viewer.scene import Scene
from viewer.statistics import Statistics
from viewer.view_table import view_kind

COUNTS = {"items": "in all", "lod": "after LOD", "visible": "after culling", "gaussians": "splats decoded",
          "drawn": "splats drawn", "pairs": "tile pairs", "triangles": "proxy triangles"}


def figures(request, recent: Statistics, stats: FrameStats, scene: Scene, trip: float) -> str:
    """Markdown. `recent` are frames of the request's kind, `stats` of the last, `trip` milliseconds to the browser and
    back. All but the trip are of drawing alone, whatever the line to the browser is like."""
    rows = [("**fps**", f"**{recent.fps:.1f}**"), ("a picture", f"{_short(recent.percentile(50))} ms"),
            ("size" if request.sharp else "size, while moving", f"{request.camera.width} × {request.camera.height}"),
            *((stage, f"{_short(value)} ms") for stage, value in recent.stage_milliseconds().items()),
            *((name if key != "items" else f"{scene.model.kind} {name}", f"{stats.counts[key]:,}")
              for key, name in COUNTS.items() if key in stats.counts),
            ("memory, model", _bytes(scene.renderer.memory)),
            *([("memory, proxy", _bytes(scene.proxy.memory))] if scene.proxy else []),
            ("to the browser and back", f"{trip:.0f} ms")]
    table = "\n".join(f"| {name} | {value} |" for name, value in rows)
    view = request.look.view
    return f"{view}: {view_kind(view).help}.\n\n| drawn on {scene.backend} | |\n|:--|--:|\n{table}"


def _short(value: float) -> str:
    return f"{value:.3f}" if value < 1 else f"{value:.2f}" if value < 10 else f"{value:.1f}"


def _bytes(memory: dict[str, int]) -> str:
    count = sum(memory.values())
    return f"{count / 2 ** 20:,.0f} MiB" if count < 2 ** 30 else f"{count / 2 ** 30:.2f} GiB"
