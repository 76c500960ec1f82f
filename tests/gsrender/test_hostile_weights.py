"""Decoders' files that lie, break off or attack: refused as hostile.py says."""

import os
import pickle
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

from gsrender import load_model
from synthesise import write_anchor_checkpoint
from tests.hostile import refused

ITERATION = Path("point_cloud", "iteration_100")


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
    "text": (b"these are the weights", "neither a TorchScript archive nor a state_dict, it begins with 'these ar"),
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
