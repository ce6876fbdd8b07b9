"""The sweep: one pass over the open submissions, on a schedule, that puts right what events, runners and machines left undone.

It reads everything first, then decides, then acts, so that a dry run shows the very decisions. It looks at what is at work, at
what no event has reached, and at what changed lately; the rest was looked at before. Within an hour's budget of requests it
takes what is at work first and leaves the rest to the next sweep. Killed anywhere, the next one goes on: nothing is remembered
but on GitHub. Between reading and acting minutes may pass, so each issue is read again, and left alone if it is another by then.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from apcore.errors import MachineError
from apcore.files.drive_errors import Sharing
from bot.github.change import PullRequest, own_branch
from bot.github.failures import spent
from bot.github.issue import Issue as IssueSeen
from bot.github.ports import Repository
from bot.github.workflow_run import Dispatch, WorkflowRun
from bot.lifecycle.approval import Approving
from bot.lifecycle.closing import Merge
from bot.lifecycle.gate import Act
from bot.lifecycle.scope import is_submission
from bot.lifecycle.state import APPROVE, STATE_LABELS, State, is_approve, states_shown
from bot.lifecycle.sweep import PullSeen, Sweep, Tended, broken_links, sweep
from bot.stages.applying import apply
from bot.stages.ending import last_words_of
from bot.stages.following import follow_run
from bot.stages.gate import Answer, approved, read_text, situation
from bot.stages.issue_case import Case, Desk, case_of, person, read_case
from bot.stages.links import broken, to_ask
from bot.stages.starting import runs_under_way, verification

_AT_WORK: Final = frozenset({State.QUEUED, State.RUNNING, State.WAITING})
_MEASURED: Final = frozenset({State.VERIFIED, State.REFUTED})
_ENDED: Final = frozenset({State.MERGED, State.CANCELLED})
# An event that was lost is found among what changed lately; twice as long as the slowest schedule between two sweeps.
_LATELY: Final = timedelta(hours=3)
# So long an approval's own event may still be at work.
_EVENT_AT_WORK: Final = timedelta(minutes=5)
_RESERVE: Final = 150
"""Requests of the hour that are left to the gate."""

# What an issue may cost in requests, writing included: one whose jobs are listened to, one that something is due for, any other.
_COST_RUNNING: Final = 40
_COST_DUE: Final = 10
_COST_QUIET: Final = 4
_COST_LISTS: Final = 20
# By so many places the quiet ones are moved on from sweep to sweep, so that none is always the one that finds no room.
_TURN_S: Final = 900.0
_STEP: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """What a sweep has decided.

    Args:
        answers: by issue, what is to be done about it; in the order in which it is done.
        start: runs to start.
        rebuild: issues whose pull request is to be made anew.
        left: issues that the budget of requests has no room for; the next sweep looks at them.
        order: the queue.
        held: approved, without a place for now.
    """

    answers: Mapping[int, Answer]
    start: tuple[Dispatch, ...]
    rebuild: tuple[int, ...]
    left: tuple[int, ...]
    order: tuple[int, ...] = ()
    held: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What a sweep uses besides the desk.

    Args:
        ask: whether a file on Drive is open to everyone; None asks nothing.
        sleep: waits so many seconds.
        rebuild: makes the pull request of an issue anew on the present main; None leaves that to others.
    """

    ask: Callable[[str], Sharing] | None
    sleep: Callable[[float], None]
    rebuild: Callable[[int], object] | None = None


@dataclass(slots=True)
class _Budget:
    """How many more requests may be made."""

    left: int

    def take(self, amount: int) -> bool:
        """Whether there is room for `amount` more, which then is taken."""
        if amount > self.left:
            return False
        self.left -= amount
        return True


