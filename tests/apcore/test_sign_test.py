import pytest

from apcore.sign_test import sign_test


@pytest.mark.parametrize(
    ("better", "worse", "chance"),
    [(0, 0, 1.0), (0, 5, 1.0), (1, 0, 0.5), (2, 1, 0.5), (7, 0, 1 / 128), (4, 1, 6 / 32), (2000, 0, 0.0)],
)
def test_the_chance_is_that_of_as_many_heads_or_more(better, worse, chance):
    assert sign_test(better, worse) == pytest.approx(chance, abs=1e-300)
