"""Checkpoint directories: what is in the files is what is in the model, whatever variant was trained."""

import re
import shutil

import numpy as np
import pytest
import torch

from gsrender import InputError, load_model
from gsrender.load import find_model
from synthesise import STANDARD_DISTANCE, VOXEL_SIZE, write_anchor_checkpoint

PLY = "point_cloud/iteration_100/point_cloud.ply"


def outputs(mlp, x):
    """What the loaded weights make of inputs [N, in], before the last activation."""
    return torch.relu(x @ mlp.weight1 + mlp.bias1) @ mlp.weight2 + mlp.bias2


def edit_cfg(folder, before, after):
    text = (folder / "cfg_args").read_text()
    assert before in text
    (folder / "cfg_args").write_text(text.replace(before, after))


def edit_column(folder, name, row, value):
    """Overwrites one number of the synthesised table."""
    data = (folder / PLY).read_bytes()
    start = data.index(b"end_header\n") + len(b"end_header\n")
    names = re.findall(rb"property float (\S+)", data[:start])
    table = np.frombuffer(data[start:], "<f4").reshape(-1, len(names)).copy()
    table[row, names.index(name.encode())] = value
    (folder / PLY).write_bytes(data[:start] + table.tobytes())


def test_the_sample_opens_with_what_its_notes_say(street):
    model = load_model(street / "model")
    items = model.items
    assert (model.kind, model.source, model.near, model.background) == ("anchors", "proxy-gs", 1e-4, (1.0, 1.0, 1.0))
    assert (len(items), items.levels, items.fork, items.level_map) == (16067, 6, 2.0, "round")
    assert items.voxel_size == np.float32(0.5833731) and items.standard_distance == np.float32(67.49768)
    assert [m.inputs for m in (items.opacity_mlp, items.covariance_mlp, items.colour_mlp)] == [35, 35, 35]
    assert [m.outputs for m in (items.opacity_mlp, items.covariance_mlp, items.colour_mlp)] == [10, 70, 30]
    assert model.warnings == []


def test_larger_scenes_open_whole(block, town):
    assert len(load_model(block / "model").items) == 63472
    assert len(load_model(town / "model").items) == 169738


@pytest.mark.parametrize("schema", ["proxy", "octree", "scaffold"])
def test_raw_columns_are_activated(tmp_path, schema):
    raw = write_anchor_checkpoint(tmp_path, schema=schema, seed=3)
    items = load_model(tmp_path).items
    for loaded, written in ((items.position, raw.position), (items.offset, raw.offset), (items.feature, raw.feature),
                            (items.level, raw.level), (items.extra_level, raw.extra_level)):
        assert np.array_equal(loaded, written)
        assert loaded.dtype == torch.float32 and loaded.is_contiguous()
    assert np.allclose(items.scale, np.exp(raw.scale), rtol=1e-6)
    assert np.allclose(items.rotation, raw.rotation / np.linalg.norm(raw.rotation, axis=1, keepdims=True), atol=1e-6)


VARIANTS = [dict(), dict(feature_bank=True), dict(appearance_dim=4), dict(add_level=True), dict(add_opacity_dist=True),
            dict(add_cov_dist=True, add_color_dist=True), dict(n_offsets=5, feat_dim=16),
            dict(add_level=True, add_opacity_dist=True, add_cov_dist=True, add_color_dist=True, feature_bank=True,
                 appearance_dim=8)]


@pytest.mark.parametrize("unite", [False, True], ids=["torchscript", "unite"])
@pytest.mark.parametrize("schema", ["proxy", "octree", "scaffold"])
@pytest.mark.parametrize("variant", VARIANTS, ids=lambda v: "+".join(v) or "plain")
def test_decoders_compute_what_torch_computes(tmp_path, schema, variant, unite):
    raw = write_anchor_checkpoint(tmp_path, schema=schema, unite=unite, count=20, **variant)
    items = load_model(tmp_path).items
    level = variant.get("add_level", False) and schema != "scaffold"
    loaded = dict(opacity=items.opacity_mlp, covariance=items.covariance_mlp, colour=items.colour_mlp)
    for name, flag in zip(loaded, ("add_opacity_dist", "add_cov_dist", "add_color_dist")):
        assert (loaded[name].distance, loaded[name].level) == (variant.get(flag, False), level)
        assert loaded[name].features == variant.get("feat_dim", 32)
    assert items.colour_mlp.appearance == variant.get("appearance_dim", 0)
    if variant.get("feature_bank"):
        loaded["bank"] = items.bank_mlp
        assert (items.bank_mlp.distance, items.bank_mlp.level) == (schema == "scaffold", level)
    for name, mlp in loaded.items():
        x = torch.randn(4, mlp.inputs, generator=torch.Generator().manual_seed(0))
        assert torch.allclose(outputs(mlp, x), raw.mlps[name][:3](x), atol=1e-5)
    assert (items.bank_mlp is None) == ("bank" not in raw.mlps)
    assert np.array_equal(items.appearance, raw.appearance) if raw.appearance is not None else items.appearance is None


