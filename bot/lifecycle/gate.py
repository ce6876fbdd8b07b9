"""What an issue's text leads to: it was opened, edited or reopened, or someone asked for a check."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from enum import Enum
from typing import Final

from apcore.protocol import Protocol
from bot.lifecycle.decision import Decision, Issue, Notice, decided
from bot.lifecycle.plan import asked, results_that_hold
from bot.lifecycle.record import Appeal, Record, Tried
from bot.lifecycle.state import State, is_approve
from bot.reply import notices
from bot.stages.check import Check
from bot.submission.model import Submission

_MAX_CHECKPOINTS: Final = 64
# States in which the living comment is the answer of the check.
_UNAPPROVED: Final = frozenset({State.NEEDS_AUTHOR, State.AWAITING_APPROVAL})


class Act(Enum):
    """Why the issue is looked at."""

    OPENED = "opened"
    EDITED = "edited"
    REOPENED = "reopened"
    ASKED = "asked"


def gate(issue: Issue, act: Act, check: Check, record: Record | None, protocol: Protocol, now: datetime) -> Decision:
    """What follows from the text of an issue.

    An approval holds for what it names. If the text still reads as that submission, whatever else was edited, nothing
    changes; if it reads as another one, the approval is void, and a run that measures what is no longer asked is stopped.

    Args:
        issue: as it is now.
        act: why it is looked at.
        check: of its present text, with `bot.lifecycle.decision.room_for_body(record)` characters of room.
        record: what is remembered, None for nothing.
        protocol: by which it was checked.
        now: the time.
    """
    if not issue.is_open or (act is Act.EDITED and record and record.state in (State.MERGED, State.CANCELLED)):
        return _untouched(issue, record)
    if check.failures:
        return _unchecked(issue, check, record)
    if check.submission is None:
        return _to_mend(issue, check, record)
    if record and record.submission == check.submission.sha256:
        return _as_before(issue, act, check, record, now)
    return _new_submission(issue, act, check, check.submission, record, protocol, now)


def _untouched(issue: Issue, record: Record | None) -> Decision:
    return Decision(record=None) if record is None else decided(issue, record, record, body=None)


def _unchecked(issue: Issue, check: Check, record: Record | None) -> Decision:
    """The check failed on our side: it says nothing about the text, so an approval that names a hash stays as it is."""
    log = [f"the check failed: {failure.where}: {failure.message}" for failure in check.failures]
    if record and record.approved:
        return decided(issue, record, record, body=None, log=log)
    after = replace(record, state=State.WAITING) if record else Record(issue=issue.number, state=State.WAITING)
    return decided(issue, record, after, body=check.comment, log=log)


def _to_mend(issue: Issue, check: Check, record: Record | None) -> Decision:
    before = record or Record(issue=issue.number, state=State.NEEDS_AUTHOR)
    after = replace(
        before,
        state=State.NEEDS_AUTHOR,
        submission=None,
        shown_at=None,
        approved=None,
        appeal=Appeal.NONE,
    )
    return decided(
        issue,
        record,
        after,
        body=check.comment,
        notices=_void(issue, record, "nothing"),
        cancel_run=before.run.id if before.run else None,
    )


def _as_before(issue: Issue, act: Act, check: Check, record: Record, now: datetime) -> Decision:
    """The same submission: its comment is written anew only where it is that of the check, for line numbers may differ."""
    if record.state in (State.CANCELLED, State.MERGED):
        after = replace(record, state=State.AWAITING_APPROVAL, approved=None, shown_at=now)
        return decided(issue, record, after, body=check.comment)
    if record.state is State.NEEDS_AUTHOR and act is not Act.ASKED:
        return decided(issue, record, record, body=None)  # what failed is in a file, not in this text
    if record.state in _UNAPPROVED or not record.approved:
        anew = record.state is State.NEEDS_AUTHOR
        record_anew = replace(record, approved=None, shown_at=now) if anew else record
        after = replace(record_anew, state=State.AWAITING_APPROVAL)
        return decided(issue, record, after, body=check.comment, notices=_on_opening(issue, act))
    return decided(issue, record, record, body=None)


def _new_submission(
    issue: Issue,
    act: Act,
    check: Check,
    submission: Submission,
    record: Record | None,
    protocol: Protocol,
    now: datetime,
) -> Decision:
    before = record or Record(issue=issue.number, state=State.AWAITING_APPROVAL)
    after = replace(
        before,
        state=State.AWAITING_APPROVAL,
        submission=submission.sha256,
        shown_at=now,
        approved=None,
        checkpoints=_kept(before.checkpoints, submission),
        attempts=0,
        not_before=None,
        appeal=Appeal.NONE,
    )
    return decided(
        issue,
        record,
        after,
        body=_with_what_holds(check.comment, submission, protocol, before),
        notices=[*_on_opening(issue, act), *_void(issue, record, submission.sha256)],
        cancel_run=run_in_vain(before, submission, protocol),
    )


def _on_opening(issue: Issue, act: Act) -> Sequence[Notice]:
    if act is Act.OPENED and any(is_approve(label) for label in issue.labels):
        return (Notice(key="label-from-the-start", text=notices.label_from_the_start(issue.author)),)
    return ()


def _void(issue: Issue, record: Record | None, present: str) -> Sequence[Notice]:
    if record is None or record.approved is None:
        return ()
    key = f"void-{record.approved.sha256[:12]}-{present[:12]}"
    return (Notice(key=key, text=notices.approval_void(issue.author, record.approved.by)),)


def _kept(checkpoints: Sequence[Tried], submission: Submission) -> tuple[Tried, ...]:
    """Those of the submission first; others stay, for an edit may be taken back."""
    order = {model.key: place for place, model in enumerate(submission.models)}
    return tuple(sorted(checkpoints, key=lambda tried: order.get(tried.key, len(order)))[:_MAX_CHECKPOINTS])


def run_in_vain(record: Record, submission: Submission, protocol: Protocol) -> int | None:
    """The run at work, if it measures something that is no longer asked; an edited claim does not stop it."""
    if record.run is None:
        return None
    wanted = {(model.key, asked(model, protocol)) for model in submission.models}
    measuring = {(tried.key, tried.asked) for tried in record.checkpoints if tried.result is None}
    return None if measuring <= wanted else record.run.id


def _with_what_holds(comment: str, submission: Submission, protocol: Protocol, record: Record) -> str:
    """The answer of the check, with a line in front that says what need not be measured again."""
    count = len(results_that_hold(submission, protocol, record))
    if not count:
        return comment
    if count == len(submission.models):
        what = "every checkpoint is as it was"
        then = "an approval publishes the numbers at once, judged against the claims as they are now"
    else:
        what = f"{count} of {len(submission.models)} checkpoints {'is as it was' if count == 1 else 'are as they were'}"
        then = "an approval runs the others alone"
    return f"♻️ **Already measured: {what}**; {then}.\n\n{comment}"
