"""What a machine may lack: the larger scenes, `block` and `town`, which are where --data or GSRENDER_DATA says, and,
beside a GPU, the software device."""

import os
from pathlib import Path

import pytest

from gsrender.errors import DeviceError

ROOT = Path(__file__).parent.parent


def pytest_addoption(parser):
    parser.addoption("--data", metavar="DIR", default=os.environ.get("GSRENDER_DATA"),
                     help="folder of the larger scenes, block and town (default: $GSRENDER_DATA)")


def _scene(request, name: str) -> Path:
    folder = request.config.getoption("--data")
    if not folder:
        pytest.skip(f"needs the scene {name}: give its folder with --data DIR or GSRENDER_DATA")
    scene = Path(folder, name).resolve()
    if not scene.is_dir():
        pytest.skip(f"needs the scene {name}: there is no folder of that name in {folder}, which --data or "
                    "GSRENDER_DATA gives")
    return scene


@pytest.fixture(scope="session")
def street() -> Path:
    return ROOT / "assets" / "street"


@pytest.fixture(scope="session")
def block(request) -> Path:
    return _scene(request, "block")


@pytest.fixture(scope="session")
def town(request) -> Path:
    return _scene(request, "town")


@pytest.fixture(autouse=True, scope="session")
def without_software_device():
    """What opening the software device says where it is missing beside a GPU, else None. Every test that opens it
    there is skipped with that sentence. Without a GPU it has to be there."""
    import torch
    said = None
    with pytest.MonkeyPatch.context() as patch:
        if torch.cuda.is_available():
            try:
                from vk_interop.device import Device
                open_device = Device.open
                patch.setattr(Device, "open", lambda *how, **more: _open_or_skip(open_device, said, how, more))
                open_device("cpu").close()
            except DeviceError as error:
                said = str(error)
        yield said


def _open_or_skip(open_device, missing: str | None, how, more):
    try:
        return open_device(*how, **more)
    except DeviceError as error:
        if str(error) == missing:
            pytest.skip(f"needs the software device: {missing}")
        raise


@pytest.fixture
def software_device(without_software_device):
    """For tests whose own processes open it."""
    if without_software_device:
        pytest.skip(f"needs the software device: {without_software_device}")
