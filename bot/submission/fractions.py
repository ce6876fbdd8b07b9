"""Which claims of a model are fractions of 1 in place of percentages: the released benchmark prints both side by side."""

from collections.abc import Mapping
from typing import Final

from bot.submission.labels import CLAIMS, Label
from bot.submission.percentage import Percentage

_ROBUST: Final = (Label.AUTOATTACK, Label.HOFMN)


def fractions(claims: Mapping[Label, Percentage]) -> dict[Label, float]:
    """The claims that are fractions, in percent: all of them if all may be, else one beside percentages.

    One robust accuracy is a fraction if that is nearer to the other one, and the clean one if it were below a robust one
    otherwise. What is exactly 0 or 1 may be either, and is never taken for a fraction.
    """
    small = {label for label, claim in claims.items() if _may_be_fraction(claim)}
    percentages = {label: claim.value for label, claim in claims.items() if claim.value > 1}
    found = set(small) if len(small) == len(CLAIMS) else set()
    if Label.CLEAN in small and not percentages.keys().isdisjoint(_ROBUST):
        found.add(Label.CLEAN)
    for label, other in (_ROBUST, _ROBUST[::-1]):
        if label in small and other in percentages:
            value, beside = claims[label].value, percentages[other]
            found |= {label} if abs(100 * value - beside) < abs(value - beside) else set()
    return {label: round(100 * claims[label].value, 6) for label in found}


def doubtful(claims: Mapping[Label, Percentage]) -> bool:
    """Whether both robust accuracies are below 1 beside a clean one in percent: fractions, or a network that is not robust."""
    clean = claims.get(Label.CLEAN)
    return (
        clean is not None
        and clean.value > 1
        and all(label in claims and _may_be_fraction(claims[label]) for label in _ROBUST)
    )


def _may_be_fraction(claim: Percentage) -> bool:
    return not claim.settled and 0 < claim.value < 1
