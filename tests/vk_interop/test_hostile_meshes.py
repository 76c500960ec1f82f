"""Meshes that lie or break off: refused as hostile.py says."""

import json
import struct

import numpy as np
import pytest

from tests.hostile import refused, refused_as_noise, refused_where_no_file_is
from vk_interop.mesh import load_mesh


@pytest.mark.parametrize("name", ["a.ply", "a.glb", "transforms.json"])
def test_what_is_no_file(tmp_path, name):
    refused_where_no_file_is(load_mesh, tmp_path / name, "a directory, expected a file")


@pytest.mark.parametrize("name", ["a.glb", "a.obj"])
def test_noise(tmp_path, name):
    refused_as_noise(load_mesh, tmp_path / name)


# ---- .glb -----------------------------------------------------------------------------------------------------------

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
              "not a .glb file, it begins with 'ply"),
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


# ---- .obj -----------------------------------------------------------------------------------------------------------

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


# ---- .ply -----------------------------------------------------------------------------------------------------------

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
