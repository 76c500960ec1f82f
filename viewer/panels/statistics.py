"""How fast frames come, what each stage costs, what holds them back, and what memory is taken."""

from __future__ import annotations

from dataclasses import dataclass

from imgui_bundle import imgui

from viewer.doing import measuring
from viewer.memory import memory_rows
from viewer.panels import stages
from viewer.panels.rows import DIM, WARN, beside, button, checkbox, columns, stat_row, table, tooltip
from viewer.panels.sampled import Sampled
from viewer.panels.stage_plot import StagePlot
from viewer.panels.style import SIZE
from viewer.settings import ViewerSettings, changed
from viewer.statistics import Statistics, bottleneck, milliseconds
from viewer.words import NOTHING

SLACK = 0.9  # a frame whose stages take less of its time than that has waited
NEAR = 0.05  # refreshes
PLOT = StagePlot()
FIGURES, TAKEN = Sampled(0.2), Sampled(0.5)  # seconds
PLOT_HEIGHT = 5.5  # font sizes
LATENCY = ("Milliseconds from when the window took an input in (a key, a drag, a knob) to when the picture that shows "
           "it was handed to the screen: half of the pictures, and 95 % of them, took no longer. Pipelined pictures "
           "are of one camera earlier, and so a frame later. What comes after is not in it, since the driver does not "
           "tell: the rest of the GPU's work on the picture, its place in the screen's queue (with vsync up to {} "
           "refreshes), and the display's own time.")


@dataclass(frozen=True)
class Figures:
    """Of the last drawn frames.

    is_capped   whether the screen sets the figures
    costs       rows of the table of stages, and so are `counts`
    bottleneck  in words, and so are `fps`, `spread` and `latency`
    """

    is_capped: bool
    costs: list[tuple]
    counts: list[tuple]
    bottleneck: str
    fps: str
    spread: str
    of_spread: str  # what it is of
    latency: str

    @staticmethod
    def of(app) -> Figures:
        canvas, screen, model = app.canvas, app.screen, app.scene.model
        recent, history = canvas.recent, canvas.history
        times, frame = recent.stage_milliseconds(), recent.percentile(50)
        is_capped = capped(screen.vsync, screen.refresh, frame, sum(times.values()))
        costs = stages.cost_rows(times, recent.steady)
        seen = app.seen
        counts = stages.count_rows(seen.stats if seen else canvas.stats, model.kind, model.levels > 0)
        spread = [f"{name} {history.percentile(p):.1f}" if len(history) else f"{name} {NOTHING}"
                  for name, p in (("median", 50), ("p95", 95), ("p99", 99))]
        median, p95 = history.latency(50), history.latency(95)
        latency = NOTHING if median is None else f"{median:.1f} ms, p95 {p95:.1f}"
        fps = f"{recent.fps:.1f} fps" if len(recent) else f"{NOTHING} fps"
        return Figures(is_capped, costs, counts, bottleneck(frame, times, is_capped), fps, "   ".join(spread) + " ms",
                       explain_spread(history), latency)


def capped(vsync: bool | None, refresh: float, frame: float, stages: float) -> bool:
    """Whether the screen sets the figure, not the machine: frames of `frame` milliseconds last a whole number of its
    refreshes (Hz), though the stages take less."""
    if not (vsync and refresh > 0 and frame > 0 and stages < SLACK * frame):
        return False
    periods = frame * refresh / 1000
    return 1 <= round(periods) <= 4 and abs(periods - round(periods)) < NEAR * round(periods)


