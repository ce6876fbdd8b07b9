"""Accuracies as people write them."""

import pytest

from bot.submission.percentage import PercentageError, read_percentage


@pytest.mark.parametrize("text", ["80.54", "80.540", "+80.54", "0", "100", "7"])
def test_a_plain_number_needs_no_word(text: str) -> None:
    percentage = read_percentage(text)
    assert (percentage.value, percentage.understood) == (float(text), None)


@pytest.mark.parametrize(
    ("text", "understood"),
    [
        ("80,54", "the comma was read as a decimal point"),
        ("80,54 %", "the comma was read as a decimal point"),
        ("80.54 %", "the percent sign was left out, all accuracies are in percent"),
        ("80.54%", "the percent sign was left out, all accuracies are in percent"),
        ("80.54 percent", "the percent sign was left out, all accuracies are in percent"),
    ],
)
def test_other_spellings_are_read_and_told(text: str, understood: str) -> None:
    percentage = read_percentage(text)
    assert (percentage.value, percentage.understood) == (80.54, understood)


@pytest.mark.parametrize("text", ["57/128", "57 / 128", "57 of 128", "57 out of 128"])
def test_a_count_of_samples_is_a_share(text: str) -> None:
    percentage = read_percentage(text)
    assert (percentage.value, percentage.understood) == (44.53125, "57 of 128 samples")
    assert percentage.settled


@pytest.mark.parametrize("text", ["129/128", "1/0"])
def test_a_count_above_its_total_is_no_share(text: str) -> None:
    with pytest.raises(PercentageError, match="not a share"):
        read_percentage(text)


@pytest.mark.parametrize("text", ["80.54 +- 0.1", "80.54 \N{PLUS-MINUS SIGN} 0.1"])
def test_a_number_with_a_spread_is_more_than_one(text: str) -> None:
    with pytest.raises(PercentageError, match="more than one number"):
        read_percentage(text)


@pytest.mark.parametrize("text", ["~80.5", ">80", "<1"])
def test_a_number_that_is_about_right_is_not_one(text: str) -> None:
    with pytest.raises(PercentageError, match="not an exact number"):
        read_percentage(text)


@pytest.mark.parametrize(
    ("text", "value", "settled"),
    [
        ("tensor(0.4453)", 0.4453, False),
        ("tensor(0.4453, device='cuda:0')", 0.4453, False),
        ("np.float64(44.53)", 44.53, False),
        ("$80.54$", 80.54, False),
        (r"80.54\%", 80.54, True),
        (r"$80.54\%$", 80.54, True),
    ],
)
def test_a_number_that_was_printed_or_set_is_read_and_told(text: str, value: float, settled: bool) -> None:
    percentage = read_percentage(text)
    assert (percentage.value, percentage.settled) == (value, settled)
    assert percentage.understood


@pytest.mark.parametrize("text", ["-1", "180.54", "1234"])
def test_the_range_is_not_its_business(text: str) -> None:
    assert read_percentage(text).value == float(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "xx.xx",
        "80.54.1",
        "1,234.5",
        "1e2",
        "nan",
        "inf",
        "80.54 +- 0.1",
        "80 54",
        "\N{ARABIC-INDIC DIGIT EIGHT}0",
        "80.54\n",
        "9" * 10,
    ],
)
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(PercentageError):
        read_percentage(text)
