"""Accuracies as people write them: `80.54`, `80,54 %`, `57/128`, and what the released benchmark prints."""

import re
from dataclasses import dataclass, replace
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
# One number as PyTorch or NumPy prints it.
_PRINTED: Final = re.compile(
    r"(?:(?:torch\.)?tensor|(?:np\.)?array|np\.float[0-9]{2})\( *([0-9.]{1,20})(?: *, *(?:device|dtype)=[\w.:'\"]{1,30})* *\)\Z"
)
_LATEX: Final = re.compile(r"\$?([0-9.,]{1,20}) *(\\?%)?\$?\Z")
_SPREAD: Final = re.compile(r"\+/?-|\N{PLUS-MINUS SIGN}")
# For another reader of the same spellings, which is the form in the browser.
PATTERNS: Final = {
    "number": _NUMBER,
    "short_number": _SHORT,
    "count": _COUNT,
    "pair": _PAIR,
    "printed": _PRINTED,
    "latex": _LATEX,
    "spread": _SPREAD,
}


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
    if wrapped := _wrapped(text):
        return wrapped
    if short := _SHORT.match(text):
        text = f"0{short[0]}"
    match = _NUMBER.match(text)
    if match is None:
        raise PercentageError(_problem(text))
    whole, sign, decimals, percent = match.groups()
    value = float(f"{whole}.{decimals or 0}")
    if sign == ",":
        return Percentage(value=value, understood="the comma was read as a decimal point", settled=bool(percent))
    if percent:
        understood = "the percent sign was left out, all accuracies are in percent"
        return Percentage(value=value, understood=understood, settled=True)
    return Percentage(value=value)


def _wrapped(text: str) -> Percentage | None:
    """The number in what a program printed or LaTeX wraps, or of a count; None where `text` is none of these."""
    if pair := _PAIR.match(text):
        value = round(100 * float(pair[1]), 6)
        return Percentage(value=value, understood="the first of the pair is the share of robust samples", settled=True)
    if count := _COUNT.match(text):
        return _share(int(count[1]), int(count[2]))
    if printed := _PRINTED.match(text):
        return replace(read_percentage(printed[1]), understood="the number in the brackets is meant")
    if ("$" in text or "\\" in text) and (latex := _LATEX.match(text)):
        inside = read_percentage(f"{latex[1]}{'%' if latex[2] else ''}")
        return replace(inside, understood="the signs of LaTeX were left out")
    return None


def _problem(text: str) -> str:
    if _SPREAD.search(text):
        return "this is more than one number"
    return (
        "this is not an exact number" if text[:1] in ("~", "<", ">", "\N{ALMOST EQUAL TO}") else "this is not a number"
    )


def _share(count: int, total: int) -> Percentage:
    if not total > 0 or count > total:
        raise PercentageError("this is not a share of samples")
    return Percentage(value=round(100 * count / total, 6), understood=f"{count} of {total:,} samples", settled=True)
