"""What a key, a menu item or a button does besides moving the camera: a function of the App for each action."""

from __future__ import annotations

from dataclasses import replace

from gsrender.errors import InputError
from gsrender.settings import CULLING
from viewer.camera_text import camera_text, parse_camera
from viewer.controls import MODES, nearest_view
from viewer.export import file_name, save_csv, save_json
from viewer.fit import Fit, as_option, scale_of
from viewer.frame_kind import about
from viewer.machine import describe
from viewer.panels import PANELS
from viewer.panels.question import CANCEL
from viewer.view_table import VIEW_NAMES, view_kind
from viewer.way import described
from viewer.words import CULLING_HELP
from vk_interop.input import Input


def act(app, action: str, given: Input = Input()):
    """`given` is what was pressed, for the place of the cursor."""
    ACTIONS[action](app, given)


def _mode(app, given):
    _enter(app, MODES[(MODES.index(app.state.mode) + 1) % len(MODES)])


def _enter(app, mode: str):
    app.enter(mode)
    app.say(mode)


def _culling(app, given):
    if app.scene.proxy is None:
        return app.say("there is no proxy mesh, so nothing can be hidden")
    render = app.settings.render
    after = CULLING[(CULLING.index(render.culling) + 1) % len(CULLING)]
    app.set(render=replace(render, culling=after))
    app.say(f"culling {after}: {CULLING_HELP[after]}")


def _freeze(app, given):
    """Holds the camera that is culled for, or lets go of it."""
    render = app.settings.render
    if render.culling_camera is None:
        app.set(render=replace(render, culling_camera=app.state.camera(*app.picture_size)))
        app.say("culling is frozen: what this view does not show stays away")
    else:
        app.set(render=replace(render, culling_camera=None))
        app.say("culling follows the camera")


def _compare(app, mode: str):
    """To that way of comparing, or back from it."""
    look = app.settings.look
    after = "first" if look.compare == mode else mode
    if after != "first" and app.canvas.looking.are_alike(look, app.settings.render):
        return app.say("there is no proxy mesh, so nothing can be hidden; to compare other settings, keep these as the "
                       "second ones in the panel Compare, and change them")
    app.set(look=replace(look, compare=after))
    if after != "split":  # which says so on both sides of its line
        first, second = app.canvas.looking.both(look, app.settings.render)
        app.say(described(first, second) if after == "first"
                else f"{described(second, first)}: the second settings; X goes back")


def _view(app, by: int):
    """The next kind of picture that there is."""
    look, names = app.settings.look, VIEW_NAMES
    possible = [name for name in names if app.canvas.looking.possible(name, app.settings.render)]
    at = possible.index(look.view) if look.view in possible else 0
    app.set(look=replace(look, view=possible[(at + by) % len(possible)]))
    app.say(f"{app.settings.look.view}: {view_kind(app.settings.look.view).help}")


def _panel(app, given):
    app.set(panel=not app.settings.panel)
    if not app.settings.panel:
        app.say("H shows the panels")


def _to_panels(app, given):
    """To the window over the picture, else to the panel that was used last, or the first that is open, for the keyboard
    to go on in."""
    browser = app.files.browser
    windows = (("Too large", app.files.question), (browser and browser.purpose.title, browser),
               ("Benchmark", app.benchmark))
    over = [name for name, is_open in windows if is_open]
    if over:
        return app.give_keyboard(over[0])
    names = [panel.name for panel in PANELS if panel.name not in app.settings.closed]
    name = app.used_panel if app.used_panel in names or not names else names[0]
    app.show_panel(name)
    app.give_keyboard(name)


def _escape(app, given):
    """Closes what was opened over the picture, one thing at a time."""
    if app.settings.help:
        app.set(help=False)
    elif app.files.question:
        app.files.answer(CANCEL)
    elif app.files.browser:
        app.files.browser = None
    elif app.benchmark:
        app.end_benchmark()
    elif app.notices:
        app.send_away(app.notices[0])


