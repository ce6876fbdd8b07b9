"""Names that a reader would take for each other: case, width, accents, separators and letters of one shape do not count.

The letters are those of Unicode's confusables (UTS 39) that look like ASCII letters and digits in common fonts; a key may hold
no others, so a longer table would find nothing more.
"""

import unicodedata
from typing import Final

# Cyrillic and Greek letters by the Latin ones they look like.
_SHAPES: Final = str.maketrans(
    {
        **dict(
            zip(
                (
                    "\u0430\u0432\u0441\u0501\u0435\u0493\u04bb\u0456\u0458\u043a\u04cf\u043c\u043f"
                    "\u043e\u0440\u051b\u0433\u0455\u0442\u0446\u0475\u051d\u0445\u0443\u1d22"
                ),
                "abcdefhijklmnopqrstuvwxyz",
                strict=True,
            )
        ),
        **dict(
            zip(
                (
                    "\u0410\u0412\u0421\u0415\u041d\u0406\u0408\u041a\u041c\u041e\u0420\u0405\u0422"
                    "\u0425\u0423\u051c\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f"
                    "\u03a1\u03a4\u03a5\u03a7"
                ),
                "abcehijkmopstxywabezhikmnoptyx",
                strict=True,
            )
        ),
        **dict(
            zip(
                ("\u03b1\u03b2\u03b3\u03b9\u03ba\u03bd\u03bf\u03c1\u03c4\u03c5\u03c7\u03c9\u0131"),
                "abyiknoptuxwi",
                strict=True,
            )
        ),
    }
)
# What stands for the same stroke in many fonts; only for comparison, the result is nobody's spelling.
STROKES: Final = (("rn", "m"), ("vv", "w"), ("0", "o"), ("1", "l"), ("i", "l"), ("5", "s"))


def folded(name: str) -> str:
    """What two names share that differ in case, width and accents alone."""
    decomposed = unicodedata.normalize("NFKD", name)
    return "".join(char for char in decomposed if not unicodedata.combining(char)).casefold()


def letters(name: str) -> str:
    """`folded` without separators: what two spellings of one name share."""
    return "".join(char for char in folded(name) if char.isalnum())


def skeleton(name: str) -> str:
    """What two names share that look alike, separators left out. Not for show."""
    shape = letters(name.translate(_SHAPES))
    for seen, taken in STROKES:
        shape = shape.replace(seen, taken)
    return shape
