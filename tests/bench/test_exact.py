"""What culling would have to draw again: nothing behind a wall, everything where one can see through it."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from bench import exact
from bench.exact import NOWHERE, TILE, finished_before, kept_and_dropped, look

from gsrender import Camera, DepthBuffer, Renderer, RenderSettings
from gsrender.model import GaussianModel, Splats

WALL, PROXY, BEHIND = 4.0, 5.0, 9.0  # scene units before the camera
CAMERA = Camera.look_at((0, 0, 0), (1, 0, 0), width=200, height=120, fov_y=60)
DEPTH = DepthBuffer.from_tensor(torch.full((120, 200), PROXY))


def scene(opacity) -> Renderer:
    """A wall all over the picture, of splats with an opacity of their y, and small ones behind a part of it."""
    random = np.random.default_rng(5)
    y, z = (grid.ravel() for grid in np.meshgrid(np.arange(-5, 5, 0.25), np.arange(-4, 4, 0.25)))
    wall = np.column_stack([np.full(len(y), WALL), y, z])
    behind = np.column_stack([random.uniform(BEHIND, BEHIND + 3, 150), random.uniform(1, 7, 150),
                              random.uniform(-4, 4, 150)])
    position = torch.tensor(np.concatenate([wall, behind]), dtype=torch.float32)
    scale = torch.full_like(position, 0.3)
    scale[len(wall):] = 0.1
    opacities = torch.full((len(position),), 0.8)
    opacities[:len(wall)] = torch.as_tensor(opacity(y), dtype=torch.float32)
    sh = torch.tensor(random.normal(0, 1, (len(position), 1, 3)), dtype=torch.float32)
    rotation = torch.tensor([1.0, 0, 0, 0]).repeat(len(position), 1)
    return Renderer(GaussianModel(Splats(position, scale, rotation, opacities, sh), "3dgs", (0, 0, 0), 0.2))


@pytest.mark.parametrize("opacity, left", [(1.0, False), (0.02, True)])
def test_an_opaque_wall_finishes_all_tiles_before_what_it_hides_and_a_transparent_one_none(opacity, left):
    for found in look(scene(lambda y: np.full(len(y), opacity)), CAMERA, DEPTH).values():
        assert 0.2 < found.untouched / found.tiles < 0.8 and found.dropped > 100
        assert found.finished == (0 if left else found.tiles - found.untouched)
        assert found.back == (found.dropped if left else 0)
        assert 0.2 < found.again / found.pairs < 0.8 if left else found.again == 0


def test_a_wall_finishes_no_tile_before_what_is_nearer_than_it():
    renderer = scene(np.ones_like)
    kept, _ = kept_and_dropped(renderer, CAMERA, DEPTH)
    for depth, finished in ((WALL - 1, False), (WALL + 1, True)):
        bits = torch.tensor(depth).view(torch.int32).long()
        assert (finished_before(renderer, kept, bits.expand_as(kept.sizes)) == finished).all()


def test_culling_changes_only_tiles_that_are_neither_untouched_nor_finished():
    renderer = scene(lambda y: np.clip((y + 4) / 8, 0.02, 1))
    off = renderer.render(CAMERA).rgb.clone()
    changed = (renderer.render(CAMERA, DEPTH, RenderSettings("footprint")).rgb != off).any(-1).float()
    changed = F.max_pool2d(changed[None], TILE, ceil_mode=True).reshape(-1) > 0
    kept, dropped = kept_and_dropped(renderer, CAMERA, DEPTH)
    for where in (dropped.footprint(columns=13), dropped.shows()):
        nearest = dropped.nearest(*where)
        finished, untouched = finished_before(renderer, kept, nearest), nearest == NOWHERE
        assert (finished & ~untouched).sum() > 5 and changed.sum() > 5
        assert not (changed & (finished | untouched)).any()


def test_the_table_has_two_lines_a_scene(capsys):
    assert exact.main(["street", "--views", "2", "--width", "240", "--height", "160"]) == 0
    lines = capsys.readouterr().out.splitlines()[2:]
    assert [line.split()[:3] for line in lines] == [["street", "2", "footprint"], ["street", "2", "shows"]]
    for line in lines:
        kept, untouched, finished, left = (float(word[:-1]) for word in line.split()[3:7])
        assert 0 < kept < 100 and untouched + finished + left == pytest.approx(100, abs=0.2)


def test_a_scene_that_is_not_there_is_refused_in_a_sentence(capsys):
    assert exact.main(["nowhere"]) == 2 and "no scene is called 'nowhere'" in capsys.readouterr().err
