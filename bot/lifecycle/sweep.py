"""What is put right on a schedule: whatever an event, a runner or a machine left undone.

Events get lost, runners die, Drive recovers. So nothing depends on an event alone: here every open submission is looked at
again, and what its record, its labels and its run say is brought together. Two sweeps in a row do nothing the second time.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from bot.lifecycle.approval import queued
from bot.lifecycle.closing import Merge, closed, merged
from bot.lifecycle.decision import Decision, Notice, decided
from bot.lifecycle.gate import run_in_vain
from bot.lifecycle.queue import Queue, Running, Waiting, queue
from bot.lifecycle.record import Record, body_of
from bot.lifecycle.runs import Situation, follow, lost
from bot.lifecycle.state import State
from bot.lifecycle.telling import NOTHING_SEEN, Seen
from bot.reply import notices

# A run that has ended is left alone for so long: its last job may still publish.
GRACE: Final = timedelta(minutes=30)
_PUBLISHED: Final = frozenset({State.VERIFIED, State.REFUTED})
_ENDED: Final = frozenset({State.MERGED, State.CANCELLED})


@dataclass(frozen=True, slots=True, kw_only=True)
class PullSeen:
    """The open pull request of a submission: whether it is proposed to the present main, and whether that has a conflict."""

    is_on_main: bool
    has_conflict: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Tended:
    """One issue as it is looked at.

    Args:
        situation: as any decision about a run needs it.
        run_over_since: when the run in the record ended; None while it is at work, and without one.
        run_is_unknown: whether GitHub knows no such run any more.
        seen: progress of the run.
        pull: the open pull request, None if there is none.
        merge: of its pull request, None as long as it is not merged.
        is_starting: whether a run was started for it that has not begun yet.
    """

    situation: Situation
    run_over_since: datetime | None = None
    run_is_unknown: bool = False
    seen: Seen = NOTHING_SEEN
    pull: PullSeen | None = None
    merge: Merge | None = None
    is_starting: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """What is to be done.

    Args:
        decisions: by issue, those that change something or bring a comment up to date.
        queue: of all that is approved.
        read_anew: issues whose text is to go through the gate, since its event was lost or the check failed.
        rebuild: issues whose pull request is to be made anew on the present main.
    """

    decisions: Mapping[int, Decision]
    queue: Queue
    read_anew: tuple[int, ...]
    rebuild: tuple[int, ...]


def sweep(tended: Sequence[Tended], unread: Collection[int], now: datetime, *, slots: int) -> Sweep:
    """What is to be done about all issues.

    Args:
        tended: every issue with a record, open or with one of our labels.
        unread: numbers of open issues on our form that have no record.
        now: the time.
        slots: how many submissions may run at once.
    """
    first = {one.situation.issue.number: _tend(one) for one in tended}
    records = {number: decision.record for number, decision in first.items() if decision.record is not None}
    line = queue_of(tended, records, now, slots)
    decisions = {
        one.situation.issue.number: _with_place(one, first[one.situation.issue.number], line) for one in tended
    }
    living = {one.situation.issue.number: one.situation.living for one in tended}
    return Sweep(
        decisions={
            number: decision for number, decision in decisions.items() if _does_something(decision, living[number])
        },
        queue=line,
        read_anew=tuple(sorted({*unread, *(_number(one) for one in tended if _is_unread(one))})),
        rebuild=tuple(sorted(_number(one) for one in tended if _is_stale(one))),
    )


def broken_links(situation: Situation, broken: Collection[str]) -> Decision:
    """Tell an author, once, which of their files can no longer be read by everyone.

    Args:
        situation: as it is.
        broken: ids of files on Drive that answered so, twice and some time apart.
    """
    record, submission = situation.record, situation.submission
    models = () if submission is None or record.state in _ENDED else submission.models
    places = [place for place, model in enumerate(models, 1) if model.checkpoint.id in broken]
    if not places:
        return decided(situation.issue, record, record, body=None)
    key = hashlib.sha256(" ".join(sorted(broken)).encode()).hexdigest()[:12]
    text = notices.links_broken(situation.issue.author, places)
    return decided(
        situation.issue, record, record, body=body_of(situation.living), notices=[Notice(key=f"links-{key}", text=text)]
    )


def _tend(one: Tended) -> Decision:
    situation = one.situation
    record, issue = situation.record, situation.issue
    if one.merge is not None:
        return merged(situation, one.merge)
    if not issue.is_open and record.state not in _ENDED:
        return closed(situation)
    if record.run is not None and _is_lost(one):
        return lost(situation, one.seen.run_url)
    if _may_try_again(situation) and situation.submission is not None:
        after = replace(record, not_before=None)
        return queued(issue, record, after, situation.submission, situation.protocol)
    if record.state is State.RUNNING:
        return follow(situation, one.seen)
    return decided(issue, record, record, body=None, cancel_run=_run_in_vain(one))


def _run_in_vain(one: Tended) -> int | None:
    """The run at work whose stop was decided and, as the record shows, perhaps never asked for; to ask twice is harmless."""
    record, submission = one.situation.record, one.situation.submission
    if record.run is None or one.run_over_since is not None:
        return None
    if record.state in _ENDED or submission is None:
        return record.run.id
    return run_in_vain(record, submission, one.situation.protocol)


def _is_lost(one: Tended) -> bool:
    over = one.run_over_since
    return one.run_is_unknown or (over is not None and one.situation.now - over >= GRACE)


def _may_try_again(situation: Situation) -> bool:
    record = situation.record
    if record.state is not State.WAITING or not record.is_approved or record.not_before is None:
        return False
    return record.not_before <= situation.now and _is_as_recorded(situation)


def _is_as_recorded(situation: Situation) -> bool:
    submission = situation.submission
    return (submission.sha256 if submission else None) == situation.record.submission


def _is_unread(one: Tended) -> bool:
    """Whether the text is not the one that was last read, or could not be checked."""
    situation = one.situation
    record = situation.record
    if not situation.issue.is_open or record.state in _ENDED:
        return False
    return not _is_as_recorded(situation) or (record.state is State.WAITING and not record.approved)


def _is_stale(one: Tended) -> bool:
    pull = one.pull
    published = one.situation.record.state in _PUBLISHED and one.situation.record.is_approved
    return published and pull is not None and (pull.has_conflict or not pull.is_on_main)


def queue_of(tended: Sequence[Tended], records: Mapping[int, Record], now: datetime, slots: int) -> Queue:
    """The queue of all that is approved.

    Args:
        tended: every issue with a record.
        records: by issue, what is remembered of it now.
        now: the time.
        slots: how many submissions may run at once.
    """
    waiting: list[Waiting] = []
    running: list[Running] = []
    served: dict[str, int] = {}
    for one in tended:
        issue, record = one.situation.issue, records[_number(one)]
        runs = [tried.result.run for tried in record.checkpoints if tried.result]
        served[issue.author] = max([served.get(issue.author, 0), *runs])
        if record.run is not None or one.is_starting:
            running.append(Running(issue=issue.number, author=issue.author))
        elif record.state is State.QUEUED and record.approved is not None and _is_as_recorded(one.situation):
            waiting.append(
                Waiting(
                    issue=issue.number,
                    author=issue.author,
                    approved_at=record.approved.at,
                    not_before=record.not_before,
                )
            )
    return queue(waiting, running, now, slots=slots, served=served)


def _with_place(one: Tended, decision: Decision, line: Queue) -> Decision:
    """The decision, its comment with the place in the queue."""
    place = line.places.get(_number(one))
    if place is None or decision.record is None:
        return decision
    told = follow(replace(one.situation, record=decision.record), replace(one.seen, place=place))
    return replace(decision, comment=told.comment)


def _does_something(decision: Decision, living: str) -> bool:
    says_more = decision.comment is not None and not living.rstrip().endswith(decision.comment.rstrip())
    return says_more or bool(
        decision.notices or decision.add_labels or decision.remove_labels or decision.cancel_run or decision.close
    )


def _number(one: Tended) -> int:
    return one.situation.issue.number
