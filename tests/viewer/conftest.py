import dataclasses

import pytest
from browser import own_browser
from desktop import Hand, open_for_window, own_display, usual_settings, watch_places, xdotool

from pages import open_sample, visit

from gsrender.settings import RenderSettings
from viewer.__main__ import main
from viewer.app import Viewer
from viewer.sayings import Sayings
from vk_interop.window import Window


@pytest.fixture(autouse=True, scope="session")
def own_settings(tmp_path_factory):
    """No test reads or writes what the user's windows remember."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
        yield


@dataclasses.dataclass
class Ran:
    code: int
    out: str
    err: str


@pytest.fixture
def viewer(capfd):
    """Runs a command line in this process, so that torch is imported only once."""
    def run(*arguments) -> Ran:
        capfd.readouterr()
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as exit:
            code = exit.code
        return Ran(code, *capfd.readouterr())
    return run


@pytest.fixture(scope="session")
def display():
    with own_display() as name:
        yield name


@pytest.fixture(scope="session")
def scene(display, street):
    """The sample, open for a window of this display, every Vulkan call checked."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VIEWER_VALIDATION", "sync")
        opened = open_for_window(street)
    with opened:
        device = opened.device
        yield opened
    assert not device.validation_messages


@pytest.fixture(scope="session")
def one_desk(scene):
    """A window of 1280 x 800 with all panels, for the tests of their controls; its coarse picture makes it quick."""
    viewer = Viewer(scene, Window(scene.device, 1280, 800, "the desk"), usual_settings(scene, resolution_scale=0.25))
    with pytest.MonkeyPatch.context() as patch:
        for wait in ("NAP", "TYPING"):  # for a person's next move; a test's has come by then
            patch.setattr(f"viewer.app.{wait}", 0.0)
        hand = Hand(viewer, "the desk")
        hand.places = watch_places(patch)
        hand.rest()
        yield hand
    viewer.close()


@pytest.fixture
def desk(one_desk, scene):
    """A hand on that window, where everything is as at the start but for what is scrolled."""
    viewer, before = one_desk.viewer, len(scene.device.validation_messages)
    viewer.settings = usual_settings(scene, resolution_scale=0.25)
    viewer.start_over()
    viewer.idle = False  # so that it draws, and ImGui is its own again, whatever window there was meanwhile
    one_desk.focus()
    one_desk.until(lambda: not viewer.saving.is_busy, "what the test before saved")
    Sayings.__init__(viewer)  # what was said last stays over the picture for seconds, or until it is sent away
    xdotool("mouseup", "1", "mouseup", "3", "mousemove", "1200", "300")
    one_desk.rest()
    yield one_desk
    assert scene.device.validation_messages[before:] == []


@pytest.fixture
def hand(scene):
    """A hand on a fresh window of 900 x 700 that shows the sample, without panels. The validation layer has to stay
    silent."""
    before = len(scene.device.validation_messages)
    viewer = Viewer(scene, Window(scene.device, 900, 700, "the window"), usual_settings(scene, panel=False))
    try:
        yield Hand(viewer, "the window")
    finally:
        viewer.close()
    assert scene.device.validation_messages[before:] == []


@pytest.fixture(scope="session")
def page(street):
    from viewer.page import Page
    scene = open_sample(street)
    with Page(scene, RenderSettings(scene.default_culling, background=scene.model.background), port=0) as page:
        page.start()
        yield page


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    with own_browser(tmp_path_factory.mktemp("chromium")) as browser:
        yield browser


@pytest.fixture(scope="module")
def tab(page, browser):
    """The page, once a sharp picture of the scene is there, and its visitor."""
    tab, visitor = visit(page, browser)
    yield tab, visitor
    tab.close()


@pytest.fixture(scope="session")
def drawn(street):
    """What the program draws for a request, [H, W, 3] uint8, with a scene of its own."""
    from viewer.frame import render_frame
    with open_sample(street) as scene:
        yield lambda request: render_frame(scene, request.camera, request.wish.render).rgba[..., :3].numpy().copy()
