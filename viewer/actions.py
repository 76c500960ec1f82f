"""What a key, a menu item or a button does besides moving the camera: a function of the App for each action."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gsrender.settings import CULLING
from viewer.controls import MODES
from viewer.panels import PANELS
from vk_interop.input import Input


def act(app, action: str, given: Input = Input()):
    """`given` is what was pressed, for the place of the cursor."""
    ACTIONS[action](app, given)


def _mode(app, given):
    """The next of the modes; orbiting goes round what is in the middle."""
    mode = MODES[(MODES.index(app.state.mode) + 1) % len(MODES)]
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
    app.state = app.state.looking_at(camera.position + camera.rotation.T @ ray * z)


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


ACTIONS = {
    "mode": _mode,
    "focus": _focus,
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
