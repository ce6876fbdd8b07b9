"""A value without what came along when it was copied: zero-width characters, wide digits, emphasis, quotation marks."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from apcore.json_text import INVISIBLE

_QUOTES: Final = (
    "`\"'\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}\N{DOUBLE LOW-9 QUOTATION MARK}"
    "\N{LEFT SINGLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}"
)
AROUND: Final = " *" + _QUOTES
# An id or a key may begin and end with underscores, a number does not.
_EMPHASISED_NUMBER: Final = re.compile(r"_{1,3}([0-9.,]{1,20} ?%?)_{1,3}\Z")
_GONE: Final = dict.fromkeys(map(ord, INVISIBLE))
# For another reader of the same spellings, which is the form in the browser.
PATTERNS: Final = {"emphasised_number": _EMPHASISED_NUMBER}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain:
    """A value as it was written and as it reads.

    Args:
        written: without blanks and straight quotation marks around it.
        text: the same without anything that nobody types.
        start: how many characters stand before it in what it was taken from.
    """

    written: str
    text: str
    start: int


def plain_text(text: str) -> Plain:
    """What `text` says. Letters stay as they are, digits and signs of other widths become plain ones."""
    written = text.strip(" \"'`")
    start = len(text) - len(text.lstrip(" \"'`")) if written else 0
    plain = (written if written.isascii() else _narrow(written.translate(_GONE))).strip(AROUND)
    emphasised = _EMPHASISED_NUMBER.match(plain) if plain.startswith("_") else None
    return Plain(written=written, text=emphasised[1] if emphasised else plain, start=start)


def _narrow(text: str) -> str:
    """Fullwidth forms as the plain characters that they are forms of."""
    return "".join(
        unicodedata.normalize("NFKC", char) if unicodedata.east_asian_width(char) in ("F", "H") else char
        for char in text
    )
