"""Proxy meshes: every layout of the formats gives the same triangles, in the file's order. trimesh is the second
opinion."""

import base64
import json
import struct

import numpy as np
import pytest
import trimesh

from gsrender import InputError
from vk_interop.mesh import load_mesh

SQUARE = np.array([[0, 0, 0], [2, 0, 0], [2, 3, 0], [0, 3, 1]], np.float32)
TWO = np.array([[0, 1, 2], [0, 2, 3]])
TYPES = {"u1": 5121, "u2": 5123, "u4": 5125, "f4": 5126, "i2": 5122}


class Gltf:
    """A document under construction: arrays become accessors of one buffer."""

    def __init__(self):
        self.data, self.json = b"", dict(asset={"version": "2.0"}, accessors=[], bufferViews=[], meshes=[], nodes=[])

    def array(self, values, **more) -> int:
        values = np.asarray(values)
        self.data += b"\0" * (-len(self.data) % 4)
        self.json["bufferViews"].append(dict(buffer=0, byteOffset=len(self.data), byteLength=values.nbytes))
        self.data += values.tobytes()
        self.json["accessors"].append(dict(bufferView=len(self.json["bufferViews"]) - 1, count=len(values),
                                           componentType=TYPES[values.dtype.str[1:]],
                                           type="VEC3" if values.ndim == 2 else "SCALAR") | more)
        return len(self.json["accessors"]) - 1

    def primitive(self, vertices, indices=None, mode=None) -> dict:
        made = dict(attributes={"POSITION": self.array(vertices)})
        made |= {} if indices is None else {"indices": self.array(indices)}
        return made | ({} if mode is None else {"mode": mode})

    def mesh(self, *primitives) -> int:
        self.json["meshes"].append(dict(primitives=list(primitives)))
        return len(self.json["meshes"]) - 1

    def node(self, **fields) -> int:
        self.json["nodes"].append(fields)
        return len(self.json["nodes"]) - 1

    def save(self, path, uri=None):
        self.json["buffers"] = [dict(byteLength=len(self.data)) | ({} if uri is None else {"uri": uri})]
        text = json.dumps(self.json).encode()
        text += b" " * (-len(text) % 4)
        if path.suffix == ".gltf":
            path.write_bytes(text)
        else:
            binary = self.data + b"\0" * (-len(self.data) % 4)
            chunks = struct.pack("<II", len(text), 0x4E4F534A) + text
            chunks += struct.pack("<II", len(binary), 0x004E4942) + binary
            path.write_bytes(struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks)
        return path


def one_mesh(*primitive, **node) -> Gltf:
    gltf = Gltf()
    gltf.node(mesh=gltf.mesh(gltf.primitive(*primitive)), **node)
    return gltf


def corners(mesh):
    """[T, 3, 3] float: what is drawn, whatever the indexing."""
    return mesh.vertices[mesh.triangles]


def assert_square(mesh):
    assert np.array_equal(corners(mesh), SQUARE[TWO])
    assert mesh.vertices.dtype == np.float32 and mesh.triangles.dtype == np.uint32
    assert mesh.vertices.flags.c_contiguous and mesh.triangles.flags.c_contiguous and mesh.warnings == ()


def test_the_proxy_of_the_sample_is_what_trimesh_reads(street):
    mesh = load_mesh(street / "proxy.glb")
    other = trimesh.load(street / "proxy.glb", process=False, force="mesh")
    assert mesh.triangles.shape == (112019, 3)
    assert np.array_equal(mesh.vertices, other.vertices.astype(np.float32))
    assert np.array_equal(mesh.triangles, other.faces)


def test_larger_proxies_open_whole(block, town):
    assert len(load_mesh(block / "proxy.glb").triangles) == 278098
    assert len(load_mesh(town / "proxy.glb").triangles) == 1550980


@pytest.mark.parametrize("kind", ["u1", "<u2", "<u4"])
def test_indices_of_every_width(tmp_path, kind):
    assert_square(load_mesh(one_mesh(SQUARE, TWO.ravel().astype(kind)).save(tmp_path / "a.glb")))


def test_a_primitive_without_indices_takes_vertices_in_order(tmp_path):
    mesh = load_mesh(one_mesh(SQUARE[TWO].reshape(-1, 3)).save(tmp_path / "a.glb"))
    assert_square(mesh)
    assert len(mesh.vertices) == 6  # duplicates stay


def test_strips_and_fans_become_triangles(tmp_path):
    fan = load_mesh(one_mesh(SQUARE, None, 6).save(tmp_path / "fan.glb"))
    assert_square(fan)
    strip = load_mesh(one_mesh(SQUARE, np.array([1, 2, 0, 3], "<u2"), 5).save(tmp_path / "strip.glb"))
    assert np.array_equal(strip.triangles, [[1, 2, 0], [0, 2, 3]])  # same winding as two triangles


