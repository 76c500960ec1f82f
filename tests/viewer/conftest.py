import dataclasses

import pytest
from desktop import Hand, own_display

from viewer.__main__ import main


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
    from viewer.app import OUTPUTS
    from viewer.scene import open_scene
    from vk_interop.window import surface_extensions
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VIEWER_VALIDATION", "sync")
        opened = open_scene(street / "model", backend="cpu", outputs=OUTPUTS, surface_extensions=surface_extensions())
    with opened:
        device = opened.device
        yield opened
    assert not device.validation_messages


@pytest.fixture
def hand(scene):
    """A hand on a fresh window of 900 x 700 that shows the sample, without panels. The validation layer has to stay
    silent."""
    from gsrender.settings import RenderSettings
    from viewer.app import Viewer
    from viewer.settings import ViewerSettings
    from vk_interop.window import Window
    before = len(scene.device.validation_messages)
    settings = ViewerSettings(RenderSettings(scene.default_culling, background=scene.model.background), panel=False)
    viewer = Viewer(scene, Window(scene.device, 900, 700, "the window"), settings)
    try:
        yield Hand(viewer, "the window")
    finally:
        viewer.close()
    assert scene.device.validation_messages[before:] == []
