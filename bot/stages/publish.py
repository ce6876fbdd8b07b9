"""The last job of a run, and the only one that may write to the repository: what was handed over is decided, told and proposed.

It trusts numbers alone, and those only once they pass: `bot.lifecycle.handover`, then the outcomes behind them. What earlier runs
measured comes from the places that the record names. Every step may be done again: comments, branch and pull request are brought
to what they should be.
"""

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TextIO

from apcore.command_line import DONE
from apcore.errors import MachineError
from apcore.json_shape import ShapeError
from apcore.model_key import ModelKey
from apcore.outcomes import Outcomes
from apcore.protocol import Protocol
from apcore.result import Result
from apcore.spread import SeededRun
from bot.github.ports import Repository
from bot.github.surroundings import Surroundings
from bot.leaderboard.details import Details, details_of
from bot.lifecycle.decision import Decision, decided
from bot.lifecycle.handover import RESULT_FILE, Handed, HandoverError, receive
from bot.lifecycle.plan import asked
from bot.lifecycle.record import Record, Run
from bot.lifecycle.runs import Published, Situation, conclude, held_back, judged_for, lost, settle
from bot.lifecycle.state import State
from bot.lifecycle.telling import living_body
from bot.reply.result_comment import CurveImage
from bot.rules.facts import KnownMethod
from bot.stages.certified import Evidence, ResultFile, evidence_of, left_by
from bot.stages.curves import Measurement, draw_curves
from bot.stages.evidence import backed, outcomes_behind, spread_of
from bot.stages.handed_over import Handovers
from bot.stages.issue_at_hand import IssueAtHand, carry_out, look_at
from bot.stages.kept_results import Kept, forgotten, gone_failures, kept_results, measured_at, result_files
from bot.stages.own_certificate import own_certificate
from bot.stages.proposal import CURVES, Proposed, Proposing, is_attacked, propose_change
from bot.stages.run_order import RunOrder
from bot.submission.model import Submission