def look(desk: Desk, means: Means) -> Pass:
    """All that is to be done, as it is decided; reads, and writes nothing.

    Raises:
        ServiceError: the hour's requests are used up already.
    """
    limit = desk.repository.rate_limit()
    budget = _Budget(limit.remaining - _RESERVE)
    if not budget.take(_COST_LISTS):
        raise spent(limit.resets_at.timestamp(), "the sweep")
    under_way = runs_under_way(desk.repository, desk.now())
    pulls = {pull.branch: pull for pull in desk.repository.pulls.open_ones()}
    worth, left = _affordable(_worth_a_look(desk), budget)
    cases = [case for seen in worth if (case := case_of(desk, seen)).is_ours]
    tended = [_tended(desk, case, pulls, under_way) for case in cases if case.record is not None]
    unread = [case.seen.number for case in cases if case.record is None and case.seen.is_open]
    found = sweep(tended, unread, desk.now(), slots=desk.slots)
    answers = _answers(desk, {case.seen.number: case for case in cases}, found)
    answers = _with_broken_links(desk, means, answers, tended, cases)
    return Pass(
        answers=answers,
        start=tuple(_starting(found, tended, answers)),
        rebuild=found.rebuild,
        left=tuple(seen.number for seen in left),
        order=found.queue.order,
        held=found.queue.held,
    )


def act(desk: Desk, means: Means, decided: Pass) -> None:
    """Do it. A refusal about one issue costs the others nothing; what GitHub cannot do now is left to the next sweep.

    Raises:
        MachineError: the first thing that was refused, once all else is done.
        ServiceError: GitHub fails, or lets the bot write no more; nothing more is tried.
    """
    todo: list[tuple[str, Callable[[], object]]] = []
    todo += [(f"issue {number}", partial(_apply_if_unchanged, desk, one)) for number, one in decided.answers.items()]
    todo += [(dispatch.title, partial(desk.repository.runs.start, dispatch)) for dispatch in decided.start]
    if means.rebuild is not None:
        todo += [(f"pull request of issue {number}", partial(means.rebuild, number)) for number in decided.rebuild]
    failed: list[MachineError] = []
    for name, do in todo:
        try:
            do()
        except MachineError as exc:
            _log().warning("%s: %s", name, exc)
            failed.append(exc)
    for error in (*failed, *(failure for one in decided.answers.values() for failure in one.failures)):
        raise error


def _apply_if_unchanged(desk: Desk, answer: Answer) -> None:
    """Apply a decision, unless a gate or a run has answered the issue since it was read."""
    now, then = read_case(desk, answer.case.seen.number), answer.case
    if (now.living, now.seen.body, now.seen.is_open) != (then.living, then.seen.body, then.seen.is_open):
        _log().info("issue %d has changed meanwhile and is left to the next sweep", now.seen.number)
        return
    apply(desk.repository, now, answer.decision)


def _log() -> logging.Logger:
    return logging.getLogger(__name__)


def _worth_a_look(desk: Desk) -> list[IssueSeen]:
    """The issues that may need something, in the order in which they are looked at."""
    issues = desk.repository.issues
    found = [seen for seen in issues.open_ones() if _may_need(seen, desk)]
    for state in State:
        if state not in _ENDED:
            # Their closing, or the merge that closed them, was never answered.
            found += issues.with_label(STATE_LABELS[state].name, "closed")
    return _in_order({seen.number: seen for seen in found}.values(), desk.now())


def _in_order(found: Iterable[IssueSeen], now: datetime) -> list[IssueSeen]:
    """Those at work first, then those that nobody has answered; the quiet ones take turns."""
    due = sorted(filter(_is_due, found), key=lambda seen: (not _is_at_work(seen), seen.number))
    quiet = sorted((seen for seen in found if not _is_due(seen)), key=lambda seen: seen.number)
    begin = int(now.timestamp() / _TURN_S) * _STEP % max(len(quiet), 1)
    return [*due, *quiet[begin:], *quiet[:begin]]


def _is_due(seen: IssueSeen) -> bool:
    return _is_at_work(seen) or not states_shown(seen.labels) or any(map(is_approve, seen.labels))


def _is_at_work(seen: IssueSeen) -> bool:
    return bool(_AT_WORK.intersection(states_shown(seen.labels)))


def _may_need(seen: IssueSeen, desk: Desk) -> bool:
    states = states_shown(seen.labels)
    if not states:
        return is_submission(seen.title, seen.body, seen.labels)
    if len(states) > 1 or _is_at_work(seen) or any(map(is_approve, seen.labels)):
        return True
    return desk.now() - seen.updated_at < _LATELY or states[0] in _MEASURED


def _affordable(found: Sequence[IssueSeen], budget: _Budget) -> tuple[list[IssueSeen], list[IssueSeen]]:
    worth = [seen for seen in found if budget.take(_cost(seen))]
    chosen = {seen.number for seen in worth}
    return worth, [seen for seen in found if seen.number not in chosen]