def _vsync(app, given):
    app.set(vsync=not app.settings.vsync)
    app.say("vsync on: frames wait for the screen" if app.settings.vsync else "vsync off: frames as fast as they come")


def _copy_camera(app, given):
    app.screen.set_clipboard(camera_text(app.state.camera(*app.picture_size)))
    app.say("the camera is on the clipboard")


def _paste_camera(app, given):
    try:
        camera = parse_camera(app.screen.clipboard(), app.state.space.near)
    except InputError as error:
        return app.say(str(error))
    app.state = app.state.with_near(camera.near)
    app.jump(camera)


def _copy_fit(app, given):
    app.screen.set_clipboard(as_option(app.scene.fit.matrix @ app.scene.given))
    app.say("the option that lays the proxy like this is on the clipboard")


def _nearest(app, given):
    view = nearest_view(app.state.pose, app.space, [view.camera for view in app.scene.cameras])
    app.say("there are no cameras beside the model") if view is None else app.fly_to(view)


def _save_figures(app, given):
    path = file_name("frames", ".csv")
    app.attempt(f"saved {path}", save_csv, app.canvas.history, about(app.scene), path)


def _save_summary(app, given):
    """Of each kind of frame for itself: what it costs to draw one says nothing of another."""
    path = file_name("frames", ".json")
    found = {**about(app.scene), "machine": describe(app.scene), "kinds": app.canvas.history.by_kind()}
    app.attempt(f"saved {path}", save_json, found, path)


def _save_picture(app, given):
    """Without the panels, in the size that the panel Scene asks for."""
    app.saving.picture(*app.shot_size)


ACTIONS = {
    **{mode: lambda app, given, mode=mode: _enter(app, mode) for mode in MODES},
    "mode": _mode,
    "focus": lambda app, given: app.focus(given.cursor),
    "copy camera": _copy_camera,
    "paste camera": _paste_camera,
    "undo": lambda app, given: app.undo(),
    "redo": lambda app, given: app.redo(),
    "nearest camera": _nearest,
    "reset": lambda app, given: app.go_home(),
    "culling": _culling,
    "freeze": _freeze,
    "flip": lambda app, given: _compare(app, "second"),
    "split": lambda app, given: _compare(app, "split"),
    "next view": lambda app, given: _view(app, 1),
    "previous view": lambda app, given: _view(app, -1),
    "previous camera": lambda app, given: app.visit(-1),
    "next camera": lambda app, given: app.visit(1),
    "panel": _panel,
    "panels": _to_panels,
    "reset layout": lambda app, given: app.reset_layout(),
    "open": lambda app, given: app.files.browse(),
    "reload": lambda app, given: app.files.reload(),
    "save picture": _save_picture,
    "up from view": lambda app, given: app.set_up(tuple(-app.state.pose.axes(app.space)[:, 1])),
    "copy fit": _copy_fit,
    "metres of proxy": lambda app, given: app.set_metres(1 / scale_of(app.scene.fit.matrix @ app.scene.given)),
    "undo fit": lambda app, given: app.lay_proxy(Fit()),
    "benchmark": lambda app, given: app.start_benchmark(),
    "save figures": _save_figures,
    "save summary": _save_summary,
    "play path": lambda app, given: app.path.play_or_stop(),
    "load path": lambda app, given: app.path.choose_to_load(),
    "save path": lambda app, given: app.path.choose_to_save(),
    "add keyframe": lambda app, given: app.path.add(),
    "vsync": _vsync,
    "help": lambda app, given: app.set(help=not app.settings.help),
    "escape": _escape,
    "screenshot": lambda app, given: app.ask_screenshot(),
    "quit": lambda app, given: app.quit(),
    **{f"panel {panel.name}": lambda app, given, name=panel.name: app.show_panel(name) for panel in PANELS},
}
