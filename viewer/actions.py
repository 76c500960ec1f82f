"""What a key, a menu item or a button does besides moving the camera: a function of the App for each action."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gsrender.errors import InputError
from gsrender.settings import CULLING
from viewer.camera_text import camera_text, parse_camera
from viewer.controls import MODES, nearest_view
from viewer.panels import PANELS
from vk_interop.input import Input


def act(app, action: str, given: Input = Input()):
    """`given` is what was pressed, for the place of the cursor."""
    ACTIONS[action](app, given)


def _mode(app, given):
    _enter(app, MODES[(MODES.index(app.state.mode) + 1) % len(MODES)])


def _enter(app, mode: str):
    """Orbiting goes round what is in the middle."""
    width, height = app.picture_size
    app.state = app.state.with_mode(mode, app.canvas.view_z((width / height / 2, 0.5)))
    app.say(mode)


def _focus(app, given):
    z = app.canvas.view_z(given.cursor)
    if z is None:
        return app.say("nothing under the cursor to orbit around")
    camera = app.state.camera(*app.picture_size)
    x, y = (camera.height * at for at in given.cursor)
    ray = np.array([(x - camera.cx) / camera.fx, (y - camera.cy) / camera.fy, 1.0])
    app.state = app.state.with_mode("orbit").looking_at(camera.position + camera.rotation.T @ ray * z)


def _culling(app, given):
    if app.scene.proxy is None:
        return app.say("there is no proxy mesh, so nothing can be hidden")
    render = app.settings.render
    after = CULLING[(CULLING.index(render.culling) + 1) % len(CULLING)]
    app.set(render=replace(render, culling=after))
    app.say(f"culling {after}")


def _panel(app, given):
    app.set(panel=not app.settings.panel)
    if not app.settings.panel:
        app.say("H shows the panels")


def _to_panels(app, given):
    """To the first panel that is open, for the keyboard to go on in."""
    names = [panel.name for panel in PANELS if panel.name not in app.settings.closed]
    app.show_panel(names[0] if names else PANELS[0].name)


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


def _nearest(app, given):
    view = nearest_view(app.state.pose, app.space, [view.camera for view in app.scene.cameras])
    app.say("there are no cameras beside the model") if view is None else app.fly_to(view)


ACTIONS = {
    **{mode: lambda app, given, mode=mode: _enter(app, mode) for mode in MODES},
    "mode": _mode,
    "focus": _focus,
    "copy camera": _copy_camera,
    "paste camera": _paste_camera,
    "undo": lambda app, given: app.undo(),
    "redo": lambda app, given: app.redo(),
    "nearest camera": _nearest,
    "reset": lambda app, given: app.go_home(),
    "culling": _culling,
    "previous camera": lambda app, given: app.visit(-1),
    "next camera": lambda app, given: app.visit(1),
    "panel": _panel,
    "panels": _to_panels,
    "reset layout": lambda app, given: app.reset_layout(),
    "vsync": lambda app, given: app.set(vsync=not app.settings.vsync),
    "help": lambda app, given: app.set(help=not app.settings.help),
    "escape": lambda app, given: app.set(help=False),
    "screenshot": lambda app, given: app.ask_screenshot(),
    "quit": lambda app, given: app.quit(),
    **{f"panel {panel.name}": lambda app, given, name=panel.name: app.show_panel(name) for panel in PANELS},
}
