"""The lines that describe one checkpoint."""

import pytest

from apcore.model_block import CLEAN_ACCURACY, LABELS, MODEL_KEY, model_block, percent


def test_an_empty_block_has_every_label_on_its_line() -> None:
    assert model_block({}).split("\n") == [f"{label}: " for label in LABELS]


def test_values_stand_after_their_labels() -> None:
    lines = model_block({MODEL_KEY: "A_B2026C_R18_CIFAR10_US_90", CLEAN_ACCURACY: "80.54"}).split("\n")
    assert lines[0] == "Model key: A_B2026C_R18_CIFAR10_US_90"
    assert "Clean accuracy (%): 80.54" in lines


def test_a_label_that_the_form_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match="not a label of the form: Clean"):
        model_block({"Clean": "80.54"})


def test_a_value_of_two_lines_is_refused() -> None:
    with pytest.raises(ValueError, match="one line"):
        model_block({MODEL_KEY: "a\nb"})


def test_an_accuracy_below_one_percent_carries_its_sign() -> None:
    assert [percent(number) for number in ("0.78", "0", "0.00", "1", "80.54")] == ["0.78 %", "0", "0.00", "1", "80.54"]
