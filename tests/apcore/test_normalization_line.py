"""The line that says how a network's inputs are normalised."""

import pytest

from apcore.normalization_line import NormalizationError, normalization_line, read_normalization

CIFAR = ((0.4914, 0.4822, 0.4465), (0.2471, 0.2435, 0.2616))


@pytest.mark.parametrize(
    "text",
    [
        "mean=0.4914,0.4822,0.4465; std=0.2471,0.2435,0.2616",
        "mean = [0.4914, 0.4822, 0.4465], std = [0.2471, 0.2435, 0.2616]",
        "Mean: (0.4914, 0.4822, 0.4465) Std: (0.2471, 0.2435, 0.2616)",
    ],
)
def test_common_spellings_are_read(text: str) -> None:
    assert read_normalization(text) == CIFAR


def test_what_is_written_reads_back() -> None:
    assert normalization_line(CIFAR) == "mean=0.4914,0.4822,0.4465; std=0.2471,0.2435,0.2616"
    assert read_normalization(normalization_line(CIFAR)) == CIFAR
    assert normalization_line(None) == ""


@pytest.mark.parametrize("text", ["none", "No", "-", "n/a"])
def test_it_may_say_that_there_is_none(text: str) -> None:
    assert read_normalization(text) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0.5", "this is not a mean and a std of three numbers each"),
        ("mean=0.5; std=0.5", "this is not a mean and a std of three numbers each"),
        ("mean=1,2,3,4; std=1,2,3", "this is not a mean and a std of three numbers each"),
        ("mean=125.3,123.0,113.9; std=1,1,1", "a mean is outside -10 to 10; pixels are in 0 to 1"),
        ("mean=0,0,0; std=1,0,1", "a std must be above 0 and at most 10; pixels are in 0 to 1"),
        ("mean=0,0,0; std=1,-1,1", "a std must be above 0 and at most 10; pixels are in 0 to 1"),
        ("mean=" + " " * 400, "this is not a mean and a std of three numbers each"),
    ],
)
def test_anything_else_is_refused_in_words(text: str, message: str) -> None:
    with pytest.raises(NormalizationError) as caught:
        read_normalization(text)
    assert str(caught.value) == message
