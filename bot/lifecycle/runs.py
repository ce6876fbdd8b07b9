"""The life of a run: it begins with a plan, is followed while it measures, and ends with results, failures or nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from apcore.failure import Failure, Turn
from apcore.model_key import ModelKey
from apcore.protocol import Protocol
from apcore.rejudge import with_claims
from apcore.result import Result
from apcore.verdict import Metric, Verdict, worst
from bot.lifecycle.appeal import appealed, fresh_seeds
from bot.lifecycle.decision import Decision, Issue, Notice, decided, room_for_body
from bot.lifecycle.handover import Accepted, Handed
from bot.lifecycle.plan import Plan, asked, being_tried, make_plan, results_that_hold
from bot.lifecycle.record import Appeal, FailureRef, Record, ResultRef, Run, Tried, body_of
from bot.lifecycle.retries import next_attempt
from bot.lifecycle.state import State
from bot.lifecycle.telling import Seen, living_body
from bot.reply import notices
from bot.reply.result_comment import CurveImage, result_comment
from bot.reply.result_rows import WORDS
from bot.submission.model import Submission

_BEGINS: Final = frozenset({State.QUEUED, State.WAITING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """How a run begins: with a plan, or with none because there is nothing to measure or nothing that was approved."""

    decision: Decision
    plan: Plan | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What is known once the shell has gathered everything for the result.

    Args:
        kept: results of earlier runs that hold on, re-read from where the record says.
        kept_failures: likewise those that only the author can mend and that were not tried again.
        run_url: https address of the run.
        pull_request: number of the pull request, None as long as there is none.
        curves: where the plots are.
        spread: Markdown that tells the spread of an appeal, empty without one.
    """

    kept: tuple[Result, ...] = ()
    kept_failures: tuple[Failure, ...] = ()
    run_url: str | None = None
    pull_request: int | None = None
    curves: tuple[CurveImage, ...] = ()
    spread: str = ""


NOTHING_PUBLISHED: Final = Published()


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What all decisions about a run need; `submission` is the issue's present one, None if it needs mending."""

    issue: Issue
    record: Record
    submission: Submission | None
    protocol: Protocol
    living: str
    now: datetime
    fingerprints: Mapping[ModelKey, str] = field(default_factory=dict)


def begin(situation: Situation, run_id: int, seen: Seen) -> Begun:
    """What a run that has just been started is to do. It measures what is approved at this moment, or nothing.

    Called by the run's first job, so that between its start and now nothing could change unseen. A second run for one issue
    finds the first in the record and does nothing.
    """
    record, submission, protocol = situation.record, situation.submission, situation.protocol
    if submission is None or not record.is_approved or submission.sha256 != record.submission:
        return _no_run(situation, "nothing that was approved")
    if record.run is not None and record.run.id != run_id:
        return _no_run(situation, f"run {record.run.id} is at work")
    if record.run is None and record.state not in _BEGINS:
        return _no_run(situation, f"nothing to measure, it is {record.state}")
    plan = _planned(record, submission, protocol)
    if not plan.jobs:
        return Begun(decision=replace(_as_it_is(situation), publish=True), plan=None)
    run = record.run or Run(id=run_id, submission=submission.sha256, started=situation.now)
    after = replace(record, state=State.RUNNING, run=run, checkpoints=being_tried(plan, record), not_before=None)
    body = living_body(after, submission, protocol, seen)
    return Begun(decision=decided(situation.issue, record, after, body=body), plan=plan)


def follow(situation: Situation, seen: Seen) -> Decision:
    """The living comment brought up to date while a submission waits or is measured, without a word to anybody."""
    record, submission = situation.record, situation.submission
    shown = record.state in (State.QUEUED, State.RUNNING, State.WAITING) and record.is_approved
    if not shown or submission is None or submission.sha256 != record.submission:
        return _as_it_is(situation)
    body = living_body(record, submission, situation.protocol, seen)
    return decided(situation.issue, record, record, body=body)


