import pytest

from viewer.settings import ViewerSettings


def test_the_picture_scales_with_the_window_and_never_vanishes():
    settings = ViewerSettings(resolution_scale=0.5)
    assert settings.picture_size(1281, 720) == (640, 360)
    assert settings.picture_size(1, 1) == (1, 1)


@pytest.mark.parametrize("scale", [0, 0.1, 1.5, float("nan")])
def test_a_resolution_scale_out_of_range_is_refused(scale):
    with pytest.raises(ValueError, match="0.25 .. 1.0"):
        ViewerSettings(resolution_scale=scale)
