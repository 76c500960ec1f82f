"""The scenes that the window opens, beside its frames."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from gsrender.errors import DeviceError, InputError
from gsrender.settings import RenderSettings
from viewer.look import Look
from viewer.opening import Cancelled, Opening, is_mesh
from viewer.panels.browser import Browser


class Files:
    """
    app          the App, whose scene is changed
    outputs      what a Frame carries besides the picture
    opening      what is being opened; None where nothing is
    browser      the window that chooses a file, where it is open
    """

    def __init__(self, app, outputs: tuple[str, ...]):
        self._app, self._outputs = app, outputs
        self.opening: Opening | None = None
        self._left: list[Opening] = []  # whose thread may still be at work
        self.browser: Browser | None = None

    def cancel(self):
        if self.opening:
            self.opening.cancel()

    def close(self):
        """Ends what is being opened, and waits for it, since it works on the device."""
        self.cancel()
        for opening in filter(None, (*self._left, self.opening)):
            opening.wait()

    def _leave(self):
        """What is being opened to itself, cancelled."""
        self.opening.cancel()
        self._left = [*(opening for opening in self._left if not opening.is_done), self.opening]

    def draw(self, window: tuple[float, float]):
        """The browser, where it is open; `window` is its size."""
        if self.browser:
            chosen, stays = self.browser.draw(window)
            self.browser = self.browser if stays else None
            if chosen:
                self.open(chosen)

    def work(self):
        """What was being opened, where it is there: in place of the scene that is open, or a sentence."""
        opening = self.opening
        if opening is None or not opening.is_done:
            return
        self.opening = None
        try:
            scene = opening.take()
        except Cancelled:
            return self._app.say("opening was cancelled")
        except (InputError, DeviceError) as error:
            return self._app.complain(str(error))
        old, keeps_model = self._app.scene, scene.model is self._app.scene.model
        old.device.wait_idle()
        self._app.let_go()
        if old.proxy:
            old.proxy.close()
        old.proxy = old.device = None  # the device is the new scene's
        render = self._app.settings.render
        if not keeps_model:
            render = RenderSettings(scene.default_culling, render.margin, scene.model.background)
        elif scene.proxy is None or render.culling == "off":
            render = replace(render, culling=scene.default_culling)
        self._app.set(render=replace(render, culling_camera=None), look=Look())
        state, view, jumps = self._app.state, self._app.view, self._app.jumps
        self._app.take(scene)
        if keeps_model:
            self._app.state, self._app.view, self._app.jumps = replace(state, ground=None), view, jumps
        self._app.say(f"opened {opening.name}, {time.perf_counter() - opening.began:.1f} s")

    def browse(self):
        self.browser = Browser(self._app.scene.opened.resolve().parent)  # where other models and the proxy lie

    def open(self, path: Path, proxy: Path | None = None):
        """Opens a model, or a proxy mesh for the model that is open, beside the frames. An error is told."""
        try:
            mesh = is_mesh(path)
        except InputError as error:
            return self._app.complain(str(error))
        if self.opening:
            self._leave()
        scene, proxy = self._app.scene, path if mesh else proxy
        lies = (scene.given, scene.fit) if proxy and proxy == scene.mesh_path else ()  # as it did
        self.opening = Opening(scene, self._outputs, None if mesh else path, proxy, *lies)
        self._app.say(f"opening {path}")

    def reload(self):
        self.open(self._app.scene.opened, self._app.scene.mesh_path)

    @property
    def recent(self):
        """Scenes that were opened, the newest first."""
        return self._app.remembered.recent
