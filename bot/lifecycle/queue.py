"""Which approved submission is run next: authors take turns, and within an author's the oldest approval goes first.

The queue lives in labels and records, not in a concurrency group of GitHub's, which drops all but one that wait. So it is
computed anew each time, from what waits and what runs; the same state gives the same order, whoever asks.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from bot.reply.living_comment import QueuePlace

RUNNING_PER_AUTHOR: Final = 1
OPEN_PER_AUTHOR: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An approved submission: its issue, its author's login, when it was approved, and when it may begin (None: now)."""

    issue: int
    author: str
    approved_at: datetime
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A submission that is being measured."""

    issue: int
    author: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """The queue at one moment.

    Args:
        order: issues in the order in which they begin.
        start: those that begin now, a beginning of `order` but for those that must wait for a moment or for their author.
        held: issues without a place, because their author has as many in the queue as one may have; oldest first.
    """

    order: tuple[int, ...]
    start: tuple[int, ...]
    held: tuple[int, ...]

    @property
    def places(self) -> Mapping[int, QueuePlace]:
        """The place of each issue that stays in the queue, counted once those of `start` have left it."""
        left = [issue for issue in self.order if issue not in self.start]
        return {issue: QueuePlace(position=place, length=len(left)) for place, issue in enumerate(left, 1)}


def queue(
    waiting: Sequence[Waiting],
    running: Sequence[Running],
    now: datetime,
    *,
    slots: int,
    served: Mapping[str, int] = MappingProxyType({}),
    running_per_author: int = RUNNING_PER_AUTHOR,
    open_per_author: int = OPEN_PER_AUTHOR,
) -> Queue:
    """The queue of `waiting` beside what runs.

    An author's n-th submission, those that run counted, comes after the (n - 1)-th of everybody else. Among equals, whoever was
    served last comes last, and whoever was never served comes first. So an author with one submission never waits for the
    second of another, however many there are and however early they were approved.

    Args:
        waiting: in any order, each issue once.
        running: what runs now.
        now: the time.
        slots: how many submissions may run at once.
        served: by author, the number of the latest run that measured a submission of theirs; GitHub's numbers only grow.
        running_per_author: how many of them of one author.
        open_per_author: how many of one author may wait or run; what is more is held.
    """
    at_work = Counter(_name(one.author) for one in running)
    turns = dict(at_work)
    latest = {_name(author): run for author, run in served.items()}
    ranked: list[tuple[int, int, datetime, int, Waiting]] = []
    held: list[int] = []
    for one in sorted(waiting, key=lambda one: (one.approved_at, one.issue)):
        turn = turns.get(_name(one.author), 0)
        if turn >= open_per_author:
            held.append(one.issue)
            continue
        turns[_name(one.author)] = turn + 1
        ranked.append((turn, latest.get(_name(one.author), 0), one.approved_at, one.issue, one))
    order = [one for *_, one in sorted(ranked, key=lambda entry: entry[:4])]
    start: list[int] = []
    for one in order:
        free = len(running) + len(start) < slots and at_work[_name(one.author)] < running_per_author
        if free and (one.not_before is None or one.not_before <= now):
            at_work[_name(one.author)] += 1
            start.append(one.issue)
    return Queue(order=tuple(one.issue for one in order), start=tuple(start), held=tuple(held))


def _name(login: str) -> str:
    """GitHub takes logins in any case."""
    return login.casefold()
