"""Plain 3D Gaussian models."""

import numpy as np
import pytest
import torch

from gsrender import InputError, load_model
from gsrender.load.ply import read_header, read_vertices
from synthesise import write_splats


@pytest.mark.parametrize("degree", [0, 1, 2, 3])
def test_columns_are_activated_and_harmonics_sorted_by_channel(tmp_path, degree):
    raw = write_splats(tmp_path / "splats.ply", count=50, seed=degree, sh_degree=degree)
    model = load_model(tmp_path / "splats.ply")
    items = model.items
    assert (model.kind, model.source, model.near, items.sh_degree) == ("splats", "3dgs", 0.2, degree)
    assert np.array_equal(items.position, raw["position"]) and np.array_equal(items.sh, raw["sh"])
    assert items.sh.is_contiguous()
    assert np.allclose(items.scale, np.exp(raw["scale"]), rtol=1e-6)
    assert np.allclose(items.opacity, 1 / (1 + np.exp(-raw["opacity"].astype(float))), atol=1e-6)
    assert torch.allclose(items.rotation.norm(dim=1), torch.ones(50))


def test_an_output_directory_opens_at_its_newest_iteration(tmp_path):
    for iteration, count in ((7000, 10), (30000, 20)):
        folder = tmp_path / "point_cloud" / f"iteration_{iteration}"
        folder.mkdir(parents=True)
        write_splats(folder / "point_cloud.ply", count=count)
    (tmp_path / "cfg_args").write_text("Namespace(sh_degree=3, white_background=True)")
    model = load_model(tmp_path)
    assert len(model.items) == 20 and model.background == (1.0, 1.0, 1.0)


def test_the_plain_model_of_block_opens(block):
    items = load_model(block / "plain").items
    assert len(items) == 40000 and items.sh_degree == 3


def rewrite(path, kind):
    """The same table in another of the format's encodings, with an element after the vertices."""
    vertices = read_vertices(read_header(path))
    names, table = vertices.header.names, vertices.columns(*vertices.header.names)
    types = ["double" if i % 2 else "float" for i in range(len(names))]
    header = [f"ply\nformat {kind} 1.0\ncomment made by hand", f"element vertex {len(table)}",
              *(f"property {t} {n}" for t, n in zip(types, names)), "element face 1",
              "property list uchar int vertex_indices", "end_header\n"]
    if kind == "ascii":
        body = "\n".join(" ".join(map(repr, row)) for row in table.tolist()).encode() + b"\n3 0 1 2\n"
    else:
        dtype = np.dtype([(n, {"float": ">f4", "double": ">f8"}[t]) for t, n in zip(types, names)])
        body = np.array([tuple(row) for row in table.tolist()], dtype).tobytes() + b"\3\0\0\0\0\0\0\0\1\0\0\0\2"
    path.write_bytes("\n".join(header).encode() + body)


@pytest.mark.parametrize("kind", ["ascii", "binary_big_endian"])
def test_every_encoding_holds_the_same_model(tmp_path, kind):
    write_splats(tmp_path / "a.ply", count=30, sh_degree=1)
    expected = load_model(tmp_path / "a.ply").items
    rewrite(tmp_path / "a.ply", kind)
    items = load_model(tmp_path / "a.ply").items
    for name in ("position", "scale", "rotation", "opacity", "sh"):
        assert torch.equal(getattr(items, name), getattr(expected, name))


@pytest.mark.parametrize("column, value, left", [
    ("opacity", np.nan, 9), ("opacity", np.inf, 10), ("opacity", -np.inf, 10), ("f_rest_4", np.inf, 9),
    ("scale_2", 89.0, 9), ("rot_0", np.nan, 9)])
def test_only_rows_that_cannot_be_drawn_are_dropped(tmp_path, column, value, left):
    path = tmp_path / "a.ply"
    write_splats(path, count=10)
    header = read_header(path)
    data = bytearray(path.read_bytes())
    start = header.size + 4 * (3 * len(header.names) + header.names.index(column))  # row 3
    data[start:start + 4] = np.float32(value).tobytes()
    path.write_bytes(data)
    model = load_model(path)
    assert len(model.items) == left and len(model.warnings) == (left == 9)
    assert bool(model.items.opacity.isfinite().all())


def test_other_counts_of_harmonics_are_refused(tmp_path):
    write_splats(tmp_path / "a.ply", sh_degree=1)
    data = (tmp_path / "a.ply").read_bytes()
    (tmp_path / "a.ply").write_bytes(data.replace(b"f_rest_8", b"g_rest_8"))
    with pytest.raises(InputError, match=r"a.ply: f_rest_\*: 8 columns, expected 0, 9, 24 or 45"):
        load_model(tmp_path / "a.ply")
