"""Accuracies as people write them: `80.54`, `80,54`, `80.54 %`."""

import re
from dataclasses import dataclass
from typing import Final

_NUMBER: Final = re.compile(r"([+-]?[0-9]{1,9})(?:([.,])([0-9]{1,15}))?( *%)?\Z")


class PercentageError(ValueError):
    """The text is not a number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Percentage:
    """A number in percent, unchecked for its range, and how its spelling was understood where that was not plain."""

    value: float
    understood: str | None = None


def read_percentage(text: str) -> Percentage:
    """The number in `text`.

    Raises:
        PercentageError: it is not one number with at most one decimal sign.
    """
    match = _NUMBER.match(text)
    if match is None:
        raise PercentageError("not a number in percent")
    whole, sign, decimals, percent = match.groups()
    value = float(f"{whole}.{decimals or 0}")
    if sign == ",":
        return Percentage(value=value, understood="the comma was read as a decimal point")
    if percent:
        return Percentage(value=value, understood="the percent sign was left out, all accuracies are in percent")
    return Percentage(value=value)
