"""A sequential test that can contradict a share long before all samples are seen, and can never confirm one.

Samples are drawn without replacement from a population of which, if the claim holds, at least so many survive. After each
draw the likelihood of what was seen is compared: under the claim, and under alternatives in which fewer survive. Under the
claim this ratio is a nonnegative supermartingale that starts at 1, so the probability that it ever reaches 1 / `alpha` is at
most `alpha`, whenever one looks and however often (Ville's inequality). That holds for drawing without replacement exactly,
since the likelihoods are those of the finite population.

Wald's test knows one alternative. How far a claim is off is not known before, so the likelihood under the alternatives is
their mean (a mixture, Robbins 1970); against Wald's test for the true alternative that costs log(number of alternatives).

Source: Wald 1945, doi:10.1214/aoms/1177731118; Robbins 1970, doi:10.1214/aoms/1177696786; drawing without replacement as in
Waudby-Smith & Ramdas 2020, arXiv:2006.04347.
"""

import math
from dataclasses import dataclass
from enum import StrEnum


class Decision(StrEnum):
    """What the samples seen so far allow to say."""

    CONTRADICTED = "contradicted"
    NOT_FAR_OFF = "not_far_off"
    OPEN = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class SequentialTest:
    """One test, before any sample is drawn.

    Args:
        population: how many samples there are to draw from, at least 1.
        claimed: how many of them survive at least, if the claim holds.
        alternatives: how many survive instead, each fewer than `claimed`; without any, nothing is ever contradicted.
        alpha: largest probability to contradict a claim that holds, in (0, 1).
        beta: the test gives up where the alternatives have become so unlikely, in (0, 1); without an effect on `alpha`.

    Raises:
        ValueError: a number is out of its range.
    """

    population: int
    claimed: int
    alternatives: tuple[int, ...]
    alpha: float
    beta: float

    def __post_init__(self) -> None:
        if not (self.population >= 1 and 0 <= self.claimed <= self.population):
            raise ValueError(f"{self.claimed} of {self.population} samples cannot survive")
        if not all(0 <= fewer < self.claimed for fewer in self.alternatives):
            raise ValueError(f"an alternative to {self.claimed} survivors is not below it")
        if not (0 < self.alpha < 1 and 0 < self.beta < 1):
            raise ValueError("alpha and beta must lie between 0 and 1")

    def evidence(self, *, drawn: int, survived: int) -> float:
        """Natural logarithm of the likelihood ratio against the claim; inf where the claim has become impossible.

        The order within the samples drawn does not matter, so that counts are enough to check a decision later.

        Args:
            drawn: samples seen so far, 0 to `population`.
            survived: how many of them survived.

        Raises:
            ValueError: the counts are impossible.
        """
        if not 0 <= survived <= drawn <= self.population:
            raise ValueError(f"{survived} of {drawn} samples drawn from {self.population} is impossible")
        under_claim = self._log_likelihood(self.claimed, drawn, survived)
        if drawn - survived > self.population - self.claimed:
            return math.inf
        terms = [self._log_likelihood(fewer, drawn, survived) - under_claim for fewer in self.alternatives]
        largest = max(terms, default=-math.inf)
        if largest == -math.inf:
            return -math.inf
        return largest + math.log(sum(math.exp(term - largest) for term in terms) / len(terms))

    def decision(self, *, drawn: int, survived: int) -> Decision:
        """What these counts allow to say; arguments and errors as for `evidence`."""
        evidence = self.evidence(drawn=drawn, survived=survived)
        if evidence >= -math.log(self.alpha):
            return Decision.CONTRADICTED
        if evidence <= math.log(self.beta / (1 - self.alpha)):
            return Decision.NOT_FAR_OFF
        return Decision.OPEN

    def _log_likelihood(self, surviving: int, drawn: int, survived: int) -> float:
        """Of one sequence with these counts, where `surviving` of the population survive; -inf if it is impossible."""
        left, left_surviving = self.population - drawn, surviving - survived
        if not 0 <= left_surviving <= left:
            return -math.inf
        return _log_choose(left, left_surviving) - _log_choose(self.population, surviving)


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
