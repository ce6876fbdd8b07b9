"""The nearest of what there is to what somebody wrote, so that an error can say what was likely meant."""

import difflib
from collections.abc import Callable, Iterable
from itertools import takewhile

from apcore.model_key import ModelKey

_SHOWN = 3


def nearest_texts(text: str, known: Iterable[str]) -> tuple[str, ...]:
    """Up to three of `known`, the nearest first, whatever their case; numbers by their difference."""
    names = sorted(known)
    if text.isdecimal() and all(name.isdecimal() for name in names):
        return tuple(sorted(names, key=lambda name: abs(int(name) - int(text)))[:_SHOWN])
    by_folded = {name.casefold(): name for name in names}
    near = difflib.get_close_matches(text.casefold(), by_folded, n=_SHOWN, cutoff=0.5)
    return tuple(by_folded[name] for name in near) or tuple(sorted(names, key=_begins_unlike(text))[:_SHOWN])


def _begins_unlike(text: str) -> Callable[[str], int]:
    """Sorts first what shares the longest beginning with `text`, such as the keys of a method that was named alone."""

    def unlike(name: str) -> int:
        pairs = zip(name.casefold(), text.casefold(), strict=False)
        return -sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))

    return unlike


def nearest_keys(key: ModelKey, known: Iterable[ModelKey]) -> tuple[ModelKey, ...]:
    """Up to three of `known` that differ least from `key`: by method first, then structure, network, data and sparsity."""
    return tuple(sorted(known, key=lambda other: (_distance(key, other), other))[:_SHOWN])


def _distance(one: ModelKey, other: ModelKey) -> tuple[bool, bool, bool, bool, int]:
    return (
        one.ap_key != other.ap_key,
        one.structure != other.structure,
        one.architecture != other.architecture,
        one.dataset != other.dataset,
        abs(one.sparsity - other.sparsity),
    )
