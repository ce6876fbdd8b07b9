import pytest

from apcore.accuracy import AUTOATTACK_ORDER, Accuracy, Measure
from apcore.intervals import wilson_interval


def test_an_accuracy_is_a_share_with_its_interval() -> None:
    found = Accuracy(correct=3, samples=16)
    assert found.value == 3 / 16
    assert found.interval == wilson_interval(3, 16)


@pytest.mark.parametrize(("correct", "samples"), [(0, 0), (17, 16), (-1, 16)])
def test_an_impossible_accuracy_is_refused(correct: int, samples: int) -> None:
    with pytest.raises(ValueError, match=f"an accuracy of {correct} of {samples} samples is impossible"):
        Accuracy(correct=correct, samples=samples)


def test_autoattack_runs_its_attacks_in_this_order() -> None:
    assert [str(attack) for attack in AUTOATTACK_ORDER] == ["apgd-ce", "apgd-t", "fab-t", "square"]
    assert all(attack in Measure for attack in AUTOATTACK_ORDER)
