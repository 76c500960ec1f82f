"""Files that lie, break off or attack. Each is refused with one sentence that names the file and what is wrong with it,
nothing of it runs, and no number in it decides how much memory is taken."""

import json
import os
import pickle
import re
import struct
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

from gsrender import InputError, load_cameras, load_model
from synthesise import write_anchor_checkpoint, write_splats
from vk_interop.mesh import load_mesh

MEMORY_LIMIT = 48 << 20  # bytes; the files below have a few hundred kilobytes at most
ITERATION = Path("point_cloud", "iteration_100")


def refused(load, path, said, named=None):
    """Asserts that loading fails as it should, and cheaply."""
    tracemalloc.start()
    try:
        with pytest.raises(InputError) as caught:
            load(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    text = str(caught.value)
    assert (named or path.name) in text and re.search(said, text), text
    assert "\n" not in text and len(text) < 400 + len(str(path)), text
    assert peak < MEMORY_LIMIT, f"{peak:,} bytes"


def replaced(path, *pairs):
    data = path.read_bytes()
    for before, after in pairs:
        assert before in data, before
        data = data.replace(before, after, 1)
    path.write_bytes(data)


# ---- .ply models ----------------------------------------------------------------------------------------------------

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
    "a mesh": (lambda d: b"glTF" + d, "not a .ply file, it begins with b'glTFply"),
    "only positions": (lambda d: b"ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\nend_header\n0",
                       r"neither anchors \(f_anchor_feat_0\) nor Gaussians \(f_dc_0\)"),
    "empty": (lambda d: b"", "not a .ply file, it begins with b''"),
}


@pytest.mark.parametrize("edit", PLY_EDITS)
def test_ply_models(tmp_path, edit):
    path = tmp_path / "model.ply"
    write_splats(path, count=20)
    change, said = PLY_EDITS[edit]
    path.write_bytes(change(path.read_bytes()))
    refused(load_model, path, said)


@pytest.mark.parametrize("load", [load_model, load_cameras, load_mesh])
@pytest.mark.parametrize("name", ["a.ply", "a.glb", "transforms.json"])
def test_what_is_no_file(tmp_path, load, name):
    path = tmp_path / name
    missing = "no such file"
    refused(load, path, missing)
    path.symlink_to(tmp_path / "gone")
    refused(load, path, missing)
    path.unlink()
    path.symlink_to(path)  # to itself
    refused(load, path, missing)
    path.unlink()
    path.mkdir()
    refused(load, path, {load_model: "no model here", load_cameras: "a directory without a COLMAP model"}.get(
        load, "a directory, expected a file"))


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "transforms.json")
    refused(load_cameras, tmp_path / "transforms.json", "not a regular file")


@pytest.mark.parametrize("load", [load_model, load_cameras, load_mesh])
def test_a_name_that_no_file_can_have(load):
    refused(load, Path(300 * "a" + ".glb"), "no such file")


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


# ---- decoders -------------------------------------------------------------------------------------------------------

class Attack:
    def __reduce__(self):
        return os.system, ("touch MARK",)


