"""What a network does to its input. A state dict does not tell, so the key, the form and the file are held together.

Under the key of a published method its normalisation holds. Otherwise the form states it, or buffers in the file do; who
says nothing takes pixels in [0, 1]. Two that speak and differ are a contradiction, and never silently resolved.
"""

from collections.abc import Sequence
from typing import Final

from apcore.errors import ContributorError
from apcore.layouts.declaration import Method, Normalization

TOLERANCE: Final = 1e-6
"""How far two statements of one number may be apart; buffers are rounded to single precision."""


def input_normalization(
    *, method: Method | None, dataset: str, stated: Normalization | None, buffers: Normalization | None
) -> Normalization | None:
    """(mean, std) of a network's input, None if it takes pixels in [0, 1].

    Args:
        method: the published method that the key names, None if it names none.
        dataset: as in the key.
        stated: what the form says, None if it says nothing; mean 0 and deviation 1 say that there is none.
        buffers: what the file holds, None if it holds nothing.

    Raises:
        ContributorError: form, file and key contradict each other; shows both sides.
    """
    sources = (
        ("normalization", "the form states an input", stated),
        ("checkpoint", "the file holds an input", buffers),
    )
    spoken = [(where, words, effective(values)) for where, words, values in sources if values is not None]
    admitted = _admitted(method, dataset)
    for where, words, values in spoken:
        if method is not None and not any(_equal(values, other) for other in admitted):
            raise ContributorError(
                where=where,
                message=f"{words} {described(values)}, but `{method.ap_key}` on {dataset} is published with "
                f"{' or '.join(described(other) for other in admitted)}",
                fix="mend what is wrong; a network that treats its input otherwise is another method's "
                "and needs a key of its own",
            )
    if len(spoken) == 2 and not _equal(spoken[0][2], spoken[1][2]):
        raise ContributorError(
            where="normalization",
            message=f"the form states an input {described(spoken[0][2])}, the file one {described(spoken[1][2])}",
            fix="state in the form what the network does to its input",
        )
    return spoken[0][2] if spoken else admitted[0]


def described(values: Normalization | None) -> str:
    """A normalisation in words, its numbers as the form takes them."""
    if values is None:
        return "pixels in [0, 1], not normalised"
    mean, std = (", ".join(f"{number:.9g}" for number in part) for part in values)
    return f"normalised by mean {mean}; std {std}"


def _admitted(method: Method | None, dataset: str) -> Sequence[Normalization | None]:
    """What the key admits, first what holds where nobody says anything."""
    declared = method.normalization_on(dataset) if method else None
    if declared is None:
        return (None,)
    return (declared.values,) if declared.when == "always" else (None, declared.values)


def effective(values: Normalization) -> Normalization | None:
    """What a stated normalisation does: mean 0 and deviation 1 do nothing, which is None."""
    mean, std = values
    return None if all(m == 0 for m in mean) and all(s == 1 for s in std) else values


def _equal(one: Normalization | None, other: Normalization | None) -> bool:
    if one is None or other is None:
        return one is other
    pairs = zip([*one[0], *one[1]], [*other[0], *other[1]], strict=False)
    return all(abs(a - b) <= TOLERANCE for a, b in pairs)
