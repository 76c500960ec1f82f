"""Plain splats with their colours in 16 bits."""

import pytest
import torch
from measures import psnr

import gsrender
from gsrender import Camera, Renderer


def test_half_precision_halves_the_colours(splats):
    full, half = splats.items, splats.stored("half").items
    assert half.sh.nbytes == full.sh.nbytes / 2
    assert torch.equal(half.position, full.position) and torch.equal(half.scale, full.scale)


def test_half_precision_draws_the_same_picture(splats, device):
    camera = Camera.look_at((0, -6, 1), (0, 0, 0), width=320, height=240)
    pictures = [Renderer(splats.stored(precision).to(device)).render(camera).rgb.cpu().numpy().copy()
                for precision in ("full", "half")]
    assert pictures[0].std() > 0.01  # there is something to see
    assert psnr(*pictures) > 60  # 16 bits hold a colour to 2^-11


def test_half_precision_on_cuda_is_that_of_the_cpu(splats):
    if not torch.cuda.is_available():
        pytest.skip("no NVIDIA GPU")
    camera, model = Camera.look_at((0, -6, 1), (0, 0, 0), width=320, height=240), splats.stored("half")
    assert psnr(*(Renderer(model.to(d)).render(camera).rgb.cpu().numpy() for d in ("cpu", "cuda"))) > 50


def test_a_colour_too_large_for_16_bits_stays_finite(splats):
    splats.items.sh[0, 0, 0] = 1e6
    assert splats.stored("half").items.sh.isfinite().all()


def test_a_model_knows_its_precision(splats):
    assert splats.precision == "full" and splats.stored("half").precision == "half"


def test_half_precision_leaves_anchors_as_they_are_and_says_so(street):
    full, half = (gsrender.load_model(street / "model", precision=precision) for precision in ("full", "half"))
    assert half.nbytes == full.nbytes and half.precision == "full"
    assert half.warnings == [*full.warnings, "half precision is for plain splats: the anchors stay in full precision"]
