"""One measured accuracy: how many of how many samples, and what it is an accuracy of."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from apcore.intervals import Interval, wilson_interval


class Measure(StrEnum):
    """What an accuracy counts: clean samples, those left after each attack in turn, those left in the end.

    `square` is what AutoAttack left; `aa_robust` leaves out what HO-FMN broke besides, within AutoAttack's radius.
    """

    CLEAN = "clean"
    APGD_CE = "apgd-ce"
    APGD_T = "apgd-t"
    FAB_T = "fab-t"
    SQUARE = "square"
    AA_ROBUST = "aa_robust"
    HOFMN_ROBUST = "hofmn_robust"


# AutoAttack `standard`: each attack gets what the ones before it left (Croce & Hein 2020, arXiv:2003.01690).
AUTOATTACK_ORDER: Final = (Measure.APGD_CE, Measure.APGD_T, Measure.FAB_T, Measure.SQUARE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy:
    """`correct` of `samples` samples are classified right; counts, so that no rounding ever enters a comparison.

    Raises:
        ValueError: there are no samples, or `correct` is not between 0 and `samples`.
    """

    correct: int
    samples: int

    def __post_init__(self) -> None:
        if self.samples < 1 or not 0 <= self.correct <= self.samples:
            raise ValueError(f"an accuracy of {self.correct} of {self.samples} samples is impossible")

    @property
    def value(self) -> float:
        """The share, in [0, 1]."""
        return self.correct / self.samples

    @property
    def interval(self) -> Interval:
        """The 95 % Wilson interval of the share."""
        return wilson_interval(self.correct, self.samples)