def zipped(path, **members):
    """Rewrites members of a torch archive; None leaves one out."""
    with zipfile.ZipFile(path) as archive:
        old = {info.filename: archive.read(info) for info in archive.infolist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in old.items():
            data = members.get(name.split("/", 1)[1].replace("/", "_").replace(".", "_"), data)
            if data is not None:
                archive.writestr(name, data(old[name]) if callable(data) else data)


def legacy(value, keys=()) -> bytes:
    """torch's older container: five pickles, then storages."""
    parts = (0x1950A86A20F9469CFC6C, 1001, dict(protocol_version=1001, little_endian=True), value, list(keys))
    return b"".join(pickle.dumps(part, protocol=2) for part in parts)


def legacy_tensor(count, size, stride) -> bytes:
    """A legacy state_dict of one tensor, whose numbers are whatever is asked for, and 64 of its storage's bytes."""
    def number(n):
        return pickle.dumps(n, protocol=2)[2:-1]

    value = (b"\x80\x02}X\x01\x00\x00\x00wctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storagectorch\n"
             b"FloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpu" + number(count) + b"NtQK\x00"
             + number(size) + number(stride) + b"\x89}tRs.")
    whole = legacy(None)
    parts = whole.split(b"\x80\x02N.")
    return parts[0] + value + pickle.dumps(["0"], protocol=2) + struct.pack("<q", 16) + b"\0" * 64


def nested(depth) -> bytes:
    """A pickle of dictionaries in dictionaries."""
    return b"\x80\x02" + b"}X\x01\x00\x00\x00a" * depth + b"}" + b"s" * depth + b"."


def doubled(depth) -> bytes:
    """A pickle of dictionaries that hold the same one twice: small to write, endless to walk through naively."""
    levels = b"".join(b"}(X\x01\0\0\0ah%cX\x01\0\0\0bh%cuq%c" % (i, i, i + 1) for i in range(depth))
    return b"\x80\x02}q\x00" + levels + b"."


def bomb(path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("m/data.pkl", b"\0" * (100 << 20))


WEIGHTS = {
    "empty": (b"", "0 bytes, expected 1 to"),
    "text": (b"these are the weights", "neither a TorchScript archive nor a state_dict, it begins with b'these ar"),
    "plain pickle attacks": (pickle.dumps(Attack()), "neither a TorchScript archive nor a state_dict"),
    "zip attacks": (lambda p: zipped(p, data_pkl=pickle.dumps(Attack(), protocol=2)), "refers to 'posix.system'"),
    "zip attacks in protocol 5": (lambda p: zipped(p, data_pkl=pickle.dumps(Attack(), protocol=5)), "'posix.system'"),
    "legacy attacks": (legacy(Attack()), "refers to 'posix.system', which weights do not need"),
    "legacy attacks early": (pickle.dumps(0x1950A86A20F9469CFC6C, 2) + pickle.dumps(Attack(), 2), "'posix.system'"),
    "whole module": (lambda p: torch.save(torch.nn.Linear(2, 2), p), "refers to 'torch.nn.modules.linear.Linear'"),
    "truncated": (lambda p: p.write_bytes(p.read_bytes()[:5000]), "damaged zip"),
    "no index": (lambda p: zipped(p, data_pkl=None), "a zip without data.pkl"),
    "cut index": (lambda p: zipped(p, data_pkl=lambda d: d[:300]), "damaged pickle"),
    "missing storage": (lambda p: zipped(p, data_2=None), "storage '2' has 0 bytes, expected"),
    "cut storage": (lambda p: zipped(p, data_0=lambda d: d[:100]),
                    "'0.weight': storage '0' has 100 bytes, expected 1,120 x 4"),
    "count of 2^31": (lambda p: zipped(p, data_pkl=lambda d: d.replace(b"M\x60\x04", b"J\xff\xff\xff\x7f")),
                      "expected 2,147,483,647"),
    "size past storage": (lambda p: zipped(p, data_pkl=lambda d: d.replace(b"(K K#t", b"(K K\xfft")),
                          "size and stride do not fit"),
    "negative stride": (lambda p: zipped(p, data_pkl=lambda d: d.replace(b"(K#K\x01t", b"(K#J\xff\xff\xff\xfft")),
                        "size and stride"),
    "stride of zero": (lambda p: zipped(p, data_pkl=lambda d: d.replace(b"(K K#t(K#K\x01t",
                                                                        b"(J\0\0\1\0J\0\0\1\0t(K\0K\0t")),
                       "its tensors are larger than its storages"),
    "all NaN": (lambda p: zipped(p, data_0=np.full(1120, np.nan, "<f4").tobytes()),
                "1120 of the 1120 numbers of 0.weight"),
    "big endian": (lambda p: zipped(p, byteorder=b"big"), "byteorder b'big', expected little"),
    "nested": (lambda p: zipped(p, data_pkl=nested(100_000)), "modules nested more than 8 deep"),
    "doubled": (lambda p: zipped(p, data_pkl=doubled(60)), "modules nested more than 8 deep"),
    "memo of 2^32": (lambda p: zipped(p, data_pkl=b"\x80\x02Nr\xff\xff\xff\xff."), "holds no tensors"),
    "bytes of 2^62": (lambda p: zipped(p, data_pkl=b"\x80\x04\x8e" + struct.pack("<Q", 1 << 62) + b"."),
                      "damaged pickle"),
    "text of 2^31": (lambda p: zipped(p, data_pkl=b"\x80\x02X\xff\xff\xff\x7fabc."), "damaged pickle"),
    "empty stack": (lambda p: zipped(p, data_pkl=b"\x80\x02sss."), "damaged pickle"),
    "number called": (lambda p: zipped(p, data_pkl=b"\x80\x02K\x01)R."), "a int where a class or function is due"),
    "tuple for a key": (lambda p: zipped(p, data_pkl=b"\x80\x02}))ss."), "keys are neither names nor numbers"),
    "deflated": (bomb, "is compressed, which torch does not do"),
    "legacy count of 2^62": (legacy_tensor(1 << 62, (4, 4), (4, 1)), "truncated, storage '0' is not all there"),
    "legacy stride of 2^70": (legacy_tensor(16, (1, 1), (1 << 70, 1)), "'w': size and stride do not fit"),
    "legacy size": (legacy_tensor(16, (1 << 40, 1 << 40), (0, 0)), "'w': size and stride do not fit"),
    "wrong decoder": (lambda p: p.write_bytes((p.parent / "color_mlp.pt").read_bytes()), "30 outputs, expected 10"),
    "one layer": (lambda p: torch.save(torch.nn.Linear(35, 10).state_dict(), p),
                  "holds weight .*; expected two dense layers"),
    "width": (lambda p: torch.save(layers(40), p), "inputs beyond .* opacity_mlp 5, .* does not explain"),
    "missing": (lambda p: p.unlink(), "no such file"),
}


def layers(inputs) -> dict:
    return torch.nn.Sequential(torch.nn.Linear(inputs, 8), torch.nn.ReLU(), torch.nn.Linear(8, 10)).state_dict()


@pytest.mark.parametrize("case", WEIGHTS)
def test_decoders(tmp_path, case, monkeypatch):
    monkeypatch.chdir(tmp_path)
    change, said = WEIGHTS[case]
    write_anchor_checkpoint(tmp_path / "model", count=20)
    path = tmp_path / "model" / ITERATION / "opacity_mlp.pt"
    path.write_bytes(change) if isinstance(change, bytes) else change(path)
    refused(load_model, tmp_path / "model", said, named="iteration_100" if case == "width" else "opacity_mlp.pt")
    assert not (tmp_path / "MARK").exists()


def test_the_attacks_would_succeed_elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pickle.loads(pickle.dumps(Attack(), protocol=2))
    assert (tmp_path / "MARK").exists()


@pytest.mark.parametrize("name", ["cov_mlp", "appearance"])
def test_united_decoders_with_one_missing(tmp_path, name):
    write_anchor_checkpoint(tmp_path, unite=True, appearance_dim=4)
    path = tmp_path / ITERATION / "checkpoints.pth"
    states = torch.load(path, weights_only=True)
    torch.save({key: value for key, value in states.items() if key != name}, path)
    refused(load_model, tmp_path, f"no state_dict {name}", named="checkpoints.pth")


def test_an_embedding_of_another_width(tmp_path):
    write_anchor_checkpoint(tmp_path, appearance_dim=4)
    path = tmp_path / ITERATION / "embedding_appearance.pt"
    torch.save({"weight": torch.zeros(5, 3)}, path)
    refused(load_model, tmp_path, r"shapes \[\[5, 3\]\], expected one of \[images, 4\]",
            named="embedding_appearance.pt")


# ---- cameras --------------------------------------------------------------------------------------------------------

FRAME = '{"file_path": "a", "transform_matrix": [[1,0,0,0],[0,1,0,0],[0,0,1,0],[0,0,0,1]]}'
JSON = {
    "empty": (b"", "0 bytes"), "truncated": (b'{"frames": [{"file_', "not valid JSON"),
    "not UTF-8": (b'{"frames": "\xff"}', "not UTF-8 text"), "text": (b"cameras", "not valid JSON"),
    "nested": (b"[" * 200_000, "JSON nested too deeply"), "nested objects": (b'{"a":' * 200_000,
               "JSON nested too deeply"),
    "NaN": (b'{"w": NaN, "frames": []}', "NaN is not a number"),
    "number": (b"7", "neither a list of cameras"), "no frames": (b"{}", "neither a list of cameras"),
    "frames a number": (b'{"frames": 3}', "neither a list of cameras"), "no cameras": (b"[]", "no cameras in it"),
    "frame a number": (b'{"frames": [3]}', r"frames\[0\]: 3, expected an object"),
    "camera a list": (b"[[]]", r"\[0\]: \[\], expected an object"),
    "10^5000": (b'{"w": 1' + b"0" * 5000 + b', "frames": []}', "not valid JSON"),
    "10^400": (f'{{"w": 1{"0" * 400}, "h": 1, "camera_angle_x": 1, "frames": [{FRAME}]}}'.encode(),
               r"\.w: 1000.* expected a number"),
    "1e999": (f'{{"w": 9, "h": 1, "camera_angle_x": 1e999, "frames": [{FRAME}]}}'.encode(),
              r"camera_angle_x: inf, expected"),
    "huge picture": (f'{{"w": 1e9, "h": 1e9, "camera_angle_x": 1, "frames": [{FRAME}]}}'.encode(), "at most 16384"),
    "huge pose": (f'{{"w": 9, "h": 9, "camera_angle_x": 1, "frames": [{FRAME}]}}'.replace("[0,0,1,0]",
                  "[0,0,1,1e39]").encode(),
                  "transform_matrix: .* expected finite numbers"),
    "ragged pose": (f'{{"w": 9, "h": 9, "camera_angle_x": 1, "frames": [{FRAME}]}}'.replace("[0,0,1,0]",
                    "[0,0,1]").encode(),
                    r"transform_matrix: .* expected \[4, 4\]"),
}


@pytest.mark.parametrize("case", JSON)
def test_cameras(tmp_path, case):
    data, said = JSON[case]
    (tmp_path / "transforms.json").write_bytes(data)
    refused(load_cameras, tmp_path / "transforms.json", said)


def test_an_image_that_is_none_does_not_tell_a_size(tmp_path):
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 30)
    (tmp_path / "transforms.json").write_text(f'{{"camera_angle_x": 1, "frames": [{FRAME}]}}')
    refused(load_cameras, tmp_path / "transforms.json", "not an image that would tell the size", named="a.png")


# ---- meshes ---------------------------------------------------------------------------------------------------------

def glb(document, binary=bytes(48), version=2, length=None) -> bytes:
    text = document if isinstance(document, bytes) else json.dumps(document).encode()
    chunks = struct.pack("<II", len(text), 0x4E4F534A) + text + struct.pack("<II", len(binary), 0x004E4942) + binary
    return struct.pack("<4sII", b"glTF", version, 12 + len(chunks) if length is None else length) + chunks


def triangle(**changes) -> dict:
    """A whole document of one triangle; `accessors_0={...}` and the like change an object in it."""
    document = dict(
        asset={"version": "2.0"}, scenes=[dict(nodes=[0])], nodes=[dict(mesh=0)], buffers=[dict(byteLength=48)],
        meshes=[dict(primitives=[dict(attributes={"POSITION": 0}, indices=1)])],
        bufferViews=[dict(buffer=0, byteLength=36), dict(buffer=0, byteOffset=36, byteLength=12)],
        accessors=[dict(bufferView=0, componentType=5126, count=3, type="VEC3"),
                   dict(bufferView=1, componentType=5125, count=3, type="SCALAR")])
    for key, change in changes.items():
        name, _, index = key.rpartition("_")
        if index.isdigit():
            document[name][int(index)] |= change
        else:
            document[key] = change
    return document


POSITIONS = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], "<f4").tobytes()
GOOD = POSITIONS + np.array([0, 1, 2], "<u4").tobytes()
GLB = {
    "empty": (b"", "0 bytes, expected 1 to"), "a model": (b"ply\nformat ascii 1.0\n",
              "not a .glb file, it begins with b'ply"),
    "version 1": (glb(triangle(), GOOD, version=1), "header says version 1"),
    "longer than it is": (glb(triangle(), GOOD, length=1 << 31), "2,147,483,648 bytes; expected 2 and at most"),
    "truncated": (glb(triangle(), GOOD)[:-10], "header says version 2"),
    "only a magic number": (b"glTF", "header says version 0"),
    "chunk of 4 GB": (glb(triangle(), GOOD)[:12] + b"\xff\xff\xff\xffJSON" + bytes(1000), "header says|a chunk of"),
    "no JSON": (struct.pack("<4sIIII", b"glTF", 2, 20, 0, 0x004E4942), "the first chunk is not JSON"),
    "broken JSON": (glb(b'{"asset": '), "not valid JSON"), "JSON a list": (glb(b"[]"), "asset.version is not 2.x"),
    "nested JSON": (glb(b"[" * 100_000), "JSON nested too deeply"), "JSON not UTF-8": (glb(b'"\xff"'), "not UTF-8"),
    "compressed": (glb(triangle(extensionsRequired=["KHR_draco_mesh_compression"])), "needs the extension 'KHR_draco"),
    "count of 10^8": (glb(triangle(accessors_0=dict(count=10**8)), GOOD), r"accessors\[0\]: 100,000,000 x 12 bytes"),
    "count of 10^12": (glb(triangle(accessors_1=dict(count=10**12)), GOOD),
                       r"accessors\[1\].count: 1000000000000, expected"),
    "count negative": (glb(triangle(accessors_0=dict(count=-3)), GOOD), r"accessors\[0\].count: -3, expected"),
    "count a text": (glb(triangle(accessors_0=dict(count="3")), GOOD), r"accessors\[0\].count: '3', expected"),
    "count true": (glb(triangle(accessors_0=dict(count=True)), GOOD), r"accessors\[0\].count: True, expected"),
    "no view": (glb(triangle(accessors_0=dict(bufferView=None)), GOOD), r"accessors\[0\].bufferView: None, expected"),
    "sparse": (glb(triangle(accessors_0=dict(sparse={})), GOOD), "is sparse"),
    "texts for positions": (glb(triangle(accessors_0=dict(type="MAT4")), GOOD), r"type 'MAT4' of 5126, expected VEC3"),
    "view past buffer": (glb(triangle(bufferViews_1=dict(byteLength=10**9)), GOOD), "its buffer has 48"),
    "view starts late": (glb(triangle(bufferViews_0=dict(byteOffset=40)), GOOD), "bytes 40 to 76, its buffer has 48"),
    "stride of 4": (glb(triangle(bufferViews_0=dict(byteStride=4)), GOOD), "3 x 12 bytes, 4 apart"),
    "buffer longer than chunk": (glb(triangle(buffers_0=dict(byteLength=10**9)), GOOD),
                                 "byteLength 1,000,000,000, 48 are there"),
    "index past vertices": (glb(triangle(), POSITIONS + np.array([0, 1, 3], "<u4").tobytes()),
                            "indices: refers to vertex 3, there are 3"),
    "two corners": (glb(triangle(accessors_1=dict(count=2)), GOOD), "2 corners, expected a multiple of 3"),
    "node its own child": (glb(triangle(nodes=[dict(mesh=0, children=[0])]), GOOD),
                           r"nodes\[0\]: has two parents, or is its own"),
    "node twice": (glb(triangle(nodes=[dict(children=[1, 1]), dict(mesh=0)]), GOOD), r"nodes\[1\]: has two parents"),
    "node past nodes": (glb(triangle(scenes=[dict(nodes=[7])]), GOOD), "node 7 is referred to, there are 1"),
    "mesh past meshes": (glb(triangle(nodes=[dict(mesh=1)]), GOOD),
                         r"nodes\[0\].mesh: 1, expected a whole number from 0 to 0"),
    "matrix of text": (glb(triangle(nodes=[dict(mesh=0, matrix=["a"] * 16)]), GOOD),
                       r"nodes\[0\].matrix: .* 16 finite numbers"),
    "no rotation": (glb(triangle(nodes=[dict(mesh=0, rotation=[0, 0, 0, 0])]), GOOD), r"rotation: all zero"),
    "points only": (glb(triangle(meshes=[dict(primitives=[dict(attributes={"POSITION": 0}, mode=0)])]), GOOD),
                    "no triangles"),
    "nothing": (glb(dict(asset={"version": "2.0"})), "no triangles in its scene"),
    "all NaN": (glb(triangle(), np.full(9, np.nan, "<f4").tobytes() + GOOD[36:]),
                "all 1 triangles have a corner that is not finite"),
    "everything a number": (glb(dict(asset={"version": "2.0"}, nodes=3)), "nodes: 3, expected a list"),
}