PERMISSIONS: Final = {
    "actions": "read",
    "contents": "write",
    "issues": "write",
    "pull_requests": "write",
    "statuses": "write",
}
_PUBLISHED: Final = frozenset({State.VERIFIED, State.REFUTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishOrder:
    """One run of `publish`.

    Args:
        run: id of the workflow run that measured, or that found everything measured.
        issue: its number.
        protocol: under which it is measured.
        methods: those on the board.
        place: of the job.
        trusted_root: keys that certificates are checked with; None for those of Sigstore's public instance.
    """

    run: int
    issue: int
    protocol: Protocol
    methods: Sequence[KnownMethod]
    place: Surroundings
    trusted_root: Path | None = None

    @property
    def run_url(self) -> str:
        """Where people watch the run."""
        return self.place.run_url(self.run)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Gathered:
    """All that is known of a submission after a run.

    Args:
        situation: with a record that names no result which is gone.
        handed: by the run; None if it measured nothing.
        measured: the submission that the run measured.
        kept: of earlier runs.
        outcomes: behind results by the protocol's own seed, by checkpoint.
        evidence: those results as files, with their certificates.
        spread: Markdown that tells the spread of an appeal.
    """

    situation: Situation
    handed: Handed | None
    measured: Submission
    kept: Kept
    outcomes: Mapping[ModelKey, Outcomes]
    evidence: Evidence
    spread: str = ""

    @property
    def results(self) -> tuple[Result, ...]:
        """Those by the protocol's own seed, of this run before those of earlier ones."""
        new = (
            {one.result.model_key: one.result for one in self.handed.accepted if one.seed is None}
            if self.handed
            else {}
        )
        old = {key: files.result for key, files in self.kept.results.items()}
        return tuple((old | new).values())


def publish_run(order: PublishOrder, github: Repository, stream: TextIO, now: datetime | None = None) -> int:
    """Publish what a run brought, or what is measured already.

    Args:
        order: which run of what.
        github: the repository.
        stream: gets what an operator wants to read.
        now: the time; None for the clock's.

    Raises:
        MachineError: the run handed over what is not its own, or a certificate is not its run's. Of the first nothing is taken; of
            the second the results are kept, and published with a later try.
        TurnError: GitHub failed; the same command may be run again.
    """
    at_hand = look_at(github, order.issue, order.protocol, order.methods, now or datetime.now(UTC), stream)
    situation = at_hand.situation
    if situation is None or not _is_awaited(situation, order.run):
        print("nothing to publish: this run is not the one that the issue waits for", file=stream, flush=True)
        return DONE
    handovers = Handovers(github.runs)
    try:
        gathered = _gather(order, situation, handovers)
    except HandoverError as exc:
        carry_out(github, at_hand, lost(situation, order.run_url), stream)
        raise MachineError(
            where=f"run {order.run}",
            message=f"nothing of this run is taken: {exc}",
            fix="look at its log and artifacts; the submission is measured again by itself",
        ) from exc
    decision = _decision(order, gathered, Published(run_url=order.run_url))
    if decision.record is not None and decision.record.state in _PUBLISHED and is_attacked(gathered.results):
        if gathered.evidence.refused:
            kept = held_back(_situation(gathered), gathered.measured, gathered.handed, order.run_url)
            carry_out(github, at_hand, kept, stream)
            raise _forged(order, gathered.evidence)
        decision = _proposed(order, github, at_hand, gathered, stream)
    carry_out(github, at_hand, decision, stream)
    state = decision.record.state if decision.record else "nothing"
    print(f"issue {order.issue}: {state}", file=stream, flush=True)
    return DONE


def _forged(order: PublishOrder, evidence: Evidence) -> MachineError:
    """Why nothing is proposed. An honest certificate reads like this, too, where the keys that come with `sigstore` are too old."""
    return MachineError(
        where=f"run {order.run}",
        message=f"nothing is proposed: {'; '.join(evidence.refused)}",
        fix=(
            "find out which job left that artifact `certificate`; run Certify of that run again, which leaves its own, or delete "
            "the artifact, and the results are published without one. If honest ones are refused, install a newer `sigstore`"
        ),
    )


def _is_awaited(situation: Situation, run: int) -> bool:
    record = situation.record
    if record.run is not None:
        return record.run.id == run
    submission = situation.submission
    approved = submission is not None and record.is_approved and submission.sha256 == record.submission
    return approved and record.state in (State.QUEUED, *_PUBLISHED)


def _gather(order: PublishOrder, situation: Situation, handovers: Handovers) -> Gathered:
    run = situation.record.run
    return _settled(order, situation, handovers) if run is None else _of_run(order, situation, run, handovers)


def _evidence(order: PublishOrder, results: Iterable[ResultFile], handovers: Handovers) -> Evidence:
    check = own_certificate(order.place.repository, order.trusted_root)
    return evidence_of(results, left_by(handovers, check))


def _settled(order: PublishOrder, situation: Situation, handovers: Handovers) -> Gathered:
    submission = situation.submission
    assert submission is not None, "it is approved as it is"  # noqa: S101 - seen to by `_is_awaited`
    kept, outcomes = _kept(situation.protocol, handovers, submission, situation.record)
    return Gathered(
        situation=replace(situation, record=forgotten(situation.record, kept.gone)),
        handed=None,
        measured=submission,
        kept=kept,
        outcomes=outcomes,
        evidence=_evidence(order, result_files(kept).values(), handovers),
    )


def _of_run(order: PublishOrder, situation: Situation, run: Run, handovers: Handovers) -> Gathered:
    began = handovers.order(run, order.issue)
    if began.protocol.sha256 != order.protocol.sha256:
        raise HandoverError(f"the run was not planned under {order.protocol.name}")
    if left_out := _being_tried(situation.record, began) - {job.key for job in began.plan.jobs if job.seed is None}:
        raise HandoverError(f"its plan leaves out {len(left_out)} of the checkpoints with which it began")
    artifacts = handovers.outcomes_of(run, began.plan, order.protocol)
    fetched = handovers.fetched(run).hashes
    handed = receive(artifacts, began.plan, run, began.submission, order.protocol, fetched=fetched)
    found = backed(handed, artifacts, began.submission, order.protocol)
    kept, outcomes = _kept(order.protocol, handovers, situation.submission or began.submission, situation.record)
    gone = gone_failures(kept.gone, situation.submission or began.submission)
    own = {one.result.model_key: found.outcomes[one.artifact] for one in found.handed.accepted if one.seed is None}
    seeded: dict[ModelKey, list[SeededRun]] = {}
    for key, files in kept.results.items():
        seeded[key] = [SeededRun(result=files.result, outcomes=outcomes[key])]
    for one in found.handed.accepted:
        if one.seed is not None and one.result.model_key in seeded:
            again = SeededRun(result=one.result, outcomes=found.outcomes[one.artifact])
            seeded[one.result.model_key].append(again)
    tried = {one.result.model_key for one in found.handed.accepted} | {one.model_key for one in found.handed.failures}
    kept = replace(kept, failures=tuple(one for one in kept.failures if one.model_key not in tried))
    raw = {artifact.id: artifact.files.get(RESULT_FILE, b"") for artifact in artifacts}
    new = {
        one.result.model_key: ResultFile(key=one.result.model_key, run=run.id, raw=raw[one.artifact])
        for one in found.handed.accepted
        if one.seed is None
    }
    return Gathered(
        situation=replace(situation, record=forgotten(situation.record, kept.gone)),
        handed=replace(found.handed, failures=(*found.handed.failures, *gone)),
        measured=began.submission,
        kept=kept,
        outcomes=outcomes | own,
        evidence=_evidence(order, (result_files(kept) | new).values(), handovers),
        spread=spread_of(seeded, order.protocol),
    )


def _being_tried(record: Record, began: RunOrder) -> set[ModelKey]:
    """The checkpoints of which the run owes an outcome; a plan that was exchanged meanwhile might forget some."""
    wanted = {model.key: asked(model, began.protocol) for model in began.submission.models}
    return {
        tried.key
        for tried in record.checkpoints
        if tried.result is None and tried.turn is None and tried.asked == wanted.get(tried.key)
    }


def _kept(
    protocol: Protocol, handovers: Handovers, submission: Submission, record: Record
) -> tuple[Kept, dict[ModelKey, Outcomes]]:
    """What earlier runs left, and the outcomes behind it; a result whose outcomes are gone is gone too."""
    kept = kept_results(handovers, submission, protocol, record)
    outcomes: dict[ModelKey, Outcomes] = {}
    for key, files in kept.results.items():
        try:
            outcomes[key] = outcomes_behind(files.result, files.outcomes, protocol)
        except ShapeError:
            continue
    results = {key: files for key, files in kept.results.items() if key in outcomes}
    gone = (*kept.gone, *(key for key in kept.results if key not in outcomes))
    return Kept(results=results, failures=kept.failures, gone=gone), outcomes


def _situation(gathered: Gathered) -> Situation:
    """With what is known of the weights."""
    fingerprints = {one.model_key: one.checkpoint.fingerprint for one in gathered.results if one.checkpoint.fingerprint}
    return replace(gathered.situation, fingerprints=fingerprints)


def _decision(order: PublishOrder, gathered: Gathered, published: Published) -> Decision:
    kept, situation = gathered.kept, _situation(gathered)
    known = replace(
        published,
        kept=tuple(files.result for files in kept.results.values()),
        kept_failures=kept.failures,
        spread=gathered.spread,
    )
    if gathered.handed is not None:
        return conclude(situation, gathered.measured, gathered.handed, known)
    submission = gathered.measured
    if kept.gone:
        after = replace(situation.record, state=State.QUEUED)
        body = living_body(after, submission, order.protocol)
        log = [f"{len(kept.gone)} results are no longer kept, and are measured again"]
        return decided(situation.issue, situation.record, after, body=body, log=log)
    return settle(situation, situation.record, gathered.results, kept.failures, known)


def _proposed(
    order: PublishOrder, github: Repository, at_hand: IssueAtHand, gathered: Gathered, stream: TextIO
) -> Decision:
    """The pull request first, for the comment names it."""
    submission = gathered.situation.submission
    assert submission is not None, "only what is approved gets so far"  # noqa: S101 - seen to by the decision
    results = tuple(judged_for(result, submission, order.protocol) for result in gathered.results)
    images, curves = _drawn(results, gathered.outcomes, order.protocol)
    proposed = propose_change(
        github,
        Proposing(
            submission=submission,
            results=results,
            issue=order.issue,
            author=at_hand.author,
            approved_by=gathered.situation.record.approved.by if gathered.situation.record.approved else None,
            run_url=order.run_url,
            measured_at=dict.fromkeys((model.key for model in submission.models), order.run_url)
            | measured_at(gathered.kept, gathered.situation.record, order.place),
            today=gathered.situation.now.date(),
            curves=curves,
            evidence=gathered.evidence,
            details={one.model_key: _details(one, gathered.outcomes) for one in results},
        ),
    )
    for line in gathered.evidence.log:
        print(line, file=stream, flush=True)
    print(f"pull request #{proposed.pull_request.number}: {proposed.pull_request.title}", file=stream, flush=True)
    published = Published(
        run_url=order.run_url,
        pull_request=proposed.pull_request.number,
        curves=tuple(_image(title, name, proposed, order.place) for title, name in images),
    )
    return _decision(order, gathered, published)


def _drawn(
    results: Sequence[Result], outcomes: Mapping[ModelKey, Outcomes], protocol: Protocol
) -> tuple[list[tuple[str, str]], dict[str, bytes]]:
    """Title and name of each picture, and the bytes of all their files."""
    measurements = [Measurement(result=result, outcomes=outcomes[result.model_key]) for result in results]
    with tempfile.TemporaryDirectory(prefix="apbot-curves-") as folder:
        drawn = draw_curves(measurements, Path(folder), protocol)
        files = {path.name: path.read_bytes() for one in drawn for path in (one.png, one.svg)}
    return [(one.title, one.png.stem) for one in drawn], files


def _details(result: Result, outcomes: Mapping[ModelKey, Outcomes]) -> Details:
    return details_of(result, outcomes[result.model_key].hofmn_distance)


def _image(title: str, stem: str, proposed: Proposed, place: Surroundings) -> CurveImage:
    png, svg = (place.raw_url(proposed.commit, f"{CURVES}/{stem}.{suffix}") for suffix in ("png", "svg"))
    return CurveImage(title=title, png=png, svg=svg)
