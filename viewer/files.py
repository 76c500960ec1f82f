"""The scenes that the window opens, beside its frames."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Callable

from gsrender.errors import DeviceError, InputError
from gsrender.settings import RenderSettings
from viewer.chosen import CHOSEN, as_chosen, usual_picture
from viewer.forecast import TooLarge
from viewer.foretold import Foretold
from viewer.look import Look
from viewer.opening import Cancelled, NoScene, Opening
from viewer.panels.browser import SCENE, Browser, Purpose
from viewer.panels.question import ANYWAY, CANCEL, HALF, Question
from viewer.path_file import is_path_name
from viewer.ruler import Ruler
from viewer.scene import Scene


class Files:
    """
    app          the App, whose scene is changed
    outputs      what a Frame carries besides the picture
    opening      what is being opened; None where nothing is
    browser      the window that chooses a file, where it is open
    question     what to do with a scene that will not fit, where that is asked
    """

    def __init__(self, app, outputs: tuple[str, ...]):
        self._app, self._outputs = app, outputs
        self.opening: Opening | None = None
        self._left: list[Opening] = []  # whose thread may still be at work
        self.browser: Browser | None = None
        self._then: Callable[[Path], None] = self.open  # with what is chosen there
        self.question: Question | None = None
        self._asked: Opening | None = None  # what it is about

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
        """The browser, the question, where they are open; `window` is its size."""
        if self.question:
            answer = self.question.draw(window)
            if answer:
                self.answer(answer)
        if self.browser:
            chosen, stays = self.browser.draw(window)
            self.browser = self.browser if stays else None
            if chosen:
                self._then(chosen)

    def work(self):
        """What was being opened, where it is there: in place of the scene that is open, or a sentence. Looks again
        while a directory is read."""
        if self.browser and self.browser.is_waiting:
            self._app.stir()
        opening = self.opening
        if opening is None or not opening.is_done:
            return
        self.opening = None
        try:
            scene = opening.take()
        except Cancelled:
            return self._app.say("opening was cancelled")
        except NoScene:
            return self._app.path.load(opening.path)
        except TooLarge as error:
            self.question = Question(str(error), error.half, opening.name)
            self._asked = opening
            return self._app.stir()
        except (InputError, DeviceError) as error:
            return self._app.complain(str(error))
        old, keeps_model = self._app.scene, scene.model is self._app.scene.model
        old.device.wait_idle()
        self._app.let_go()
        if old.proxy:
            old.proxy.close()
        render = self._picture(old, scene)
        old.proxy = old.device = None  # the device is the new scene's
        self._app.set(render=render, look=Look())
        if not keeps_model:
            scene.ruler = Ruler(self._app.remembered.alignment(scene.opened, scene.mesh_path).metres)
        elif scene.given_up:
            scene.given_up = self._app.space.up  # which may have been changed by hand since
        state, view, jumps = self._app.state, self._app.view, self._app.jumps
        self._app.take(scene)
        if keeps_model:
            self._app.state, self._app.view, self._app.jumps = replace(state, ground=None), view, jumps
        path = self._app.path.set_aside() if scene.opened.resolve() != old.opened.resolve() else ""
        freely = ", without the memory limit, which holds again for the next scene" if scene.limit.is_lifted else ""
        self._app.say(f"opened {opening.name}, {time.perf_counter() - opening.began:.1f} s{freely}"
                      f"{'; ' * bool(path)}{path}")

    def _picture(self, old: Scene, scene: Scene) -> RenderSettings:
        """How a scene is drawn that comes in the place of another: as it was chosen for it; read anew, as it was."""
        render = self._app.settings.render
        if scene.model is old.model:
            if scene.proxy is None or render.culling == "off":
                render = replace(render, culling=scene.default_culling)
            return replace(render, culling_camera=None)
        chosen = self._app.remembered.chosen(scene.opened)
        if scene.opened.resolve() == old.opened.resolve():
            usual = usual_picture(old)
            chosen = {name: getattr(render, name) for name in CHOSEN if getattr(render, name) != getattr(usual, name)}
        return as_chosen(scene, usual_picture(scene), chosen)

    def answer(self, answer: str):
        """To the question: opens it in half precision, or for once without a ceiling, or not."""
        question, self.question = self.question, None
        if answer == CANCEL:
            return self._app.say(f"{question.name} was not opened")
        self.opening = self._asked.again(precision="half" if answer == HALF else None, anyway=answer == ANYWAY)
        self._app.say("")  # what it said before; how far this is, doing.py tells

    def browse(self):
        """For a scene."""
        self.choose(SCENE, Path(os.path.abspath(self._app.scene.opened)).parent, self.open)  # where other models lie

    def choose(self, purpose: Purpose, folder: Path, then: Callable[[Path], None], name: str = ""):
        """Lets a person choose a file or a directory, and calls `then` with it."""
        self.browser, self._then = Browser(purpose, folder, name, self._foretell), then

    def _foretell(self, path: Path) -> Foretold:
        return Foretold(path, self._app.scene, self._outputs)

    def open(self, path: Path, proxy: Path | None = None):
        """Opens a model, a proxy mesh for the model that is open, or a path, beside the frames. An error is told."""
        if is_path_name(path.name):
            return self._app.path.load(path)
        if self.opening:
            self._leave()
        self.question = None  # another scene is wanted than the one that it is about
        self.opening = Opening(self._app.scene, self._outputs, path, self._app.remembered, proxy)
        self._app.say("")

    def reload(self):
        self.open(self._app.scene.opened, self._app.scene.mesh_path)

    @property
    def recent(self):
        """Scenes that were opened, the newest first."""
        return self._app.remembered.recent
