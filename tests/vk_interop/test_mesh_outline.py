"""What a mesh will take, as the head of its file tells, against what it takes."""

import numpy as np
import pytest
from bench.scenes import sphere
from lod_meshes import copies
from peaks import peaks
from test_mesh import Gltf

from gsrender.errors import InputError
from vk_interop import cluster_buffers
from vk_interop.cluster_buffers import ClusterBuffers
from vk_interop.cluster_lod_build import build_clusters
from vk_interop.depth_settings import RASTERS, DepthSettings
from vk_interop.flat_clusters import flat_clusters
from vk_interop.mesh import load_mesh
from vk_interop.mesh_outline import outline_mesh


def save(path, mesh):
    """As .glb, .ply or .obj."""
    vertices, triangles = mesh.vertices.astype("<f4"), mesh.triangles.astype("<u4")
    if path.suffix == ".glb":
        gltf = Gltf()
        gltf.node(mesh=gltf.mesh(gltf.primitive(vertices, triangles.ravel())))
        return gltf.save(path)
    if path.suffix == ".ply":
        faces = np.zeros(len(triangles), [("length", "u1"), ("corners", "<i4", 3)])
        faces["length"], faces["corners"] = 3, triangles
        head = (f"ply\nformat binary_little_endian 1.0\nelement vertex {len(vertices)}\n"
                "property float x\nproperty float y\nproperty float z\n"
                f"element face {len(faces)}\nproperty list uchar int vertex_indices\nend_header\n")
        path.write_bytes(head.encode() + vertices.tobytes() + faces.tobytes())
        return path
    path.write_text("".join(f"v {x:.6f} {y:.6f} {z:.6f}\n" for x, y, z in vertices)
                    + "".join(f"f {a} {b} {c}\n" for a, b, c in triangles + 1))
    return path


@pytest.mark.parametrize("suffix, share", [(".glb", 0), (".ply", 0), (".obj", 0.1)])
def test_counts_are_those_of_the_mesh_and_of_an_obj_about(tmp_path, suffix, share):
    path = save(tmp_path / f"m{suffix}", copies(sphere(5), 6))
    head, mesh = outline_mesh(path), load_mesh(path)
    assert (head.vertices, head.triangles) == pytest.approx((len(mesh.vertices), len(mesh.triangles)), rel=share)


def test_a_mesh_that_is_shown_twice_counts_twice_and_strips_by_their_triangles(tmp_path):
    gltf = Gltf()
    square = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 1, 0]], np.float32)
    mesh = gltf.mesh(gltf.primitive(square, np.arange(4, dtype="<u2"), 5), gltf.primitive(square[:3]))
    gltf.node(mesh=mesh)
    gltf.node(mesh=mesh, translation=[5, 0, 0])
    path = gltf.save(tmp_path / "twice.glb")
    head, found = outline_mesh(path), load_mesh(path)
    assert (head.vertices, head.triangles) == (len(found.vertices), len(found.triangles)) == (14, 6)


@pytest.mark.parametrize("most", [cluster_buffers.MOST_VERTEX_BYTES, 0])
@pytest.mark.parametrize("raster", RASTERS)
@pytest.mark.parametrize("make, lod_error", [(build_clusters, 1.0), (flat_clusters, None)])
def test_the_memory_on_the_device_is_foretold_within_a_tenth(device, street, make, lod_error, raster, most,
                                                             monkeypatch):
    monkeypatch.setattr(cluster_buffers, "MOST_VERTEX_BYTES", most)
    mesh = load_mesh(street / "proxy.glb")
    buffers = ClusterBuffers(device, make(mesh))
    buffers.prepare(raster)
    foretold = outline_mesh(mesh.path).device_bytes(DepthSettings(lod_error, raster), device.is_cpu)
    assert foretold == pytest.approx(buffers.nbytes, rel=0.1)
    buffers.close()


def test_the_hosts_memory_while_a_mesh_is_read_is_foretold_within_a_tenth(tmp_path):
    """Once the libraries have what they take for themselves, at the first mesh."""
    paths = [save(tmp_path / f"{name}{suffix}", copies(sphere(6), count)) for name, suffix, count in
             (("first", ".ply", 1), ("m", ".glb", 12), ("m", ".ply", 24), ("m", ".obj", 3))]
    found = peaks("from vk_interop.mesh import load_mesh", *(f"load_mesh({str(path)!r})" for path in paths))
    for path, most in list(zip(paths, found, strict=True))[1:]:
        assert outline_mesh(path).reading == pytest.approx(most, rel=0.1), path.suffix


@pytest.mark.parametrize("name, content", [("a.glb", b"glTF\2\0\0\0"), ("a.ply", b"ply\n"), ("a.obj", None),
                                           ("b.glb", b"glTF\2\0\0\0\xff\xff\xff\x7f\xff\xff\xff\x7fJSON{}")])
def test_what_has_no_head_is_a_sentence(tmp_path, name, content):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=name):
        outline_mesh(tmp_path / name)
