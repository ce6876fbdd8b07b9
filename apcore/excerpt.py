"""A place in a text, shown: its line and a caret under the column."""

import unicodedata
from typing import Final

_WIDTH: Final = 100
_BEFORE: Final = 60


def visible(text: str) -> str:
    """`text` with control, bidi and zero-width characters shown as `<U+XXXX>` instead of obeyed; newlines stay."""
    return "".join(
        f"<U+{ord(char):04X}>"
        if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") and char != "\n"
        else char
        for char in text
    )


def excerpt(text: str, offset: int) -> str:
    """The line of `offset`, at most 100 characters of it, and under it a caret at its column; both as plain text."""
    start = text.rfind("\n", 0, offset) + 1
    end = text.find("\n", offset)
    end = len(text) if end < 0 else end
    left = max(start, offset - _BEFORE)
    before = ("…" if left > start else "") + visible(text[left:offset])
    after = visible(text[offset : min(end, left + _WIDTH)]) + ("…" if left + _WIDTH < end else "")
    return f"{before}{after}\n{' ' * len(before)}^"


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """The 1-based line and column of `offset`."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)
