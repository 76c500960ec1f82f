"""What every stage costs and what is left after it."""

from __future__ import annotations

from itertools import zip_longest

from imgui_bundle import imgui

from gsrender.frame import FrameStats
from viewer.panels.rows import DIM, STRETCH, WARN, stat_cells
from viewer.panels.stage_plot import colour_of
from viewer.statistics import count_label, milliseconds
from viewer.words import NOTHING

EMPTY = ("", "", "", DIM)
COLUMNS = ("stage", 0.29), ("ms", 0.20), ("count", 0.30), ("number", 0.21)
BESIDE = 22  # font sizes that all four need
HELP = {
    "camera": "Taking input in and building the view, on the host.",
    "proxy depth": "Vulkan draws the proxy mesh's depth and its max pyramid.",
    "cull": "Drops items outside the view, beyond their level of detail, or hidden by the proxy.",
    "decode": "Makes splats from the visible items: anchors through their decoders, colours from harmonics.",
    "project": "Splats to ellipses on the screen.",
    "sort": "Lists for each tile the splats that touch it; on the CPU, near to far.",
    "blend": "Adds up colours, pixel by pixel, near to far; on CUDA it puts the splats in that order as it goes.",
    "view": "Draws what is shown instead of the frame or over it: another kind of picture, the second settings, the "
            "wireframe, the edges of a frozen view.",
    "present": "Puts the picture and this panel on the screen.",
}


def draw(costs: list[tuple], counts: list[tuple], is_incomplete: bool):
    """Rows of `cost_rows` and of `count_rows`."""
    fits = imgui.get_content_region_avail().x >= BESIDE * imgui.get_font_size()
    columns = COLUMNS if fits else COLUMNS[:2]  # counts go below the stages where they do not fit beside them
    imgui.begin_table(f"stages {len(columns)}", len(columns))
    for name, share in columns:
        imgui.table_setup_column(name, STRETCH, share)
    for cost, count in zip_longest(costs, counts if fits else [], fillvalue=EMPTY):
        stat_cells(*cost)
        if fits:
            stat_cells(*count)
    for count in [] if fits else counts:
        stat_cells(*count)
    imgui.end_table()
    if is_incomplete:
        imgui.text_colored(WARN, "incomplete: a buffer is too small")


def explain(stage: str) -> str:
    """What a stage does; stages that are done at once are named with a plus."""
    return " ".join(HELP[part] for part in stage.split("+"))


def cost_rows(times: dict[str, float], frames: int) -> list[tuple]:
    """(name, milliseconds in words, meaning, colour) of each stage, from its median over so many drawn frames."""
    return [(stage, f"{milliseconds(time)} ms", f"{explain(stage)} Median of the last {frames} drawn frames.",
             colour_of(stage)) for stage, time in times.items()]


def count_rows(stats: FrameStats, kind: str, has_levels: bool) -> list[tuple[str, str, str]]:
    """(name, number, meaning) of each count, from all items down to what is blended."""
    meanings = {"items": f"All {kind} of the model.",
                "inside": f"{kind} whose centres are in the crop box.".capitalize(),
                "lod": f"{kind} whose level of detail is in use at their distance.".capitalize(),
                "visible": f"{kind} in view that culling left.".capitalize(),
                "gaussians": "Splats with some opacity that the visible items made.",
                "drawn": "Splats that cover a pixel.",
                "pairs": "Pairs of a splat and a tile of 16 x 16 pixels it touches; blending walks these.",
                "triangles": "All triangles of the proxy, before any are left out."}
    return [(count_label(key, kind), f"{stats.counts[key]:,}" if key in stats.counts else NOTHING, meaning)
            for key, meaning in meanings.items()
            if (key != "lod" or has_levels) and (key not in ("inside", "triangles") or key in stats.counts)]
