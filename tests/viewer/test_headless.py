"""`render` and `depth`: the real commands on the real sample."""

import json
import re
import shutil

import numpy as np
import pytest
import torch
from PIL import Image

VIEWS = ("test_0002", "test_0005", "test_0009")


@pytest.fixture(scope="module")
def reference(request):
    return request.config.rootpath / "tests" / "reference" / "street"


@pytest.fixture
def splits(street, tmp_path):
    """Two cameras files, each with another view of the name 0000: the options that name them."""
    fly = json.loads((street / "transforms_fly.json").read_text())
    for split, frame in (("train", 0), ("test", 40)):
        one = fly | {"w": 96, "h": 64, "frames": [fly["frames"][frame] | {"file_path": "0000"}]}
        (tmp_path / f"transforms_{split}.json").write_text(json.dumps(one))
    return ["--cameras", tmp_path / "transforms_train.json"], ["--cameras", tmp_path / "transforms_test.json"]


def decibels(a, b):
    a, b = (np.asarray(Image.open(path).convert("RGB"), np.float64) for path in (a, b))
    assert a.shape == b.shape
    return 10 * np.log10(255 ** 2 / np.mean((a - b) ** 2))


def stats_of(folder):
    return json.loads((folder / "stats.json").read_text())["views"]


@pytest.mark.parametrize("culling, name", [("centre", "culled"), ("off", "full")])
def test_render_gives_the_reference_pictures_and_counts(viewer, street, reference, tmp_path, culling, name):
    ran = viewer("render", street / "model", "--scene", street / "proxy.glb", "--views", ",".join(VIEWS),
                 "--cameras", street / "model/cameras.json", "--culling", culling, "--out", tmp_path,
                 "--lod-error", "off")
    assert ran.code == 0 and not ran.out
    counts = json.loads((reference / "reference.json").read_text())["views"]
    assert list(stats_of(tmp_path)) == list(VIEWS)
    for view, stats in stats_of(tmp_path).items():
        assert decibels(tmp_path / f"{view}.png", reference / f"{view}_{name}.png") >= 38
        expected = counts[view][name]
        assert stats["lod_anchors"] == expected["lod_anchors"]
        assert abs(stats["visible_anchors"] - expected["visible_anchors"]) <= 2
        assert stats["gaussians"] == pytest.approx(expected["gaussians"], rel=1e-3)
        assert 0 < stats["drawn"] <= stats["gaussians"] and stats["culling"] == culling
        stages = ["proxy depth"] * (culling != "off") + ["cull", "decode", "project", "sort", "blend"]
        assert "+".join(stats["ms"]) == "+".join(stages) and all(time >= 0 for time in stats["ms"].values())


def test_pictures_through_depth_caches_are_those_through_the_proxy_itself(viewer, street, tmp_path):
    common = "--cameras", street / "model/cameras.json", "--views", "test_0005", "--size", "480x320"
    assert viewer("depth", street / "proxy.glb", *common, "--out", tmp_path / "depth").code == 0
    assert viewer("render", street / "model", *common, "--lod-error", "off", "--out", tmp_path / "direct").code == 0
    assert viewer("render", street / "model", *common, "--depth-from", tmp_path / "depth", "--out",
                  tmp_path / "cached").code == 0
    direct, cached = ((tmp_path / way / "test_0005.png").read_bytes() for way in ("direct", "cached"))
    assert direct == cached
    assert "proxy depth" not in stats_of(tmp_path / "cached")["test_0005"]["ms"]


def test_the_depth_of_another_split_is_not_taken_for_a_views_own(viewer, street, tmp_path, splits):
    train, test = splits
    depth, out = tmp_path / "depth", tmp_path / "out"
    render = "render", street / "model", "--depth-from", depth, "--out"
    assert viewer("depth", street / "proxy.glb", *train, "--out", depth).code == 0
    assert "0000.npy: depth of a view of train" in viewer(*render, out / "1", *test).err
    assert viewer("depth", street / "proxy.glb", *test, "--out", depth).code == 0
    assert viewer(*render, out / "2", *test).code == 0
    assert viewer("render", street / "model", *test, "--lod-error", "off", "--out", out / "3").code == 0
    assert (out / "2" / "0000.png").read_bytes() == (out / "3" / "0000.png").read_bytes()


@pytest.fixture(scope="module")
def sample(street, tmp_path_factory):
    """The sample's model and proxy where clusters can be kept beside it, so that they are built once."""
    folder = tmp_path_factory.mktemp("sample")
    shutil.copytree(street, folder, dirs_exist_ok=True)
    return folder


