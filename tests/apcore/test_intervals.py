import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apcore.intervals import Interval, wilson_interval

shares = st.integers(1, 20_000).flatmap(lambda samples: st.tuples(st.integers(0, samples), st.just(samples)))


@pytest.mark.parametrize(
    ("correct", "samples", "low", "high"),
    [
        # Newcombe 1998, doi:10.1002/(SICI)1097-0258(19980430)17:8<857::AID-SIM777>3.0.CO;2-E, Table I, method 3
        pytest.param(81, 263, 0.2553, 0.3662, id="81 of 263"),
        pytest.param(15, 148, 0.0624, 0.1605, id="15 of 148"),
        pytest.param(0, 20, 0.0000, 0.1611, id="0 of 20"),
        pytest.param(1, 29, 0.0061, 0.1718, id="1 of 29"),
    ],
)
def test_it_agrees_with_the_published_examples(correct: int, samples: int, low: float, high: float) -> None:
    found = wilson_interval(correct, samples)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


@given(shares)
def test_it_stays_within_0_and_1_and_holds_the_share(share: tuple[int, int]) -> None:
    correct, samples = share
    found = wilson_interval(correct, samples)
    assert 0 <= found.low <= correct / samples <= found.high <= 1
    assert correct / samples in found


@given(shares)
def test_it_is_symmetric_in_what_counts(share: tuple[int, int]) -> None:
    correct, samples = share
    found, mirrored = wilson_interval(correct, samples), wilson_interval(samples - correct, samples)
    assert math.isclose(found.low, 1 - mirrored.high, abs_tol=1e-12)


@given(shares)
def test_its_ends_solve_wilsons_equation(share: tuple[int, int]) -> None:
    """An end p is where the share is 1.96 standard errors of p away: (share - p)^2 = z^2 p (1 - p) / n."""
    correct, samples = share
    found = wilson_interval(correct, samples)
    for end in (found.low, found.high):
        assert math.isclose(
            (correct / samples - end) ** 2, 1.959963984540054**2 * end * (1 - end) / samples, abs_tol=1e-9
        )


def test_none_and_all_reach_the_edge_exactly() -> None:
    assert wilson_interval(0, 7).low == 0
    assert wilson_interval(7, 7).high == 1


def test_the_half_widths_of_the_protocols() -> None:
    widths = {samples: wilson_interval(round(0.45 * samples), samples) for samples in (128, 10_000)}
    assert {samples: round(50 * (found.high - found.low), 1) for samples, found in widths.items()} == {
        128: 8.5,
        10_000: 1.0,
    }


@pytest.mark.parametrize(("correct", "samples"), [(0, 0), (-1, 5), (6, 5)])
def test_an_impossible_share_is_refused(correct: int, samples: int) -> None:
    with pytest.raises(ValueError, match="not a share"):
        wilson_interval(correct, samples)


def test_an_interval_contains_its_ends() -> None:
    found = Interval(low=0.25, high=0.5)
    assert 0.25 in found
    assert 0.5 in found
    assert 0.51 not in found
