import pytest

from viewer.ruler import Ruler


@pytest.mark.parametrize("metres, said", [(None, "2.50 units"), (0.5, "1.25 m"), (1.0, "2.50 m")])
def test_lengths_are_told_in_metres_where_it_is_known_how_long_a_unit_is(metres, said):
    assert Ruler(metres).text(2.5) == said
