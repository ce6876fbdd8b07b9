"""The gate: one event of GitHub's, told to the pure decisions, and what they decide, done.

Light and quick, since an author waits for it: no torch, no download, at most twelve requests. What it does not do, or dies
before doing, the next event or the sweep does. Nothing in an event but names and numbers decides: the text that is read, the labels
and the roles are those of this moment, so an event that comes late, twice or out of order leads to the same issue.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from apcore.errors import MachineError
from bot.github.change import OWN_BRANCHES
from bot.github.events import (
    CommentCreated,
    Event,
    EventError,
    IssueClosed,
    IssueEdited,
    IssueLabeled,
    IssueOpened,
    PullRequestClosed,
    WorkflowDispatched,
)
from bot.github.issue import Marker
from bot.github.workflow_run import Dispatch
from bot.lifecycle.approval import Approving, approve
from bot.lifecycle.closing import Merge, closed, merged
from bot.lifecycle.commands import Spoken, command_in
from bot.lifecycle.decision import Decision
from bot.lifecycle.gate import Act, gate
from bot.lifecycle.obey import Request, obey, reply_key
from bot.lifecycle.runs import Situation
from bot.lifecycle.scope import FORM_LABEL
from bot.lifecycle.state import LABELS, State, is_approve
from bot.stages.applying import apply
from bot.stages.ending import last_words_of
from bot.stages.issue_case import Case, Desk, checked, person, read_case
from bot.stages.starting import is_free, verification

_HASH: Final = re.compile(r"[0-9a-f]{64}")
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,17}")
_OURS: Final = frozenset(label.name.casefold() for label in LABELS)
_OF_THE_FORM_S: Final = 30
"""The form's label is on within seconds of the issue being opened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What an event leads to: an issue, what to do about it, and what failed on our side on the way."""

    case: Case
    decision: Decision
    failures: tuple[MachineError, ...] = ()


def answer(desk: Desk, event: Event) -> Answer | None:
    """What `event` leads to; None if it is none of the bot's business. Reads, and writes nothing."""
    if event.sender.is_named(desk.repository.login):
        return None  # what an App writes causes events, too
    return _HANDLERS[type(event)](desk, event)


def carry_out(desk: Desk, found: Answer) -> Dispatch | None:
    """Do it, and start the run if it is this submission's turn; the run that was started."""
    apply(desk.repository, found.case, found.decision)
    dispatch = _run_to_start(found)
    if dispatch is None:
        return None
    issue = found.case.issue
    # What is only to be published needs no machine of ours.
    if not found.decision.publish and not is_free(desk, issue.number, issue.author):
        return None
    desk.repository.runs.start(dispatch)
    return dispatch


def read_text(desk: Desk, case: Case, act: Act) -> Answer:
    """What the present text of an issue leads to."""
    check = checked(desk, case)
    decision = gate(case.issue, act, check, case.record, desk.protocol, desk.now())
    return Answer(case=case, decision=decision, failures=check.failures)


def situation(desk: Desk, case: Case) -> Situation:
    """The case as decisions about runs and ends need it; there must be a record."""
    assert case.record is not None, "asked for where there is one"  # noqa: S101 - our own invariant
    return Situation(
        issue=case.issue,
        record=case.record,
        submission=checked(desk, case).submission,
        protocol=desk.protocol,
        living=case.living,
        now=desk.now(),
    )


def _run_to_start(found: Answer) -> Dispatch | None:
    """The run of a submission that has just come into the queue; of one that was there, another event or the sweep takes care."""
    before, after = found.case.record, found.decision.record
    if after is None or after.state is not State.QUEUED or after.approved is None or after.run is not None:
        return None
    if before is not None and before.state is State.QUEUED:
        return None
    return verification(found.case.seen.number, after.approved.sha256)


def _opened(desk: Desk, event: IssueOpened) -> Answer | None:
    case = read_case(desk, event.issue.number)
    return read_text(desk, case, Act.REOPENED if case.record else Act.OPENED) if case.is_ours else None


def _edited(desk: Desk, event: IssueEdited) -> Answer | None:
    case = read_case(desk, event.issue.number)
    return _leaving_approval(read_text(desk, case, Act.EDITED)) if case.is_ours else None


def _labeled(desk: Desk, event: IssueLabeled) -> Answer | None:
    if is_approve(event.label):
        return _approved_by_label(desk, event)
    if event.label.casefold() not in _OURS and event.label.casefold() != FORM_LABEL:
        return None
    if event.label.casefold() == FORM_LABEL and _is_by_the_form(event):
        return None
    case = read_case(desk, event.issue.number)
    return _leaving_approval(read_text(desk, case, Act.EDITED)) if case.is_ours else None


