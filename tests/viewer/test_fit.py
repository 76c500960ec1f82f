import numpy as np
import pytest

from viewer.fit import Fit, as_option
from viewer.options import parse


def test_without_a_change_it_is_the_identity_to_the_bit():
    assert np.array_equal(Fit().matrix, np.eye(4))


@pytest.mark.parametrize("fit, expected", [
    (Fit("y"), (1, -3, 2)), (Fit(scale=2.0), (2, 4, 6)), (Fit(shift=(10.0, 0.0, 0.0)), (11, 2, 3)),
    (Fit(turn=(90.0, 0.0, 0.0)), (1, -3, 2)), (Fit(turn=(0.0, 90.0, 0.0)), (3, 2, -1)),
    (Fit(turn=(0.0, 0.0, 90.0)), (-2, 1, 3)), (Fit(turn=(90.0, 0.0, 90.0)), (3, 1, 2)),
    (Fit("y", 2.0, (0.0, 0.0, 90.0), (0.0, 0.0, 1.0)), (6, 2, 5))])
def test_it_turns_up_then_about_x_y_z_then_scales_then_moves(fit, expected):
    assert np.allclose(fit.matrix @ [1, 2, 3, 1], [*expected, 1])


def test_about_a_point_that_point_stays():
    before, point = Fit("y", 0.5, (10.0, 20.0, 30.0), (4.0, 5.0, 6.0)), (100.0, -50.0, 7.0)
    after = Fit("y", 3.0, (-10.0, 0.0, 170.0), before.shift).about(point, before)
    there = np.linalg.solve(before.matrix, [*point, 1])
    assert np.allclose(after.matrix @ there, [*point, 1]) and (after.scale, after.turn) == (3.0, (-10.0, 0.0, 170.0))


def test_as_an_option_it_is_what_the_command_line_takes():
    matrix = Fit("y", 1 / 3, (10.0, 20.0, 30.0), (-4e5, 5e-5, 6.0)).matrix
    options = parse(["render", "model", "--out", "x", as_option(matrix)])
    assert np.allclose(options.proxy_transform, matrix, rtol=1e-8)
