"""The whole way of one issue body on this machine: check, fetch, measure, answer, propose.

Every stage leaves its files in one folder and finds those of an earlier run there, so that a run that was stopped goes on
where it was: checkpoints that are measured are not measured again, attacks go on after their last finished batch.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final, TextIO

from apcore.benchmark import benchmark
from apcore.checkpoint.distances import read_distances
from apcore.command_line import CONTRIBUTOR, DONE
from apcore.device import usable_device
from apcore.earlier_result import still_valid
from apcore.errors import ContributorError, TurnError
from apcore.failure import Failure, Turn, exit_code, some_turn
from apcore.files.drive import GOOGLE_DRIVE, Drive
from apcore.files.fetch import fetch
from apcore.files.limits import DownloadLimits
from apcore.files.remote_file import RemoteFile
from apcore.files.store import Store
from apcore.files.stored_file import StoredFile
from apcore.progress_line import ProgressLine
from apcore.protocol import Protocol
from apcore.retry import retried
from apcore.submitted_outcomes import SubmittedOutcomes
from apcore.task import Task
from apcore.verdict import Metric, Verdict, worst
from bot.leaderboard.facts import board_facts
from bot.leaderboard.repository import withdraw
from bot.stages.author_outcomes import author_outcomes
from bot.stages.check import check
from bot.stages.curves import Measurement
from bot.stages.publication import publish
from bot.stages.workspace import Workspace
from bot.submission.model import Submission, SubmittedModel

_OBJECTIONS: Final = frozenset({Verdict.REFUTED, Verdict.OTHER_RADIUS, Verdict.INCONSISTENT})
_WHOSE_TURN: Final = {
    Turn.CONTRIBUTOR: "the contributor must mend it",
    Turn.MACHINE: "our fault or this machine's",
    Turn.SERVICE: "an outside service failed, try again later",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One run of `verify`.

    Args:
        body: the issue body.
        out: the run's folder.
        board: folder of the leaderboard as it is.
        protocol: what to run.
        data: folder with the test sets, None for a packaged one.
        mirror: folder with a file per Drive id, looked at before the network; None without one.
        issue: number of the issue.
        device: torch's name of the device.
        limit: cap on AutoAttack's samples.
        seed: another seed than the protocol's.
        drive: where files come from that the mirror lacks; None keeps the network out.
        in_full: attack all samples, with all attacks, even where the first refute a claim.
        pause: waits so many seconds before something that failed and may pass is tried again.
    """

    body: str
    out: Path
    board: Path
    protocol: Protocol
    data: Path | None = None
    mirror: Path | None = None
    issue: int = 0
    device: str = "cpu"
    limit: int | None = None
    seed: int | None = None
    drive: Drive | None = GOOGLE_DRIVE
    in_full: bool = False
    pause: Callable[[float], None] = time.sleep


def verify(order: Order, stream: TextIO) -> int:
    """Do everything that `order` asks for and return the exit code; `stream` gets what a person wants to follow.

    Raises:
        MachineError: nothing could be done at all, for instance because the folder is in use.
    """
    workspace = Workspace(order.out)
    with workspace.locked():
        answer = check(order.body, order.protocol, board_facts(order.board))
        if answer.submission is None or answer.exit_code:
            withdraw(order.out)
            (order.out / "submission.json").unlink(missing_ok=True)
            workspace.write(order.out / "comment.md", answer.comment.encode())
            if answer.failures:
                raise answer.failures[0]
            _say(stream, f"the submission needs mending; the answer is in {order.out / 'comment.md'}")
            return CONTRIBUTOR
        usable_device(order.device)
        submission = answer.submission
        workspace.write(order.out / "submission.json", submission.to_bytes())
        _say(
            stream,
            f"submission of {submission.ap_key}: {len(submission.models)} checkpoints, protocol {order.protocol.name}",
        )
        measurements, failures = _measure_all(order, submission, workspace, stream)
        proposal = publish(
            submission,
            measurements,
            failures,
            protocol=order.protocol,
            board=order.board,
            issue=order.issue,
            workspace=workspace,
            when=datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0),
        )
        _say(stream, f"the comment is in {order.out / 'comment.md'}")
        if proposal:
            _say(stream, f"the pull request is branch {proposal.branch} of {proposal.repository}")
        code = _exit_code(measurements, failures)
        _say(stream, _last_line(measurements, failures, code))
        return code