@pytest.mark.parametrize("level_map", ["round", "floor", "ceil", "progressive"])
def test_level_of_detail_comes_from_info_and_cfg_args(tmp_path, level_map):
    write_anchor_checkpoint(tmp_path, dist2level=level_map, fork=3)
    items = load_model(tmp_path).items
    assert (items.voxel_size, items.standard_distance) == (VOXEL_SIZE, STANDARD_DISTANCE)
    assert (items.fork, items.level_map, items.levels) == (3.0, level_map, 5)


def test_scaffold_has_no_levels(tmp_path):
    write_anchor_checkpoint(tmp_path, schema="scaffold")
    model = load_model(tmp_path)
    assert (model.source, model.near, model.items.levels, model.items.voxel_size) == ("scaffold-gs", 0.2, 0, 0.001)


def test_infinite_opacities_are_proxy_gs(tmp_path):
    write_anchor_checkpoint(tmp_path / "proxy", schema="proxy")
    edit_cfg(tmp_path / "proxy", "data_device='cpu'", "data_device='cuda'")
    write_anchor_checkpoint(tmp_path / "octree", schema="octree")
    proxy, octree = load_model(tmp_path / "proxy"), load_model(tmp_path / "octree")
    assert (proxy.source, proxy.near, proxy.warnings) == ("proxy-gs", 1e-4, [])
    assert (octree.source, octree.near) == ("octree-gs", 0.2)
    assert "suggests octree-gs" in octree.warnings[0]


def test_without_infinite_opacities_cfg_args_decides(tmp_path):
    write_anchor_checkpoint(tmp_path, schema="octree")
    edit_cfg(tmp_path, "data_device='cuda'", "data_device='cpu'")
    model = load_model(tmp_path)
    assert (model.source, model.near) == ("proxy-gs", 1e-4) and "suggests proxy-gs" in model.warnings[0]


def test_every_way_to_name_a_model_finds_it(tmp_path):
    write_anchor_checkpoint(tmp_path / "scene" / "trained", white_background=True)
    trained = tmp_path / "scene" / "trained"
    for path in (trained, tmp_path / "scene", trained / "point_cloud", (trained / PLY).parent, trained / PLY):
        model = load_model(path)
        assert len(model.items) == 200 and model.background == (1.0, 1.0, 1.0)  # so cfg_args was found too
        assert find_model(path).root == trained


