"""Which input a network was trained on, decided from counts."""

import pytest

from apcore.accuracy import Accuracy
from apcore.input_probe import (
    InputTried,
    InputVerdict,
    finding_words,
    inputs_to_try,
    judge_inputs,
    sign_test,
)
from apcore.normalization_line import normalization_line, read_normalization

CIFAR10 = ((0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616))
MINUS_ONE_TO_ONE = ((0.5,) * 3, (0.5,) * 3)


def as_read(correct: int, values=None) -> InputTried:
    return InputTried(values=values, clean=Accuracy(correct=correct, samples=256))


def other(gained: int, lost: int, *, of: int, values=CIFAR10) -> InputTried:
    return InputTried(values=values, clean=Accuracy(correct=of + gained - lost, samples=256), gained=gained, lost=lost)


def test_the_sign_test_is_exact() -> None:
    assert sign_test(0, 0) == 1
    assert sign_test(5, 0) == sign_test(0, 5) == 2 / 32
    assert sign_test(8, 2) == pytest.approx(2 * (1 + 10 + 45) / 1024)


def test_an_input_that_all_others_do_worse_than_fits() -> None:
    found = judge_inputs([as_read(200), other(2, 60, of=200), other(5, 150, of=200)], classes=10)
    assert found.verdict is InputVerdict.FITS
    assert finding_words(found) == (
        "the input fits: pixels in [0, 1], not normalised; leave the form's field Normalization empty"
    )


def test_a_network_trained_on_normalised_inputs_is_recognised_though_it_sees_a_lot_without() -> None:
    found = judge_inputs(
        [as_read(180), other(5, 100, of=180, values=MINUS_ONE_TO_ONE), other(30, 5, of=180)], classes=10
    )
    assert found.verdict is InputVerdict.OTHER
    assert found.best.values == CIFAR10
    assert finding_words(found) == (
        "the input does not fit: as read, pixels in [0, 1], not normalised, the clean accuracy is 70.3 %; normalised by "
        "mean 0.4914, 0.4822, 0.4465; std 0.247, 0.2435, 0.2616, it is 80.1 %. The network was trained on that: write "
        "`mean=0.4914,0.4822,0.4465; std=0.247,0.2435,0.2616` into the form's field Normalization"
    )


def test_a_normalisation_that_does_not_fit_is_to_be_left_out() -> None:
    found = judge_inputs([as_read(60, CIFAR10), other(140, 4, of=60, values=None)], classes=10)
    assert found.verdict is InputVerdict.OTHER
    assert finding_words(found).endswith("leave the form's field Normalization empty")


def test_a_few_samples_more_decide_nothing() -> None:
    found = judge_inputs([as_read(200), other(6, 2, of=200), other(1, 90, of=200, values=MINUS_ONE_TO_ONE)], classes=10)
    assert found.verdict is InputVerdict.UNDECIDED
    assert found.best.values is None
    assert [each.values for each in found.alike] == [CIFAR10]
    assert "state in the form what the network was trained on" in finding_words(found)


@pytest.mark.parametrize(
    ("gained", "lost", "verdict"),
    [(12, 1, InputVerdict.UNDECIDED), (15, 1, InputVerdict.OTHER), (1, 15, InputVerdict.FITS)],
)
def test_one_in_a_thousand_is_no_accident(gained: int, lost: int, verdict: InputVerdict) -> None:
    assert judge_inputs([as_read(200), other(gained, lost, of=200)], classes=10).verdict is verdict


def test_a_network_that_guesses_recognises_nothing() -> None:
    found = judge_inputs([as_read(24), other(8, 2, of=24), other(2, 4, of=24)], classes=10)
    assert found.verdict is InputVerdict.CHANCE
    assert "its clean accuracy is 11.7 %" in finding_words(found)


def test_what_is_tried_is_what_is_usual_for_the_dataset_and_nothing_twice() -> None:
    tried = inputs_to_try(((0.491, 0.482, 0.447), (0.247, 0.243, 0.262)), "CIFAR10", 3)
    assert tried[:2] == (((0.491, 0.482, 0.447), (0.247, 0.243, 0.262)), None)
    assert CIFAR10 not in tried  # nearly what the file says
    assert MINUS_ONE_TO_ONE in tried
    assert len(tried) == 5
    assert inputs_to_try(None, "DIGITS", 1) == (None, ((0.5,), (0.5,)), ((0.0,), (1 / 255,)))


@pytest.mark.parametrize("values", [v for v in inputs_to_try(None, "SVHN", 3) if v is not None])
def test_what_is_to_be_written_into_the_form_is_what_the_form_reads(values) -> None:
    found = read_normalization(normalization_line(values))
    assert found is not None
    assert found[0] == pytest.approx(values[0])
    assert found[1] == pytest.approx(values[1])


def test_pixels_leave_the_field_empty() -> None:
    assert normalization_line(None) == ""