def test_a_simplified_proxy_hides_hardly_more_and_says_what_it_drew(viewer, sample, reference, tmp_path):
    common = "render", sample / "model", "--views", ",".join(VIEWS), "--culling", "centre"
    assert viewer(*common, "--out", tmp_path / "lod").code == 0
    assert viewer(*common, "--lod-error", "off", "--out", tmp_path / "off").code == 0
    lod, off = stats_of(tmp_path / "lod"), stats_of(tmp_path / "off")
    for view in VIEWS:
        assert lod[view]["visible_anchors"] >= 0.999 * off[view]["visible_anchors"]
        assert lod[view]["triangles_drawn"] < off[view]["triangles_drawn"]
        assert sum(lod[view]["clusters_by_level"]) == lod[view]["clusters_drawn"]
        assert len(off[view]["clusters_by_level"]) == 1
        fastest = "compute" if torch.cuda.is_available() else "vertex"
        assert (lod[view]["lod_error"], lod[view]["raster"]) == (1.0, fastest)
        assert (off[view]["lod_error"], off[view]["raster"]) == ("off", "vertex")
        assert decibels(tmp_path / "lod" / f"{view}.png", reference / f"{view}_culled.png") >= 34


@pytest.mark.parametrize("kind", ["proxy", "clusters", "levels", "triangles"])
def test_views_show_the_proxy_where_it_is_and_nothing_where_it_is_not(viewer, sample, reference, tmp_path, kind):
    assert viewer("render", sample / "model", "--view", kind, "--views", "test_0002", "--out", tmp_path).code == 0
    above = np.s_[:560]  # the legend
    picture = np.asarray(Image.open(tmp_path / "test_0002.png"))[above]
    hit = np.isfinite(np.load(reference / "exact.npz")["test_0002_depth"])[above]
    assert np.mean((picture != (24, 24, 32)).any(-1) == hit) > 0.995
    colours = len(np.unique(picture[hit], axis=0))
    assert colours > 100 if kind != "levels" else 2 <= colours <= 8


def test_a_view_of_a_proxy_that_is_not_there_is_refused(viewer, street, tmp_path):
    shutil.copytree(street / "model", tmp_path / "alone" / "model")
    ran = viewer("render", tmp_path / "alone" / "model", "--view", "proxy", "--out", tmp_path / "out")
    assert ran.code == 2 and "--view proxy: there is no proxy" in ran.err


def test_a_view_of_what_culling_removed_is_refused_where_it_is_off(viewer, street, tmp_path):
    ran = viewer("render", street / "model", "--view", "removed", "--culling", "off", "--out", tmp_path / "out")
    assert ran.code == 2 and "culling is off, so nothing is removed" in ran.err


def test_frozen_culling_keeps_what_the_frozen_view_keeps(viewer, street, tmp_path):
    common = "render", street / "model", "--size", "96x64", "--views"
    assert viewer(*common, "test_0002", "--out", tmp_path / "own").code == 0
    assert viewer(*common, "test_0002,test_0005", "--freeze", "test_0002", "--out", tmp_path / "frozen").code == 0
    own, frozen = stats_of(tmp_path / "own")["test_0002"], stats_of(tmp_path / "frozen")
    assert frozen["test_0005"]["visible_anchors"] == frozen["test_0002"]["visible_anchors"] == own["visible_anchors"]
    assert frozen["test_0005"]["drawn"] < frozen["test_0002"]["drawn"] == own["drawn"]
    ran = viewer(*common, "test_0002", "--freeze", "nowhere", "--out", tmp_path / "none")
    assert ran.code == 2 and "--freeze: no view is called 'nowhere'" in ran.err


def test_depth_is_linear_view_z_and_infinite_where_nothing_is(viewer, street, reference, tmp_path):
    assert viewer("depth", street / "proxy.glb", "--cameras", street / "model/cameras.json", "--views", "test_0002",
                  "--out", tmp_path).code == 0
    ours, theirs = np.load(tmp_path / "test_0002.npy"), np.load(reference / "exact.npz")["test_0002_depth"]
    stats = stats_of(tmp_path)["test_0002"]
    assert stats["lod_error"] == "off" and stats["clusters_by_level"] == [stats["clusters_drawn"]]
    assert ours.dtype == np.float32 and ours.shape == (640, 960)
    assert np.mean(np.isfinite(ours) == np.isfinite(theirs)) >= 0.9995
    both = np.isfinite(ours) & np.isfinite(theirs)
    assert np.mean(np.abs(ours[both] - theirs[both]) <= 0.003 * theirs[both]) >= 0.9985


