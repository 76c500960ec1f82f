"""What opening will take: told before it is taken, refused where there is not as much."""

import json

import pytest
from plain import write_plain

from viewer.forecast import forecast
from viewer.scene import open_scene
from vk_interop.depth_settings import DepthSettings

HUGE = 2_000_000_000  # splats: half a terabyte, of which the file is a hole


@pytest.fixture
def huge(tmp_path):
    return write_plain(tmp_path, HUGE, as_a_hole=True)


@pytest.mark.parametrize("lod_error", [None, 1.0])
def test_what_a_scene_takes_on_the_device_is_foretold_within_a_tenth(street, lod_error):
    detail, outputs = DepthSettings(lod_error), ("alpha", "depth")
    ahead = forecast(street / "model", street / "proxy.glb", "cpu", detail, outputs=outputs)
    with open_scene(street / "model", backend="cpu", detail=detail, outputs=outputs) as scene:
        scene.proxy.render(scene.first_camera(16, 16)).ready.wait(None)  # with it comes what draws the mesh
        taken = sum(scene.memory.values()) - scene.proxy.memory["proxy depth"]
        assert ahead.device == pytest.approx(taken, rel=0.1)
    assert ahead.device < ahead.host and ahead.what == "16,067 anchors and 112,019 triangles"


def test_what_fits_is_told_before_it_is_read(viewer, street, tmp_path):
    ran = viewer("render", street / "model", "--backend", "cpu", "--views", "test_0002", "--size", "48x32", "--out",
                 tmp_path / "out", "--memory-limit", "2")
    first = ran.err.splitlines()[0]
    assert ran.code == 0 and first.startswith("opening 16,067 anchors and 112,019 triangles: about ")
    assert first.endswith(" MiB of memory, 2.00 GiB are free") and ran.err.splitlines()[1].startswith("model: ")


def test_what_will_not_fit_is_refused_in_a_sentence_before_it_is_read(viewer, huge, tmp_path):
    ran = viewer("render", huge, "--backend", "cpu", "--cameras", "none.json", "--out", tmp_path / "out")
    assert ran.code == 3 and ran.err.count("\n") == 1
    assert "2,000,000,000 splats will take about 4" in ran.err and "--anyway opens it all the same" in ran.err


def test_half_precision_is_a_way_out_where_it_fits(viewer, tmp_path):
    ran = viewer("render", write_plain(tmp_path, 60_000), "--backend", "cpu", "--memory-limit", "0.02", "--out",
                 tmp_path / "out")
    assert ran.code == 3 and "60,000 splats will take about" in ran.err and "--precision half takes less" in ran.err


def test_anyway_opens_what_was_refused(viewer, street, tmp_path, monkeypatch):
    monkeypatch.setattr("gsrender.memory.free_bytes", lambda backend: 1 << 20)
    monkeypatch.setattr("viewer.forecast.free_bytes", lambda backend: 1 << 20)
    command = ["render", street / "model", "--backend", "cpu", "--views", "test_0002", "--size", "48x32", "--out"]
    refused = viewer(*command, tmp_path / "no")
    assert refused.code == 3 and "--anyway" in refused.err and not (tmp_path / "no").exists()
    assert viewer(*command, tmp_path / "yes", "--anyway").code == 0 and (tmp_path / "yes" / "test_0002.png").exists()


def test_info_tells_what_opening_will_take_and_does_not_read_what_will_not_fit(viewer, huge, street):
    facts = json.loads(viewer("info", street / "model", "--json").out)
    assert facts["bytes on the device"] > facts["bytes"] and facts["fits"] == "yes"
    assert facts["bytes of memory while read"] > facts["bytes"] and facts["bytes of memory free"] > 1 << 20
    facts = json.loads(viewer("info", huge, "--json").out)
    assert facts["holds"] == "2,000,000,000 splats" and facts["bytes of memory while read"] > 9e11
    assert "splats will take about" in facts["fits"]
    mesh = json.loads(viewer("info", street / "proxy.glb", "--json").out)
    assert mesh["triangles"] == 112_019 and mesh["bytes on the device"] > 30 * 112_019
