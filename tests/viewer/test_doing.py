"""What goes on beside the frames is told at the foot of the picture, whatever panel is in front."""

from dataclasses import replace

import numpy as np
from imgui_bundle import imgui

from viewer.camera_path import CameraPath
from viewer.doing import doing
from viewer.tour import Tour


def test_nothing_is_said_of_nothing(hand):
    hand.rest()
    message = imgui.internal.find_window_by_name("###message")  # None where there was none ever
    assert doing(hand.viewer) == "" and not (message and message.active)


def test_that_the_picture_is_coarse_where_the_menu_is_hidden(hand):
    viewer = hand.viewer
    viewer.pace.share = 0.35
    said = {}
    for viewer.settings in (replace(viewer.settings, panel=panel) for panel in (True, False)):
        said[viewer.settings.panel] = doing(viewer)
    assert said == {True: "", False: "35% of the resolution until it stops"}  # the menu says it where it is shown


def test_that_a_path_is_recorded_and_a_film_drawn(hand, tmp_path):
    viewer = hand.viewer
    hand.rest()
    dark = np.s_[660:690, 430:470]
    viewer.path.record_or_stop()
    hand.frame(4)
    assert doing(viewer).startswith("recording a path, 0.") and viewer.frame(capture=True)[dark].mean() < 130
    viewer.path.record_or_stop()
    viewer.path.tour = Tour(CameraPath.through([view.camera for view in viewer.scene.cameras[:2]]))
    viewer.path.out, viewer.path.size, viewer.path.fps = str(tmp_path / "film"), (48, 32), 4.0
    viewer.path.start_film()
    hand.frame(2)
    assert doing(viewer).startswith("film: ") and "/5 frames" in doing(viewer)
    hand.until(lambda: not viewer.path.film, "the film")
    assert doing(viewer) == ""
