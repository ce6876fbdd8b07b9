"""The sequential test: its likelihoods are exact, and it contradicts what holds as seldom as it promises."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apcore.sequential_test import Decision, SequentialTest


def sequential(population: int, claimed: int, *alternatives: int) -> SequentialTest:
    return SequentialTest(population=population, claimed=claimed, alternatives=alternatives, alpha=0.001, beta=0.01)


def ratio(sequence: tuple[bool, ...], population: int, claimed: int, alternative: int) -> Fraction:
    """Of the two likelihoods, draw by draw, in whole numbers."""
    found = Fraction(1)
    for drawn, survived in enumerate(sequence):
        before = sum(sequence[:drawn])
        left = population - drawn
        surviving = [Fraction(share - before, left) for share in (alternative, claimed)]
        factors = [share if survived else 1 - share for share in surviving]
        found *= factors[0] / factors[1]
    return found


@pytest.mark.parametrize("sequence", [(True,), (False, False, True), (True, False, True, False, False, False)])
def test_the_evidence_is_the_likelihood_ratio_of_draws_without_replacement(sequence: tuple[bool, ...]) -> None:
    evidence = sequential(20, 12, 6).evidence(drawn=len(sequence), survived=sum(sequence))
    assert evidence == pytest.approx(math.log(ratio(sequence, 20, 12, 6)), abs=1e-12)


def test_several_alternatives_are_averaged() -> None:
    sequence = (False, True, False, False)
    expected = (ratio(sequence, 20, 12, 6) + ratio(sequence, 20, 12, 3)) / 2
    assert sequential(20, 12, 3, 6).evidence(drawn=4, survived=1) == pytest.approx(math.log(expected))


@given(st.integers(1, 30), st.data())
def test_under_the_claim_the_ratio_is_1_on_average(population: int, data: st.DataObject) -> None:
    """The property that bounds false refutations: a sum over all outcomes, weighted by their probability, exactly 1."""
    claimed = data.draw(st.integers(1, population))
    alternative = data.draw(st.integers(0, claimed - 1))
    drawn = data.draw(st.integers(0, population))
    test = sequential(population, claimed, alternative)
    total = 0.0
    for survived in range(max(0, drawn - (population - claimed)), min(drawn, claimed) + 1):
        ways = math.comb(claimed, survived) * math.comb(population - claimed, drawn - survived)
        total += ways / math.comb(population, drawn) * math.exp(test.evidence(drawn=drawn, survived=survived))
    # a claim can rule out what the alternative allows: such outcomes have no probability here, and the sum is below 1
    reachable = drawn <= population - claimed
    assert total <= 1 + 1e-9
    assert not reachable or total == pytest.approx(1)


def test_a_claim_that_has_become_impossible_is_contradicted_for_certain() -> None:
    test = sequential(10, 8, 7)
    assert test.evidence(drawn=3, survived=0) == math.inf
    assert test.decision(drawn=10, survived=7) is Decision.CONTRADICTED


def test_more_survivors_never_speak_against_the_claim() -> None:
    test = sequential(1000, 450, 400, 350, 250)
    evidence = [test.evidence(drawn=100, survived=survived) for survived in range(101)]
    assert evidence == sorted(evidence, reverse=True)


def test_it_ends_where_the_alternatives_have_become_unlikely() -> None:
    test = sequential(1000, 450, 350)
    assert test.decision(drawn=0, survived=0) is Decision.OPEN
    assert test.decision(drawn=200, survived=100) is Decision.NOT_FAR_OFF
    assert test.decision(drawn=200, survived=50) is Decision.CONTRADICTED


def test_without_an_alternative_nothing_is_contradicted() -> None:
    assert sequential(10, 0).decision(drawn=10, survived=0) is Decision.NOT_FAR_OFF


def test_the_words_never_confirm() -> None:
    assert {str(decision) for decision in Decision} == {"contradicted", "not_far_off", "open"}


@pytest.mark.parametrize(
    ("test", "complaint"),
    [
        (lambda: sequential(10, 11), "11 of 10 samples cannot survive"),
        (lambda: sequential(0, 0), "0 of 0 samples"),
        (lambda: sequential(10, 5, 5), "not below it"),
        (lambda: SequentialTest(population=1, claimed=1, alternatives=(0,), alpha=0, beta=0.1), "between 0 and 1"),
        (lambda: sequential(10, 5, 4).evidence(drawn=11, survived=4), "4 of 11 samples drawn from 10 is impossible"),
        (lambda: sequential(10, 5, 4).evidence(drawn=3, survived=4), "4 of 3 samples drawn"),
    ],
)
def test_impossible_numbers_are_refused(test, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        test()
