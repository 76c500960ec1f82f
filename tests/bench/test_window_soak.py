"""What the soak of the window calls flat."""

import numpy as np
import pytest

from tests.bench.soak import MIB
from tests.bench.window_soak import BOUNDS, CHECKS, HOST, Taken, growth, host_growth


def taken(check: int, host: float, **counts) -> Taken:
    return Taken(4.0 + check, 100 * check, {"model": 5_000_000}, dict.fromkeys(BOUNDS, 20) | counts, int(host), 0)


def test_memory_that_goes_up_and_down_is_flat():
    noise = np.random.default_rng(0).uniform(-10, 10, CHECKS) * MIB
    checks = [taken(i, 500 * MIB + noise[i]) for i in range(CHECKS)]
    assert growth(checks) == host_growth(checks, HOST) == ""


def test_two_megabytes_a_minute_are_a_leak():
    """Which the ten megabytes up and down of single checks would hide for ten minutes."""
    noise = np.random.default_rng(0).uniform(-10, 10, CHECKS) * MIB
    checks = [taken(i, 500 * MIB + 2 * i * MIB + noise[i]) for i in range(CHECKS)]
    assert "in the last third" in host_growth(checks, HOST)


@pytest.mark.parametrize("name", BOUNDS)
def test_what_is_counted_may_grow_to_its_bound(name):
    assert not growth([taken(0, 0), taken(1, 0, **{name: 20 + BOUNDS[name]})])
    assert growth([taken(0, 0), taken(1, 0, **{name: 21 + BOUNDS[name]})]).startswith(f"{name}: ")


def test_a_byte_more_of_what_has_a_name_is_not_flat():
    later = taken(1, 0)
    later.named["model"] += 1
    assert "not flat: {'model': 5000000} after 4.0 minutes, now {'model': 5000001}" in growth([taken(0, 0), later])
