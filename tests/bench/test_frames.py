"""The benchmark draws what it says, and its tables say what it measured."""

import copy
import json

import pytest
from bench import frames, results
from bench.named import open_named
from bench.results import BEGIN, END, RESULTS, with_tables
from bench.tables import tables


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    out = tmp_path_factory.mktemp("bench")
    assert frames.main(["--scenes", "street", "--sizes", "96x64,144x96", "--frames", "2", "--views", "2", "--fly", "3",
                        "--commit", "abc", "--out", str(out)]) == 0
    return json.loads((out / "frames.json").read_text())


def test_every_row_of_a_scene_is_there_at_every_size(report):
    sizes = [[96, 64], [144, 96]]
    assert [row["size"] for row in report["frames"]] == [row["size"] for row in report["memory"]] == sizes
    assert [(row["size"], row["culling"]) for row in report["gaussians"]] == [
        (size, culling) for size in sizes for culling in ("centre", "off")]
    for row in report["frames"]:
        assert (row["items"], row["triangles"], row["cameras"]) == (16_067, 112_019, 2)
        for mode in ("same-frame", "pipelined"):
            assert len(row[mode]["frame_by_camera"]) == 2 and row[mode]["fly"]["frames"] == 3
            assert 0 < row[mode]["floor"] and 0 < row[mode]["frame"] and 0 < row[mode]["fly"]["p99"]


def test_culling_shows_in_the_counts_and_every_byte_has_a_name(report):
    culled, off = (row["counts"] for row in report["gaussians"][:2])
    assert 0 < culled["visible"] < off["visible"] and 0 < culled["pairs"] < off["pairs"]
    for row in report["memory"]:
        assert row["total"] == sum(row["by_name"].values()) > row["model"] == row["by_name"]["model"]
        assert row["bound"] == int(1.15 * row["model"] + 600e6)
        assert row["by_name"]["picture"] == 4 * row["size"][0] * row["size"][1]


def test_the_tables_show_the_rows_of_the_last_report_of_a_machine(report):
    later = copy.deepcopy(report)
    later["commit"], later["frames"] = "def", later["frames"][:1]
    later["frames"][0]["same-frame"]["frame"] = 123.4567
    text = tables([report, later])
    assert "`python -m tests.bench.frames --scenes street --sizes 96x64,144x96 --frames 2 --views 2 --fly 3`" in text
    assert text.count("### ") == 1 and "commit `abc`" in text and "commit `def`" in text
    first = text.split("Whole frames:")[1].split("Gaussian stages")[0]
    rows = [line for line in first.splitlines() if "street" in line]
    assert len(rows) == 2 and "123.457" in rows[0] and rows[0].endswith("| 2 |") and rows[1].endswith("| 1 |")
    other = copy.deepcopy(report)
    other["machine"]["cpu"] = "another"
    assert tables([report, other]).count("### ") == 2


def test_aims_stand_beside_the_rows_that_they_are_for_on_a_gpu_only(report):
    block = copy.deepcopy(report)
    for row in block["frames"] + block["gaussians"]:
        row["scene"], row["size"], row["events"] = "block", [960, 640], 0.5
    assert "floor + 0.25" not in tables([block]) and "| 60 |" in tables([block])
    block["machine"] |= {"gpu": "a GPU", "driver": "1", "cuda": "2"}
    assert "| floor + 0.25 | Proxy-GS 4.7 |" in tables([block]) and "| 0.15 | Proxy-GS 3.41 |" in tables([block])


def test_results_keep_what_was_written_by_hand(report):
    text = RESULTS.read_text()
    once = with_tables(text, [report])
    assert with_tables(once, [report]) == once and "street" in once[once.index(BEGIN):once.index(END)]
    assert once.startswith(text[:text.index(BEGIN)]) and once.endswith(text[text.index(END):])
    with pytest.raises(ValueError, match="end of tables"):
        with_tables("# Results", [report])


@pytest.mark.parametrize("arguments, said", [
    (["--scenes", "nowhere"], "no scene is called 'nowhere'; there are street, block"),
    (["--scenes", "block", "--data", ""], "name the folder that holds block/")])
def test_what_cannot_be_measured_is_refused_in_a_sentence(arguments, said, tmp_path, capsys):
    assert frames.main([*arguments, "--out", str(tmp_path)]) == 2
    assert said in capsys.readouterr().err and not list(tmp_path.iterdir())


def test_a_size_that_is_none_is_refused_in_a_sentence(tmp_path, capsys):
    with pytest.raises(SystemExit):
        frames.main(["--sizes", "96x64,3x", "--out", str(tmp_path)])
    assert "'3x' is not WIDTHxHEIGHT with 1 to 16384 pixels each" in capsys.readouterr().err


@pytest.mark.parametrize("text, said", [
    (None, "No such file"), ("{", "frames.json: not a report of tests.bench.frames"), ("{}", "not a report of")])
def test_what_is_no_report_leaves_the_results_as_they_are(text, said, tmp_path, capsys):
    path, before = tmp_path / "frames.json", RESULTS.read_bytes()
    if text is not None:
        path.write_text(text)
    with pytest.raises(SystemExit):
        results.main([str(path)])
    assert said in capsys.readouterr().err and RESULTS.read_bytes() == before


def test_scenes_in_half_precision_are_those_in_full(block):
    with open_named("plain-half", block.parent, "cpu") as half, open_named("plain", block.parent, "cpu") as full:
        assert half.scene.model.precision == "half" and full.scene.model.precision == "full"
        assert half.triangles == full.triangles and half.test == full.test
