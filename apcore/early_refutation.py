"""Refuting a claim about AutoAttack on the first samples of a random order, where it is far above the truth.

Attacked are APGD-CE and APGD-T alone: what they break is broken, and what survives them counts as surviving, which can only
favour the claim. They attack at the smaller of the protocol's radii, so that a claim made at either is refuted at once. The
order follows from the protocol's seed and the checkpoint's hash, so nobody chooses it, and anybody can repeat it. Whoever
tries checkpoints until the order pleases gains nothing: here nothing is confirmed, and the whole run decides.

`docs/verdicts.md` gives the reasons for the numbers in the protocol.
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from apcore.claim_gap import count, percent, whole_samples
from apcore.named_samples import NamedSamples
from apcore.protocol import AutoAttackSettings, EarlyRefutation, Protocol, Radius, Samples
from apcore.sequential_test import Decision, SequentialTest

ATTACKS_TRIED: Final = 2  # of AutoAttack's four, in its order: a quarter of its cost, and nearly all of its victims


class ClaimedAs(StrEnum):
    """What stands behind a claim: a share alone, or an outcome for each sample."""

    SHARE = "share"
    OUTCOMES = "outcomes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefix:
    """What was seen on the first samples of the order.

    Args:
        claimed_as: what was tested. Of outcomes, only samples that are robust by them stand in the order.
        eps: the radius of the attacks, as the protocol writes it.
        order_sha256: of the order of all samples (`order_digest`).
        population: how many samples stand in the order.
        attacked: how many of them, from the first on, were attacked.
        survived: how many of those survived.
        broken: the others, in the order.

    Raises:
        ValueError: the counts are impossible.
    """

    claimed_as: ClaimedAs
    eps: str
    order_sha256: str
    population: int
    attacked: int
    survived: int
    broken: NamedSamples

    def __post_init__(self) -> None:
        if not 0 <= self.survived <= self.attacked <= self.population:
            raise ValueError(f"{self.survived} of {self.attacked} of {self.population} samples is impossible")
        if self.broken.count != self.attacked - self.survived:
            raise ValueError(
                f"{self.attacked - self.survived} samples did not survive, and {self.broken.count} are named"
            )


def sample_order(samples: Samples, *, seed: int, checkpoint_sha256: str) -> tuple[int, ...]:
    """Dataset indices of `samples` in the order of SHA-256 of "seed checkpoint index"; no generator's version matters."""
    return tuple(
        sorted(
            range(samples.first, samples.first + samples.count),
            key=lambda index: hashlib.sha256(f"{seed} {checkpoint_sha256} {index}".encode()).digest(),
        )
    )


def order_digest(order: Sequence[int]) -> str:
    """SHA-256 of the indices, each followed by a line feed."""
    return hashlib.sha256("".join(f"{index}\n" for index in order).encode()).hexdigest()


def radius_tried(settings: AutoAttackSettings) -> Radius:
    """The smaller of the protocol's radii: what is broken there is broken at both."""
    own = Radius(eps=settings.eps, eps_text=settings.eps_text)
    return own if settings.other is None or settings.other.eps > own.eps else settings.other


def sequential_test(claimed_as: ClaimedAs, claimed: float, protocol: Protocol) -> SequentialTest | None:
    """The test of a claimed share of the protocol's AutoAttack samples, in [0, 1]; None where there is nothing to test.

    A share holds if at most `null_points` too high. Outcomes hold if no more samples flip than another run of the same
    attack would (`null_flips`) and than the whole run would tolerate (`aa_refuted`); else a claim that comes with
    outcomes, which tell small gaps, would be refuted here and accepted there.
    """
    settings, samples = protocol.early_refutation, protocol.autoattack.samples.count
    surviving = whole_samples(claimed, samples)
    if settings is None or surviving == 0:
        return None
    if claimed_as is ClaimedAs.SHARE:
        population, gaps = samples, settings.gaps
        tolerated = math.ceil(samples * settings.null_points / 100)
    else:
        population, gaps = surviving, settings.gaps_with_outcomes
        flips = surviving * settings.null_flips / 100
        tolerated = math.ceil(flips + samples * protocol.tolerance.aa_refuted / 100)
    holds = max(0, surviving - tolerated)
    fewer = {max(0, surviving - round(samples * gap / 100)) for gap in gaps}
    return SequentialTest(
        population=population,
        claimed=holds,
        alternatives=tuple(sorted(alternative for alternative in fewer if alternative < holds)),
        alpha=settings.alpha,
        beta=settings.beta,
    )


def largest_prefix(settings: EarlyRefutation, test: SequentialTest) -> int:
    """How many samples are attacked at most."""
    return min(settings.max_samples, test.population)


def refutes(prefix: Prefix, claimed: float, protocol: Protocol) -> bool:
    """Whether the numbers of `prefix` refute a claimed share in [0, 1]; numbers that do not belong to the claim do not."""
    test = sequential_test(prefix.claimed_as, claimed, protocol)
    if test is None or prefix.population != test.population:
        return False
    return test.decision(drawn=prefix.attacked, survived=prefix.survived) is Decision.CONTRADICTED


def refuted_words(prefix: Prefix, claimed: float, protocol: Protocol) -> str:
    """Why the claim is refuted, in a sentence."""
    samples = protocol.autoattack.samples.count
    expected = prefix.attacked * whole_samples(claimed, samples) / prefix.population
    what = (
        f"samples of the random order, {prefix.survived:,} survive"
        if prefix.claimed_as is ClaimedAs.SHARE
        else f"samples of the random order that are robust in the outcomes file, {prefix.survived:,} survive"
    )
    odds = 1 / protocol.early_refutation.alpha if protocol.early_refutation else math.inf
    return (
        f"of the first {prefix.attacked:,} {what} APGD-CE and APGD-T at eps {prefix.eps}, where the claimed "
        f"{percent(claimed)} of {count(samples)} means {expected:,.0f}; a claim that holds is left so far behind in fewer "
        f"than 1 of {odds:,.0f} cases, so it is refuted, and the rest was not attacked"
    )
