"""How long a failed request is waited for; a decision without a clock."""

import pytest

from bot.github.patience import MAX_ATTEMPTS, MAX_WAIT_S, Failure, Kind, wait_after

NOW = 1_000_000.0


def wait(failure: Failure, attempt: int = 1, waited: float = 0.0, chance: float = 0.0) -> float | None:
    return wait_after(failure, attempt=attempt, waited=waited, now=NOW, chance=chance)


def limited(**facts: float) -> Failure:
    return Failure(kind=Kind.LIMITED, status=429, words="slow down", **facts)


BROKEN = Failure(kind=Kind.UNCERTAIN, status=502, words="HTTP status 502")


def test_a_refusal_is_not_sent_again() -> None:
    assert wait(Failure(kind=Kind.FINAL, status=422, words="no")) is None


def test_a_limit_without_a_word_is_waited_for_a_minute_then_longer() -> None:
    assert [wait(limited(), attempt) for attempt in (1, 2, 3, 4)] == [60, 120, 240, 480]


def test_what_github_asks_for_is_waited() -> None:
    assert wait(limited(retry_after=7)) == 7
    assert wait(limited(retry_after=0)) == 1


def test_a_used_up_budget_is_waited_for_until_a_second_after_its_reset() -> None:
    assert wait(limited(resets_at=NOW + 300)) == 301
    assert wait(limited(resets_at=NOW - 5)) == 1


def test_what_github_asks_for_goes_before_the_reset() -> None:
    assert wait(limited(retry_after=30, resets_at=NOW + 3000)) == 30


def test_a_failing_server_is_asked_again_soon_then_later() -> None:
    assert [wait(BROKEN, attempt) for attempt in (1, 2, 3)] == [2, 4, 8]


def test_nothing_is_waited_for_longer_than_a_quarter_of_an_hour_together() -> None:
    assert wait(limited(retry_after=MAX_WAIT_S)) == MAX_WAIT_S
    assert wait(limited(retry_after=MAX_WAIT_S + 1)) is None
    assert wait(limited(), attempt=2, waited=MAX_WAIT_S - 119) is None
    assert wait(limited(resets_at=NOW + 3000)) is None


@pytest.mark.parametrize("failure", [BROKEN, limited(retry_after=1)], ids=["server", "limit"])
def test_the_last_attempt_is_the_last(failure: Failure) -> None:
    assert wait(failure, attempt=MAX_ATTEMPTS - 1) is not None
    assert wait(failure, attempt=MAX_ATTEMPTS) is None


def test_runs_that_were_refused_together_come_back_apart_and_never_early() -> None:
    waits = [wait(limited(), chance=chance) for chance in (0.0, 0.5, 0.999)]
    assert waits == [60, pytest.approx(63), pytest.approx(65.994)]
