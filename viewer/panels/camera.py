"""Where the camera is and how it moves."""

from __future__ import annotations

import math
from dataclasses import replace

from imgui_bundle import imgui

from viewer.controls import FOVS, MODES, SPEED_RANGE, State
from viewer.panels import dataset
from viewer.panels.rows import (beside, button, checkbox, choice_row, dim, length_row, numbers_row, slider_row,
                                stat_row, table)
from viewer.ruler import Ruler
from viewer.settings import ViewerSettings, changed

SLIDER_FLIGHT = 5.0  # seconds that it goes to
NAMES = 6.5  # font sizes
NO_PACE = ("Walking is as fast as flying, since nobody knows how long a unit is: say it in the panel Scene, and it is "
           "at the pace of a person. Walls stop nobody.")


def draw(app) -> ViewerSettings:
    before = app.state
    with table("camera", 0.3, NAMES):
        state = _lens(_motion(app.state, app.scene.ruler), app.scene.ruler)
        state = _placed(state)
    if state.mode == "walk" and state.pace is None:
        dim(NO_PACE)
    if state.pose.position != before.pose.position or state.flight and state.flight != before.flight:
        app.move(state)
    else:
        app.state = state
    _buttons(app)
    dataset.draw(app)
    return app.settings


def _motion(state: State, ruler: Ruler) -> State:
    mode = choice_row("mode", state.mode, MODES, "fly: drag looks around, WASD moves. orbit: drag turns around the "
                      "pivot, the wheel goes to it. walk: WASD moves on the level, at the height of the eyes above the "
                      "proxy mesh. (1, 2, 3)")
    state = state.with_mode(mode) if mode != state.mode else state
    least, most = (bound * state.space.radius * ruler.factor for bound in SPEED_RANGE)
    told = state.rate * ruler.factor
    rate = slider_row("speed", told, least, most, f"%.3g {ruler.unit}/s",
                      f"{ruler.name.capitalize()} a second; Shift is four times that, Alt a quarter. The wheel changes "
                      "it while flying and walking.", log=True)
    state = state.with_rate(rate / ruler.factor) if rate != told else state
    seconds = slider_row("flight time", state.flight_time, 0.0, SLIDER_FLIGHT, "%.1f s",
                         "Seconds that a flight to another camera takes; 0 is there at once.")
    if state.mode == "walk":
        is_known = state.ground is not None and state.eyes is not None
        stat_row("eye height", ruler.text(state.eyes) if is_known else "level",
                 f"{ruler.name.capitalize()} above the proxy mesh; E and Q change it. Level: nothing is known to be "
                 "underfoot, so walking keeps its height.")
    return changed(state, flight_time=seconds)


def _lens(state: State, ruler: Ruler) -> State:
    fov = slider_row("field of view", state.pose.fov_y, *FOVS, "%.1f°",
                     "Degrees from the lower edge of the picture to the upper one.")
    near = length_row("near", state.space.near, ruler, state.space.near * ruler.factor / 50, 1e-4, "%.4g",
                      f"{ruler.name.capitalize()} of view z at which the picture begins; what is nearer is not drawn.")
    state = state.with_near(near) if near != state.space.near else state
    return changed(state, pose=changed(state.pose, fov_y=fov))


def _placed(state: State) -> State:
    position = numbers_row("position", state.pose.position, "%.2f",
                           "The camera's place in the world, x y z in scene units. Type and press Enter to go there.")
    if position:
        state = state.placed(position=position)
    point = numbers_row("look at", state.pivot, "%.2f",
                        "The point in the middle of the view that orbiting goes round, x y z in scene units. Type and "
                        "press Enter to turn to it.")
    if point:
        state = state.looking_at(point)
    stat_row("heading, pitch", f"{math.degrees(state.pose.yaw) % 360:.1f}°, {math.degrees(state.pose.pitch):.1f}°",
             "Direction of view: about the up axis, and above the horizon, in degrees.")
    imgui.begin_disabled(state.level)
    roll = slider_row("roll", round(math.degrees(state.pose.roll), 3) + 0.0, -180.0, 180.0, "%.1f°",
                      "Degrees that the picture is tilted by. Some cameras of a dataset bring a tilt along.")
    imgui.end_disabled()
    if not math.isclose(roll, math.degrees(state.pose.roll), abs_tol=1e-3):
        state = replace(state, pose=replace(state.pose, roll=math.radians(roll)))
    return state


def _buttons(app):
    level = checkbox("keep level", app.state.level, "No tilt: whatever camera it flies to, the horizon stays level.")
    if level != app.state.level:
        app.state = replace(app.state, level=level)
        if level:
            app.jump(replace(app.state.pose, roll=0.0))
    for action, help in (("undo", "Back to where the camera was before it jumped. (Ctrl+Z)"),
                         ("redo", "Forward again. (Ctrl+Y)"),
                         ("reset", "Back to the first view and speed. (R)")):
        beside(action)
        if button(action, help):
            app.act(action)
    beside("copy")
    if button("copy", "Puts the camera on the clipboard, as JSON. (Ctrl+C)"):
        app.act("copy camera")
    beside("paste")
    if button("paste", "Flies to the camera that is on the clipboard. (Ctrl+V)"):
        app.act("paste camera")
