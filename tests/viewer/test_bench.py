"""`bench`: a table and a file of figures that can be what they say."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from viewer.bench import table


@pytest.fixture
def ran(viewer, street, tmp_path):
    run = viewer("bench", street / "model", "--cameras", street / "transforms_fly.json", "--views",
                 "fly_0000,fly_0010,fly_0020", "--size", "240x160", "--frames", "5", "--json", tmp_path / "b.json",
                 "--contact-sheet", tmp_path / "sheet.png")
    assert run.code == 0
    return run, json.loads((tmp_path / "b.json").read_text())


def test_there_is_a_row_for_each_mode_with_times_that_contain_their_stages(ran):
    _, report = ran
    assert [row["culling"] for row in report["rows"]] == ["off", "centre", "footprint"]
    for row in report["rows"]:
        assert row["frames"] == 5 and 0 < row["frame_ms"]["median"] <= row["frame_ms"]["p95"] <= row["frame_ms"]["p99"]
        stages = ["proxy depth"] * (row["culling"] != "off") + ["cull", "decode", "project", "sort", "blend"]
        assert "+".join(row["stage_ms"]) == "+".join(stages)  # CUDA does some of them at once
        assert max(row["stage_ms"].values()) < row["frame_ms"]["p99"]
        assert row["memory"]["model"] > 4_000_000
    depth = 4 * 240 * 160
    assert "proxy mesh" not in report["rows"][0]["memory"]
    assert 20 * 112_019 < report["rows"][1]["memory"]["proxy mesh"] < 60 * 112_019  # bytes a triangle
    # On a CPU: three slots, each a pyramid; an image for the rasteriser, and a pyramid of its own.
    assert 6 * depth < report["rows"][1]["memory"]["proxy depth"] < 7 * depth



def test_culling_keeps_less_and_says_what_that_changes(ran):
    _, report = ran
    off, centre, footprint = report["rows"]
    visible = [row["counts"]["visible"] for row in (centre, footprint, off)]
    assert visible == sorted(visible) and visible[0] < visible[2]
    assert off["psnr_to_off"] is None and 15 < centre["psnr_to_off"] < footprint["psnr_to_off"]


def test_the_table_has_the_same_figures_and_names_the_machine(ran):
    run, report = ran
    assert run.out.startswith(table(report) + "\n")
    rows = [line.split() for line in table(report).splitlines()[-3:]]
    for cells, row in zip(rows, report["rows"]):
        assert cells[0] == row["culling"] and float(cells[1]) == pytest.approx(row["fps"], rel=0.05)
        assert cells[-1] == ("same" if row["psnr_to_off"] is None else f"{row['psnr_to_off']:.2f}")
    assert "backend: cpu" in run.out or "backend: cuda" in run.out
    assert report["machine"]["cpu"] in run.out and report["machine"]["vulkan"] in run.out and "240 x 160" in run.out


def test_a_place_that_cannot_be_written_is_refused_before_anything_is_measured(viewer, street, tmp_path):
    (tmp_path / "file").write_text("")
    for place in (tmp_path, tmp_path / "file" / "b.json"):
        ran = viewer("bench", street / "model", "--json", place)
        assert ran.code == 2 and ran.err.startswith(f"viewer: {place}: cannot be written") and ran.err.count("\n") == 1


def test_the_contact_sheet_shows_the_views(ran, tmp_path):
    sheet = np.asarray(Image.open(tmp_path / "sheet.png"))
    assert sheet.shape[0] >= 160 and sheet[:160].std() > 20


def test_one_frame_of_one_view_is_not_many(viewer, street):
    ran = viewer("bench", street / "model", "--culling", "off", "--views", "test_0005", "--size", "96x64", "--frames",
                 "1")
    assert ran.code == 0 and "1 frame of each mode over 1 view;" in ran.out


def test_an_identical_picture_has_no_psnr_and_a_joint_stage_has_its_place():
    row = {"culling": "off", "fps": 500.0, "frame_ms": {"median": 2.0, "p95": 2.1, "p99": 2.2},
           "stage_ms": {"blend": 0.5, "cull+decode": 0.25}, "counts": {"items": 5, "drawn": 4.0},
           "memory": {"model": 2e6}, "psnr_to_off": None}
    text = table({"machine": {"backend": "cuda"}, "rows": [row], "model": "m", "items": 5, "kind": "splats",
                  "precision": "full",
                  "proxy": "none", "triangles": 0, "size": [(4, 3)], "frames": 9, "views": 1, "mode": "same-frame"})
    header, _, cells = text.splitlines()[-3:]
    assert header.index("cull+decode") < header.index("blend") and cells.split() == [
        "off", "500.0", "2.00", "2.10", "2.20", "0.250", "0.500", "4", "2", "same"]


def test_without_a_proxy_only_off_is_measured_and_more_is_refused(viewer, street, tmp_path):
    shutil.copytree(street / "model", tmp_path / "alone" / "model")
    common = "bench", tmp_path / "alone" / "model", "--views", "test_0005", "--size", "96x64", "--frames", "1"
    ran = viewer(*common)
    assert ran.code == 0 and "no proxy" in ran.out and ran.out.splitlines()[-1].startswith("off")
    ran = viewer(*common, "--culling", "off,centre")
    assert ran.code == 2 and "--culling off,centre: there is no proxy" in ran.err and not ran.out


@pytest.mark.parametrize("precision, said", [
    ("full", "40,000 splats, "), ("half", "40,000 splats in half precision, ")])
def test_figures_say_in_which_precision_they_are(viewer, block, tmp_path, precision, said):
    ran = viewer("bench", block / "plain" / "point_cloud.ply", "--cameras", block / "transforms_test.json", "--size",
                 "48x32", "--frames", "1", "--precision", precision, "--json", tmp_path / "b.json")
    report = json.loads((tmp_path / "b.json").read_text())
    assert ran.code == 0 and said in ran.out and said in ran.err and report["precision"] == precision
    coefficient = 2 if precision == "half" else 4  # bytes
    assert report["rows"][0]["memory"]["model"] == 40_000 * (48 * coefficient + 11 * 4)


def test_pipelined_frames_are_timed_from_one_to_the_next(viewer, street, tmp_path):
    ran = viewer("bench", street / "model", "--culling", "centre", "--views", "test_0002,test_0005", "--size", "96x64",
                 "--frames", "4", "--mode", "pipelined", "--json", tmp_path / "b.json")
    report = json.loads((tmp_path / "b.json").read_text())
    assert ran.code == 0 and "times from frame to frame" in ran.out and report["mode"] == "pipelined"
    row = report["rows"][0]
    assert row["frames"] == 4 and row["stage_ms"]["proxy depth"] > 0 and row["counts"]["drawn"] > 0
