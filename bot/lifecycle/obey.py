"""What a command in a comment leads to: one answer to whoever gave it, and what they may ask for.

Nothing here starts a computation. `retry` puts back into the queue what is approved already; an author's `appeal` waits for
a maintainer's label.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from apcore.failure import Turn
from apcore.model_key import ModelKey
from apcore.protocol import Protocol
from bot.lifecycle.appeal import SEEDS, appealed
from bot.lifecycle.approval import granted, queued
from bot.lifecycle.commands import Audience, Command, Spoken, allowed, audiences
from bot.lifecycle.decision import Decision, Issue, Notice, decided
from bot.lifecycle.gate import Act, gate
from bot.lifecycle.people import Person
from bot.lifecycle.record import Appeal, Record, body_of
from bot.lifecycle.state import State
from bot.lifecycle.telling import living_body
from bot.reply import command_replies as replies
from bot.reply import notices
from bot.stages.check import Check

_MEASURED: Final = frozenset({State.VERIFIED, State.REFUTED})
_AT_WORK: Final = frozenset({State.QUEUED, State.RUNNING, State.WAITING})
_WORDS: Final = {
    None: "this issue has not been read yet; `/apbot check` reads it.",
    State.NEEDS_AUTHOR: "it is the author's turn to mend what the comment above names.",
    State.AWAITING_APPROVAL: "a maintainer decides whether this is run.",
    State.QUEUED: "this is approved and starts by itself once a runner is free.",
    State.RUNNING: "this is being measured.",
    State.WAITING: "something failed that is not the author's doing, and it is tried again by itself.",
    State.VERIFIED: "everything is measured, and a maintainer reviews the numbers.",
    State.REFUTED: "everything is measured, and at least one claim is not borne out.",
    State.MERGED: "this is on the leaderboard.",
    State.CANCELLED: "this was cancelled; `/apbot check` begins anew.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A command with all that is known when it is given.

    Args:
        issue: on which it was given.
        by: who gave it, with the role that was looked up after the event.
        comment_id: of the comment that it stands in; it is answered once.
        check: of the issue's present text.
        record: what is remembered, None for nothing.
        living: the living comment as it is, empty if there is none.
        protocol: under which everything is measured.
        now: the time.
    """

    issue: Issue
    by: Person
    comment_id: int
    check: Check
    record: Record | None
    living: str
    protocol: Protocol
    now: datetime


def reply_key(comment_id: int) -> str:
    """The key of the answer to the command in a comment; there is one."""
    return f"reply-{comment_id}"


def obey(request: Request, spoken: Spoken) -> Decision:
    """What a command leads to. Whoever gives one gets an answer, whatever it is."""
    decision = _obeyed(request, spoken)
    if not spoken.more:
        return decision
    *others, answer = decision.notices
    return replace(decision, notices=(*others, replace(answer, text=f"{answer.text}\n\n{replies.FIRST_ALONE}")))


def _obeyed(request: Request, spoken: Spoken) -> Decision:
    found = audiences(request.by, request.issue.author)
    command = spoken.command
    if command is None:
        return _answered(request, replies.unknown(request.by, spoken, found))
    if command not in allowed(found):
        return _answered(request, replies.not_allowed(request.by, command))
    return _HANDLERS[command](request, found)


def _help(request: Request, found: frozenset[Audience]) -> Decision:
    return _answered(request, replies.help_text(request.by, found))


def _status(request: Request, _found: frozenset[Audience]) -> Decision:
    state = request.record.state if request.record else None
    headline = next((line for line in request.living.splitlines() if line.strip()), "")
    text = replies.said(request.by, _WORDS[state])
    return _answered(request, f"{text}\n\n> {headline}" if headline else text)


def _check(request: Request, _found: frozenset[Audience]) -> Decision:
    seen = gate(request.issue, Act.ASKED, request.check, request.record, request.protocol, request.now)
    state = seen.record.state if seen.record else None
    return _with_answer(request, seen, f"the issue is read anew: {_WORDS[state]} The comment above is up to date.")


