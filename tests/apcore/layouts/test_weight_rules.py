"""Weight rules on tensors small enough to compute by hand."""

import math

import numpy as np
import pytest

from apcore.layouts import weight_rules as rules

OPEN = math.log(math.e - 1)  # softplus of it is 1
CLOSED = math.log(math.exp(1e-4) - 1)  # softplus of it is 1e-4


def single(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def test_an_open_mask_changes_nothing_and_a_closed_one_leaves_a_ten_thousandth() -> None:
    found = rules.masked_by_softplus(single(2, 2, 2), single(OPEN, CLOSED, 50))
    assert found == pytest.approx([2, 2e-4, 100], rel=1e-6)


def test_a_mask_multiplies() -> None:
    assert rules.masked(single(1, 2, 3), np.array([True, False, True])).tolist() == [1, 0, 3]


@pytest.mark.parametrize(
    ("kept", "expected"), [(0.5, [0, 1, 1, 0]), (0.3, [0, 1, 1, 0]), (0.25, [0, 1, 0, 0]), (1.0, [1] * 4)]
)
def test_the_largest_absolute_scores_stay(kept: float, expected: list[int]) -> None:
    found = rules.largest_scores(single(0.1, -4, 3, 0.2).reshape(2, 2), kept)
    assert found.astype(int).ravel().tolist() == expected
    assert found.shape == (2, 2)


def test_of_equal_scores_the_first_are_dropped() -> None:
    assert rules.largest_scores(single(1, -1, 1, 2), 0.5).tolist() == [False, False, True, True]


def test_a_kept_tenth_is_counted_as_the_training_code_counts_it() -> None:
    # int(0.9 * 1728) = 1555 of the stem's weights are dropped
    assert rules.largest_scores(np.arange(1728, dtype=np.float32), 0.1).sum() == 173


@pytest.mark.parametrize(("kept", "count"), [(0.5, 2), (0.625, 2), (0.7, 3), (0.1, 0)])
def test_channels_are_counted_by_rounding_halves_to_even(kept: float, count: int) -> None:
    found = rules.largest_channels(single(0.5, -4, 3, 1).reshape(1, 4, 1, 1), np.float32(kept))
    assert found.sum() == count
    assert found.shape == (1, 4, 1, 1)
    assert found[0, 1, 0, 0] == (count > 0)


def test_a_learned_fraction_lies_between_its_least_and_one() -> None:
    assert rules.learned_fraction(np.array(-100, np.float32), 0.1, 0.1) == pytest.approx(0.01)
    assert rules.learned_fraction(np.array(0, np.float32), 0.1, 0.1) == pytest.approx(0.5 * 0.99 + 0.01)
    assert rules.learned_fraction(np.array(100, np.float32), 0.1, 0.1) == 1
    assert rules.learned_fraction(np.array(-1e30, np.float32), 0.1, 0.1) == pytest.approx(0.01)


def test_twins_multiply() -> None:
    assert rules.twin_product(single(1, 2, 3), single(2, 2, 2), single(1, 0, 1)).tolist() == [2, 0, 6]


def test_filters_are_mixed_before_they_are_masked() -> None:
    weight = single(1, 2, 3, 4).reshape(2, 2, 1, 1)
    mixing = single(0, 1, 10, 0).reshape(2, 2)
    mask = single(1, 1, 1, 0).reshape(2, 2, 1, 1)
    assert rules.twin_channels(weight, mixing, mask).ravel().tolist() == [3, 4, 10, 0]


def test_a_bias_moves_into_the_running_mean() -> None:
    assert rules.folded_mean(single(1, 2), single(3, -1)).tolist() == [-2, 3]
