"""A model of plain splats, compared with itself in half precision."""

from dataclasses import replace

import numpy as np
import pytest
from desktop import Hand, usual_settings, watch_places
from plain import write_plain

from gsrender.memory import NoRoom
from gsrender.renderer import Renderer
from viewer.app import Viewer
from viewer.look import Look
from viewer.panels import PANELS
from viewer.scene import open_scene
from viewer.shot import VIEW_OUTPUTS
from viewer.way import Way, described
from vk_interop.window import Window, surface_extensions


@pytest.fixture
def hand(display, tmp_path, monkeypatch):
    """On a window of such a model, with the panel Compare alone."""
    path = write_plain(tmp_path, 3000)
    closed = tuple(panel.name for panel in PANELS if panel.name != "Compare")
    with open_scene(path, backend="cpu", outputs=VIEW_OUTPUTS, surface_extensions=surface_extensions()) as scene:
        viewer = Viewer(scene, Window(scene.device, 900, 700, "plain"), usual_settings(scene, closed=closed))
        hand = Hand(viewer, "plain")
        hand.places = watch_places(monkeypatch)
        yield hand
        viewer.close()


def test_half_precision_is_chosen_for_the_second_picture(hand):
    viewer, scene = hand.viewer, hand.viewer.scene
    hand.rest()
    _, second = viewer.canvas.looking.both(Look(), viewer.settings.render)
    hand.click(*hand.places["half precision"])
    assert viewer.settings.look.other == replace(second, half=True)
    viewer.set(look=Look(compare="second", other=viewer.settings.look.other))
    hand.move(890, 690)
    shown = hand.see()
    left, top, width, height = viewer.area
    camera = viewer.state.camera(width, height)
    half = Renderer(scene.model.stored("half")).render(camera, settings=viewer.settings.render).rgba[..., :3].numpy()
    full = scene.renderer.render(camera, settings=viewer.settings.render).rgba[..., :3].numpy()
    lower = np.s_[height // 2:height - 40]
    assert np.array_equal(shown[top:top + height, left:left + width][lower], half[lower])
    assert (half[lower] != full[lower]).any() and 40 < viewer.canvas.looking.psnr < 100


def test_what_both_have_is_counted_once(hand):
    viewer, model = hand.viewer, hand.viewer.scene.model
    viewer.set(look=Look(compare="split"))
    hand.rest()
    before = viewer.canvas.looking.nbytes
    viewer.set(look=Look(compare="split", other=Way(viewer.settings.render, half=True)))
    hand.rest()
    colours = model.items.sh.nbytes // 2
    beside = model.stored("half", beside=True)
    assert beside.nbytes == colours and beside.items.position is model.items.position
    assert colours < viewer.canvas.looking.nbytes - before < colours + 2 * viewer.spare.nbytes
    assert min(viewer.memory.values()) >= 0


def test_without_memory_for_it_a_sentence_says_so(hand, monkeypatch):
    viewer, limit = hand.viewer, hand.viewer.scene.limit
    viewer.set(look=Look(compare="split"))
    hand.rest()
    monkeypatch.setattr(limit, "most", limit.used)
    with pytest.raises(NoRoom, match="the colours of 3,000 splats in 16 bits needs"):
        viewer.scene.in_half()
    viewer.set(look=Look(compare="split", other=Way(viewer.settings.render, half=True)))
    hand.until(lambda: viewer.notices, "a sentence")
    assert "in 16 bits needs" in viewer.notices[0] and viewer.settings.look == Look()


def test_it_is_told_apart(hand):
    first = Way(hand.viewer.settings.render)
    assert described(Way(first.render, half=True), first) == "culling off, half precision"