def conclude(situation: Situation, measured: Submission, handed: Handed, published: Published) -> Decision:
    """What a run that ended leads to.

    Args:
        situation: as it is now; the approval may have become void while it ran.
        measured: the submission that the run measured.
        handed: what was taken from it.
        published: what the shell gathered.
    """
    record = replace(situation.record, run=None, checkpoints=_checkpoints(situation, measured, handed))
    submission = situation.submission
    if submission is None or not record.is_approved or submission.sha256 != record.submission:
        # What was measured is kept for the next approval; the comment stays that of the check.
        return decided(situation.issue, situation.record, record, body=body_of(situation.living), log=handed.refusals)
    ours = [failure for failure in handed.failures if failure.turn is not Turn.CONTRIBUTOR]
    if ours:
        return _wait(situation, record, submission, handed, published)
    if submission.sha256 != measured.sha256:
        missing = len(results_that_hold(submission, situation.protocol, record)) < len(submission.models)
        if missing:
            after = replace(record, state=State.QUEUED)
            body = living_body(after, submission, situation.protocol)
            return decided(situation.issue, situation.record, after, body=body, log=handed.refusals)
    results = [*published.kept, *(one.result for one in handed.accepted if one.seed is None)]
    known = {result.model_key for result in results}
    failures = [failure for failure in (*handed.failures, *published.kept_failures) if failure.model_key not in known]
    decision = settle(situation, replace(record, appeal=Appeal.NONE), results, failures, published)
    if record.appeal is not Appeal.GRANTED:
        return decision
    text = notices.appeal_measured(situation.issue.author)
    answered = Notice(key=f"appealed-{submission.sha256[:12]}-{record.appeals}", text=text)
    return replace(decision, notices=(*decision.notices, answered))


def settle(
    situation: Situation,
    record: Record,
    results: Sequence[Result],
    failures: Sequence[Failure],
    published: Published,
) -> Decision:
    """The result of a submission of which every checkpoint is measured or is its author's to mend.

    Args:
        situation: as it is.
        record: what is remembered by now; `situation.record` is what was before.
        results: of this run and of earlier ones; claims that were edited since are judged anew.
        failures: those that only the author can mend.
        published: what the shell gathered.

    Raises:
        ValueError: the submission is not the approved one, or a checkpoint has neither result nor failure.
    """
    submission = situation.submission
    if submission is None or record.approved is None or submission.sha256 != record.approved.sha256:
        raise ValueError("results are published for what was approved, and for nothing else")
    outcomes = {result.model_key for result in results} | {failure.model_key for failure in failures}
    if outcomes != {model.key for model in submission.models}:
        raise ValueError("a checkpoint has neither result nor failure, or is not the submission's")
    judged = [judged_for(result, submission, situation.protocol) for result in results]
    verdict = worst(result.verdict for result in judged if result.verdict) or Verdict.NOT_MEASURED
    state = State.NEEDS_AUTHOR if failures else State.REFUTED if verdict is Verdict.REFUTED else State.VERIFIED
    request = published.pull_request or record.pull_request
    after = replace(
        record,
        state=state,
        attempts=0,
        not_before=None,
        pull_request=request,
        checkpoints=_with_verdicts(record.checkpoints, judged),
    )
    body = result_comment(
        submission,
        judged,
        failures,
        situation.protocol,
        curves=published.curves,
        pull_request=f"#{request}" if request else None,
        room=room_for_body(after) - len(published.spread) - 4,
    )
    told = _told(situation, submission, judged, failures, verdict)
    whole = f"{body}\n{published.spread}\n" if published.spread else body
    return decided(situation.issue, situation.record, after, body=whole, notices=told)


def lost(situation: Situation, run_url: str | None) -> Decision:
    """A run that ended without handing anything over, or that nobody knows any more."""
    record = replace(situation.record, run=None)
    submission = situation.submission
    if submission is None or not record.is_approved or submission.sha256 != record.submission:
        return decided(situation.issue, situation.record, record, body=body_of(situation.living))
    nothing = Handed(accepted=(), failures=(), failed_in={}, refusals=())
    return _wait(situation, record, submission, nothing, Published(run_url=run_url))


def held_back(situation: Situation, measured: Submission, handed: Handed | None, run_url: str) -> Decision:
    """A run whose results stand and cannot be published now, by no fault of its author's: they are kept for a later try.

    Args:
        situation: as it is; what is approved is what was measured.
        measured: the submission that the run measured.
        handed: what was taken from it; None if everything was measured before.
        run_url: https address of the run.
    """
    record, submission = replace(situation.record, run=None), situation.submission
    if submission is None:
        raise ValueError("only what is approved is published, or held back")
    if handed is not None:
        record = replace(record, checkpoints=_checkpoints(situation, measured, handed))
    nothing = Handed(accepted=(), failures=(), failed_in={}, refusals=())
    return _wait(situation, record, submission, nothing, Published(run_url=run_url))


def _no_run(situation: Situation, why: str) -> Begun:
    return Begun(decision=replace(_as_it_is(situation), log=(f"this run measures nothing: {why}",)), plan=None)


def _as_it_is(situation: Situation) -> Decision:
    return decided(situation.issue, situation.record, situation.record, body=None)


