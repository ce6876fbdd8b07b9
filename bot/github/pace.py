"""How fast the bot may write: GitHub's secondary limits, kept before they are hit.

Source: github/docs, data/reusables/rest-api/secondary-rate-limit-rest-graphql.md: 900 points a minute (reading 1, writing 5),
80 requests a minute and 500 an hour that create content; best practices for the REST API: one second between writes.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import Final


class Cost(Enum):
    """What a request counts as."""

    READ = "read"
    WRITE = "write"
    CREATE = "create"

    @property
    def points(self) -> int:
        """Of the 900 a minute."""
        return 1 if self is Cost.READ else 5

    @property
    def contents(self) -> int:
        """Of the 80 a minute and 500 an hour."""
        return 1 if self is Cost.CREATE else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """At most `amount` in any stretch of `seconds`."""

    amount: int
    seconds: float


# A tenth below GitHub's numbers: its windows are not told, and other runs of the bot count too.
POINTS: Final = Allowance(amount=810, seconds=60)
CONTENTS: Final = (Allowance(amount=72, seconds=60), Allowance(amount=450, seconds=3600))
WRITE_GAP: Final = Allowance(amount=1, seconds=1)


@dataclass(slots=True)
class _Window:
    """What was spent of one allowance lately."""

    allowance: Allowance
    spent: deque[tuple[float, int]] = field(default_factory=deque)

    def delay(self, amount: int, now: float) -> float:
        """Seconds until `amount` more fits."""
        total = amount + sum(spent for at, spent in self.spent if at > now - self.allowance.seconds)
        for at, spent in self.spent:
            if total <= self.allowance.amount:
                return 0.0
            if at > now - self.allowance.seconds:
                total -= spent
                until = at + self.allowance.seconds
                if total <= self.allowance.amount:
                    return until - now
        return 0.0

    def spend(self, amount: int, now: float) -> None:
        while self.spent and self.spent[0][0] <= now - self.allowance.seconds:
            self.spent.popleft()
        if amount:
            self.spent.append((now, amount))


class Pace:
    """The budget of one process. What it does not know of, other runs, GitHub says by refusing."""

    def __init__(
        self,
        *,
        points: Iterable[Allowance] = (POINTS,),
        contents: Iterable[Allowance] = CONTENTS,
        writes: Iterable[Allowance] = (WRITE_GAP,),
    ) -> None:
        self._points = [_Window(allowance) for allowance in points]
        self._contents = [_Window(allowance) for allowance in contents]
        self._writes = [_Window(allowance) for allowance in writes]

    def delay(self, cost: Cost, now: float) -> float:
        """Seconds to wait at `now` before such a request."""
        return max((window.delay(amount, now) for window, amount in self._charges(cost) if amount), default=0.0)

    def spend(self, cost: Cost, now: float) -> None:
        """Such a request is sent at `now`."""
        for window, amount in self._charges(cost):
            window.spend(amount, now)

    def _charges(self, cost: Cost) -> Iterable[tuple[_Window, int]]:
        yield from ((window, cost.points) for window in self._points)
        yield from ((window, cost.contents) for window in self._contents)
        yield from ((window, 0 if cost is Cost.READ else 1) for window in self._writes)
