"""The panel Statistics, by mouse and keyboard in a real window."""

import csv
import json
from dataclasses import replace

import numpy as np
import pytest
from imgui_bundle import imgui

from gsrender.frame import FrameStats
from gsrender.settings import RenderSettings
from viewer.benchmark import Benchmark, Row, turn, verdict
from viewer.choices import FRAME_MODES
from viewer.frame import render_frame
from viewer.look import Look
from viewer.memory import MEMORY
from viewer.panels import funnel, statistics, way_plot
from viewer.panels.sampled import Sampled
from viewer.panels.stage_plot import COLOURS
from viewer.statistics import Statistics


@pytest.fixture
def desk(desk, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    desk.open("Statistics")
    desk.move(1200, 300)
    yield desk
    if desk.viewer.benchmark:
        desk.viewer.end_benchmark()


def test_the_plot_shows_every_stage_in_its_colour(desk):
    desk.click(*desk.places["draw always"])
    desk.frame(30)
    desk.click(*desk.places["draw always"])
    screen = desk.see()[600:760, 385:770].astype(int)
    for stage in ("proxy depth", "blend"):
        colour = 255 * np.array(COLOURS[stage][:3])
        assert (np.abs(screen - colour).max(2) < 60).sum() > 50, stage


def test_what_takes_memory_is_explained_by_its_name(desk, monkeypatch):
    shown = {}

    def watched(label, value, help, draw=statistics.stat_row):
        shown[label] = help
        draw(label, value, help)
    monkeypatch.setattr(statistics, "stat_row", watched)
    desk.frame(2)
    taken = desk.viewer.memory
    assert {name: shown[name] for name in taken} == {name: MEMORY[name] for name in taken}
    assert MEMORY.keys() - taken.keys() == {"camera", "exact picture"}  # CUDA's, and what a library may ask for


def test_figures_are_saved_as_a_table_and_as_a_summary(desk, tmp_path, scene):
    desk.rest()
    desk.viewer.canvas.history.clear()
    for culling in ("off", "centre"):
        desk.viewer.set(render=replace(desk.viewer.settings.render, culling=culling, margin=0.25))
        desk.viewer.stir()
        desk.rest()
    desk.click(*desk.places["save CSV"])
    rows = list(csv.DictReader(next(tmp_path.glob("frames-*.csv")).open()))
    history = desk.viewer.canvas.history
    assert len(rows) == len(history)
    assert [float(row["frame ms"]) for row in rows] == history.frame_milliseconds.tolist()
    assert rows[-1]["items"] == "16067" and float(rows[-1]["blend ms"]) > 0
    width, height = map(str, desk.viewer.picture_size)
    assert {(row["culling"], row["margin"]) for row in rows} == {("off", ""), ("centre", "0.25")}
    assert {(row["model"], row["proxy"], row["width"], row["height"], row["resolution"]) for row in rows} == {
        (str(scene.model.path), str(scene.mesh_path), width, height, str(round(int(height) / desk.viewer.area[3], 3)))}
    desk.click(*desk.places["save JSON"])
    summary = json.loads(next(tmp_path.glob("frames-*.json")).read_text())
    assert summary["model"] == str(scene.model.path) and summary["machine"]["backend"] == "cpu"
    assert [kind["of"]["culling"] for kind in summary["kinds"]] == ["off", "centre"]
    for kind in summary["kinds"]:
        own = [float(row["frame ms"]) for row in rows if row["culling"] == kind["of"]["culling"]]
        assert kind["frames"] == len(own) and min(own) <= kind["frame_ms"]["median"] <= max(own)
    off, on = summary["kinds"]
    assert off["counts"]["visible"] > on["counts"]["visible"] and off["of"]["margin"] is None


@pytest.mark.parametrize("mode", FRAME_MODES)
def test_pictures_that_an_input_asked_for_tell_how_late_they_are(desk, mode, tmp_path):
    desk.viewer.set(mode=mode)
    desk.rest()
    history = desk.viewer.canvas.history
    history.clear()
    desk.viewer.visit(1)  # a flight, which no input leads
    desk.viewer.stir()
    desk.rest()
    assert len(history) and history.latency(50) is None
    history.clear()
    desk.drag((900, 300), (960, 320))
    desk.rest()
    assert 0 < history.latency(50) <= history.latency(95)
    assert history.latency(95) > 0.5 * min(history.frame_milliseconds)  # which ends a little after the handing over
    desk.click(*desk.places["save CSV"])
    [path] = tmp_path.glob("frames-*.csv")
    late = [float(row["latency ms"]) for row in csv.DictReader(path.open()) if row["latency ms"]]
    assert 0 < len(late) <= len(history) and history.latency(95) in late
    assert history.summary()["latency_ms"] == {"median": history.latency(50), "p95": history.latency(95)}


def test_what_a_panel_changes_is_drawn_with_the_next_frame_and_timed_from_its_click(desk):
    desk.open("Culling and LOD")
    history = desk.viewer.canvas.history
    history.clear()
    desk.click(*desk.places["off"])
    desk.rest()
    assert desk.viewer.canvas.settings.culling == "off" and history.latency(50) > 0


def test_what_cannot_be_written_is_said_in_the_window(desk, tmp_path, monkeypatch):
    (tmp_path / "a file").touch()
    monkeypatch.setattr("viewer.actions.file_name", lambda *of: tmp_path / "a file" / "figures.csv")
    desk.rest()
    desk.click(*desk.places["save CSV"])
    assert any("figures.csv: cannot be written" in sentence for sentence in desk.viewer.notices)
    desk.rest()
    desk.click(*desk.places["OK"])
    assert not desk.viewer.notices and not desk.viewer.closing


def test_the_benchmark_flies_the_cameras_both_ways_and_shows_both(desk, scene, tmp_path, monkeypatch):
    monkeypatch.setattr(scene, "cameras", scene.cameras[:4])
    desk.key("g")
    desk.until(lambda: desk.viewer.benchmark, "the benchmark")
    benchmark = desk.viewer.benchmark
    seen = set()
    while not benchmark.done:
        desk.frame()
        seen.add(desk.viewer.canvas.camera.camera_from_world)
    assert len(benchmark.cameras) == len(scene.cameras) and len(seen) >= len(scene.cameras)
    off, centre = benchmark.rows
    assert (off.culling, centre.culling) == ("off", "centre")
    assert len(off.statistics) == len(centre.statistics) == len(scene.cameras)
    assert centre.statistics.counts()["visible"] < off.statistics.counts()["visible"]
    assert 15 < centre.psnr < 60 and off.psnr is None
    desk.rest()
    desk.click(*desk.places["save as JSON"])
    report = json.loads(next(tmp_path.glob("benchmark-*.json")).read_text())
    assert [row["culling"] for row in report["rows"]] == ["off", "centre"]
    assert report["rows"][1]["frame_ms"]["median"] == centre.statistics.percentile(50)
    shown = desk.see().astype(int)
    for colour in way_plot.COLOURS:  # along the way, longer than the word of that colour
        [columns] = np.nonzero((np.abs(shown - 255 * np.array(colour[:3])).max(2) < 40).any(0))
        assert np.ptp(columns) > 400


def test_a_benchmark_is_summed_up_in_a_sentence_by_the_medians_that_its_table_tells():
    off, on = Statistics(), Statistics()
    for milliseconds, visible, row in ((20.0, 400, off), (20.0, 400, off), (500.0, 400, off),
                                       (8.0, 100, on), (8.0, 100, on), (9.0, 100, on)):
        row.add(milliseconds, FrameStats({"visible": visible}))
    assert verdict(Row("off", off, None), Row("centre", on, 26.0), "anchors") == (
        "With culling centre the median frame takes 40% of the time that it takes without, and 25% of the anchors in "
        "view are left to draw.")


def test_a_benchmark_can_be_cancelled_and_the_camera_is_where_it_was(desk):
    desk.rest()
    before = desk.viewer.state.pose
    desk.click(*desk.places["benchmark"])
    desk.until(lambda: desk.viewer.benchmark and desk.viewer.benchmark.drawn > 3, "a few frames")
    desk.click(*desk.places["cancel"])
    assert desk.viewer.benchmark.done and "cancelled" in desk.viewer.benchmark.problem
    desk.rest()
    assert desk.viewer.state.pose == before
    assert np.allclose(desk.viewer.canvas.camera.position, before.position)


def test_a_row_counts_what_its_frames_counted(scene):
    cameras = [view.camera.with_near(scene.near).resized(96, 64) for view in scene.cameras[:3]]
    benchmark = Benchmark(scene, cameras, RenderSettings("footprint"))
    steps = [benchmark.step() for _ in range(benchmark.total)]
    assert benchmark.done and steps == cameras * 4
    visible = []
    for camera in cameras:
        render_frame(scene, camera, RenderSettings("footprint"))
        visible.append(scene.renderer.stats.counts["visible"])
    assert benchmark.rows[1].statistics.counts()["visible"] == pytest.approx(np.mean(visible))
    json.dumps(benchmark.report({}), allow_nan=False)


def test_each_view_of_a_benchmark_is_culled_for_itself_though_culling_is_frozen(scene):
    cameras = [view.camera.with_near(scene.near).resized(96, 64) for view in scene.cameras[:3]]
    visible = []
    for frozen in (None, cameras[2]):
        benchmark = Benchmark(scene, cameras, RenderSettings("centre", culling_camera=frozen))
        while not benchmark.done:
            benchmark.step()
        visible.append(benchmark.rows[1].statistics.counts()["visible"])
    assert visible[0] == visible[1]


def test_a_benchmark_shows_its_own_picture_alone(desk, scene, monkeypatch):
    """Other kinds of pictures take several frames each, and would make it last minutes."""
    monkeypatch.setattr(scene, "cameras", scene.cameras[:2])
    look, viewer = Look("removed", compare="split", wireframe=True), desk.viewer
    viewer.set(look=look)
    desk.rest()
    viewer.start_benchmark()
    desk.frame(3)
    assert not viewer.benchmark.done and viewer.canvas.look == Look()
    desk.until(lambda: viewer.benchmark.done, "the end")
    desk.rest()
    assert viewer.canvas.look == viewer.settings.look == look
    viewer.set(look=Look())


def test_the_windows_own_figures_are_without_what_a_benchmark_draws(desk, scene, monkeypatch):
    monkeypatch.setattr(scene, "cameras", scene.cameras[:2])
    desk.rest()
    viewer, history = desk.viewer, desk.viewer.canvas.history
    before, latency = history.added, history.latency(95)
    viewer.start_benchmark()
    desk.until(lambda: viewer.benchmark.done, "the end")
    assert (history.added, history.latency(95)) == (before, latency)
    desk.rest()
    assert history.added > before  # the view is drawn again


def test_without_cameras_the_benchmark_looks_all_around(desk):
    cameras = turn(desk.viewer.state, 96, 64)
    ahead = np.array([camera.rotation[2] for camera in cameras])
    assert np.allclose(ahead[:, :2].mean(0), 0, atol=1e-9)
    assert all(np.allclose(camera.position, desk.viewer.state.pose.position) for camera in cameras)


def test_while_a_benchmark_runs_the_menu_tells_how_far_it_is_and_the_funnel_what_it_is_of(desk, scene, monkeypatch):
    monkeypatch.setattr(scene, "cameras", scene.cameras[:2])
    for module, name in ((statistics, "FIGURES"), (funnel, "STEPS")):
        monkeypatch.setattr(module, name, Sampled(0.0))  # of every frame
    desk.open("Culling and LOD")
    said, viewer = [], desk.viewer
    for name, place in (("text_unformatted", 0), ("text_colored", 1)):
        def watched(*given, draw=getattr(imgui, name), place=place):
            said.append(given[place])
            return draw(*given)
        monkeypatch.setattr(imgui, name, watched)
    viewer.start_benchmark()
    for culling in ("off", "centre"):
        desk.until(lambda: viewer.benchmark.settings.culling == culling and viewer.canvas.settings.culling == culling,
                   f"culling {culling}")
        said.clear()
        desk.frame()
        benchmark = viewer.benchmark
        assert f"benchmark: {benchmark.drawn} of 8 frames, culling {culling}" in said
        assert f"what is left, culling {culling}" in said
        assert not any(" left   |   " in text for text in said)
        assert f"{viewer.canvas.stats.counts['visible']:,}" in said