def draw(app) -> ViewerSettings:
    canvas = app.canvas
    figures = FIGURES.get(canvas, lambda: Figures.of(app), at_once=app.idle)
    in_all, *by_name = TAKEN.get(app.scene, lambda: memory_rows(app.memory, app.scene.limit))
    with columns("statistics", 24, 3):
        _headline(figures.fps, canvas.recent.steady, *_mark(app, figures.is_capped))
        PLOT.draw(canvas.history, PLOT_HEIGHT * imgui.get_font_size())
        imgui.text_colored(DIM, figures.spread)
        tooltip(figures.of_spread)
        settings = _switches(app)
        with table("in all", 0.3):
            stat_row(*in_all)
        imgui.table_next_column()
        stages.draw(figures.costs, figures.counts, canvas.stats.incomplete)
        with table("bottleneck", 0.3):
            stat_row("bottleneck", figures.bottleneck, "What the last frames spent most time on.")
            stat_row("input to picture", figures.latency, LATENCY.format(app.screen.queue))
        imgui.table_next_column()
        with table("memory", 0.6):
            for row in by_name:
                stat_row(*row)
    return settings


def explain_spread(history: Statistics) -> str:
    """What the percentiles are of."""
    said = f"Frame time over the last {history.steady} drawn frames: half, 95 % and 99 % stayed within."
    first = history.frame_milliseconds[history.is_warm_up]
    if not len(first):
        return said
    return (f"{said} The first ones after opening, {len(first)} that took up to {milliseconds(max(first))} ms, are "
            "left out: shaders and buffers are made with them, once. The plot and the table of save CSV have them too.")


def _switches(app) -> ViewerSettings:
    settings, has_screen = app.settings, app.screen.vsync is not None
    imgui.begin_disabled(not has_screen)
    wish = checkbox("vsync", settings.vsync and has_screen,
                    "Wait for the screen's refresh. Off: uncapped figures, and tearing. (T)" if has_screen
                    else "Frames are drawn off-screen, so there is no screen to wait for.")
    imgui.end_disabled()
    imgui.same_line()
    always = checkbox("draw always", settings.always, "Draw every frame, even where nothing changed, so that the "
                      "figures are live. Off: a still picture is not drawn again, and costs nothing.")
    beside("benchmark")
    if button("benchmark", "Flies the path, or the dataset's cameras where there is none, with culling off and on, and "
              "shows what each costs. (G)"):
        app.act("benchmark")
    beside("save CSV")
    if button("save CSV", f"Writes the figures of the last {len(app.canvas.history)} drawn frames as a table, with "
              "what each is of, into the folder that the program was started in."):
        app.act("save figures")
    beside("save JSON")
    if button("save JSON", "Writes their summary, for each kind of frame (culling, size, view and so on): frames a "
              "second, percentiles in milliseconds, medians and counts."):
        app.act("save summary")
    return changed(settings, always=always, vsync=wish if has_screen else settings.vsync)


def _mark(app, is_capped: bool) -> tuple[str, str, bool]:
    """What is to be said of the figures: in a few words, in a sentence, and whether it is a warning."""
    frames, pictures = app.canvas.recent.steady, app.canvas.pictures
    if measuring(app):
        return "a benchmark runs: times of the frames before", "The counts are of its own frames.", True
    if is_capped:
        return "capped by vsync", "Frames wait for the screen's refresh: the machine can do more.", True
    of = "the last frame" if frames == 1 else f"the last {frames} frames"
    still = f"Nothing changes, so no frame is drawn; the figures are those of {of}." if app.idle else ""
    if app.canvas.look.shows_two and pictures:
        help = f"The first one is drawn by the stages, the second one counts as view. {still}".strip()
        return f"two pictures a frame, counts of {app.seen.name}", help, False
    return (f"still picture, times of {of}" if still else ""), still, False


def _headline(fps: str, frames: int, mark: str, help: str, is_warning: bool):
    imgui.push_font(None, 1.5 * SIZE)
    imgui.text_unformatted(fps)
    imgui.pop_font()
    tooltip(f"Frames in all over seconds in all, of the last {frames} drawn frames.")
    if mark:
        imgui.same_line()
        imgui.set_cursor_pos_y(imgui.get_cursor_pos_y() + 0.42 * imgui.get_font_size())  # on the same base line
        imgui.push_style_color(imgui.Col_.text, WARN if is_warning else DIM)
        imgui.text_wrapped(mark)
        imgui.pop_style_color()
        tooltip(help)