def _measure_all(
    order: Order, submission: Submission, workspace: Workspace, stream: TextIO
) -> tuple[list[Measurement], list[Failure]]:
    """Every checkpoint on its own: one that fails does not cost the others their measurement."""
    measurements: list[Measurement] = []
    failures: list[Failure] = []
    for place, model in enumerate(submission.models):
        _say(stream, f"[{place + 1}/{len(submission.models)}] {model.key}")
        try:
            measured = retried(
                partial(_measure, order, submission, place, workspace, stream),
                pause=order.pause,
                tell=lambda words: _say(stream, f"  {words}"),
            )
        except Exception as exc:  # a bug or a lost device must not cost the other checkpoints their measurement
            failure = Failure.of(model.key, some_turn(exc, f"models.{place}", stream))
            workspace.keep_failure(failure)
            failures.append(failure)
            _say(stream, f"  not measured, {_WHOSE_TURN[failure.turn]}: {failure.message}")
        else:
            measurements.append(measured)
            _say(stream, f"  {measured.result.verdict}")
            for claim in measured.result.claims:
                _say(stream, f"    {claim.metric}: {claim.reason}")
    return measurements, failures


def _forget(model: SubmittedModel, workspace: Workspace) -> None:
    """Fetch the files of a refused checkpoint anew next time: Drive keeps the id when its owner replaces a file."""
    for file in (model.checkpoint, model.distances, model.outcomes):
        if file is not None:
            Store(workspace.files).forget(file.id)


def _measure(order: Order, submission: Submission, place: int, workspace: Workspace, stream: TextIO) -> Measurement:
    model = submission.models[place]
    try:
        task = _task(order, submission, model, workspace)
        submitted = read_distances(task.distances) if task.distances else None
        outcomes = _outcomes(order, model, workspace)
        task = replace(task, outcomes_sha256=outcomes.sha256 if outcomes else None)
        earlier = workspace.finished(model.key)
        if earlier and still_valid(earlier[0], task):
            _say(stream, "  measured by an earlier run")
            return Measurement(result=earlier[0], outcomes=earlier[1], submitted=submitted)
        found = benchmark(
            task,
            submitted_distances=submitted,
            submitted_outcomes=outcomes,
            progress=ProgressLine(stream, f"[{place + 1}/{len(submission.models)}]"),
            tell=lambda words: _say(stream, f"  {words}"),
        )
    except ContributorError as exc:
        _forget(model, workspace)
        raise exc.below(f"models.{place}") from exc
    except TurnError as exc:
        raise exc.below(f"models.{place}") from exc
    if model.outcomes and found.result.outcomes_file and found.result.outcomes_file.refused:
        Store(workspace.files).forget(model.outcomes.id)
    workspace.keep(found.result, found.outcomes)
    return Measurement(result=found.result, outcomes=found.outcomes, submitted=submitted)


def _task(order: Order, submission: Submission, model: SubmittedModel, workspace: Workspace) -> Task:
    checkpoint = _fetch(model.checkpoint, "checkpoint", order, workspace)
    distances = _fetch(model.distances, "distances", order, workspace) if model.distances else None
    claimed = {metric: getattr(model.claimed, metric) for metric in Metric}
    normalization = model.normalization
    return Task(
        key=model.key,
        checkpoint=checkpoint.path,
        checkpoint_sha256=checkpoint.sha256,
        protocol=order.protocol,
        work=workspace.work(model.key),
        data=order.data,
        claimed=claimed,
        normalization=(normalization.mean, normalization.std) if normalization else None,
        distances=distances.path if distances else None,
        distances_sha256=distances.sha256 if distances else None,
        submission_sha256=submission.sha256,
        limit=order.limit,
        device=order.device,
        seed=order.seed,
        in_full=order.in_full,
    )


def _outcomes(order: Order, model: SubmittedModel, workspace: Workspace) -> SubmittedOutcomes | None:
    file = model.outcomes
    return author_outcomes(lambda: _fetch(file, "outcomes", order, workspace)) if file else None


def _fetch(file: RemoteFile, where: str, order: Order, workspace: Workspace) -> StoredFile:
    return fetch(
        file,
        store=Store(workspace.files),
        mirror=order.mirror,
        limits=DownloadLimits(),
        where=where,
        drive=order.drive,
    )


def _exit_code(measurements: Sequence[Measurement], failures: Sequence[Failure]) -> int:
    objections = any(m.result.verdict in _OBJECTIONS or _refuses_outcomes(m) for m in measurements)
    return exit_code(failures) or (CONTRIBUTOR if objections else DONE)


def _last_line(measurements: Sequence[Measurement], failures: Sequence[Failure], code: int) -> str:
    if failures:
        return f"not complete: {len(failures)} of {len(failures) + len(measurements)} checkpoints were not measured"
    verdict = worst(m.result.verdict for m in measurements if m.result.verdict)
    refused = sum(map(_refuses_outcomes, measurements))
    files = f", and {refused} outcomes file(s) to mend" if refused else ""
    return f"done: {verdict}" if code == DONE else f"done, with objections: {verdict}{files}"


def _refuses_outcomes(measurement: Measurement) -> bool:
    file = measurement.result.outcomes_file
    return file is not None and file.refused is not None


def _say(stream: TextIO, words: str) -> None:
    print(words, file=stream, flush=True)
