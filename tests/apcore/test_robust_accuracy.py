import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apcore.accuracy import AUTOATTACK_ORDER, Accuracy, Measure
from apcore.robust_accuracy import (
    accuracies,
    autoattack_accuracies,
    broken_by_hofmn_alone,
    clean_accuracy,
    robust_accuracy,
)

EPS = 8 / 255


def test_accuracy_falls_after_each_attack_by_what_it_broke() -> None:
    outcome = np.array([-1, -1, 0, 0, 0, 1, 1, 1, 2, 4], dtype=np.int8)
    found = autoattack_accuracies(outcome)
    assert {str(measure): accuracy.correct for measure, accuracy in found.items()} == {
        "apgd-ce": 5,
        "apgd-t": 4,
        "fab-t": 4,
        "square": 3,
        "aa_robust": 3,
    }
    assert {accuracy.samples for accuracy in found.values()} == {10}


@given(st.lists(st.integers(-1, 4), min_size=1, max_size=60))
def test_accuracies_never_rise_along_autoattack(outcome: list[int]) -> None:
    found = autoattack_accuracies(np.array(outcome, dtype=np.int8))
    left = [found[attack].correct for attack in AUTOATTACK_ORDER]
    assert left == sorted(left, reverse=True)
    assert found[Measure.AA_ROBUST] == found[Measure.SQUARE]


@pytest.mark.parametrize("outcome", [[5], [-2], [[0, 1]]])
def test_an_unknown_outcome_is_refused(outcome: list[int]) -> None:
    with pytest.raises(ValueError, match=r"\(n,\) integers from -1 to 4"):
        autoattack_accuracies(np.array(outcome, dtype=np.int8))


def test_an_example_at_exactly_eps_was_found() -> None:
    at_eps = np.float32(EPS)
    beyond = np.nextafter(at_eps, np.float32(1))
    assert float(at_eps) > EPS  # which is why the comparison is made in float32
    distances = np.array([at_eps, beyond], dtype=np.float32)
    assert robust_accuracy(distances, EPS) == Accuracy(correct=1, samples=2)
    assert robust_accuracy(distances.astype(np.float64), EPS) == Accuracy(correct=1, samples=2)


def test_misclassified_is_broken_and_none_found_is_robust() -> None:
    distances = np.array([0, np.inf, 1e300, 0.01])
    assert robust_accuracy(distances, EPS) == Accuracy(correct=2, samples=4)
    assert robust_accuracy(distances, 0.0) == Accuracy(correct=3, samples=4)


@pytest.mark.parametrize("distance", [-1e-9, np.nan, -np.inf])
def test_an_impossible_distance_is_refused(distance: float) -> None:
    with pytest.raises(ValueError, match="negative or not a number"):
        robust_accuracy(np.array([0.1, distance]), EPS)


def test_distances_must_be_a_row() -> None:
    with pytest.raises(ValueError, match=r"shape \(n,\), these have \(2, 1\)"):
        robust_accuracy(np.zeros((2, 1)), EPS)


def test_clean_accuracy_counts_matches() -> None:
    assert clean_accuracy(np.array([1, 2, 3]), np.array([1, 0, 3])) == Accuracy(correct=2, samples=3)


def test_predictions_must_match_labels() -> None:
    with pytest.raises(ValueError, match=r"shape \(2,\) do not match labels of shape \(3,\)"):
        clean_accuracy(np.array([1, 2]), np.array([1, 2, 3]))


LABEL, PREDICTION = np.array([0, 1, 2]), np.array([0, 1, 1])


def test_everything_measured_is_told_once_in_order() -> None:
    found = accuracies(
        label=LABEL,
        clean_prediction=PREDICTION,
        index=np.arange(3),
        aa_outcome=np.array([0, 2, -1], dtype=np.int8),
        aa_eps=EPS,
        hofmn_index=np.array([2, 0]),
        hofmn_distance=np.array([0, 0.5], dtype=np.float32),
        hofmn_eps=EPS,
    )
    assert list(found) == list(Measure)
    assert found[Measure.CLEAN] == Accuracy(correct=2, samples=3)
    assert found[Measure.AA_ROBUST] == Accuracy(correct=1, samples=3)
    assert found[Measure.HOFMN_ROBUST] == Accuracy(correct=1, samples=2)


def test_what_did_not_run_has_no_accuracy() -> None:
    nothing = np.empty(0, dtype=np.int8), np.empty(0, dtype=np.float32)
    assert list(accuracies(label=LABEL, clean_prediction=PREDICTION)) == [Measure.CLEAN]
    found = accuracies(label=LABEL, clean_prediction=PREDICTION, aa_outcome=nothing[0], hofmn_distance=nothing[1])
    assert list(found) == [Measure.CLEAN]


def test_distances_without_a_radius_are_refused() -> None:
    with pytest.raises(ValueError, match="without the radius"):
        accuracies(label=LABEL, clean_prediction=PREDICTION, hofmn_distance=np.array([0.1], dtype=np.float32))


def test_a_sample_that_hofmn_breaks_inside_the_radius_counts_as_broken() -> None:
    """Five samples of the dataset under AutoAttack, four others and the same under HO-FMN, in another order."""
    at_eps, beyond = np.float32(EPS), np.nextafter(np.float32(EPS), np.float32(1))
    outcomes = {
        "index": np.array([10, 11, 12, 13, 14]),
        "aa_outcome": np.array([0, 0, 0, 1, -1], dtype=np.int8),
        "hofmn_index": np.array([14, 12, 99, 11, 13, 10]),
        "hofmn_distance": np.array([0, beyond, 0, at_eps, 0.5, np.inf], dtype=np.float32),
    }
    assert broken_by_hofmn_alone(**outcomes, eps=EPS).tolist() == [11]
    found = accuracies(
        label=np.zeros(5, np.int64), clean_prediction=np.array([0, 0, 0, 0, 1]), **outcomes, aa_eps=EPS, hofmn_eps=0.4
    )
    assert found[Measure.AA_ROBUST] == Accuracy(correct=2, samples=5)
    assert found[Measure.SQUARE] == Accuracy(correct=3, samples=5)  # what AutoAttack left is AutoAttack's


def test_two_attacks_without_a_common_radius_are_refused() -> None:
    with pytest.raises(ValueError, match="the radius that they share"):
        accuracies(
            label=LABEL,
            clean_prediction=PREDICTION,
            aa_outcome=np.array([0, 2, -1], dtype=np.int8),
            hofmn_distance=np.array([0.1], dtype=np.float32),
            hofmn_eps=EPS,
        )