@pytest.mark.parametrize("case", GLB)
def test_glb_meshes(tmp_path, case):
    data, said = GLB[case]
    (tmp_path / "proxy.glb").write_bytes(data)
    refused(load_mesh, tmp_path / "proxy.glb", said)


def test_the_document_that_the_cases_above_break_is_whole(tmp_path):
    (tmp_path / "a.glb").write_bytes(glb(triangle(), GOOD))
    assert load_mesh(tmp_path / "a.glb").triangles.tolist() == [[0, 1, 2]]


def test_a_small_mesh_shown_too_often_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("vk_interop.mesh_gltf.ITEM_LIMIT", 1000)
    many = [dict(primitives=[dict(attributes={"POSITION": 0}, indices=1)] * 400)]
    (tmp_path / "a.glb").write_bytes(glb(triangle(meshes=many), GOOD))
    refused(load_mesh, tmp_path / "a.glb", "more than 1,000 vertices or triangles")


OBJ = {
    "empty": (b"", "0 bytes"), "no faces": (b"v 0 0 0\nv 1 1 1\n", "no triangles"),
    "index past vertices": (b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 4\n", "a triangle refers to vertex 3, there are 3"),
    "index of zero": (b"v 0 0 0\nf 0 1 1\n", "line 2: 'f 0 1 1' is not a vertex or a polygon"),
    "index before the first": (b"v 0 0 0\nf -2 1 1\n", "line 2"), "two corners": (b"v 0 0 0\nf 1 1\n",
                               "line 2: 'f 1 1'"),
    "huge index": (b"v 0 0 0\nf 1 1 99999999999999999999\n", "line 2"), "words": (b"v zero 0 0\n",
                   "line 1: 'v zero 0 0'"),
    "index of 5000 digits": (b"v 0 0 0\nf 1 1 " + b"9" * 5000, "line 2"), "flat": (b"v 0 0\n", "line 1: 'v 0 0'"),
    "not UTF-8": (b"v 0 0 0 \xff\n", "not UTF-8"), "all NaN": (b"v nan 0 0\nf 1 1 1\n", "all 1 triangles"),
    "a .glb": (glb(triangle(), GOOD), "no triangles|not UTF-8"),
}


@pytest.mark.parametrize("case", OBJ)
def test_obj_meshes(tmp_path, case):
    data, said = OBJ[case]
    (tmp_path / "proxy.obj").write_bytes(data)
    refused(load_mesh, tmp_path / "proxy.obj", said)


def ply_mesh(faces, count=1, lists="property list uchar int vertex_indices\n", kind="binary_little_endian") -> bytes:
    head = f"ply\nformat {kind} 1.0\nelement vertex 3\nproperty float x\nproperty float y\nproperty float z\n"
    return f"{head}element face {count}\n{lists}end_header\n".encode() + POSITIONS + faces


LONG_LIST = "property list uint int vertex_indices\n"
FACE = struct.pack("<B3i", 3, 0, 1, 2)
PLY_MESH = {
    "no faces": (ply_mesh(b"").replace(b"element face 1\nproperty list uchar int vertex_indices\n", b""),
                 "no element face"),
    "truncated face": (ply_mesh(FACE[:-2]), "face 0 of 1 is not all there"),
    "count of 10^9": (ply_mesh(FACE, count=10**9),
                      "1,000,000,000 faces need 1,000,000,000 bytes at least, 13 are there"),
    "list of 2^32": (ply_mesh(struct.pack("<I3i", 2**32 - 1, 0, 1, 2), lists=LONG_LIST),
                     "face 0 of 1 is not all there"),
    "negative list": (ply_mesh(struct.pack("<i3i", -1, 0, 1, 2), lists=LONG_LIST.replace("uint", "int")),
                      "face 0 of 1"),
    "index past vertices": (ply_mesh(struct.pack("<B3i", 3, 0, 1, 3)), "a triangle refers to vertex 3, there are 3"),
    "negative index": (ply_mesh(struct.pack("<B3i", 3, 0, 1, -1)), "a triangle refers to vertex -1, there are 3"),
    "corners that are floats": (ply_mesh(FACE, lists="property list uchar float vertex_indices\n"),
                                "no list of integers"),
    "no triangle": (ply_mesh(struct.pack("<B2i", 2, 0, 1)), "no triangles in it"),
}


@pytest.mark.parametrize("case", PLY_MESH)
def test_ply_meshes(tmp_path, case):
    data, said = PLY_MESH[case]
    (tmp_path / "proxy.ply").write_bytes(data)
    refused(load_mesh, tmp_path / "proxy.ply", said)


def test_a_mesh_of_another_format_is_named(tmp_path):
    (tmp_path / "proxy.stl").write_bytes(b"solid")
    refused(load_mesh, tmp_path / "proxy.stl", r"a .stl, expected .glb, .gltf, .ply, .obj")


@pytest.mark.parametrize("name", ["a.pt", "a.ply", "a.glb", "a.json", "a.obj"])
def test_noise_is_refused(tmp_path, name):
    random = np.random.default_rng(1)
    load = dict(pt=load_model, ply=load_model, glb=load_mesh, json=load_cameras, obj=load_mesh)[name.split(".")[1]]
    for size in (1, 10, 1000):
        (tmp_path / name).write_bytes(random.bytes(size))
        refused(load, tmp_path / name, name)


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