def test_points_and_lines_are_left_out(tmp_path):
    gltf = Gltf()
    gltf.node(mesh=gltf.mesh(gltf.primitive(SQUARE, None, 0), gltf.primitive(SQUARE, TWO.ravel().astype("<u2")),
                             gltf.primitive(SQUARE, None, 3)))
    assert_square(load_mesh(gltf.save(tmp_path / "a.glb")))


def test_nodes_place_their_meshes(tmp_path):
    gltf = one_mesh(SQUARE, TWO.ravel().astype("<u2"))
    other = gltf.mesh(gltf.primitive(SQUARE + 1, TWO.ravel().astype("u1")))
    gltf.json["nodes"] = []
    half = np.sqrt(0.5)
    turned = gltf.node(mesh=0, rotation=[0, 0, half, half], scale=[2, 1, 1])  # x -> 2y, y -> -x
    shown = gltf.node(mesh=other, matrix=[1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 7, 8, 9, 1])
    root = gltf.node(translation=[10, 0, 0], children=[turned, shown])
    gltf.node(mesh=0)  # of no scene
    gltf.json |= dict(scenes=[dict(nodes=[]), dict(nodes=[root])], scene=1)
    mesh = load_mesh(gltf.save(tmp_path / "a.glb"))
    x, y, z = SQUARE.T
    expected = np.concatenate([np.column_stack([10 - y, 2 * x, z]), SQUARE + 1 + (17, 8, 9)])
    assert np.allclose(mesh.vertices, expected, atol=1e-5)
    assert np.array_equal(mesh.triangles, np.concatenate([TWO, TWO + 4]))


def test_a_mesh_may_be_shown_twice(tmp_path):
    gltf = one_mesh(SQUARE, TWO.ravel().astype("<u2"))
    gltf.node(mesh=0, translation=[0, 0, 5])
    mesh = load_mesh(gltf.save(tmp_path / "a.glb"))
    assert len(mesh.triangles) == 4 and np.array_equal(mesh.vertices[4:], SQUARE + np.float32([0, 0, 5]))


def test_interleaved_and_quantised_positions(tmp_path):
    gltf = Gltf()
    table = np.zeros((4, 8), "<i2")
    table[:, 1:4] = SQUARE  # one number in front, four behind
    view = gltf.array(table.ravel())
    gltf.json["bufferViews"][view]["byteStride"] = 16
    gltf.json["accessors"][view] |= dict(type="VEC3", count=4, byteOffset=2)
    gltf.node(mesh=gltf.mesh(dict(attributes={"POSITION": view}, indices=gltf.array(TWO.ravel().astype("u1")))))
    gltf.json["extensionsRequired"] = ["KHR_mesh_quantization"]
    assert_square(load_mesh(gltf.save(tmp_path / "a.glb")))
    gltf.json["accessors"][view]["normalized"] = True
    assert np.allclose(load_mesh(gltf.save(tmp_path / "a.glb")).vertices, SQUARE / 32767)


@pytest.mark.parametrize("uri", ["mesh%20data.bin", None], ids=["file", "data"])
def test_buffers_of_gltf_files_lie_beside_or_inside(tmp_path, uri):
    gltf = one_mesh(SQUARE, TWO.ravel().astype("<u2"))
    (tmp_path / "mesh data.bin").write_bytes(gltf.data)
    inside = "data:application/octet-stream;base64," + base64.b64encode(gltf.data).decode()
    assert_square(load_mesh(gltf.save(tmp_path / "a.gltf", uri or inside)))


@pytest.mark.parametrize("uri", ["../secret.bin", "/etc/passwd", "%2e%2e/secret.bin", "link.bin", "file:///etc/passwd"])
def test_buffers_outside_of_the_folder_are_not_read(tmp_path, uri):
    gltf = one_mesh(SQUARE, TWO.ravel().astype("<u2"))
    (tmp_path / "secret.bin").write_bytes(gltf.data)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "link.bin").symlink_to(tmp_path / "secret.bin")
    with pytest.raises(InputError, match="is outside of the file's folder|no such file"):
        load_mesh(gltf.save(tmp_path / "in" / "a.gltf", uri))


@pytest.mark.parametrize("encoding", ["binary", "ascii"])
@pytest.mark.parametrize("extension", ["ply", "obj"])
def test_trimesh_writes_what_we_read(tmp_path, extension, encoding):
    box = trimesh.creation.icosphere(subdivisions=2)
    path = tmp_path / f"a.{extension}"
    box.export(path, **({"encoding": encoding} if extension == "ply" else {}))
    mesh = load_mesh(path)
    assert np.allclose(mesh.vertices, box.vertices, atol=1e-6) and np.array_equal(mesh.triangles, box.faces)


