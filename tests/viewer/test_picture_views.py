"""Each kind of picture shows what its entry in the table says, on the sample."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from gsrender.settings import RenderSettings
from viewer.colours import DISTANCE, EMPTY, HEAT, Scale, distances, legend, ramp
from viewer.frame import render_frame
from viewer.frustum import COLOUR, draw_frustum
from viewer.lines import clip
from viewer.legend import with_legend
from viewer.picture_views import PAINTERS, REMOVED, paint
from viewer.ruler import Ruler
from viewer.scene import open_scene
from viewer.shot import VIEW_OUTPUTS, Shot, Spare
from viewer.view_table import VIEW_NAMES
from viewer.wireframe import EDGE, OUTLINE, draw_wireframe
from vk_interop.proxy_surfaces import Surfaces

SIZE = 240, 160


@pytest.fixture(scope="module", params=["cpu", "cuda"])
def scene(request, street):
    if request.param == "cuda" and not torch.cuda.is_available():
        pytest.skip("no NVIDIA GPU")
    with open_scene(street / "model", backend=request.param, outputs=VIEW_OUTPUTS) as opened:
        yield opened


@pytest.fixture
def shot(scene):
    """test_0002, culled by the proxy."""
    camera = next(view.camera for view in scene.cameras if view.name == "test_0002")
    settings = RenderSettings("centre", background=scene.model.background)
    return Shot(scene, camera.with_near(scene.near).resized(*SIZE), settings, Spare(scene))


def picture_of(kind, shot):
    return paint(kind, shot).picture.cpu().numpy().astype(int)


def is_empty(picture):
    return (picture == EMPTY).all(-1)


def test_every_kind_in_the_table_is_painted_and_looks_different(shot):
    assert PAINTERS.keys() == set(VIEW_NAMES)
    pictures = {kind: paint(kind, shot).picture for kind in VIEW_NAMES}
    for kind, picture in pictures.items():
        assert picture.shape == (*reversed(SIZE), 3) and picture.dtype == torch.uint8
        others = [other for name, other in pictures.items() if name != kind]
        assert all((picture != other).any(-1).float().mean() > 0.03 for other in others), kind


def test_the_picture_is_the_one_that_render_draws(shot):
    expected = render_frame(shot.scene, shot.camera, shot.settings).rgba[..., :3].cpu().numpy()
    assert np.array_equal(picture_of("picture", shot), expected)


def test_alpha_is_black_where_nothing_is_and_white_where_all_is_covered(shot):
    alpha = shot.frame.alpha.cpu().numpy()
    np.testing.assert_allclose(picture_of("alpha", shot)[..., 0], 255 * alpha, atol=0.75)
    assert (alpha == 0).any() and alpha.max() > 0.99


@pytest.mark.parametrize("kind", ["depth", "proxy"])
def test_what_is_farther_is_darker_and_what_is_not_there_is_empty(shot, kind):
    z = (shot.frame.depth if kind == "depth" else shot.proxy_depth).cpu().numpy()
    picture = picture_of(kind, shot)
    assert np.array_equal(is_empty(picture), ~np.isfinite(z)) and 0.2 < is_empty(picture).mean() < 0.8
    order = np.argsort(z[np.isfinite(z)])
    brightness = picture[np.isfinite(z)].sum(-1)[order]
    assert (np.diff(brightness) <= 2).all()


def test_the_gap_is_blue_where_gaussians_are_nearer_and_red_where_they_are_farther(shot):
    behind = (shot.frame.depth - shot.proxy_depth).cpu().numpy()
    red, _, blue = np.moveaxis(picture_of("gap", shot), -1, 0)
    assert (red[behind > 1] > blue[behind > 1]).all() and (blue[behind < -1] > red[behind < -1]).all()
    assert (behind > 1).any() and (behind < -1).any()


def test_what_culling_removed_is_tinted_and_the_rest_is_left(shot):
    kept, painted = picture_of("picture", shot), picture_of("removed", shot)
    alpha = shot.removed.alpha.cpu().numpy()
    assert np.array_equal(kept[alpha == 0], painted[alpha == 0]) and (alpha == 0).any()
    much = alpha > 0.9
    assert much.mean() > 0.1 and (painted[much][:, 1] < 0.5 * np.minimum(painted[much][:, 0], 255)).mean() > 0.9
    assert shot.removed.rgba.shape == (*reversed(SIZE), 4) and REMOVED[1] < 100


def test_with_the_removed_ones_the_items_are_those_of_culling_off(shot):
    kept = len(shot.items)
    shot.removed
    removed = shot.spare.scene.renderer.stats.counts["visible"]
    render_frame(shot.scene, shot.camera, replace(shot.settings, culling="off"))
    assert kept + removed == shot.scene.renderer.stats.counts["visible"] and kept > 0 < removed


def test_a_margin_beyond_all_removes_nothing(shot):
    wide = Shot(shot.scene, shot.camera, replace(shot.settings, margin=1e6), shot.spare)
    assert np.array_equal(picture_of("removed", wide), picture_of("picture", wide))


def test_points_are_where_their_anchors_are(shot):
    painted, dim = picture_of("points", shot), (0.35 * picture_of("picture", shot)).astype(int)
    p = shot.scene.model.items.position[shot.items.long()].cpu().numpy()
    x, y, z = shot.camera.rotation @ p.T + np.array(shot.camera.camera_from_world)[:, 3:]
    u, v = (np.floor(f * t / z + c).astype(int) for f, t, c in ((shot.camera.fx, x, shot.camera.cx),
                                                                (shot.camera.fy, y, shot.camera.cy)))
    near = np.zeros(painted.shape[:2], bool)
    for right, down in np.ndindex(3, 3):
        a, b = u + right - 1, v + down - 1
        inside = (z > shot.camera.near) & (a >= 0) & (b >= 0) & (a < SIZE[0]) & (b < SIZE[1])
        near[b[inside], a[inside]] = True
    changed = np.abs(painted - dim).max(-1) > 1
    assert (changed == near).mean() > 0.999 and 0.02 < near.mean() < 0.5


def test_ellipses_are_flat_and_there_is_nothing_beside_them(shot):
    picture = picture_of("ellipses", shot)
    assert np.array_equal(is_empty(picture), shot.inspection.front.cpu().numpy() < 0)
    assert 0.1 < is_empty(picture).mean() < 0.9


def test_overdraw_and_pairs_are_brighter_where_there_is_more(shot):
    blended, listed = (values.cpu().numpy() for values in (shot.inspection.blended, shot.tile_splats))
    overdraw, pairs = picture_of("overdraw", shot).sum(-1), picture_of("pairs", shot).sum(-1)
    order = np.argsort(blended.ravel(), kind="stable")
    assert (np.diff(overdraw.ravel()[order]) >= -2).all() and overdraw.max() > 2 * overdraw.min()
    assert (pairs[:16, -16:] == pairs[0, -1]).all()
    of_tiles = pairs[8::16, 8::16]
    assert of_tiles[listed > 500].min() > of_tiles[(listed > 0) & (listed < 20)].max()


def test_a_frame_that_another_one_was_drawn_over_is_drawn_again(shot):
    blended, colour = shot.inspection.blended.clone(), shot.picture.clone()
    late = Shot(shot.scene, shot.camera, shot.settings, shot.spare, shot.frame)
    aside = next(view.camera for view in shot.scene.cameras if view.name == "test_0005").resized(120, 80)
    render_frame(shot.scene, aside, shot.settings)
    assert torch.equal(late.inspection.blended, blended) and torch.equal(late.picture, colour)
    assert late.tile_splats.shape == (10, 15)


def test_the_grid_changes_the_edges_of_tiles_alone(shot):
    changed = (picture_of("tiles", shot) != picture_of("picture", shot)).any(-1)
    assert not changed[1:16, 1:16].any() and changed[::16].mean() > 0.9 and changed[:, ::16].mean() > 0.9


def test_frozen_culling_shows_the_same_items_from_elsewhere_and_its_frustum(shot):
    shot.frame
    kept = shot.items.clone()
    aside = next(view.camera for view in shot.scene.cameras if view.name == "test_0005").resized(*SIZE)
    frozen = Shot(shot.scene, aside, replace(shot.settings, culling_camera=shot.camera), shot.spare)
    picture = picture_of("picture", frozen)
    assert torch.equal(frozen.items, kept)
    plain = frozen.picture.cpu().numpy()
    lines = (picture != plain).any(-1)
    assert 0 < lines.mean() < 0.05
    unhidden = np.abs(picture[lines] - COLOUR).max(-1) <= 1
    assert unhidden.any()


@pytest.mark.parametrize("kind", ["depth", "proxy", "gap", "points"])
def test_lengths_in_pictures_are_told_by_the_ruler(shot, kind):
    plain, told = (paint(kind, shot, ruler=ruler) for ruler in (Ruler(), Ruler(0.1)))
    if plain.legend.scale is None:  # levels of anchors, which are no lengths
        return
    assert plain.legend.title.endswith("scene units") and told.legend.title.endswith("metres")
    assert told.legend.scale.most == pytest.approx(0.1 * plain.legend.scale.most, rel=1.6)
    like = paint(kind, shot, told.legend.scale, ruler=Ruler(0.1))
    assert torch.equal(like.picture, told.picture) and like.legend == told.legend


def test_the_wireframe_is_drawn_where_the_proxy_is_and_its_outlines_where_it_ends(shot):
    plain, wired = picture_of("picture", shot), paint("picture", shot, wireframe=True).picture.cpu().numpy().astype(int)
    z, changed = shot.proxy_depth.cpu().numpy(), (plain != wired).any(-1)
    assert changed.mean() > 0.1 and not changed[np.isinf(z)].any()
    outline = (wired == OUTLINE).all(-1)
    beside = np.zeros(z.shape, bool)
    for axis in (0, 1):
        for step in (-1, 1):
            beside |= np.roll(np.isinf(z), step, axis)
    inside = np.s_[1:-1, 1:-1]  # rolling goes round
    assert outline[inside][(beside & np.isfinite(z))[inside]].all() and outline.mean() < 0.1


def test_the_wireframe_is_the_edges_of_the_triangles():
    """One triangle, right-angled in a corner of the picture: its long edge is drawn, its middle and what is beyond
    are left."""
    y, x = torch.meshgrid(torch.arange(64) + 0.5, torch.arange(64) + 0.5, indexing="ij")
    edge = torch.minimum(torch.minimum(x, y), (64 - x - y).abs() / 2 ** 0.5)
    inside = x + y < 64
    surfaces = Surfaces(torch.where(inside, 7, -1).int(), torch.zeros(64, 64).int(), inside * 2048.0, edge * inside,
                        torch.where(inside, 5.0, torch.inf))
    wired = draw_wireframe(torch.zeros(64, 64, 3, dtype=torch.uint8), surfaces)
    assert (wired[~inside] == 0).all() and (wired[20, 20] == 0).all() and wired[0, 20, 2] > 80 < wired[20, 0, 2]
    assert (wired[30, 32].int() == torch.tensor(OUTLINE).int()).all()


@pytest.mark.parametrize("ground", [0.0, 1.0], ids=["on black", "on white"])
def test_the_wireframe_is_seen(ground):
    """By the contrast that lines need to be made out: 3 to 1, of the luminance that colours have on a screen."""
    red, green, blue = ((value / 255 + 0.055) / 1.055 for value in EDGE)
    luminance = 0.2126 * red ** 2.4 + 0.7152 * green ** 2.4 + 0.0722 * blue ** 2.4
    lighter, darker = sorted((luminance + 0.05, ground + 0.05), reverse=True)
    assert lighter / darker > 3


def test_a_frustum_seen_by_its_own_camera_is_the_edge_of_the_picture(shot):
    black, nothing = torch.zeros((*reversed(SIZE), 3), dtype=torch.uint8), torch.full((*reversed(SIZE),), torch.inf)
    wider = shot.camera.moved(shot.camera.world_from_camera)
    wider = replace(wider, fx=wider.fx / 2, fy=wider.fy / 2)
    found = draw_frustum(black, nothing, wider, shot.camera, 5.0)[..., 0] > 0
    rows, columns = np.nonzero(found.numpy())
    assert [rows.min(), rows.max(), columns.min(), columns.max()] == pytest.approx([40, 120, 60, 180], abs=1)


@pytest.mark.parametrize("start, end, shares", [
    ((10, 10), (20, 20), (0, 1)), ((-10, 50), (110, 50), (1 / 12, 11 / 12)), ((-10, 5), (-1, 5), (0, 0)),
    ((50, -100), (50, 100), (0.5, 1)), ((200, 20), (200, 30), (0, 0))])
def test_lines_are_cut_at_the_pictures_edges(start, end, shares):
    assert clip(np.array(start, float), np.array(end, float), 100, 100) == pytest.approx(shares)


def test_scales_end_at_round_numbers_and_say_what_lies_between():
    scale = distances(torch.tensor([1.7, 3.0, 42.0, torch.inf]))
    assert (scale.least, scale.most) == (1, 50)
    assert [text for _, text in scale.ticks()] == ["1", "2", "5", "10", "20", "50"]
    assert scale.place(torch.tensor([0.5, 1.0, 50.0, 99.0])).tolist() == pytest.approx([0, 0, 1, 1])
    assert [place for place, _ in Scale(0, 10).ticks()] == [0, 0.5, 1]
    nothing = distances(torch.tensor([torch.inf]))
    assert 0 < nothing.least < nothing.most


def test_ramps_go_through_their_colours():
    found = ramp(HEAT, torch.linspace(0, 1, len(HEAT)))
    assert found.tolist() == [list(colour) for colour in HEAT]


def test_a_legend_stands_in_the_corner_and_only_where_it_is_legible():
    key = legend("view z, scene units", DISTANCE, Scale(1, 100, True))
    grey = Image.new("RGB", (480, 320), (128, 128, 128))
    drawn = np.asarray(with_legend(grey, key))
    changed = (drawn != 128).any(-1)
    assert changed[240:, :300].mean() > 0.5 and not changed[:220].any() and not changed[:, 320:].any()
    assert np.asarray(with_legend(grey, None)).tolist() == np.asarray(grey).tolist()
    small = grey.resize((120, 80))
    assert with_legend(small, key) is small
