"""The pictures of views and panels in tests/images are what the program draws. Where a change is meant,
`python tests/images/make.py` makes them anew."""

import importlib.util

import numpy as np
import pytest
from PIL import Image


@pytest.fixture(scope="module")
def made(request):
    folder = request.config.rootpath / "tests" / "images"
    spec = importlib.util.spec_from_file_location("make_images", folder / "make.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with module.open_sample() as scene:
        yield {name: (lambda make=make: make(scene)) for name, make in module.PICTURES.items()}, folder


@pytest.mark.parametrize("name", ["removed", "views", "compare", "frozen", "path", "camera", "scene", "culling"])
def test_it_is_what_the_program_draws(made, name):
    pictures, folder = made
    drawn = np.asarray(pictures[name](), float)
    kept = np.asarray(Image.open(folder / f"{name}.png").convert("RGB"), float)
    assert drawn.shape == kept.shape
    # Another CPU rounds otherwise, and a splat or a letter here and there moves; another panel is 15 dB and less.
    assert 10 * np.log10(255 ** 2 / np.mean((drawn - kept) ** 2).clip(1e-9)) > 28
    assert len(pictures) == 8
