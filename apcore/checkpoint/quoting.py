"""Names out of a stranger's file, fit to stand in a posted text."""

import re
from collections.abc import Collection, Iterable
from itertools import islice
from typing import Final

_HARMLESS: Final = re.compile(r"[A-Za-z0-9_.:-]{1,100}\Z")


def quoted(name: object) -> str:
    """`name` as inline code if it is made of letters, digits and `_.:-`, else a description of it.

    Never calls `repr` or `str` on an object out of the file: 39 levels of shared tuples print as 2**39 items.
    """
    if not isinstance(name, str):
        return f"a key that is no text ({type(name).__name__})"
    if not _HARMLESS.match(name):
        return f"a name of {len(name):,} characters that cannot be shown"
    return f"`{name}`"


def listed(names: Collection[object] | Iterable[object], *, total: int, limit: int = 4) -> str:
    """The first `limit` names and how many more there are."""
    shown = ", ".join(quoted(name) for name in islice(names, limit))
    return f"{shown} and {total - limit:,} more" if total > limit else shown
