"""How far chance reaches: one checkpoint under one protocol, measured with several seeds.

The images are the same in every run, so the spread says nothing about other images; it says how much of a measured accuracy
is the attack's luck. A broken sample is a certificate whichever seed broke it, so the lowest of several robust accuracies is
the tightest bound among them, and breaking a sample in any run at all bounds tighter still (`robust_in_all`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from apcore.accuracy import Accuracy, Measure
from apcore.outcomes import Outcomes
from apcore.result import Result
from apcore.robust_accuracy import SURVIVED


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """One accuracy over several seeds.

    Args:
        measure: which accuracy.
        lowest: over the runs.
        highest: over the runs.
        flips: samples that are robust in one run and broken in another, at most those that attacks differ on.
        robust_in_all: share of samples that no run broke; at most `lowest`.
    """

    measure: Measure
    lowest: Accuracy
    highest: Accuracy
    flips: int
    robust_in_all: Accuracy


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SeededRun:
    """A result with its outcomes; the result names its seed."""

    result: Result
    outcomes: Outcomes


def spreads(runs: Sequence[SeededRun], *, hofmn_eps: float) -> tuple[Spread, ...]:
    """AutoAttack's spread and HO-FMN's, where both were run.

    Args:
        runs: at least two of one checkpoint under one protocol, each with another seed.
        hofmn_eps: the radius at which HO-FMN's distances are counted, pixels in [0, 1].

    Raises:
        ValueError: there are fewer, two have one seed, or they are not of the same file, protocol and samples.
    """
    _check(runs)
    survived = {
        Measure.AA_ROBUST: [run.outcomes.aa_outcome == SURVIVED for run in runs],
        # Strictly above: an example at exactly eps was found.
        Measure.HOFMN_ROBUST: [run.outcomes.hofmn_distance > hofmn_eps for run in runs],
    }
    return tuple(_spread(measure, np.stack(found)) for measure, found in survived.items() if found[0].size)


def _check(runs: Sequence[SeededRun]) -> None:
    if len(runs) < 2:
        raise ValueError("a spread needs at least two runs")
    if len({run.result.protocol.seed for run in runs}) != len(runs):
        raise ValueError("two runs have the same seed")
    first = runs[0]
    for run in runs[1:]:
        same = (
            run.result.checkpoint.sha256 == first.result.checkpoint.sha256
            and run.result.protocol.sha256 == first.result.protocol.sha256
            and np.array_equal(run.outcomes.index, first.outcomes.index)
            and np.array_equal(run.outcomes.hofmn_index, first.outcomes.hofmn_index)
        )
        if not same:
            raise ValueError("the runs are not of one file, one protocol and the same samples in one order")


def _spread(measure: Measure, survived: np.ndarray[tuple[int, int], np.dtype[np.bool_]]) -> Spread:
    counts, samples = survived.sum(axis=1), survived.shape[1]
    in_all, in_any = survived.all(axis=0), survived.any(axis=0)
    return Spread(
        measure=measure,
        lowest=Accuracy(correct=int(counts.min()), samples=samples),
        highest=Accuracy(correct=int(counts.max()), samples=samples),
        flips=int((in_any & ~in_all).sum()),
        robust_in_all=Accuracy(correct=int(in_all.sum()), samples=samples),
    )