PLY = """ply
format ascii 1.0
element vertex 4
property double x
property float y
property float z
property uchar red
element face 2
property uchar flags
property list uchar int vertex_indices
property list uchar float texcoord
end_header
0 0 0 255
2 0 0 255
2 3 0 255
0 3 1 255
"""


def test_ply_polygons_of_any_size_become_fans(tmp_path):
    (tmp_path / "a.ply").write_text(PLY + "7 4 0 1 2 3 2 0.5 0.5\n7 3 3 1 0 0\n")
    mesh = load_mesh(tmp_path / "a.ply")
    assert np.array_equal(mesh.vertices, SQUARE)
    assert np.array_equal(mesh.triangles, [*TWO, [3, 1, 0]])


@pytest.mark.parametrize("order, kind", [("<", "binary_little_endian"), (">", "binary_big_endian")])
def test_binary_ply_polygons_become_fans(tmp_path, order, kind):
    body = b"".join(struct.pack(order + "dffB", *map(float, v), 255) for v in SQUARE)
    body += struct.pack(order + "BB4iB2f", 7, 4, 0, 1, 2, 3, 2, 0.5, 0.5)
    body += struct.pack(order + "BB3iB", 7, 3, 3, 1, 0, 0)
    header = PLY[:PLY.index("0 0 0")].replace("ascii", kind)
    (tmp_path / "a.ply").write_bytes(header.encode() + body)
    mesh = load_mesh(tmp_path / "a.ply")
    assert np.array_equal(mesh.vertices, SQUARE) and np.array_equal(mesh.triangles, [*TWO, [3, 1, 0]])


def test_obj_indices_count_from_both_ends(tmp_path):
    (tmp_path / "a.obj").write_text(
        "# a square\nmtllib none.mtl\no first\nv 0 0 0\nv 2 0 0 0.5 0.5 0.5\nv 2 3 0 # corner\nvt 0 1\nvn 0 0 1\n"
        "v 0 3 1\nf 1/1/1 2/1/1 \\\n3//1 4\nf -4 -3 -2\nv 9 9 9\nl 1 2\nf 1 2 5\n")
    mesh = load_mesh(tmp_path / "a.obj")
    assert np.array_equal(mesh.vertices, [*SQUARE, [9, 9, 9]])
    assert np.array_equal(mesh.triangles, [*TWO, [0, 1, 2], [0, 1, 4]])


def test_y_up_is_turned_and_then_transformed(tmp_path):
    path = one_mesh(SQUARE, TWO.ravel().astype("<u2")).save(tmp_path / "a.glb")
    x, y, z = SQUARE.T
    assert np.array_equal(load_mesh(path, up="y").vertices, np.column_stack([x, -z, y]))
    matrix = [[2, 0, 0, 1], [0, 2, 0, 0], [0, 0, 2, -1], [0, 0, 0, 1]]
    assert np.array_equal(load_mesh(path, matrix, up="y").vertices, np.column_stack([2 * x + 1, -2 * z, 2 * y - 1]))


@pytest.mark.parametrize("arguments, said", [
    (dict(up="x"), "up axis 'x', expected 'y' or 'z'"), (dict(transform=np.eye(3)), "expected 4 rows of 4"),
    (dict(transform=np.zeros((4, 4))), "the last 0 0 0 1"), (dict(transform=np.diag([1, 1, 0, 1])), "flattens"),
    (dict(transform=np.diag([1, 1, np.nan, 1])), "finite")])
def test_transforms_that_cannot_be_are_refused(tmp_path, arguments, said):
    path = one_mesh(SQUARE, TWO.ravel().astype("<u2")).save(tmp_path / "a.glb")
    with pytest.raises(InputError, match=said):
        load_mesh(path, **arguments)


def test_triangles_with_a_corner_that_is_not_finite_are_dropped_and_counted(tmp_path):
    vertices = SQUARE.copy()
    vertices[1, 2] = np.nan
    mesh = load_mesh(one_mesh(vertices, TWO.ravel().astype("<u2")).save(tmp_path / "a.glb"))
    assert np.array_equal(corners(mesh), SQUARE[[[0, 2, 3]]]) and len(mesh.vertices) == 3
    assert mesh.warnings == ("1 of 2 triangles were dropped, because a corner is not finite.",)
    vertices[:, 0] = np.inf
    with pytest.raises(InputError, match="a.glb: all 2 triangles have a corner that is not finite"):
        load_mesh(one_mesh(vertices, TWO.ravel().astype("<u2")).save(tmp_path / "a.glb"))
