"""The line that says how a network's inputs are normalised: `mean=0.49,0.48,0.45; std=0.25,0.24,0.26`."""

import re
from typing import Final

from apcore.layouts.declaration import Normalization

NONE: Final = frozenset({"none", "no", "n/a", "-"})
_NUMBER: Final = r"-?[0-9]{1,3}(?:\.[0-9]{1,18})?"
_THREE: Final = rf" *[=:]? *[(\[]?({_NUMBER}(?: *, *{_NUMBER}){{2}})[)\]]?"
LINE: Final = re.compile(
    rf"mean{_THREE}[ ,;]*std{_THREE}\Z",
    re.IGNORECASE,
)
MAX_LENGTH: Final = 300


class NormalizationError(ValueError):
    """The line is not a mean and a standard deviation of three channels; the message says which part is wrong."""


def read_normalization(text: str) -> Normalization | None:
    """The normalisation (mean, std) that `text` describes, None where it says that there is none.

    Raises:
        NormalizationError: it is something else, or a value is out of range (mean -10 to 10, std above 0 up to 10).
    """
    if text.strip().lower() in NONE:
        return None
    match = LINE.match(text.strip()) if len(text) <= MAX_LENGTH else None
    if match is None:
        raise NormalizationError("this is not a mean and a std of three numbers each")
    mean, std = (tuple(float(number) for number in group.split(",")) for group in match.groups())
    if not all(-10 <= value <= 10 for value in mean):
        raise NormalizationError("a mean is outside -10 to 10; pixels are in 0 to 1")
    if not all(0 < value <= 10 for value in std):
        raise NormalizationError("a std must be above 0 and at most 10; pixels are in 0 to 1")
    return mean, std


def normalization_line(values: Normalization | None) -> str:
    """The line that says `values`; empty for pixels in [0, 1]."""
    if values is None:
        return ""
    mean, std = (",".join(f"{number:.9g}" for number in part) for part in values)
    return f"mean={mean}; std={std}"
