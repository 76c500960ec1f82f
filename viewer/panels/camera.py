"""Where the camera is and how it moves."""

from __future__ import annotations

import math
from dataclasses import replace

from imgui_bundle import imgui

from viewer.controls import SPEED_RANGE, State, next_view
from viewer.panels.rows import button, choice_row, list_row, numbers_row, slider_row, stat_row, table
from viewer.settings import ViewerSettings


def draw(app) -> ViewerSettings:
    app.state, view, home = _moving(app.state, app.view, [view.name for view in app.scene.cameras])
    if home:
        app.go_home()
    elif view != app.view:
        app.fly_to(view)
    return app.settings


def _moving(state: State, view: int | None, names: list[str]) -> tuple[State, int | None, bool]:
    """The state and the dataset camera that were chosen, and whether to go home. `names` are the dataset's cameras."""
    with table("camera", 0.3):
        mode = choice_row("mode", state.mode, ("fly", "orbit"), "fly: drag looks around, WASD moves. orbit: drag "
                          "turns around the pivot, the wheel goes to it. (V)")
        state = state.with_mode(mode) if mode != state.mode else state
        least, most = (bound * state.space.radius for bound in SPEED_RANGE)
        state = state.with_speed(slider_row("speed", state.speed, least, most, "%.3g units/s",
                                            "Scene units a second; Shift is four times that, Alt a quarter. The "
                                            "wheel changes it while flying.", log=True))
        state = _position_row(state)
        stat_row("heading, pitch", f"{math.degrees(state.pose.yaw) % 360:.1f}°, {math.degrees(state.pose.pitch):.1f}°",
                 "Direction of view: about the up axis, and above the horizon.")
        if names:
            view = list_row("dataset view", view, names, "Cameras of the dataset; choosing one flies there. "
                            "(Left, Right)", "none")
    if names:
        if button("previous", "The camera before in the dataset. (Left)"):
            view = next_view(view, -1, len(names))
        imgui.same_line()
        if button("next", "The next camera of the dataset. (Right)"):
            view = next_view(view, 1, len(names))
        imgui.same_line()
    home = button("reset", "Back to the first view and speed. (R)")
    return state, view, home


def _position_row(state: State) -> State:
    position = numbers_row("position", state.pose.position, "%.2f",
                           "The camera's place in the world, x y z in scene units. Type and press Enter to go there.")
    return replace(state.at_rest(), pose=replace(state.pose, position=position)) if position else state
