"""Windows over the others, in a real window."""

import numpy as np
import pytest
from imgui_bundle import imgui


@pytest.mark.parametrize("action, title", [("help", "Keys"), ("open", "Open")])
def test_an_edge_tells_a_window_from_the_panels_under_it(desk, action, title):
    desk.viewer.act(action)
    desk.viewer.stir()
    desk.frame(6)
    shown, window = desk.viewer.frame(capture=True).astype(int), imgui.internal.find_window_by_name(title)
    left, top = round(window.pos.x), round(window.pos.y) + 30
    right = round(window.pos.x + window.size.x)
    for edge in (left, right):  # ImGui rounds places
        near = shown[top:top + 60, edge - 4:edge + 4]
        assert np.median(np.abs(np.diff(near, axis=1)).max(2), 0).max() > 30
    desk.viewer.act("escape")