def _cost(seen: IssueSeen) -> int:
    if State.RUNNING in states_shown(seen.labels):
        return _COST_RUNNING
    return _COST_DUE if _is_due(seen) else _COST_QUIET


def _tended(desk: Desk, case: Case, pulls: Mapping[str, PullRequest], under_way: Mapping[int, WorkflowRun]) -> Tended:
    found = situation(desk, case)
    record = found.record
    tended = Tended(situation=found, is_starting=record.run is None and case.seen.number in under_way)
    if record.run is not None:
        followed = follow_run(desk.repository, record.run.id, desk.now())
        tended = replace(
            tended, run_over_since=followed.over_since, run_is_unknown=followed.is_unknown, seen=followed.seen
        )
    pull = pulls.get(own_branch(case.seen.number))
    if pull is not None:
        return replace(tended, pull=_pull_seen(desk.repository, pull))
    if record.pull_request is None or record.state is State.MERGED:
        return tended
    return replace(tended, merge=_merge(desk.repository, tended))


def _pull_seen(repository: Repository, pull: PullRequest) -> PullSeen:
    """Whether its one commit is made on the present main; one that is has no conflict."""
    head = repository.contents.head(pull.base_branch)
    return PullSeen(is_on_main=head in repository.contents.parents(pull.head), has_conflict=False)


def _merge(repository: Repository, tended: Tended) -> Merge | None:
    number = tended.situation.record.pull_request
    if number is None or not repository.pulls.pull_request(number).is_merged:
        return None
    words = last_words_of(repository.repository, tended.situation, number)
    return None if words is None else Merge(pull_request=number, words=words)


def _answers(desk: Desk, cases: Mapping[int, Case], found: Sweep) -> dict[int, Answer]:
    """What is to be done about each issue: its approval, else what its text says, else what was left undone."""
    answers = {number: Answer(case=cases[number], decision=decision) for number, decision in found.decisions.items()}
    for number in found.read_anew:
        case = cases[number]
        answers[number] = read_text(desk, case, Act.EDITED if case.record else Act.OPENED)
    for number, case in cases.items():
        if case.seen.is_open and case.record is not None and any(map(is_approve, case.seen.labels)):
            # All that a sweep decides takes the label away, so it decides nothing until the label is answered.
            answers.pop(number, None)
            if (answer := _label_answered(desk, case)) is not None:
                answers[number] = answer
    return dict(sorted(answers.items()))


def _label_answered(desk: Desk, case: Case) -> Answer | None:
    """The answer to an approving label that has stood there for some minutes, so that its event must have been lost."""
    found = desk.repository.issues.last_labelling(case.seen.number, APPROVE.name)
    if found is None or desk.now() - found.at < _EVENT_AT_WORK:
        return None
    return approved(desk, case, Approving(by=person(desk, found.by), at=found.at))


def _starting(found: Sweep, tended: Sequence[Tended], answers: Mapping[int, Answer]) -> Iterator[Dispatch]:
    """The runs whose turn it is; of an issue about which something else was decided since, the next sweep takes care."""
    records = {one.situation.issue.number: one.situation.record for one in tended}
    for number in found.queue.start:
        answer = answers.get(number)
        after = answer.decision.record if answer else records[number]
        if after is not None and after.state is State.QUEUED and after.approved is not None:
            yield verification(number, after.approved.sha256)


def _with_broken_links(
    desk: Desk, means: Means, answers: dict[int, Answer], tended: Sequence[Tended], cases: Sequence[Case]
) -> dict[int, Answer]:
    """Tell authors of files that are not handed out any more, where nothing else is to be done."""
    if means.ask is None:
        return answers
    quiet = [one for one in tended if one.situation.issue.number not in answers and one.situation.issue.is_open]
    files = {
        model.checkpoint.id for one in quiet if one.situation.submission for model in one.situation.submission.models
    }
    gone = broken(to_ask(files, desk.now()), means.ask, means.sleep)
    by_number = {case.seen.number: case for case in cases}
    for one in quiet if gone else ():
        decision = broken_links(one.situation, gone)
        if decision.notices:
            number = one.situation.issue.number
            answers[number] = Answer(case=by_number[number], decision=decision)
    return answers