def test_far_is_where_the_proxy_ends(viewer, street, tmp_path):
    assert viewer("depth", street / "proxy.glb", "--cameras", street / "model/cameras.json", "--views", "test_0002",
                  "--size", "96x64", "--far", "10", "--out", tmp_path).code == 0
    depth = np.load(tmp_path / "test_0002.npy")
    assert np.isinf(depth).any() and depth[np.isfinite(depth)].max() <= 10


def test_one_name_in_two_splits_makes_two_pictures_in_one_run_or_in_two(viewer, street, tmp_path, splits):
    train, test = splits
    common = "render", street / "model", "--culling", "off", "--out"
    assert viewer(*common, tmp_path / "once", *train, *test).code == 0
    assert viewer(*common, tmp_path / "twice", *train).code == 0
    assert viewer(*common, tmp_path / "twice", *test).code == 0
    assert list(stats_of(tmp_path / "once")) == ["train/0000", "test/0000"]
    assert list(stats_of(tmp_path / "twice")) == ["0000", "test/0000"]
    pictures = [(tmp_path / name).read_bytes() for name in
                ("once/train/0000.png", "once/test/0000.png", "twice/0000.png", "twice/test/0000.png")]
    assert pictures[0] == pictures[2] != pictures[1] == pictures[3]


def test_a_view_of_a_colmap_model_is_the_picture_of_the_same_view_elsewhere(viewer, street, tmp_path):
    """Straight down from 30 units above: a turn of half a circle about x, in both formats."""
    pose = [[1, 0, 0, 20], [0, 1, 0, 5], [0, 0, 1, 30], [0, 0, 0, 1]]  # OpenGL's axes
    frames = [{"file_path": "a", "transform_matrix": pose}]
    (tmp_path / "transforms.json").write_text(json.dumps({"fl_x": 60.0, "w": 96, "h": 64, "frames": frames}))
    (tmp_path / "colmap" / "sparse" / "0").mkdir(parents=True)
    (tmp_path / "colmap" / "sparse" / "0" / "cameras.txt").write_text("1 OPENCV 96 64 60 60 48 32 0.1 0 0 0\n")
    (tmp_path / "colmap" / "sparse" / "0" / "images.txt").write_text("1 0 1 0 0 -20 5 30 1 a.png\n\n")
    ran = [viewer("render", street / "model", "--culling", "off", "--cameras", tmp_path / cameras, "--out",
                  tmp_path / "out" / cameras) for cameras in ("transforms.json", "colmap")]
    assert [r.code for r in ran] == [0, 0]
    assert "lens distortion (OPENCV) of 1 of 1 cameras is left out" in ran[1].err and "OPENCV" not in ran[0].err
    pictures = [(tmp_path / "out" / cameras / "a.png").read_bytes() for cameras in ("transforms.json", "colmap")]
    assert pictures[0] == pictures[1]
    assert np.asarray(Image.open(tmp_path / "out" / "colmap" / "a.png")).std() > 10


def test_a_plain_model_counts_splats(viewer, block, tmp_path):
    assert viewer("render", block / "plain/point_cloud.ply", "--scene", block / "proxy.glb", "--cameras",
                  block / "transforms_test.json", "--views", "test_0000", "--background", "white", "--out",
                  tmp_path).code == 0
    stats = stats_of(tmp_path)["test_0000"]
    assert stats["splats"] == 40_000 and 0 < stats["visible_splats"] <= 40_000 and stats["culling"] == "off"
    assert decibels(tmp_path / "test_0000.png", block / "plain/reference/test_0000.png") >= 50


