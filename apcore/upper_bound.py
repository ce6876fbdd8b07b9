"""Refuting a claim about AutoAttack once its first attacks have seen every sample: what they broke, no later attack mends.

Robust accuracy only falls from attack to attack, so what survives APGD-CE, or APGD-CE and APGD-T, is an upper bound of what
AutoAttack will leave. If that lies far enough below a claim for the claim to be refuted, FAB-T, Square and HO-FMN need not
run. No chance is involved, other than in a prefix (`apcore.early_refutation`): gaps that few samples cannot show are seen too.

A bound is never a measured accuracy, and confirms nothing.

Source: Croce & Hein 2020, arXiv:2003.01690 (the attacks and their order).
"""

from dataclasses import dataclass
from typing import Final

from apcore.accuracy import Accuracy
from apcore.claim_gap import Gap

BOUNDING_ATTACKS: Final = (1, 2)
"""After how many attacks, from the first on, one looks: FAB-T and Square are dear and break hardly any sample that is left."""
_WORDS: Final = {1: "APGD-CE", 2: "APGD-CE and APGD-T"}


@dataclass(frozen=True, slots=True, kw_only=True)
class UpperBound:
    """What the first attacks left of all samples.

    Args:
        attacks: how many of AutoAttack's attacks, from the first on: 1 or 2.
        eps: their radius, as the protocol writes it; the smaller of the protocol's two.
        robust: what survived them there.

    Raises:
        ValueError: another number of attacks.
    """

    attacks: int
    eps: str
    robust: Accuracy

    def __post_init__(self) -> None:
        if self.attacks not in BOUNDING_ATTACKS:
            raise ValueError(f"{self.attacks} attacks give no bound; expected 1 or 2")


def bound_words(bound: UpperBound, claimed: float) -> str:
    """Why a claimed share in [0, 1] is refuted, in a sentence."""
    return (
        f"{_WORDS[bound.attacks]} at eps {bound.eps} left {Gap(claimed, bound.robust)}; no later attack mends a broken "
        "sample, so the claim is refuted, and the others were not run"
    )
