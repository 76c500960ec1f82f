"""`info` says what a file is, `doctor` what the machine has; neither falls over what it finds."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from viewer import doctor


def test_info_tells_an_anchor_model(viewer, street):
    facts = json.loads(viewer("info", street / "model", "--json").out)
    assert facts["anchors"] == 16_067 and facts["source"] == "proxy-gs" and facts["levels"] == 6
    assert sum(facts["anchors by level"]) == 16_067 and facts["colour decoder"] == "35 -> 32 -> 30"
    assert facts["cameras"] == 34 and facts["background"] == [1, 1, 1] and facts["warnings"] == []
    assert [Path(path).name for path in facts["proxy beside it"]] == ["proxy.glb"]
    low, high = facts["bounds of 98 %"]
    assert all(a < b for a, b in zip(low, high))


def test_info_tells_a_mesh_and_moves_it_where_it_is_told(viewer, street):
    facts = json.loads(viewer("info", street / "proxy.glb", "--json").out)
    assert (facts["triangles"], facts["vertices"]) == (112_019, 56_902)
    moved = json.loads(viewer("info", street / "proxy.glb", "--json", "--proxy-transform",
                              "2,0,0,1,0,2,0,0,0,0,2,0,0,0,0,1").out)
    x, y, z = facts["bounds"][0]
    assert moved["bounds"][0] == pytest.approx([2 * x + 1, 2 * y, 2 * z])


def test_info_tells_plain_splats(viewer, block):
    facts = json.loads(viewer("info", block / "plain" / "point_cloud.ply", "--json").out)
    assert facts["splats"] == 40_000 and facts["SH degree"] == 3


def test_info_as_text_has_a_line_for_each_fact(viewer, street):
    text, facts = viewer("info", street / "model").out, json.loads(viewer("info", street / "model", "--json").out)
    assert [line.split("  ")[0] for line in text.splitlines()] == [name for name in facts if name != "warnings"]


def test_info_takes_a_ply_with_faces_for_a_mesh(viewer, tmp_path):
    (tmp_path / "m.ply").write_text("ply\nformat ascii 1.0\nelement vertex 3\nproperty float x\nproperty float y\n"
                                    "property float z\nelement face 1\nproperty list uchar int vertex_indices\n"
                                    "end_header\n0 0 0\n1 0 0\n0 1 0\n3 0 1 2\n")
    assert "triangles" in viewer("info", tmp_path / "m.ply").out


@pytest.mark.parametrize("name, content", [("nothing", None), ("a.ply", b""), ("a.glb", b"glTF"), ("a.txt", b"x")])
def test_info_refuses_what_it_does_not_know_in_one_sentence(viewer, tmp_path, name, content):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    ran = viewer("info", tmp_path / name)
    assert ran.code == 2 and ran.err.count("\n") == 1 and str(tmp_path / name) in ran.err and not ran.out


def test_what_is_there_and_no_file_is_not_called_missing(viewer):
    assert viewer("info", "/dev/null").err == "viewer: /dev/null: neither a file nor a directory\n"


def test_doctor_finds_this_machine_fit_for_the_tests(viewer):
    ran = viewer("doctor")
    assert ran.code == 0 and "MISSING" not in ran.out and "Vulkan, cpu" in ran.out and "libgsrender_cpu.so" in ran.out


def test_doctor_gets_through_without_any_package():
    ran = subprocess.run([sys.executable, "-S", "-m", "viewer", "doctor"], capture_output=True, text=True)
    assert ran.returncode == 1 and not ran.stderr
    lines = ran.stdout.splitlines()
    missing = [i for i, line in enumerate(lines) if line.startswith("MISSING")]
    assert len(missing) >= 5 and all(lines[i + 1].strip().startswith("-> ./build_ext.sh") for i in missing)


def test_doctor_names_the_way_out_where_vulkan_has_no_driver(tmp_path):
    ran = subprocess.run([sys.executable, "-m", "viewer", "doctor"], capture_output=True, text=True,
                         env={"PATH": "/usr/bin:/bin", "VK_ICD_FILENAMES": str(tmp_path / "none.json"),
                              "VK_DRIVER_FILES": str(tmp_path / "none.json")})
    assert ran.returncode == 1 and "apt-get install mesa-vulkan-drivers" in ran.stdout


def test_doctor_survives_a_check_that_breaks(monkeypatch, viewer):
    def breaks():
        raise RuntimeError("the driver is on fire")
    monkeypatch.setattr(doctor, "_vulkan", breaks)
    ran = viewer("doctor")
    assert ran.code == 1 and "RuntimeError: the driver is on fire" in ran.out and "display" in ran.out
