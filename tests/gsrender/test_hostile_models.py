"""Models that lie or break off, and decoders beside them that do: refused as hostile.py says."""

import re
from pathlib import Path

import numpy as np
import pytest

from gsrender import InputError, load_model
from synthesise import write_anchor_checkpoint, write_splats
from tests.hostile import refused, refused_as_noise, refused_where_no_file_is

ITERATION = Path("point_cloud", "iteration_100")


def replaced(path, *pairs):
    data = path.read_bytes()
    for before, after in pairs:
        assert before in data, before
        data = data.replace(before, after, 1)
    path.write_bytes(data)


@pytest.mark.parametrize("name", ["a.ply", "a.glb", "transforms.json"])
def test_what_is_no_file(tmp_path, name):
    refused_where_no_file_is(load_model, tmp_path / name, "no model here")


@pytest.mark.parametrize("name", ["a.ply", "a.pt"])
def test_noise(tmp_path, name):
    refused_as_noise(load_model, tmp_path / name)


# ---- .ply -----------------------------------------------------------------------------------------------------------

PLY_EDITS = {
    "truncated vertices": (lambda d: d[:-100], r"20 vertices need 4,960 bytes, 4,860 are there"),
    "truncated header": (lambda d: d[:200], "no end_header in the first 200 bytes"),
    "endless header": (lambda d: b"ply\n" + b"comment x\n" * 100_000, "no end_header in the first 262,144 bytes"),
    "count of 2^31 - 1": (lambda d: d.replace(b"vertex 20", b"vertex 2147483647"), "2,147,483,647 vertices need"),
    "count past 2^31": (lambda d: d.replace(b"vertex 20", b"vertex 9999999999"),
                        "expected vertex x 1 to 2,147,483,647"),
    "count of 10^30": (lambda d: d.replace(b"vertex 20", b"vertex 1" + b"0" * 30), "header line 'element vertex 1000"),
    "negative count": (lambda d: d.replace(b"vertex 20", b"vertex -20"), "header line 'element vertex -20'"),
    "no vertices": (lambda d: d.replace(b"vertex 20", b"vertex 0"), "'vertex' x 0, expected"),
    "faces first": (lambda d: d.replace(b"element vertex", b"element face"), "the first element is 'face' x 20"),
    "unknown type": (lambda d: d.replace(b"float opacity", b"quad opacity"), "header line 'property quad opacity'"),
    "list for a number": (lambda d: d.replace(b"float opacity", b"list uchar int opacity"), "vertices have lists"),
    "property twice": (lambda d: d.replace(b"float ny", b"float nx"), "property 'nx' is there 2 times"),
    "missing column": (lambda d: d.replace(b"float opacity", b"float opaqueness"), "property opacity is missing"),
    "missing number": (lambda d: d.replace(b"float f_rest_3\n", b"float g_rest_3\n"), "property f_rest_3 is missing"),
    "five scales": (lambda d: d.replace(b"float nx", b"float scale_3"), "4 and 4 columns, expected 3 and 4"),
    "unknown format": (lambda d: d.replace(b"binary_little", b"binary_middle"), "header line 'format binary_middle"),
    "text that is binary": (lambda d: d.replace(b"binary_little_endian", b"ascii"),
                            "not a table of numbers|could be read"),
    "not ASCII": (lambda d: d.replace(b"float nx", b"float n\xff"), "the header is not ASCII text"),
    "all NaN": (lambda d: d[:-4960] + np.full(1240, np.nan, "<f4").tobytes(),
                "all 20 rows have a number that is not finite"),
    "a mesh": (lambda d: b"glTF" + d, "not a .ply file, it begins with 'glTFply"),
    "only positions": (lambda d: b"ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\nend_header\n0",
                       r"neither anchors \(f_anchor_feat_0\) nor Gaussians \(f_dc_0\)"),
    "empty": (lambda d: b"", "not a .ply file, it is empty"),
}


@pytest.mark.parametrize("edit", PLY_EDITS)
def test_ply_models(tmp_path, edit):
    path = tmp_path / "model.ply"
    write_splats(path, count=20)
    change, said = PLY_EDITS[edit]
    path.write_bytes(change(path.read_bytes()))
    refused(load_model, path, said)


# ---- anchor checkpoints ---------------------------------------------------------------------------------------------

