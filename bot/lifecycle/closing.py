"""How a submission ends: its pull request is merged, or its issue is closed without."""

from dataclasses import dataclass, replace

from bot.lifecycle.decision import Decision, Notice, decided
from bot.lifecycle.record import Appeal, body_of
from bot.lifecycle.runs import Situation
from bot.lifecycle.state import State
from bot.lifecycle.telling import living_body
from bot.reply.last_words import LastWords, last_words


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """A merged pull request: its number, and what there is to say about what it brought."""

    pull_request: int
    words: LastWords


def merged(situation: Situation, merge: Merge) -> Decision:
    """The last word: what is on the leaderboard now, with a badge; the issue is closed. The living comment stays."""
    record = situation.record
    if record.state is State.MERGED:
        return replace(decided(situation.issue, record, record, body=None), close=situation.issue.is_open)
    after = replace(record, state=State.MERGED, pull_request=merge.pull_request, not_before=None, appeal=Appeal.NONE)
    return decided(
        situation.issue,
        record,
        after,
        body=body_of(situation.living),
        notices=[Notice(key=f"merged-{merge.pull_request}", text=last_words(situation.issue.author, merge.words))],
        cancel_run=record.run.id if record.run else None,
        close=situation.issue.is_open,
    )


def closed(situation: Situation) -> Decision:
    """Someone closed the issue: nothing more is run, what is measured stays, and whoever closed it needs no word."""
    record, submission = situation.record, situation.submission
    if record.state in (State.MERGED, State.CANCELLED):
        return decided(situation.issue, record, record, body=None)
    after = replace(
        record,
        state=State.CANCELLED,
        approved=None,
        attempts=0,
        not_before=None,
        appeal=Appeal.NONE,
    )
    at_work = record.state in (State.QUEUED, State.RUNNING, State.WAITING)
    body = (
        living_body(after, submission, situation.protocol)
        if submission is not None and at_work
        else body_of(situation.living)
    )
    return decided(situation.issue, record, after, body=body, cancel_run=record.run.id if record.run else None)
