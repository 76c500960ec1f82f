"""Where the scenes are: `street` is in the repository, `block` and `town` are where --data or GSRENDER_DATA says."""

import os
from pathlib import Path

import pytest

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
        pytest.fail(f"--data {folder}: no folder {name} in it")
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