def test_newest_iteration_is_the_largest_number(tmp_path):
    for iteration in (900, 30000, 7000):
        write_anchor_checkpoint(tmp_path / str(iteration), count=iteration // 100, iteration=iteration)
    target = tmp_path / "900"
    for iteration in (30000, 7000):
        name = f"iteration_{iteration}"
        shutil.copytree(tmp_path / str(iteration) / "point_cloud" / name, target / "point_cloud" / name)
    assert len(load_model(target).items) == 300
    assert len(load_model(target, iteration=7000).items) == 70
    with pytest.raises(InputError, match="no iteration 5, there are 900, 7000, 30000"):
        load_model(target, iteration=5)


def test_column_order_does_not_matter(tmp_path):
    raw = write_anchor_checkpoint(tmp_path, count=10)
    data = (tmp_path / PLY).read_bytes()
    start = data.index(b"end_header\n") + len(b"end_header\n")
    lines = data[:start].split(b"\n")
    properties = [line for line in lines if line.startswith(b"property")]
    table = np.frombuffer(data[start:], "<f4").reshape(10, -1)
    order = np.random.default_rng(0).permutation(len(properties))
    header = lines[:3] + [properties[i] for i in order] + [b"end_header", b""]
    (tmp_path / PLY).write_bytes(b"\n".join(header) + np.ascontiguousarray(table[:, order]).tobytes())
    items = load_model(tmp_path).items
    assert np.array_equal(items.offset, raw.offset) and np.array_equal(items.feature, raw.feature)


@pytest.mark.parametrize("column, value", [("x", np.nan), ("f_offset_7", np.inf), ("f_anchor_feat_3", np.nan),
                                           ("scale_4", np.nan), ("scale_1", 100.0), ("rot_2", -np.inf)])
def test_rows_that_are_not_finite_are_dropped_and_counted(tmp_path, column, value):
    raw = write_anchor_checkpoint(tmp_path)
    edit_column(tmp_path, column, 5, value)
    model = load_model(tmp_path)
    assert np.array_equal(model.items.position, np.delete(raw.position, 5, axis=0))
    assert np.array_equal(model.items.level, np.delete(raw.level, 5))
    assert model.warnings[0].startswith("1 of 200 rows were dropped, because a number is not finite")


def test_scalars_of_info_survive_rows_that_are_dropped(tmp_path):
    write_anchor_checkpoint(tmp_path)
    edit_column(tmp_path, "x", 0, np.nan)
    edit_column(tmp_path, "x", 1, np.nan)
    items = load_model(tmp_path).items
    assert len(items) == 198 and (items.voxel_size, items.standard_distance) == (VOXEL_SIZE, STANDARD_DISTANCE)


def test_a_model_with_no_finite_row_is_refused(tmp_path):
    write_anchor_checkpoint(tmp_path)
    edit_column(tmp_path, "y", slice(None), np.nan)
    with pytest.raises(InputError, match=r"point_cloud.ply: all 200 rows have a number that is not finite"):
        load_model(tmp_path)


def test_opacity_of_anchors_is_not_read(tmp_path):
    write_anchor_checkpoint(tmp_path)
    edit_column(tmp_path, "opacity", slice(3, 6), np.nan)
    assert len(load_model(tmp_path).items) == 200


def test_a_zero_quaternion_is_no_rotation(tmp_path):
    write_anchor_checkpoint(tmp_path)
    for i in range(4):
        edit_column(tmp_path, f"rot_{i}", 7, 0.0)
        edit_column(tmp_path, f"rot_{i}", 8, (0.0, 3e-30, 0.0, 4e-30)[i])
        edit_column(tmp_path, f"rot_{i}", 9, (0.0, 3e30, 0.0, 4e30)[i])
    rotation = load_model(tmp_path).items.rotation
    assert rotation[7].tolist() == [1, 0, 0, 0]
    assert torch.allclose(rotation[8:10], torch.tensor([0, 0.6, 0, 0.8]))


def test_a_model_without_cfg_args_opens_on_defaults(tmp_path):
    write_anchor_checkpoint(tmp_path, feature_bank=True, appearance_dim=4, add_cov_dist=True)
    (tmp_path / "cfg_args").unlink()
    model = load_model(tmp_path)
    assert (model.items.fork, model.items.level_map, model.background) == (2.0, "round", (0.0, 0.0, 0.0))
    assert model.items.covariance_mlp.distance and not model.items.opacity_mlp.distance
    assert model.items.colour_mlp.appearance == 4 and model.items.bank_mlp is not None


def test_widths_that_mean_two_things_need_cfg_args(tmp_path):
    flags = dict(add_opacity_dist=True, add_cov_dist=True, add_color_dist=True)
    write_anchor_checkpoint(tmp_path, **flags)
    assert load_model(tmp_path).items.opacity_mlp.distance
    (tmp_path / "cfg_args").unlink()
    with pytest.raises(InputError, match="opacity_mlp 1, cov_mlp 1, color_mlp 1, which cfg_args .* leaves open"):
        load_model(tmp_path)


def test_progress_is_told_what_comes(tmp_path):
    write_anchor_checkpoint(tmp_path)
    said = []
    load_model(tmp_path, progress=said.append)
    assert said[0] == "reading 200 vertices" and "cpu" in said[1]
