"""The command line's own rules: help comes at once, a wrong option is one sentence."""

import json
import subprocess
import sys

import numpy as np
import pytest

from viewer.options import SUMMARIES, parse

HEAVY = ("torch", "imgui_bundle", "glfw", "vulkan", "numpy", "trimesh", "PIL", "viser")


@pytest.mark.parametrize("command", ["", *SUMMARIES])
def test_help_imports_nothing_heavy(command):
    code = f"""
import sys
from viewer.__main__ import main
try:
    main({[command] if command else []} + ["--help"])
except SystemExit as exit:
    print(exit.code, [name for name in {HEAVY} if name in sys.modules])
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert ran.stdout.splitlines()[-1] == "0 []" and not ran.stderr
    assert "--size" in ran.stdout or command in ("serve", "clusters", "info", "doctor")


@pytest.mark.parametrize("command", ["window", "serve", "render", "bench", "info"])
def test_a_python_without_the_packages_is_told_where_they_are(command):
    more = ["--out", "o"] if command == "render" else []
    ran = subprocess.run([sys.executable, "-S", "-m", "viewer", command, "model", *more], capture_output=True,
                         text=True)
    assert ran.returncode == 3 and "./build_ext.sh run installs it" in ran.stderr and ran.stderr.count("\n") == 1


@pytest.mark.parametrize("text, up", [("y", (0, 1, 0)), ("+x", (1, 0, 0)), ("-z", (0, 0, -1)), ("0,3,4", (0, 0.6, 0.8)),
                                      ("-3,0,-4", (-0.6, 0, -0.8))])
def test_the_axis_that_is_up_may_be_named_or_given_in_numbers(text, up):
    assert parse(["--model-up", text, "m"]).model_up == pytest.approx(up)


def test_without_a_command_it_is_the_window():
    options = parse(["--culling", "off", "some/model"])
    assert (options.command, str(options.model), options.culling) == ("window", "some/model", "off")


def test_a_command_is_only_the_first_word():
    assert parse(["--scene", "render", "bench"]).command == "window"
    assert parse(["bench", "render"]).command == "bench"


@pytest.mark.parametrize("arguments, told", [
    (["render"], "required: MODEL"),
    (["--size", "12", "m"], "'12' is not WIDTHxHEIGHT"),
    (["--size", "0x5", "m"], "'0x5' is not WIDTHxHEIGHT"),
    (["--size", "99999x5", "m"], "is not WIDTHxHEIGHT"),
    (["--size=-5x5", "m"], "is not WIDTHxHEIGHT"),
    (["--model-up", "up", "m"], "'up' is not x, y, z, -x, -y, -z or X,Y,Z"),
    (["--model-up", "0,0,0", "m"], "'0,0,0' is not x, y, z"),
    (["--model-up", "1,nan,0", "m"], "'1,nan,0' is not x, y, z"),
    (["--margin", "nan", "m"], "'nan' is not a finite number from 0 on"),
    (["--margin", "inf", "m"], "'inf' is not a finite number from 0 on"),
    (["--margin=-1", "m"], "'-1' is not a finite number from 0 on"),
    (["--near", "0", "m"], "'0' is not a finite number above 0"),
    (["--near", "1e999", "m"], "'1e999' is not a finite number above 0"),
    (["--near", "1e39", "m"], "'1e39' is not a finite number above 0, at most 1e+15"),
    (["--far", "1e39", "m"], "'1e39' is not inf or a number above 0, at most 1e+15"),
    (["--far", "x", "m"], "'x' is not inf or a number above 0"),
    (["--screenshot", "shot.jpg", "m"], "'shot.jpg' does not end in .png"),
    (["bench", "m", "--contact-sheet", "sheet"], "'sheet' does not end in .png"),
    (["--background", "red", "m"], "'red' is not black, white, model or R,G,B"),
    (["--background", "0,0,2", "m"], "'0,0,2' is not"),
    (["--background", "0,nan,0", "m"], "'0,nan,0' is not"),
    (["--lod-error", "none", "m"], "'none' is not a finite number from 0 on"),
    (["--lod-error", "101", "m"], "'101' is more than 100 pixels"),
    (["--raster", "mesh", "m"], "invalid choice: 'mesh'"),
    (["render", "m", "--out", "o", "--view", "normals"], "invalid choice: 'normals'"),
    (["--frames", "0", "m"], "'0' is not a whole number from 1 on"),
    (["--frames", "²", "m"], "is not a whole number"),
    (["--appearance=-1", "m"], "is not a whole number from 0 on"),
    (["--backend", "gpu", "m"], "invalid choice: 'gpu'"),
    (["--culling", "some", "m"], "invalid choice: 'some'"),
    (["--proxy-transform", "1,2,3", "m"], "3 numbers, a transform is 16"),
    (["--proxy-transform", "1," * 15 + "x", "m"], "something else than numbers"),
    (["--proxy-transform", ",".join(["1"] * 16), "m"], "the last row is"),
    (["--proxy-transform", "/nonexistent/t.npy", "m"], "No such file"),
    (["--crop", "1,2,3", "m"], "'1,2,3' is not X0,Y0,Z0,X1,Y1,Z1 with six finite numbers"),
    (["--crop", "-1,0,0,1,-1,1", "m"], "each of the first three at most its counterpart"),
    (["--crop", "0,0,0,1,inf,1", "m"], "six finite numbers"),
    (["--crop", "0,0,0,1,1e39,1", "m"], "at most 1e+15 from 0"),
    (["--fullscreen", "m"], "unrecognized arguments: --fullscreen"),
    (["bench", "m", "--culling", "off,sideways"], "'sideways' is not one of"),
    (["render", "m"], "required: --out"),
    (["fly", "m", "--out", "o"], "required: --path"),
    (["fly", "m", "--path", "p", "--out", "o", "--fps", "0"], "'0' is not a finite number above 0"),
    (["fly", "m", "--path", "p", "--out", "o", "--fps", "9999"], "'9999' is not a rate from 0.01 to 1000 frames"),
    (["fly", "m", "--path", "p", "--out", "o", "--seconds", "nan"], "'nan' is not a finite number above 0"),
    (["render", "m", "--out", "o", "--views", ","], "no name given"),
    (["depth", "m.glb", "--out", "o"], "required: --cameras"),
    (["--view", "test_0001", "m"], "invalid choice: 'test_0001'"),
    (["proxy.glb"], "proxy.glb is a mesh: name the model, and this with --scene"),
    (["bench", "a/proxy.OBJ"], "a/proxy.OBJ is a mesh: name the model"),
])
def test_a_wrong_option_is_one_sentence_and_exit_code_2(viewer, arguments, told):
    ran = viewer(*arguments)
    assert ran.code == 2 and told in ran.err and ran.err.count("\n") == 1 and not ran.out


def test_colours_and_sizes():
    options = parse(["m", "--background", "0.5,0,1", "--size", "96X64"])
    assert options.background == (0.5, 0, 1) and options.size == (96, 64)
    assert parse(["m", "--background", "white"]).background == (1, 1, 1)
    assert parse(["m"]).background == "model"


@pytest.mark.parametrize("command", ["window", "render", "bench", "depth"])
def test_the_proxy_is_simplified_to_a_pixel_but_for_depth_caches(command):
    needed = {"render": ["--out", "o"], "depth": ["--out", "o", "--cameras", "c.json"]}.get(command, [])
    assert parse([command, "m", *needed]).lod_error == (None if command == "depth" else 1)
    assert parse([command, "m", *needed, "--lod-error", "off"]).lod_error is None
    assert parse([command, "m", *needed, "--lod-error", "2.5", "--raster", "compute"]).lod_error == 2.5


def test_lists_of_numbers_may_begin_with_a_minus():
    assert parse(["--crop", "-1,-2.5,-.5,1,2,3", "m"]).crop == parse(["--crop=-1,-2.5,-.5,1,2,3", "m"]).crop
    assert parse(["m"]).crop is None
    turned = parse(["m", "--proxy-transform", "-1,0,0,0,0,-1,0,0,0,0,1,0,0,0,0,1"]).proxy_transform
    assert turned[0] == [-1, 0, 0, 0]


def test_infinity_is_far_alone():
    assert parse(["m"]).far == parse(["m", "--far", "inf"]).far == float("inf")


def test_a_transform_may_come_from_any_of_its_files(tmp_path):
    rows = [[0.0, -1.0, 0.0, 5.0], [1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 2.0, -3.5], [0.0, 0.0, 0.0, 1.0]]
    flat = ",".join(str(value) for row in rows for value in row)
    np.save(tmp_path / "t.npy", np.array(rows, np.float32))
    (tmp_path / "t.json").write_text(json.dumps(rows))
    (tmp_path / "t.txt").write_text("\n".join(" ".join(map(str, row)) for row in rows))
    for text in (flat, tmp_path / "t.npy", tmp_path / "t.json", tmp_path / "t.txt"):
        assert parse(["m", "--proxy-transform", str(text)]).proxy_transform == rows


@pytest.mark.parametrize("content", [b"", b"PK\3\4", b"\x93NUMPY\1\0\20\0{'descr': (\0     \n", b"[" * 10 ** 5])
@pytest.mark.parametrize("name", ["t.npy", "t.json", "t.txt"])
def test_a_damaged_transform_file_is_one_sentence(tmp_path, viewer, name, content):
    (tmp_path / name).write_bytes(content)
    ran = viewer("m", "--proxy-transform", tmp_path / name)
    assert ran.code == 2 and ran.err.count("\n") == 1


def test_a_transform_file_is_not_unpickled(tmp_path, viewer):
    np.save(tmp_path / "t.npy", np.array([{"a": 1}], object), allow_pickle=True)
    assert "something else than numbers" in viewer("m", "--proxy-transform", tmp_path / "t.npy").err


def test_ctrl_c_ends_without_a_traceback(viewer, monkeypatch):
    def interrupted(options):
        raise KeyboardInterrupt
    monkeypatch.setattr("viewer.info.info", interrupted)
    ran = viewer("info", "model")
    assert ran.code == 130 and ran.err == "\n"


def test_what_nobody_foresaw_keeps_its_traceback(viewer, monkeypatch):
    def breaks(options):
        raise ZeroDivisionError("a mistake of ours")
    monkeypatch.setattr("viewer.info.info", breaks)
    with pytest.raises(ZeroDivisionError):
        viewer("info", "model")


def test_an_output_that_is_closed_early_is_no_error(street):
    command = f"set -o pipefail; {sys.executable} -m viewer info {street / 'model'} | head -1"
    ran = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert ran.returncode == 0 and ran.stdout.startswith("model") and not ran.stderr