def _cancel(request: Request, _found: frozenset[Audience]) -> Decision:
    record, submission = request.record, request.check.submission
    at_work = record is not None and record.state is not State.MERGED and record.run is not None
    if record is None or not (at_work or record.state in _AT_WORK):
        return _said(
            request, "nothing runs or waits here, so there is nothing to cancel. To withdraw, close the issue."
        )
    after = replace(record, state=State.CANCELLED, approved=None, not_before=None, attempts=0, appeal=Appeal.NONE)
    body = living_body(after, submission, request.protocol) if submission else body_of(request.living)
    stopped = record.run.id if record.run else None
    decision = decided(request.issue, record, after, body=body, cancel_run=stopped)
    return _with_answer(
        request, decision, "this is cancelled. What is measured stays; `/apbot check` begins anew, unapproved."
    )


def _retry(request: Request, _found: frozenset[Audience]) -> Decision:
    record, submission = request.record, request.check.submission
    if record is None or record.state is not State.WAITING:
        return _said(request, f"nothing failed here that a retry could mend: {_state_words(record)}")
    if not record.is_approved or submission is None or submission.sha256 != record.submission:
        # The check itself failed on our side; to read the issue anew is to try again.
        return _check(request, _found)
    theirs = sum(tried.turn is Turn.CONTRIBUTOR for tried in record.checkpoints)
    decision = queued(request.issue, record, replace(record, attempts=0, not_before=None), submission, request.protocol)
    left = f" {theirs} checkpoint{'s' * (theirs != 1)} that only the author can mend stay{'s' * (theirs == 1)} out."
    return _with_answer(request, decision, f"what failed is queued again.{left if theirs else ''}")


def _appeal(request: Request, found: frozenset[Audience]) -> Decision:
    record, submission = request.record, request.check.submission
    if record is None or record.state not in _MEASURED or not record.is_approved:
        return _said(request, f"there is no verdict to appeal against: {_state_words(record)}")
    keys = appealed(record)
    if not keys or submission is None or submission.sha256 != record.submission:
        return _said(request, "every claim is borne out, so there is nothing to appeal against.")
    if Audience.MAINTAINER in found:
        decision = queued(request.issue, record, granted(record), submission, request.protocol)
        return _with_answer(request, decision, f"the appeal is granted: {_measured_again(keys)}")
    if record.appeals or record.appeal is not Appeal.NONE:
        return _said(request, "this submission was appealed once already; a maintainer can have it measured once more.")
    decision = decided(
        request.issue,
        record,
        replace(record, appeal=Appeal.ASKED),
        body=body_of(request.living),
        notices=[_to_the_maintainer(request, record, len(keys))],
    )
    return _with_answer(request, decision, "your appeal waits for a maintainer, who was told.")


def _to_the_maintainer(request: Request, record: Record, count: int) -> Notice:
    assert record.approved is not None, "what is measured was approved"  # noqa: S101 - our own invariant
    text = notices.appeal_asked(request.issue.author, record.approved.by, count, SEEDS)
    return Notice(key=f"appeal-{record.approved.sha256[:12]}-{record.appeals + 1}", text=text)


def _measured_again(keys: tuple[ModelKey, ...]) -> str:
    what = "one checkpoint is" if len(keys) == 1 else f"{len(keys)} checkpoints are"
    return f"{what} measured again with {SEEDS} fresh seeds each, and the spread is published."


def _state_words(record: Record | None) -> str:
    return _WORDS[record.state if record else None]


def _said(request: Request, words: str) -> Decision:
    return _answered(request, replies.said(request.by, words))


def _answered(request: Request, text: str) -> Decision:
    """An answer that changes nothing else."""
    return Decision(record=request.record, notices=(Notice(key=reply_key(request.comment_id), text=text),))


def _with_answer(request: Request, decision: Decision, words: str) -> Decision:
    answer = Notice(key=reply_key(request.comment_id), text=replies.said(request.by, words))
    return replace(decision, notices=(*decision.notices, answer))


_HANDLERS: Final[dict[Command, Callable[[Request, frozenset[Audience]], Decision]]] = {
    Command.HELP: _help,
    Command.STATUS: _status,
    Command.CHECK: _check,
    Command.CANCEL: _cancel,
    Command.RETRY: _retry,
    Command.APPEAL: _appeal,
}
