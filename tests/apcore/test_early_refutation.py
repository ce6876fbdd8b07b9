"""Refuting on the first samples: in which order, at which radius, how seldom wrongly and how soon rightly."""

import hashlib
import math
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pytest

from apcore.early_refutation import (
    ClaimedAs,
    Prefix,
    largest_prefix,
    order_digest,
    radius_tried,
    refutes,
    sample_order,
    sequential_test,
)
from apcore.named_samples import name_samples
from apcore.protocol import Samples, load_protocol
from apcore.sequential_test import Decision, SequentialTest

PROTOCOL = load_protocol("apb-2026")
EARLY = PROTOCOL.early_refutation
assert EARLY is not None
CLAIMED = 0.45
SAMPLES = PROTOCOL.autoattack.samples.count
ALPHA = EARLY.alpha


def test_the_order_is_that_of_a_hash_that_anybody_can_compute() -> None:
    order = sample_order(Samples(first=5, count=40), seed=0, checkpoint_sha256="c" * 64)
    digests = [hashlib.sha256(f"0 {'c' * 64} {index}".encode()).hexdigest() for index in order]
    assert digests == sorted(digests)
    assert sorted(order) == list(range(5, 45))
    assert order_digest(order[:2]) == hashlib.sha256(f"{order[0]}\n{order[1]}\n".encode()).hexdigest()


def test_another_checkpoint_or_seed_has_another_order() -> None:
    samples = Samples(first=0, count=40)
    orders = {
        sample_order(samples, seed=seed, checkpoint_sha256=letter * 64)
        for seed, letter in ((0, "a"), (1, "a"), (0, "b"))
    }
    assert len(orders) == 3


@pytest.mark.parametrize(("name", "eps"), [("apb-2024", "0.031"), ("apb-2026", "0.031"), ("demo", "0.1")])
def test_the_smaller_radius_is_tried_so_that_a_claim_at_either_is_refuted(name: str, eps: str) -> None:
    assert radius_tried(load_protocol(name).autoattack).eps_text == eps


def test_a_share_is_held_against_all_samples_and_outcomes_against_their_own() -> None:
    share, outcomes = (sequential_test(kind, CLAIMED, PROTOCOL) for kind in ClaimedAs)
    assert share is not None
    assert outcomes is not None
    assert (share.population, share.claimed, share.alternatives) == (10000, 4480, (2500, 3500, 4000))
    assert (outcomes.population, outcomes.claimed) == (4500, 4500 - math.ceil(13.5 + 50))
    assert outcomes.alternatives == (2500, 3500, 4000, 4300)


@pytest.mark.parametrize("claimed", [0.0, 0.0004])
def test_a_claim_of_next_to_nothing_cannot_be_far_off(claimed: float) -> None:
    test = sequential_test(ClaimedAs.SHARE, claimed, PROTOCOL)
    assert test is None or test.decision(drawn=0, survived=0) is not Decision.OPEN


def test_a_protocol_may_do_without() -> None:
    assert sequential_test(ClaimedAs.SHARE, CLAIMED, load_protocol("demo")) is None


def test_counts_that_contradict_each_other_are_no_prefix() -> None:
    found = Prefix(
        claimed_as=ClaimedAs.SHARE,
        eps="0.031",
        order_sha256="0" * 64,
        population=10000,
        attacked=100,
        survived=20,
        broken=name_samples(range(80)),
    )
    assert refutes(found, CLAIMED, PROTOCOL)
    assert not refutes(replace(found, survived=45, broken=name_samples(range(55))), CLAIMED, PROTOCOL)
    with pytest.raises(ValueError, match="is impossible"):
        replace(found, survived=101)
    with pytest.raises(ValueError, match="80 samples did not survive, and 79 are named"):
        replace(found, broken=name_samples(range(79)))


# What the test does to a claim of 45 % of 10,000 samples, simulated: draws without replacement, looked at every 100.


@dataclass(frozen=True, kw_only=True)
class Simulated:
    refuted: float
    mean_until_refuted: float
    mean_otherwise: float