COLUMN_EDITS = {
    "no voxel size": ("info", 0, 0.0, "info: row 0 holds 0.0, expected the voxel size, above zero"),
    "infinite distance": ("info", 1, np.inf, "info: row 1 holds inf, expected the standard distance"),
    "half a level": ("level", 7, 0.5, "level: 0.5, expected whole numbers from 0 to 63"),
    "level of 10^30": ("level", 7, 1e30, r"level: 1.*e\+30, expected whole numbers"),
    "all NaN": ("f_anchor_feat_9", slice(None), np.nan, r"all 200 rows .* \(feature 200\)"),
}


@pytest.mark.parametrize("edit", COLUMN_EDITS)
def test_columns_of_anchors(tmp_path, edit):
    column, row, value, said = COLUMN_EDITS[edit]
    write_anchor_checkpoint(tmp_path)
    path = tmp_path / ITERATION / "point_cloud.ply"
    data = path.read_bytes()
    start = data.index(b"end_header\n") + 11
    names = re.findall(r"property float (\S+)", data[:start].decode())
    table = np.frombuffer(data[start:], "<f4").reshape(200, -1).copy()
    table[row, names.index(column)] = value
    path.write_bytes(data[:start] + table.tobytes())
    refused(load_model, path, said)


def test_anchors_with_a_column_too_few(tmp_path):
    write_anchor_checkpoint(tmp_path)
    path = tmp_path / ITERATION / "point_cloud.ply"
    replaced(path, (b"f_offset_29\n", b"g_offset_29\n"))
    refused(load_model, path, r"f_offset_\*: 29 columns, expected a multiple of 3")


CFG_ARGS = {
    "code": ("Namespace(fork=__import__('os').system('touch MARK'))", "fork is not a literal"),
    "another call": ("exec(fork=2)", "not a call Namespace"),
    "method": ("Namespace(fork=2).__class__", "not a call Namespace"),
    "position": ("Namespace(2)", "an argument without a name"),
    "stars": ("Namespace(**{'fork': 2})", "an argument without a name"),
    "brackets": ("Namespace(fork=" + "(" * 5000, "not a call Namespace"),
    "minus signs": ("Namespace(fork=" + "-" * 15000 + "2)", "not a call Namespace"),
    "NUL": ("Namespace(fork=2)\0", "not a call Namespace"),
    "empty": ("", "0 bytes, expected 1 to 16,384"),
    "long": ("Namespace(a='" + "x" * 20000 + "')", "20,015 bytes, expected"),
    "not UTF-8": (b"Namespace(a='\xff')", "not UTF-8 text, byte 13 is 0xff"),
    "huge fork": ("Namespace(fork=1e999)", "fork=inf, expected a finite number"),
    "text for a number": ("Namespace(fork='2')", "fork='2', expected a number"),
    "fork of one": ("Namespace(fork=1)", "fork=1, expected more than 1"),
    "text for a flag": ("Namespace(white_background='yes')", "white_background='yes', expected True or False"),
    "unknown map": ("Namespace(dist2level='nearest')", "dist2level='nearest', expected one of round"),
    "features": ("Namespace(feat_dim=16)", "feat_dim=16, but point_cloud.ply has columns for 32"),
    "offsets": ("Namespace(n_offsets=10.5)", "n_offsets=10.5, expected a whole number"),
    "half a file": ("Namespace(feat_dim=32, n_off", "not a call Namespace"),
}


@pytest.mark.parametrize("case", CFG_ARGS)
def test_cfg_args(tmp_path, case, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text, said = CFG_ARGS[case]
    write_anchor_checkpoint(tmp_path / "model")
    path = tmp_path / "model" / "cfg_args"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    refused(load_model, path.parent, said, named="cfg_args")
    assert not (tmp_path / "MARK").exists()


@pytest.mark.parametrize("name", ["opacity_mlp.pt", "point_cloud.ply"])
def test_a_file_with_any_byte_changed_loads_or_is_refused(tmp_path, name):
    write_anchor_checkpoint(tmp_path, count=5, n_offsets=1, feat_dim=4)
    path, random = tmp_path / ITERATION / name, np.random.default_rng(0)
    whole = path.read_bytes()
    for _ in range(200):
        data = bytearray(whole)
        data[random.integers(len(data))] = random.integers(256)
        path.write_bytes(data[:len(data) if random.random() < 0.7 else random.integers(len(data))])
        try:
            load_model(tmp_path)
        except InputError as error:
            assert "\n" not in str(error)
