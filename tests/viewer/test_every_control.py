"""Every control of the panels, the menus and the windows over the picture, by mouse and keyboard in a real window.

A control of a panel that is not in the table fails, so that none comes without being driven.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Callable

import numpy as np
import pytest
from desktop import PATIENCE, is_in_front, watch_controls
from imgui_bundle import imgui

from viewer.bindings import BINDINGS
from viewer.camera_path import CameraPath
from viewer.fit import Fit
from viewer.opening import Opening
from viewer.path_file import load_path
from viewer.panels import PANELS
from viewer.panels.menu import MENUS
from viewer.tour import Tour
from viewer.view_table import VIEW_NAMES

KEYS = {"-": "minus", ".": "period", "/": "slash", "_": "underscore"}


@dataclass(frozen=True)
class Control:
    """
    drive  what a hand does with it, given its place
    state  of the App, which that changes
    shows  where that is seen: in the picture, or at the control of that label; without it, at the control itself
    after  what has to be done for the next one
    """

    label: str
    drive: Callable
    state: Callable
    shows: str = ""
    after: Callable | None = None


# ---- what a hand does -----------------------------------------------------------------------------------------------

def press(desk, at):
    desk.click(*at)


def slide(by):
    return lambda desk, at: desk.drag(at, (at[0] + by, at[1]))


def write(text, aside=0):
    """Types over what stands in a field; `aside` of its middle lies the one of several that is meant."""
    def drive(desk, at):
        desk.click(at[0] + aside, at[1])
        desk.until(lambda: desk.viewer.screen.ui.io.want_text_input, "the field to take keys")
        desk.key("ctrl+a", *[KEYS.get(letter, letter) for letter in text])
        desk.frame(4)
        desk.key("Return")
        desk.frame(4)
    return drive


def pick(number):
    """The entry of a list of that number."""
    def drive(desk, at):
        def entries():
            return [label for label in desk.places if label.endswith(f"##{number}")]
        for label in entries():  # of lists that were open before, this one perhaps among them
            del desk.places[label]
        desk.click(*at)
        desk.until(entries, "the list")
        desk.frame(2)
        desk.click(*desk.places[entries()[-1]])
    return drive


def pick_colour(desk, at):
    desk.click(*at)
    desk.frame(2)
    desk.click(at[0] + 60, at[1] + 60)
    desk.key("Escape")
    desk.frame(2)


# ---- what there is --------------------------------------------------------------------------------------------------

def pose(app):
    return app.state.pose


def render(name):
    return lambda app: getattr(app.settings.render, name)


def escape(app):
    app.act("escape")


def files(pattern):
    return lambda app: sorted(Path.cwd().glob(pattern))


def is_choosing(app):
    return app.files.browser is not None


def is_opening(app):
    return app.files.opening is not None


def cancel_opening(app):
    app.files.cancel()
    while app.files.opening:
        app.frame()


def uncrop(app):
    app.set(render=replace(app.settings.render, crop=None))
    app.begin_cropping()


def detail(app):
    return app.scene.proxy.settings


def second(app):
    return app.settings.look.other


def keyframes(app):
    return app.path.tour.path.keyframes


CAMERA = (
    *(Control(mode, press, lambda app: app.state.mode) for mode in ("orbit", "walk", "fly")),
    Control("##speed", slide(60), lambda app: app.state.speed),
    Control("##flight time", slide(-130), lambda app: app.state.flight_time),  # 0: what follows is there at once
    Control("##field of view", slide(40), lambda app: app.state.pose.fov_y, "picture"),
    Control("##near", slide(60), lambda app: app.state.space.near),
    Control("next", press, lambda app: app.view, "picture"),
    Control("previous", press, lambda app: app.view, "picture"),
    Control("##position", write("43", aside=-80), lambda app: app.state.pose.position, "picture"),
    Control("copy", press, lambda app: app.screen.clipboard(), "picture"),
    Control("nearest", press, pose, "picture"),
    Control("paste", press, pose, "picture"),
    Control("undo", press, pose, "picture"),
    Control("redo", press, pose, "picture"),
    Control("##look at", write("30", aside=-80), pose, "picture"),
    Control("##roll", slide(40), lambda app: app.state.pose.roll, "picture"),
    Control("keep level", press, lambda app: app.state.level),
    Control("reset", press, pose, "picture"),
)
SCENE = (
    Control("open...", press, is_choosing, "picture", escape),
    Control("reload", press, is_opening, "picture"),
    Control("cancel opening", press, is_opening),
    Control("##recent", pick(0), is_opening, "picture", cancel_opening),
    Control("##resolution", slide(30), lambda app: app.picture_size, "picture",
            lambda app: app.set(resolution_scale=0.25)),
    Control("coarser where slow", press, lambda app: app.settings.adaptive,
            after=lambda app: app.set(adaptive=False)),
    *(Control(name, press, render("background"), "picture") for name in ("black", "white", "black", "model's")),
    Control("##background", pick_colour, render("background"), "picture"),
    Control("##save as", write("9000", aside=-30), lambda app: app.shot_size),
    Control("save picture", press, lambda app: app.saving.still is not None),
    Control("cancel##picture", press, lambda app: app.saving.still is not None),
    Control("only what is inside", press, render("crop")),
    Control("##from", slide(60), render("crop")),
    Control("##to", slide(-60), render("crop")),
    Control("fit to what is seen", press, render("crop"), "##from"),
    Control("fit to the whole scene", press, render("crop"), "##from", uncrop),
    Control("##up", pick(2), lambda app: app.space.up, after=lambda app: app.set_up((0, 0, 1))),
    Control("##one unit is", slide(60), lambda app: app.scene.ruler, after=lambda app: app.set_metres(None)),
    Control("the proxy is in metres", press, lambda app: app.scene.ruler, "##one unit is",
            lambda app: app.set_metres(None)),
    Control("up as in this view", press, lambda app: app.space.up, "##up", lambda app: app.set_up((0, 0, 1))),
    *(Control("wireframe", press, lambda app: app.settings.look.wireframe, "picture") for _ in ("on", "off")),
    *(Control(axis, press, lambda app: app.scene.fit.up, "picture") for axis in "yz"),
    Control("##its scale", slide(40), lambda app: app.scene.fit.scale, "picture"),
    Control("##its turn", slide(40), lambda app: app.scene.fit.turn, "picture"),
    Control("##its shift", slide(40), lambda app: app.scene.fit.shift, "picture"),
    Control("copy as option", press, lambda app: app.screen.clipboard(), "picture"),
    Control("as in its file", press, lambda app: app.scene.fit, "picture"),
)
PATH = (
    Control("add", press, lambda app: len(keyframes(app)), "picture"),
    Control("undo##path", press, lambda app: len(keyframes(app))),
    Control("loop", press, lambda app: app.path.tour.path.closing),
    Control("##time", slide(50), lambda app: app.path.tour.time, "picture"),
    Control("##duration", slide(40), lambda app: app.path.tour.path.duration),
    Control("##keyframe", pick(1), lambda app: app.path.tour.chosen, after=lambda app: app.fly_to(0)),
    Control("##comes", slide(40), lambda app: [key.time for key in keyframes(app)]),
    Control("move here", press, lambda app: keyframes(app)[1], "picture"),
    Control("remove", press, lambda app: len(keyframes(app)), "##keyframe"),
    Control("play", press, lambda app: app.path.tour.doing),
    Control("stop##play", press, lambda app: app.path.tour.doing),
    Control("record", press, lambda app: app.path.tour.doing),
    Control("stop##record", press, lambda app: app.path.tour.doing),
    *(Control(name, press, is_choosing, "picture", escape) for name in ("save...", "load...")),
    Control("clear", press, lambda app: len(keyframes(app)), "##time", lambda app: app.path.edit(Tour.undone)),
    Control("##to", write("elsewhere"), lambda app: app.path.out),
    Control("##shows", pick(3), lambda app: app.path.view),
    Control("##size", write("128", aside=-60), lambda app: app.path.size),
    Control("##rate", slide(60), lambda app: app.path.fps),
    Control("draw film", press, lambda app: app.path.film is not None),
    Control("cancel", press, lambda app: app.path.film is not None, "##to"),
)
CULLING = (
    *(Control(mode, press, render("culling"), "picture") for mode in ("off", "centre", "footprint")),
    Control("##margin", slide(60), render("margin")),
    *(Control("for this view", press, render("culling_camera"), "picture") for _ in ("frozen", "not")),
    *(Control(mode, press, lambda app: app.settings.mode) for mode in ("pipelined", "same-frame")),
    Control("##proxy error", slide(60), detail),
    Control("##drawn by", pick(3), detail),
    Control("left out", press, detail),
    Control("##anchor bias", slide(-60), render("level_bias"), "picture"),
    Control("##finest level", slide(-60), render("level_limit")),
)
VIEWS = (
    *(Control(name, press, lambda app: app.settings.look.view, "picture") for name in (*VIEW_NAMES[1:], VIEW_NAMES[0])),
)
COMPARE = (
    Control("split", press, lambda app: app.settings.look.compare, "picture"),
    Control("##line", slide(60), lambda app: app.settings.look.at, "picture"),
    *(Control(mode, press, lambda app: app.settings.look.compare, "picture") for mode in ("second", "difference",
                                                                                        "first")),
    *(Control(mode, press, second) for mode in ("footprint", "centre", "off")),
    Control("##margin", slide(60), second),
    Control("##proxy error", slide(60), second),
    Control("##drawn by", pick(3), second, after=lambda app: app.lay_proxy(Fit(shift=(0.0, 0.0, 1.0)))),
    *(Control(where, press, second) for where in ("as it is laid", "as its file has it")),
    Control("##anchor bias", slide(-60), second),
    Control("##finest level", slide(-60), second),
    Control("swap", press, second, "picture"),
    Control("culling on / off", press, second, "##margin"),
    Control("keep as second", press, second, "culling on / off"),
)
STATISTICS = (
    Control("vsync", press, lambda app: app.settings.vsync),
    Control("draw always", press, lambda app: app.settings.always, after=lambda app: app.set(always=False)),
    Control("save CSV", press, files("frames-*.csv"), "picture"),
    Control("save JSON", press, files("frames-*.json"), "picture"),
    Control("benchmark", press, lambda app: app.benchmark is not None, "picture", lambda app: app.end_benchmark()),
)
TABLE = {"Camera": CAMERA, "Scene": SCENE, "Path": PATH, "Culling and LOD": CULLING, "Views": VIEWS,
         "Compare": COMPARE, "Statistics": STATISTICS}
OVER = {  # windows over the picture, and what opens them
    "Open": (lambda app: app.act("open"), (
        Control("up", press, lambda app: app.files.browser.folder, "##path"),
        Control("##path", write("/"), lambda app: app.files.browser.folder),
        Control("open this directory", press, lambda app: app.notices, "picture", escape))),
    "Load a path": (lambda app: app.act("load path"), (
        Control("up", press, lambda app: app.files.browser.folder, "##path"),
        Control("##path", write("/"), lambda app: app.files.browser.folder),
        Control("load this directory", press, lambda app: app.notices, "picture", escape))),
    "Save the path": (lambda app: app.act("save path"), (
        Control("##name", write("way"), files("way.json"), "picture", lambda app: app.act("save path")),
        Control("save", press, is_choosing, "picture", lambda app: app.act("save path")),
        Control("up", press, lambda app: app.files.browser.folder, "##path"),
        Control("##path", write("/"), lambda app: app.files.browser.folder))),
    "Benchmark": (lambda app: app.act("benchmark"), (
        Control("cancel", press, lambda app: app.benchmark.done),)),
    "###notices": (lambda app: app.complain("a sentence"), (
        Control("OK", press, lambda app: app.notices, "picture"),)),
}
MENU = {  # what each item changes
    **{mode: lambda app: app.state.mode for mode in ("orbit", "walk", "fly")},
    "next camera": lambda app: app.view, "copy camera": lambda app: app.screen.clipboard(),
    "previous camera": lambda app: app.view, "paste camera": pose, "undo": pose, "redo": pose, "reset": pose,
    "nearest camera": lambda app: app.message, "add keyframe": lambda app: len(keyframes(app)),
    "play path": lambda app: app.path.tour.doing,
    "culling": render("culling"), "freeze": render("culling_camera"),
    **{by: lambda app: app.settings.look.view for by in ("next view", "previous view")},
    **{way: lambda app: app.settings.look.compare for way in ("split", "flip")},
    "vsync": lambda app: app.settings.vsync, "benchmark": lambda app: app.benchmark is not None,
    **{opens: is_choosing for opens in ("open", "load path", "save path")},
    "reload": is_opening, "screenshot": files("viewer-*.png"),
    "help": lambda app: app.settings.help, "quit": lambda app: app.closing,
}


# ---- driving them ---------------------------------------------------------------------------------------------------

@pytest.fixture
def desk(desk, tmp_path, monkeypatch, street):
    """With a path of four cameras, in a folder of its own. What is opened there waits until it is cancelled, for all
    tests at the desk share a scene."""
    monkeypatch.chdir(tmp_path)

    def wait(opening, step, go_on=Opening._go_on):
        opening._cancelled.wait(PATIENCE)
        go_on(opening, step)
    monkeypatch.setattr(Opening, "_go_on", wait)
    viewer, path, every = desk.viewer, desk.viewer.path, load_path(street / "transforms_fly.json")[0]
    detail = viewer.scene.proxy.settings
    path.tour = Tour(CameraPath(tuple(key.at(i) for i, key in enumerate(every.keyframes[:60:15]))))
    path.file, path.out, path.view, path.size, path.fps = tmp_path / "path.json", "film", None, (96, 64), 100.0
    yield desk
    path.cancel()
    cancel_opening(viewer)
    path.tour, viewer.shot_size = Tour(), (1920, 1080)
    viewer.set_detail(detail)
    viewer.act("undo fit")


@pytest.fixture
def drawn(monkeypatch):
    """Edges of each control by window and label, as it was drawn last: left, top, right, lower."""
    found = {}

    def note(label):
        low, high = imgui.get_item_rect_min(), imgui.get_item_rect_max()
        found[imgui.internal.get_current_window().name, named(label)] = low.x, low.y, high.x, high.y
    watch_controls(monkeypatch, note)
    return found


def named(label):
    return label.split("###")[-1]


def screen(desk):
    """All that is seen, while the mouse is parked over the picture."""
    left, top, width, _ = desk.viewer.area
    desk.move(left + width - 20, top + 20)
    desk.frame(2)
    return desk.viewer.frame(capture=True).astype(np.int16)


def picture(app):
    left, top, width, height = app.area
    return left, top, left + width - 60, top + height  # but for what is parked


def changed(before, after, edges):
    left, top, right, lower = map(round, edges)
    return np.abs(after - before)[top:lower, left:right].max() > 8


def drive_all(desk, window, controls, drawn):
    app, before = desk.viewer, screen(desk)
    for control in controls:
        if window in TABLE:
            desk.scrolled(window, next(label for label in desk.places if named(label) == control.label))
        left, top, right, lower = drawn[window, control.label]
        edges = picture(app) if control.shows == "picture" else drawn[window, control.shows or control.label]
        state = control.state(app)
        control.drive(desk, ((left + right) / 2, (top + lower) / 2))
        desk.until(lambda: control.state(app) != state, f"what {window}: {control.label} changes")
        after = screen(desk)
        assert changed(before, after, edges), f"{window}: {control.label} shows nothing"
        before = after
        if control.after:
            control.after(app)
            before = screen(desk)
    listed = {control.label for control in controls}
    assert {label for place, label in drawn if place == window} <= listed, "not in the table"


@pytest.mark.parametrize("panel", [panel.name for panel in PANELS])
def test_every_control_of_a_panel_changes_what_it_says_and_what_is_seen(desk, panel, drawn):
    desk.open(panel)
    drive_all(desk, panel, TABLE[panel], drawn)


@pytest.mark.parametrize("window", OVER)
def test_so_does_every_control_of_a_window_over_the_picture(desk, window, drawn):
    begin, controls = OVER[window]
    begin(desk.viewer)
    desk.frame(4)
    drive_all(desk, window, controls, drawn)
    desk.viewer.act("escape")


def choose(desk, menu, item, drawn):
    for window, label in (("##MainMenuBar", menu), (f"{menu}###Menu_00", item)):
        left, top, right, lower = drawn[window, label]
        desk.click((left + right) / 2, (top + lower) / 2)


def test_every_item_of_the_menus_does_what_it_says(desk, drawn):
    app = desk.viewer
    app.set(closed=tuple(panel.name for panel in PANELS))  # it is quicker without them
    desk.rest()
    before = screen(desk)
    where = {action: menu for menu, actions in MENUS.items() for action in actions if action}
    assert where.keys() == MENU.keys()
    words = {binding.action: f"{binding.help[0].upper()}{binding.help[1:]}" for binding in BINDINGS}
    for action, state in MENU.items():
        app.say("")
        was = state(app)
        choose(desk, where[action], words[action], drawn)
        desk.until(lambda: state(app) != was, f"what {action} changes")
        after = screen(desk)
        assert changed(before, after, picture(app)) or action == "quit", action
        if action in ("benchmark", "open", "reload", "load path", "save path"):
            cancel_opening(app)
            app.act("escape")
            after = screen(desk)
        before = after
    app.closing = False
    app.set(help=False)


def test_the_menu_of_panels_hides_each_and_brings_all_back(desk, drawn):
    app, whole = desk.viewer, desk.viewer.area
    desk.frame()
    for i, panel in enumerate(PANELS, 1):
        choose(desk, "Panels", panel.name, drawn)
        desk.until(lambda: len(app.settings.closed) == i, f"{panel.name} closed")
        assert not is_in_front(panel.name)
    desk.rest()
    assert app.area[2] == 1280 and app.area[3] > whole[3]
    choose(desk, "Panels", "All panels back to their places", drawn)
    desk.until(lambda: not app.settings.closed, "all panels")
    desk.rest()
    assert app.area == whole
    choose(desk, "Panels", "Show or hide the panels", drawn)
    desk.until(lambda: app.area == (0, 0, 1280, 800), "no panels")
