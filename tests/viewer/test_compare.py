"""What culling changes is measured of whole pictures, and of the view that stands."""

from dataclasses import replace

import numpy as np
import pytest

from gsrender.renderer import Renderer
from gsrender.settings import RenderSettings
from viewer.compare import Comparison
from viewer.frame import draw_frame, render_frame
from viewer.shot import VIEW_OUTPUTS


@pytest.fixture
def view(scene, monkeypatch):
    monkeypatch.setattr("viewer.compare.PAUSE", 0)
    return scene.cameras[9].camera.with_near(scene.near), RenderSettings("centre", background=scene.model.background)


@pytest.fixture
def small(scene):
    """The scene with so little room for pairs that the first picture lacks most of its tiles."""
    renderer = Renderer(scene.model, VIEW_OUTPUTS)
    renderer.buffers.fit(replace(renderer.buffers.room, pairs=1 << 12))
    return replace(scene, renderer=renderer)


def test_a_picture_that_lacks_items_is_not_compared_and_the_next_one_is(scene, small, view):
    comparison = Comparison(small)
    frame = draw_frame(small, *view)
    assert not small.renderer.wait()
    assert not comparison.look(*view, frame) and comparison.compared is None
    frame = draw_frame(small, *view)
    assert small.renderer.wait()
    assert comparison.look(*view, frame)
    other = Comparison(scene)
    other.look(*view, render_frame(scene, *view))
    assert comparison.psnr == other.psnr and np.array_equal(comparison.compared.culled, other.compared.culled)


def test_a_full_picture_that_lacks_items_is_drawn_again(scene, view):
    comparison = Comparison(scene)
    comparison._renderer = Renderer(scene.model, ("alpha",))
    buffers = comparison._renderer.buffers
    buffers.fit(replace(buffers.room, pairs=1 << 12))
    frame = render_frame(scene, *view)
    assert comparison.look(*view, frame) and comparison.psnr is None
    assert comparison.look(*view, frame) and comparison.psnr > 20
    assert not comparison.look(*view, frame)


def test_what_was_compared_is_not_told_of_another_view(scene, view):
    comparison = Comparison(scene)
    comparison.look(*view, render_frame(scene, *view))
    assert comparison.compared.camera == view[0]
    comparison.look(view[0], replace(view[1], culling="off"), render_frame(scene, *view))
    assert comparison.compared is None