@cache
def limits(test: SequentialTest, looks: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """At each look, the most survivors that are refuted (-1: none), and the fewest that end the test."""

    def fewest(drawn: int, wanted) -> int:
        low, high = 0, drawn + 1  # evidence falls as survivors grow, so that both answers switch once
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if wanted(test.decision(drawn=drawn, survived=middle)) else (middle + 1, high)
        return low

    refuted = [fewest(drawn, lambda found: found is not Decision.CONTRADICTED) - 1 for drawn in looks]
    ended = [fewest(drawn, lambda found: found is Decision.NOT_FAR_OFF) for drawn in looks]
    return np.array(refuted), np.array(ended)


def simulate(kind: ClaimedAs, too_high: float, *, runs: int, step: int = EARLY.step, bounded: bool = True) -> Simulated:
    """Runs of the test on a claim that is `too_high` percentage points too high."""
    test = sequential_test(kind, CLAIMED, PROTOCOL)
    assert test is not None
    end = largest_prefix(EARLY, test) if bounded else test.population
    looks = tuple(range(step, end + 1, step))
    refuted_at, ended_at = limits(test, looks)
    rng = np.random.default_rng(20260101)
    surviving = round(SAMPLES * CLAIMED) - round(SAMPLES * too_high / 100)
    good = np.full(runs, surviving)
    survived, length = np.zeros(runs, int), np.full(runs, looks[-1])
    outcome = np.zeros(runs, int)  # 1 refuted, -1 ended
    drawn = 0
    for look, (most, least) in zip(looks, zip(refuted_at, ended_at, strict=True), strict=True):
        left = test.population - drawn
        more = rng.hypergeometric(good, left - good, look - drawn)
        good, survived, drawn = good - more, survived + more, look
        for value, hit in ((1, survived <= most), (-1, survived >= least)):
            now = (outcome == 0) & hit
            outcome[now], length[now] = value, look
    refuted = outcome == 1
    return Simulated(
        refuted=float(refuted.mean()),
        mean_until_refuted=float(length[refuted].mean()) if refuted.any() else math.nan,
        mean_otherwise=float(length[~refuted].mean()) if (~refuted).any() else math.nan,
    )


@pytest.mark.parametrize("kind", ClaimedAs)
@pytest.mark.parametrize("too_high", [0.0, 0.2, PROTOCOL.tolerance.aa_refuted])
def test_a_claim_that_a_whole_run_would_not_refute_is_hardly_ever_refuted_here(
    kind: ClaimedAs, too_high: float
) -> None:
    assert simulate(kind, too_high, runs=50_000).refuted <= ALPHA


@pytest.mark.parametrize(
    ("kind", "too_high", "power", "samples"),
    [
        (ClaimedAs.SHARE, 5, 0.80, 1394),
        (ClaimedAs.SHARE, 10, 0.999, 348 + EARLY.step),
        (ClaimedAs.SHARE, 20, 0.999, 83 + EARLY.step),
        (ClaimedAs.OUTCOMES, 2, 0.98, 450),
        (ClaimedAs.OUTCOMES, 5, 0.999, 150),
        (ClaimedAs.OUTCOMES, 10, 0.999, EARLY.step),
    ],
    ids=str,
)
def test_a_claim_far_off_is_refuted_soon(kind: ClaimedAs, too_high: float, power: float, samples: int) -> None:
    """Wald's test that knows the true gap needs 1,394, 348 and 83 samples for a share, looking at each of them."""
    found = simulate(kind, too_high, runs=10_000)
    assert found.refuted >= power
    assert found.mean_until_refuted <= samples * 1.05


def test_an_honest_claim_costs_a_few_percent_of_the_run_at_most() -> None:
    share_of_cost = 0.24  # of AutoAttack, that APGD-CE and APGD-T take on an adversarially trained network
    honest = simulate(ClaimedAs.SHARE, 0.0, runs=10_000)
    assert honest.mean_otherwise / SAMPLES * share_of_cost < 0.02
    assert EARLY.max_samples / SAMPLES * share_of_cost < 0.05
