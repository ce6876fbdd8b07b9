"""Taking a status: reads issues, records and runs on GitHub, asks Google Drive about files, and writes nothing there.

The queue is worked out by the sweep's own function from the sweep's own facts, so both tell the same places.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from apcore.files.drive_errors import Sharing
from bot.github.failures import spent
from bot.github.issue import Issue as IssueSeen
from bot.lifecycle.queue import Queue
from bot.lifecycle.record import Record
from bot.lifecycle.runs import Situation
from bot.lifecycle.scope import is_submission
from bot.lifecycle.state import STATE_LABELS, State, states_shown
from bot.lifecycle.status import FileStatus, MeanTime, Status, SubmissionStatus, mean_time
from bot.lifecycle.sweep import Tended, queue_of
from bot.stages.gate import situation
from bot.stages.issue_case import Case, Desk, case_of, checked
from bot.stages.links import health
from bot.stages.starting import runs_under_way
from bot.submission.model import Submission

PERMISSIONS: Final = {"actions": "read", "issues": "read"}
MERGES: Final = 50
"""Of so many merges, the latest, the mean time is taken."""
_RESERVE: Final = 150
_COST_LISTS: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class FileQuestions:
    """How files are asked for: one by id, a pause of so many seconds, and the model keys of those that the board names."""

    ask: Callable[[str], Sharing]
    sleep: Callable[[float], None]
    of_board: Mapping[str, tuple[str, ...]]


def take_status(desk: Desk, questions: FileQuestions | None) -> Status:
    """The status at this moment; one request for each open submission, and a dozen more.

    Args:
        desk: as for the sweep; nothing is written through it.
        questions: about files; None asks none.

    Raises:
        ServiceError: the hour's requests are used up already, or GitHub fails.
    """
    limit = desk.repository.rate_limit()
    room = limit.remaining - _RESERVE - _COST_LISTS
    if room < 0:
        raise spent(limit.resets_at.timestamp(), "the status")
    found = _open_ones(desk)
    cases = [case_of(desk, seen) for seen in found[:room]]
    situations = {case.seen.number: situation(desk, case) for case in cases if case.record is not None}
    submissions = {number: one.submission for number, one in situations.items()} | {
        case.seen.number: checked(desk, case).submission for case in cases if case.record is None
    }
    line = _queue(desk, situations.values())
    ended, to_merge = _ended(desk)
    return Status(
        repository=desk.repository.repository,
        at=desk.now(),
        slots=desk.slots,
        submissions=tuple(_submission(case, submissions[case.seen.number], line) for case in cases),
        left=len(found) - len(cases),
        ended=ended,
        to_merge=to_merge,
        files=None if questions is None else _files(questions, submissions.values()),
    )


def _open_ones(desk: Desk) -> list[IssueSeen]:
    """The open submissions, oldest first."""
    found = desk.repository.issues.open_ones()
    return [seen for seen in found if states_shown(seen.labels) or is_submission(seen.title, seen.body, seen.labels)]


def _queue(desk: Desk, situations: Collection[Situation]) -> Queue:
    under_way = runs_under_way(desk.repository, desk.now())
    tended = [
        Tended(situation=one, is_starting=one.record.run is None and one.issue.number in under_way)
        for one in situations
    ]
    return queue_of(tended, {one.issue.number: one.record for one in situations}, desk.now(), desk.slots)


def _submission(case: Case, submission: Submission | None, line: Queue) -> SubmissionStatus:
    number = case.seen.number
    shown = next(iter(states_shown(case.seen.labels)), State.NEEDS_AUTHOR)
    return SubmissionStatus(
        issue=number,
        url=case.seen.url,
        method=submission.ap_key if submission else None,
        state=case.record.state if case.record else shown,
        opened=case.seen.created_at,
        since=_since(case.record) if case.record else None,
        place=line.order.index(number) + 1 if number in line.order else None,
        held=number in line.held,
    )


def _since(record: Record) -> datetime | None:
    match record.state:
        case State.AWAITING_APPROVAL:
            return record.shown_at
        case State.QUEUED:
            return record.approved.at if record.approved else None
        case State.RUNNING:
            return record.run.started if record.run else None
    return None


def _ended(desk: Desk) -> tuple[dict[State, int], MeanTime | None]:
    """How many are over, and how long those that were merged last took from the opening of their issue."""
    found = {
        state: desk.repository.issues.with_label(STATE_LABELS[state].name, "closed")
        for state in (State.MERGED, State.CANCELLED)
    }
    merged = [(seen.closed_at, seen.created_at) for seen in found[State.MERGED] if seen.closed_at is not None]
    latest = sorted(merged, reverse=True)[:MERGES]
    return (
        {state: len(seen) for state, seen in found.items()},
        mean_time([closed - opened for closed, opened in latest]),
    )


def _files(questions: FileQuestions, submissions: Iterable[Submission | None]) -> tuple[FileStatus, ...]:
    named: dict[str, set[str]] = {file_id: set(keys) for file_id, keys in questions.of_board.items()}
    for file_id, key in _named_by(submissions):
        named.setdefault(file_id, set()).add(key)
    found = health(sorted(named), questions.ask, questions.sleep)
    return tuple(
        FileStatus(id=file_id, keys=tuple(sorted(named[file_id])), sharing=sharing)
        for file_id, sharing in found.items()
    )


def _named_by(submissions: Iterable[Submission | None]) -> Iterator[tuple[str, str]]:
    for submission in submissions:
        for model in submission.models if submission else ():
            for file in (model.checkpoint, model.distances, model.outcomes):
                if file is not None:
                    yield file.id, str(model.key)
