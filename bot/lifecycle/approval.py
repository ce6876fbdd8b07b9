"""A maintainer's word: this submission, named by its SHA-256, may be run.

The word is given by a label, which names nothing, or by a dispatch, which names the hash. A label therefore counts only for
what the bot's comment has shown for some minutes, so that no edit can slip in between reading and approving.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from apcore.protocol import Protocol
from bot.lifecycle.decision import Decision, Issue, Notice, decided
from bot.lifecycle.gate import Act, gate
from bot.lifecycle.people import Person
from bot.lifecycle.plan import results_that_hold, with_approval
from bot.lifecycle.record import Appeal, Approval, Record
from bot.lifecycle.state import State
from bot.lifecycle.telling import living_body
from bot.reply import notices
from bot.stages.check import Check
from bot.submission.model import Submission

SETTLE_MINUTES: Final = 5
_MEASURED: Final = frozenset({State.VERIFIED, State.REFUTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Approving:
    """Someone approves: who, when, and what.

    Args:
        by: with the role that was looked up after the event.
        at: when the label was set or the run dispatched, as GitHub says it.
        sha256: the hash that a dispatch names; None for a label.
    """

    by: Person
    at: datetime
    sha256: str | None = None


def approve(
    issue: Issue, approving: Approving, check: Check, record: Record | None, protocol: Protocol, now: datetime
) -> Decision:
    """What an approval leads to: a place in the queue, the results at once if all hold, or words why not.

    Args:
        issue: as it is now.
        approving: who, when and what.
        check: of the present text, with `bot.lifecycle.decision.room_for_body(record)` characters of room.
        record: what is remembered, None for nothing.
        protocol: under which it will be run.
        now: the time.
    """
    refusal = _refusal(issue, approving, check, record)
    if refusal is not None:
        return _refused(refusal, gate(issue, Act.EDITED, check, record, protocol, now), record)
    submission = check.submission
    assert submission is not None and record is not None, "else it was refused"  # noqa: S101, PT018 - our own invariant
    if record.is_approved and record.state is not State.NEEDS_AUTHOR:
        return _once_more(issue, record, submission, protocol)
    approval = Approval(sha256=submission.sha256, by=approving.by.login, at=approving.at)
    # What failed by its author's fault may be mended on Drive alone: approved anew, it is tried anew.
    awaiting = replace(record, state=State.AWAITING_APPROVAL) if record.state is State.NEEDS_AUTHOR else record
    return queued(issue, awaiting, with_approval(record, approval), submission, protocol)


def _refusal(issue: Issue, approving: Approving, check: Check, record: Record | None) -> Notice | None:
    by = approving.by
    moment = f"{approving.at:%m%d%H%M%S}-{by.key}"
    if not by.role.is_maintainer:
        return Notice(key=f"no-maintainer-{by.key}", text=notices.not_a_maintainer(by))
    if check.submission is None or not issue.is_open:
        return Notice(key=f"nothing-{moment}", text=notices.nothing_to_approve(by))
    if record is not None and record.state in (State.CANCELLED, State.MERGED):
        return Notice(key=f"ended-{moment}", text=notices.ended_before(by))
    return _refusal_of_hash(approving, check.submission.sha256, record, moment)


def _refusal_of_hash(approving: Approving, present: str, record: Record | None, moment: str) -> Notice | None:
    by, named = approving.by, approving.sha256
    if named is not None and named != present:
        return Notice(key=f"hash-{moment}", text=notices.another_hash(by, named, present))
    if record is None or record.submission != present or record.shown_at is None:
        return Notice(key=f"changed-{moment}", text=notices.changed_since(by, present))
    if named is None and approving.at - record.shown_at < timedelta(minutes=SETTLE_MINUTES) and not record.is_approved:
        return Notice(key=f"settle-{moment}", text=notices.changed_just_now(by, present, SETTLE_MINUTES))
    return None


def _refused(refusal: Notice, seen: Decision, record: Record | None) -> Decision:
    """What the gate makes of the text, which may have changed, and the refusal; the label is taken away in any case."""
    told = refusal.key in (record.told if record else ())
    return replace(seen, notices=seen.notices if told else (*seen.notices, refusal), log=(*seen.log, refusal.key))


def _once_more(issue: Issue, record: Record, submission: Submission, protocol: Protocol) -> Decision:
    """Approved already: an appeal is granted, what waits is tried at once, and all else stays as it is."""
    if record.appeal is Appeal.ASKED and record.state in _MEASURED:
        return queued(issue, record, granted(record), submission, protocol)
    if record.state is State.WAITING:
        return queued(issue, record, replace(record, attempts=0, not_before=None), submission, protocol)
    return decided(issue, record, record, body=None, log=["approved already"])


def granted(record: Record) -> Record:
    """The record of a submission whose appeal is granted."""
    return replace(record, appeal=Appeal.GRANTED, appeals=record.appeals + 1)


def queued(issue: Issue, before: Record, after: Record, submission: Submission, protocol: Protocol) -> Decision:
    """The decision by which an approved submission waits for a runner, or is published if nothing is left to measure."""
    after = replace(after, state=State.QUEUED)
    hold = results_that_hold(submission, protocol, after)
    at_once = len(hold) == len(submission.models) and after.appeal is not Appeal.GRANTED
    return decided(issue, before, after, body=living_body(after, submission, protocol), publish=at_once)