def _leaving_approval(found: Answer) -> Answer:
    """The answer, the approving label left where it is: its own event is on the way, and answers whoever set it."""
    kept = frozenset(label for label in found.decision.remove_labels if not is_approve(label))
    return replace(found, decision=replace(found.decision, remove_labels=kept))


def _is_by_the_form(event: IssueLabeled) -> bool:
    """Whether the form put the label on as the issue was opened, of which another event tells."""
    issue = event.issue
    age_s = (issue.updated_at - issue.created_at).total_seconds()
    return event.sender.is_named(issue.author.login) and age_s < _OF_THE_FORM_S


def _approved_by_label(desk: Desk, event: IssueLabeled) -> Answer | None:
    case = read_case(desk, event.issue.number)
    if not case.is_ours or not any(map(is_approve, case.seen.labels)):
        return None  # it was answered already
    # GitHub touches an issue when it is labelled, so this is when; at the worst a moment later.
    approving = Approving(by=person(desk, event.sender), at=event.issue.updated_at)
    return approved(desk, case, approving)


def approved(desk: Desk, case: Case, approving: Approving) -> Answer:
    """What someone's approval of a case leads to."""
    check = checked(desk, case)
    decision = approve(case.issue, approving, check, case.record, desk.protocol, desk.now())
    return Answer(case=case, decision=decision, failures=check.failures)


def _dispatched(desk: Desk, event: WorkflowDispatched) -> Answer | None:
    number, sha256 = event.inputs.get("issue", "").strip(), event.inputs.get("sha256", "").strip().lower()
    if not _NUMBER.fullmatch(number) or not _HASH.fullmatch(sha256):
        raise EventError(
            where="event.inputs",
            message="`issue` is to be a number, and `sha256` the 64 hexadecimal digits of what is approved",
            fix="copy both from the bot's comment on the issue",
        )
    case = read_case(desk, int(number))
    if not case.is_ours:
        raise EventError(
            where="event.inputs.issue",
            message=f"issue {number} hands in no method, so there is nothing to approve",
            fix="dispatch with the number of the issue on which the bot's comment shows the hash",
        )
    return approved(desk, case, Approving(by=person(desk, event.sender), at=desk.now(), sha256=sha256))


def _commented(desk: Desk, event: CommentCreated) -> Answer | None:
    comment = event.comment
    spoken = command_in(comment.body, by_a_bot=comment.author.is_bot)
    if spoken is None or event.issue.is_pull_request:
        return None
    case = read_case(desk, event.issue.number)
    return _obeyed(desk, case, event, spoken) if case.is_ours else None


def _obeyed(desk: Desk, case: Case, event: CommentCreated, spoken: Spoken) -> Answer | None:
    if (
        desk.repository.issues.own_comment(case.seen.number, Marker(name=reply_key(event.comment.id)), case.comments)
        is not None
    ):
        return None  # a command is obeyed once
    check = checked(desk, case)
    request = Request(
        issue=case.issue,
        by=person(desk, event.comment.author),
        comment_id=event.comment.id,
        check=check,
        record=case.record,
        living=case.living,
        protocol=desk.protocol,
        now=desk.now(),
    )
    return _leaving_approval(Answer(case=case, decision=obey(request, spoken)))


def _closed(desk: Desk, event: IssueClosed) -> Answer | None:
    case = read_case(desk, event.issue.number)
    if case.record is None or case.seen.is_open:
        return None
    number = case.record.pull_request
    if number is not None and desk.repository.pulls.pull_request(number).is_merged:
        return None  # the merge has an event of its own, with the last word
    return Answer(case=case, decision=closed(situation(desk, case)))


def _pull_closed(desk: Desk, event: PullRequestClosed) -> Answer | None:
    pull = event.pull
    number = pull.branch.removeprefix(OWN_BRANCHES)
    is_ours = pull.branch.startswith(OWN_BRANCHES) and pull.author.is_named(desk.repository.login)
    if not pull.is_merged or not is_ours or not _NUMBER.fullmatch(number):
        return None
    case = read_case(desk, int(number))
    if case.record is None:
        return None
    found = situation(desk, case)
    words = last_words_of(desk.repository.repository, found, pull.number)
    if words is None:
        return None
    return Answer(case=case, decision=merged(found, Merge(pull_request=pull.number, words=words)))


_HANDLERS: Final[dict[type[Event], Callable[..., Answer | None]]] = {
    IssueOpened: _opened,
    IssueEdited: _edited,
    IssueLabeled: _labeled,
    IssueClosed: _closed,
    CommentCreated: _commented,
    PullRequestClosed: _pull_closed,
    WorkflowDispatched: _dispatched,
}