@pytest.mark.parametrize("extra, told", [
    (["--views", "test_9999"], "no view is called 'test_9999'"),
    (["--cameras", "missing.json"], "missing.json: no such file"),
    (["--iteration", "7"], "no iteration 7"),
    (["--scene", "missing.glb"], "missing.glb: no such file"),
    (["--depth-from", "missing", "--culling", "off"], "--depth-from missing: no such directory"),
    (["--depth-from", ".", "--culling", "centre"], "test_0002.npy: no such file; `python -m viewer depth` writes"),
    (["--appearance", "3"], "--appearance 3: the model has no appearance embedding"),
])
def test_wrong_input_is_one_sentence_and_leaves_no_picture(viewer, street, tmp_path, extra, told, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ran = viewer("render", street / "model", "--views", "test_0002", "--size", "96x64", "--out", tmp_path / "out",
                 *extra)
    assert ran.code == 2 and told in ran.err.splitlines()[-1] and ran.err.splitlines()[-1].startswith("viewer: ")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("array, told", [
    (np.zeros((64, 64), np.float32), r"float32 [64, 64], expected floating point [64, 96]"),
    (np.zeros((64, 96), np.int32), "int32 [64, 96], expected floating point"),
    (np.full((64, 96), [[0.0], [-1.0]] + [[np.inf]] * 62), "192 of 6,144 values are 0 or less, expected view z"),
    (np.array([{}], object), "damaged, or not a .npy file of numbers"),
    (b"", "damaged, or not a .npy file of numbers"),
    (b"PK\3\4 cut off", "damaged, or not a .npy file of numbers"),
    (b"\x93NUMPY\1\0\20\0{'descr': (\0     \n", "damaged, or not a .npy file of numbers"),
    (5000, "damaged, or not a .npy file of numbers"),
])
def test_a_depth_cache_that_does_not_fit_is_refused(viewer, street, tmp_path, array, told):
    path = tmp_path / "test_0002.npy"
    np.save(path, np.ones((64, 96), np.float32) if isinstance(array, (int, bytes)) else array, allow_pickle=True)
    if isinstance(array, (int, bytes)):  # cut off, or something else
        path.write_bytes(array if isinstance(array, bytes) else path.read_bytes()[:array])
    ran = viewer("render", street / "model", "--views", "test_0002", "--size", "96x64", "--depth-from", tmp_path,
                 "--out", tmp_path / "out")
    assert ran.code == 2 and told in ran.err and "pickle" not in ran.err and not list((tmp_path / "out").glob("*.png"))


def test_an_empty_picture_says_why_it_is_empty(viewer, street, tmp_path):
    view = json.loads((street / "model/cameras.json").read_text())[0]
    (tmp_path / "far.json").write_text(json.dumps([view | {"position": [1e14, 0, 0], "img_name": "far"}]))
    common = "render", street / "model", "--backend", "cpu", "--size", "48x32", "--out", tmp_path / "out"
    ran = viewer(*common, "--cameras", tmp_path / "far.json")
    assert ran.code == 0 and "warning: far: the scene is too far away to be seen\n" in ran.err
    ran = viewer(*common, "--views", view["img_name"], "--crop", "900,900,900,901,901,901")
    assert ran.code == 0 and f"warning: {view['img_name']}: nothing of the scene is in the crop box\n" in ran.err


def test_a_model_without_cameras_is_told_to_name_some(viewer, street, tmp_path):
    shutil.copytree(street / "model", tmp_path / "a" / "model")
    (tmp_path / "a/model/cameras.json").unlink()
    for command in (["render", "--out", tmp_path / "out"], ["bench"]):
        ran = viewer(*command, tmp_path / "a/model")
        assert ran.code == 2 and "no cameras.json beside the model" in ran.err and "with --cameras" in ran.err


def test_a_view_whose_name_is_too_long_for_a_file_is_one_sentence(viewer, street, tmp_path):
    fly = json.loads((street / "transforms_fly.json").read_text())
    one = fly | {"w": 96, "h": 64, "frames": [fly["frames"][0] | {"file_path": 300 * "a"}]}
    (tmp_path / "transforms.json").write_text(json.dumps(one))
    ran = viewer("render", street / "model", "--cameras", tmp_path / "transforms.json", "--out", tmp_path / "out")
    assert ran.code == 2 and ran.err.splitlines()[-1].endswith("a.png: cannot be written, File name too long")


@pytest.mark.parametrize("command", ["render", "fly", "serve", "window"])
def test_culling_without_anything_to_cull_by_is_refused(viewer, street, tmp_path, command):
    shutil.copytree(street / "model", tmp_path / "a" / "model")
    more = {"render": ["--out", tmp_path / "out"], "serve": [], "fly": [
        "--path", street / "model/cameras.json", "--out", tmp_path / "out"], "window": [
        "--frames", 1, "--screenshot", tmp_path / "shot.png"]}[command]
    name = [] if command == "window" else [command]
    ran = viewer(*name, tmp_path / "a/model", "--backend", "cpu", "--culling", "footprint", *more)
    assert ran.code == 2 and "--culling footprint: nothing to cull by; name the proxy with --scene" in ran.err
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize("gib, told", [("0.004", "16,067 anchors and 112,019 triangles will take about [0-9.]+ MiB of "
                                                 "memory, and 4.1 MiB may be taken: --memory-limit may allow more"),
                                       ("0.02", "needs .* more, and of the 20.5 MiB of memory that may be taken")])
def test_too_little_memory_is_one_sentence_and_exit_code_3(viewer, street, tmp_path, gib, told):
    ran = viewer("render", street / "model", "--views", "test_0005", "--memory-limit", gib, "--out", tmp_path / "out")
    assert ran.code == 3 and re.search(told, ran.err) and not list(tmp_path.rglob("*.png"))
