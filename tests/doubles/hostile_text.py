"""Hostile texts as a strategy that costs hypothesis little: most of what 100,000 examples would take is drawing them."""

from collections.abc import Sequence
from typing import Final

from doubles.naughty import ALL
from hypothesis import strategies as st

_FIRST_LETTER: Final = 0x100000


def hostile_texts(
    *, words: int = 6, others: int = 6, between: Sequence[str] = ("", " ", "\n"), more: Sequence[str] = ()
) -> st.SearchStrategy[str]:
    """Naughty texts, with a few characters of any kind in one place among them.

    Args:
        words: the most naughty texts in one; there is one at least.
        others: the most other characters.
        between: what may stand between them, the same everywhere.
        more: what counts as a naughty text besides.
    """
    texts = (*ALL, *more)
    # Each has a letter that stands for it, so that several of them are drawn as one string.
    letters = "".join(chr(_FIRST_LETTER + number) for number in range(len(texts)))
    drawn = st.tuples(st.text(letters, min_size=1, max_size=words), st.text(max_size=others), st.sampled_from(between))
    return drawn.map(lambda parts: _joined(texts, *parts))


def _joined(texts: Sequence[str], letters: str, others: str, between: str) -> str:
    pieces = [texts[ord(letter) - _FIRST_LETTER] for letter in letters]
    if others:
        pieces.insert(ord(others[0]) % (len(pieces) + 1), others)
    return between.join(pieces)
