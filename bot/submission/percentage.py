"""Accuracies as people write them: `80.54`, `80,54 %`, `57/128`, and what the released benchmark prints."""

import re
from dataclasses import dataclass
from typing import Final

_NUMBER: Final = re.compile(
    r"([+-]?[0-9]{1,9})(?:([.,])([0-9]{1,15}))?( *(?:%|percent|pct\.?|per cent))?[.;,]?\Z", re.IGNORECASE
)
_SHORT: Final = re.compile(r"([.,])([0-9]{1,15})( *%)?\Z")
_COUNT: Final = re.compile(r"([0-9]{1,6}) *(?:/|of|out of) *([0-9]{1,6})\Z")
# The released benchmark keeps HO-FMN's share and its distances as one pair, and prints both.
_PAIR: Final = re.compile(
    r"[(\[] *(?:(?:torch\.)?tensor\(|(?:np\.)?array\(|np\.float[0-9]{2}\()? *([0-9]*\.[0-9]{1,18}|[01]\.?)"
    r"(?: *, *(?:device|dtype)=[\w.:'\"]{1,30})*\)? *, *(?:(?:torch\.)?tensor|(?:np\.)?array|\[)"
)
_SPREAD: Final = re.compile(r"\+/?-|\N{PLUS-MINUS SIGN}")


class PercentageError(ValueError):
    """The text is not one number; the message says what it is instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Percentage:
    """A number in percent.

    Args:
        value: unchecked for its range.
        understood: how its spelling was understood, where that was not plain.
        settled: whether the text itself says that it is a percentage; else it may be a fraction of 1.
    """

    value: float
    understood: str | None = None
    settled: bool = False


def read_percentage(text: str) -> Percentage:
    """The number in `text`.

    Raises:
        PercentageError: it is not one number with at most one decimal sign.
    """
    if pair := _PAIR.match(text):
        value = round(100 * float(pair[1]), 6)
        return Percentage(value=value, understood="the first of the pair is the share of robust samples", settled=True)
    if count := _COUNT.match(text):
        return _share(int(count[1]), int(count[2]))
    if short := _SHORT.match(text):
        text = f"0{short[0]}"
    match = _NUMBER.match(text)
    if match is None:
        raise PercentageError(
            "this is more than one number" if _SPREAD.search(text) or text.startswith("~") else "this is not a number"
        )
    whole, sign, decimals, percent = match.groups()
    value = float(f"{whole}.{decimals or 0}")
    if sign == ",":
        return Percentage(value=value, understood="the comma was read as a decimal point", settled=bool(percent))
    if percent:
        understood = "the percent sign was left out, all accuracies are in percent"
        return Percentage(value=value, understood=understood, settled=True)
    return Percentage(value=value)


def _share(count: int, total: int) -> Percentage:
    if not total > 0 or count > total:
        raise PercentageError("this is not a share of samples")
    return Percentage(value=round(100 * count / total, 6), understood=f"{count} of {total:,} samples", settled=True)