def _planned(record: Record, submission: Submission, protocol: Protocol) -> Plan:
    if record.appeal is Appeal.GRANTED:
        seeds = fresh_seeds(submission.sha256, record.appeals)
        return make_plan(submission, protocol, record, again=appealed(record), seeds=seeds)
    return make_plan(submission, protocol, record)


def _wait(
    situation: Situation, record: Record, submission: Submission, handed: Handed, published: Published
) -> Decision:
    attempts = record.attempts + 1
    after = replace(record, state=State.WAITING, attempts=attempts, not_before=next_attempt(attempts, situation.now))
    seen = Seen(failures=handed.failures, run_url=published.run_url)
    told = []
    if after.not_before is None and record.approved is not None:
        text = notices.gave_up(record.approved.by, attempts, published.run_url)
        told.append(Notice(key=f"gave-up-{record.approved.sha256[:12]}-{situation.now:%Y%m%d%H%M}", text=text))
    return decided(
        situation.issue,
        situation.record,
        after,
        body=living_body(after, submission, situation.protocol, seen),
        notices=told,
        log=handed.refusals,
    )


def judged_for(result: Result, submission: Submission, protocol: Protocol) -> Result:
    """A result as it reads for `submission`, whose claims may have been edited since it was measured."""
    if result.submission_sha256 == submission.sha256:
        return result
    model = next(model for model in submission.models if model.key == result.model_key)
    claimed = {metric: getattr(model.claimed, metric) for metric in Metric}
    return with_claims(result, claimed, protocol, submission_sha256=submission.sha256)


def _checkpoints(situation: Situation, measured: Submission, handed: Handed) -> tuple[Tried, ...]:
    accepted = {one.result.model_key: one for one in handed.accepted if one.seed is None}
    failed = {failure.model_key: failure.turn for failure in handed.failures}
    known = {model.key: asked(model, situation.protocol) for model in measured.models}
    return tuple(
        _tried(tried, accepted.get(tried.key), failed.get(tried.key), handed.failed_in.get(tried.key), situation)
        if tried.asked == known.get(tried.key)
        else tried
        for tried in situation.record.checkpoints
    )


def _tried(
    tried: Tried, accepted: Accepted | None, turn: Turn | None, artifact: int | None, situation: Situation
) -> Tried:
    fingerprint = situation.fingerprints.get(tried.key, tried.fingerprint)
    run = situation.record.run.id if situation.record.run else 0
    if accepted is not None and run:
        ref = ResultRef(
            run=run,
            artifact=accepted.artifact,
            sha256=accepted.sha256,
            verdict=accepted.result.verdict or Verdict.NOT_MEASURED,
        )
        return replace(tried, result=ref, turn=None, attempts=0, failure=None, fingerprint=fingerprint)
    if turn is not None and tried.result is None:
        ours = turn is not Turn.CONTRIBUTOR
        where = FailureRef(run=run, artifact=artifact) if run and artifact else None
        attempts = tried.attempts + 1 if ours else 0
        return replace(tried, turn=turn, attempts=attempts, failure=where, fingerprint=fingerprint)
    return tried


def _with_verdicts(checkpoints: Sequence[Tried], results: Sequence[Result]) -> tuple[Tried, ...]:
    verdicts = {result.model_key: result.verdict for result in results}
    return tuple(
        replace(tried, result=replace(tried.result, verdict=verdicts.get(tried.key) or tried.result.verdict))
        if tried.result
        else tried
        for tried in checkpoints
    )


def _told(
    situation: Situation,
    submission: Submission,
    results: Sequence[Result],
    failures: Sequence[Failure],
    verdict: Verdict,
) -> list[Notice]:
    """A comment of its own where the author must act, where the first verdict is known, and where it has changed."""
    author, sha256 = situation.issue.author, submission.sha256
    if failures:
        return [Notice(key=f"yours-{sha256[:12]}", text=notices.yours_to_mend(author, len(failures)))]
    before = _verdict_before(situation.record)
    if before is verdict:
        return []
    count = sum(result.verdict is verdict for result in results)
    of = f"That is so for {count} of {len(results)} checkpoints."
    text = notices.verdict_changed(author, before and WORDS[before], WORDS[verdict], of)
    return [Notice(key=f"verdict-{sha256[:12]}-{verdict.replace('_', '-')}", text=text)]


def _verdict_before(record: Record) -> Verdict | None:
    """The verdict that was told before, None if there was none."""
    if record.pull_request is None:
        return None
    return worst(tried.result.verdict for tried in record.checkpoints if tried.result)
