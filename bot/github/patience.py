"""How long to wait after a request that failed, and when to give up.

Decided here and not by PyGithub, whose defaults send a comment again that a 502 had let through, do not repeat the edit of one,
take a 429 without `Retry-After` for final, and sleep for up to an hour where nothing can be said meanwhile (seen with 2.10).
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final


class Kind(Enum):
    """What a failed request says about its effect."""

    LIMITED = "limited"
    """Refused for now: it had no effect, and may be sent again later."""

    UNCERTAIN = "uncertain"
    """Nobody knows whether it had its effect: 5xx, a broken connection, an answer cut short."""

    FINAL = "final"
    """Refused: sent again, it would be refused again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A request that failed.

    Args:
        kind: what may be done about it.
        status: HTTP status; None if no answer came.
        words: what GitHub, or the connection, says; never holds a token.
        retry_after: seconds that GitHub asks to wait; None if it does not say.
        resets_at: when the hourly budget comes back, seconds since 1970; None unless it is used up.
        needs: permissions that would have been enough, as GitHub names them; empty if it does not say.
    """

    kind: Kind
    status: int | None
    words: str
    retry_after: float | None = None
    resets_at: float | None = None
    needs: str = ""


MAX_ATTEMPTS: Final = 6
MAX_WAIT_S: Final = 900.0
"""Together for one request: a run that waits longer keeps a runner busy, while the sweep comes by anyway."""

_SECONDARY_WAIT_S: Final = 60.0
_SERVER_WAIT_S: Final = 2.0


def wait_after(failure: Failure, *, attempt: int, waited: float, now: float, chance: float) -> float | None:
    """Seconds to wait before the same request is sent again; None to give up.

    Source: github/docs, content/rest/using-the-rest-api/best-practices-for-using-the-rest-api.md: `retry-after`, else the reset
    where the budget is used up, else at least a minute, then growing.

    Args:
        failure: the last one.
        attempt: how many times it was sent, from 1.
        waited: seconds spent on waiting so far.
        now: seconds since 1970.
        chance: in [0, 1), spreads what many runs do by up to a tenth.
    """
    if failure.kind is Kind.FINAL or attempt >= MAX_ATTEMPTS:
        return None
    wait = _least_wait(failure, attempt, now) * (1 + chance / 10)
    return wait if waited + wait <= MAX_WAIT_S else None


def _least_wait(failure: Failure, attempt: int, now: float) -> float:
    if failure.kind is Kind.UNCERTAIN:
        return max(failure.retry_after or 0.0, _SERVER_WAIT_S * 2.0 ** (attempt - 1))
    if failure.retry_after is not None:
        return max(failure.retry_after, 1.0)
    if failure.resets_at is not None:
        # A second more: nobody says when in that second.
        return max(failure.resets_at - now, 0.0) + 1.0
    return _SECONDARY_WAIT_S * 2.0 ** (attempt - 1)
