"""A benchmark's result: a table of both ways, their frame times along the way, and a bar of their stages each."""

from __future__ import annotations

from imgui_bundle import imgui

from viewer.benchmark import Row, verdict
from viewer.panels import dialog, way_plot
from viewer.panels.culling import changes
from viewer.panels.rows import DIM, button, dim, tooltip
from viewer.panels.stage_plot import colour_of
from viewer.panels.stages import explain
from viewer.statistics import BETWEEN, Statistics, milliseconds, stage_order

HEADS = (("culling", "How items are hidden."), ("fps", "Frames a second."),
         ("median ms", "Milliseconds of a frame: half of them took no longer."),
         ("p95 ms", "95 % of the frames took no longer, in milliseconds."),
         ("p99 ms", "99 % of the frames took no longer, in milliseconds."), ("left", "Items left to draw, on average."),
         ("splats", "Splats drawn, on average."), ("PSNR", "Of all pictures to those without culling, in decibels."))

BESIDES = "What a frame takes besides: handing over from Vulkan to CUDA, the host's own work, and waiting."
TOP = 0.1  # of the window's height: its own grows with what it found, and the picture's foot is for messages


def draw(app, size: tuple[float, float]):
    """The benchmark's window: while it runs, how far it is; then what it found."""
    benchmark = app.benchmark
    stays = dialog.begin("Benchmark", size, 44, TOP)
    width, height = benchmark.size
    dim(f"{len(benchmark.cameras)} views {benchmark.way}, {width} x {height} pixels. Each way of culling draws them "
        "twice and is measured the second time, from the camera to the finished picture.")
    if not benchmark.done:
        imgui.progress_bar(benchmark.drawn / benchmark.total, (-1, 0),
                           f"{benchmark.drawn} of {benchmark.total}, culling {benchmark.settings.culling}")
        if button("cancel", "Ends the benchmark."):
            benchmark.cancel()
    elif benchmark.problem:
        imgui.text_wrapped(benchmark.problem)
    if benchmark.rows:
        _table(benchmark.rows)
        if len(benchmark.rows) > 1:
            imgui.text_wrapped(verdict(*benchmark.rows, app.scene.model.kind))
        _bars(benchmark.rows)
        way_plot.draw(benchmark.rows)
    if benchmark.done and not benchmark.problem \
            and button("save as JSON", "Writes these figures, and what machine they are of, into the folder that the "
                                       "program was started in."):
        app.save_benchmark()
    if not dialog.end(stays):
        app.end_benchmark()


def _table(rows: list[Row]):
    imgui.begin_table("ways", len(HEADS), imgui.TableFlags_.row_bg)
    for name, help in HEADS:
        imgui.table_next_column()
        imgui.text_colored(DIM, name)
        tooltip(help)
    for row in rows:
        counts, times = row.statistics.counts(), row.statistics
        cells = [row.culling, f"{times.fps:.1f}", *(milliseconds(times.percentile(p)) for p in (50, 95, 99)),
                 f"{counts.get('visible', 0):,.0f}", f"{counts.get('drawn', 0):,.0f}",
                 "" if row.psnr is None else changes(row.psnr)]
        imgui.table_next_row()
        for cell in cells:
            imgui.table_next_column()
            imgui.text_unformatted(cell)
    imgui.end_table()


def _bars(rows: list[Row]):
    """A bar each, as long as the median frame, on one scale."""
    font, painter = imgui.get_font_size(), imgui.get_window_draw_list()
    stages = [_stages(row.statistics) for row in rows]
    most = max(max(sum(times.values()) for times in stages), 1e-9)
    for row, times in zip(rows, stages):
        imgui.text_colored(DIM, row.culling)
        imgui.same_line(6 * font)
        corner, length = imgui.get_cursor_screen_pos(), imgui.get_content_region_avail().x - 5 * font
        x = corner.x
        for stage, value in times.items():
            width = length * value / most
            painter.add_rect_filled((x, corner.y), (x + width, corner.y + font), imgui.get_color_u32(colour_of(stage)))
            if imgui.is_mouse_hovering_rect((x, corner.y), (x + width, corner.y + font)) and imgui.begin_tooltip():
                imgui.text_unformatted(f"{stage}: {milliseconds(value)} ms")
                imgui.end_tooltip()
            x += width
        painter.add_text((x + 0.4 * font, corner.y), imgui.get_color_u32(imgui.Col_.text),
                         f"{milliseconds(sum(times.values()))} ms")
        imgui.dummy((length, font))
    for stage in sorted({stage for times in stages for stage in times} - {BETWEEN}, key=stage_order) + [BETWEEN]:
        imgui.text_colored(colour_of(stage), stage)
        tooltip(BESIDES if stage == BETWEEN else explain(stage))
        imgui.same_line()
    imgui.new_line()


def _stages(statistics: Statistics) -> dict[str, float]:
    """Median milliseconds of each, and what the median frame takes besides."""
    times = statistics.stage_milliseconds()
    return times | {BETWEEN: max(statistics.percentile(50) - sum(times.values()), 0.0)}
