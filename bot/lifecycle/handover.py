"""What an evaluation hands over, decided at the door of the only job that may write: hostile until every number is checked.

A stranger's bytes were at work where these files were written, so whoever broke out of there could have written anything.
Nothing is executed or unpacked, sizes are capped before anything is read, each file must be one that the plan asks for, and
every result must be of this run, this submission, this file and this protocol, with verdicts that follow from its numbers.
What such a job could still do is to lie about the numbers of its own author's checkpoint, within what the numbers allow; for
that there are flags, and a maintainer who reads.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from apcore import json_shape
from apcore.failure import Failure, Turn
from apcore.json_shape import ShapeError
from apcore.model_key import ModelKey
from apcore.protocol import Protocol
from apcore.rejudge import rejudge
from apcore.result import Result
from apcore.result_json import read_result
from apcore.verdict import Metric
from bot.lifecycle.plan import Job, Plan, asked
from bot.lifecycle.record import Run
from bot.submission.model import Submission

RESULT_FILE: Final = "result.json"
FAILURE_FILE: Final = "failure.json"
OUTCOMES_FILE: Final = "outcomes.npz"
# The largest that each may be; outcomes of 100,000 samples take 4.8 MB.
SIZES: Final = {RESULT_FILE: 1_000_000, FAILURE_FILE: 20_000, OUTCOMES_FILE: 5_000_000}
_CLAIM_SLACK: Final = 1e-6  # percentages are written with six decimals


class HandoverError(ValueError):
    """What was handed over does not belong to what was started; nothing of it is taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """One artifact: the run that made it, its id, its name, and the files in it, read up to `SIZES` and a byte."""

    run: int
    id: int
    name: str
    files: Mapping[str, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A result that passed, where it is, and with which seed it was measured (None: the protocol's)."""

    result: Result
    artifact: int
    sha256: str
    seed: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """What a run handed over, checkpoint by checkpoint.

    Args:
        accepted: results that passed every check.
        failures: what could not be measured; a refused file is a failure on our side.
        failed_in: the artifact of each failure that one tells of.
        refusals: why files were refused, for the log; they never echo what they refuse.
    """

    accepted: tuple[Accepted, ...]
    failures: tuple[Failure, ...]
    failed_in: Mapping[ModelKey, int]
    refusals: tuple[str, ...]


def unit(job: Job) -> str:
    """The name of the artifact in which the outcome of a job arrives; the parts of one checkpoint are merged before."""
    return replace(job, shard=None).name


def receive(
    artifacts: Sequence[Artifact],
    plan: Plan,
    run: Run,
    submission: Submission,
    protocol: Protocol,
    *,
    fetched: Mapping[str, str],
) -> Handed:
    """Take what passes from the artifacts of a run.

    Args:
        artifacts: those of the run that bear results, in any order.
        plan: of the run.
        run: as it is remembered since it began.
        submission: what was approved.
        protocol: under which it was to be measured.
        fetched: SHA-256 of each file, by its id, as the job says that fetched them and never opened them.

    Raises:
        HandoverError: plan, run, submission and protocol do not belong together, or an artifact was never asked for.
    """
    _check_whole(artifacts, plan, run, submission, protocol)
    found = {artifact.name: artifact for artifact in artifacts}
    accepted: list[Accepted] = []
    failures: list[Failure] = []
    failed_in: dict[ModelKey, int] = {}
    refusals: list[str] = []
    for name, job in _units(plan).items():
        artifact = found.get(name)
        try:
            outcome = _receive_one(artifact, job, submission, protocol, fetched)
        except ShapeError as exc:
            refusals.append(f"{name}: {exc}")
            outcome = _refused(job.key, submission)
        if isinstance(outcome, Failure):
            failures.append(outcome)
            failed_in |= {job.key: artifact.id} if artifact else {}
        else:
            accepted.append(outcome)
    return Handed(accepted=tuple(accepted), failures=tuple(failures), failed_in=failed_in, refusals=tuple(refusals))


def _check_whole(
    artifacts: Sequence[Artifact], plan: Plan, run: Run, submission: Submission, protocol: Protocol
) -> None:
    if not plan.submission_sha256 == run.submission == submission.sha256:
        raise HandoverError("the run did not measure the submission that was approved")
    if (plan.protocol, plan.protocol_sha256) != (protocol.name, protocol.sha256):
        raise HandoverError(f"the run was not planned under {protocol.name} as it is here")
    wanted = {(model.key, asked(model, protocol)) for model in submission.models}
    if not {(job.key, job.asked) for job in plan.jobs} <= wanted:
        raise HandoverError("the plan measures what the submission does not ask for")
    if any(artifact.run != run.id for artifact in artifacts):
        raise HandoverError(f"an artifact is not of run {run.id}")
    names = [artifact.name for artifact in artifacts]
    if len(set(names)) != len(names) or not set(names) <= _units(plan).keys():
        raise HandoverError("an artifact was never asked for, or is there twice")


def _units(plan: Plan) -> dict[str, Job]:
    return {unit(job): replace(job, shard=None) for job in plan.jobs}


def _receive_one(
    artifact: Artifact | None, job: Job, submission: Submission, protocol: Protocol, fetched: Mapping[str, str]
) -> Accepted | Failure:
    if artifact is None:
        raise ShapeError("nothing was handed over")
    files = artifact.files
    if strangers := files.keys() - SIZES.keys():
        raise ShapeError(f"{len(strangers)} files were never asked for")
    for name, raw in files.items():
        if len(raw) > SIZES[name]:
            raise ShapeError(f"{name}: is larger than {SIZES[name]:,} bytes")
    if (RESULT_FILE in files) == (FAILURE_FILE in files):
        raise ShapeError("there is one of result and failure, never both or neither")
    if FAILURE_FILE in files:
        return _failure(files[FAILURE_FILE], job, submission)
    raw = files[RESULT_FILE]
    result = read_result(raw)
    for complaint in _complaints(result, job, submission, protocol, fetched):
        raise ShapeError(complaint)
    rejudge(result, protocol)
    return Accepted(result=result, artifact=artifact.id, sha256=hashlib.sha256(raw).hexdigest(), seed=job.seed)


def _failure(raw: bytes, job: Job, submission: Submission) -> Failure:
    failure = Failure.from_json(json_shape.parse(raw))
    place = _place(job.key, submission)
    if failure.model_key != job.key or f"{failure.where}.".split(".")[:2] != ["models", str(place)]:
        raise ShapeError("failure.json: is not of this checkpoint")
    return failure


def _complaints(
    result: Result, job: Job, submission: Submission, protocol: Protocol, fetched: Mapping[str, str]
) -> Iterator[str]:
    """Why a result is not the one that was asked for; its own consistency is `read_result`'s and `rejudge`'s to tell."""
    model = submission.models[_place(job.key, submission)]
    if result.model_key != job.key:
        yield "model_key: is another checkpoint's"
    if result.submission_sha256 != submission.sha256:
        yield "submission_sha256: is not the approved one"
    if result.protocol.seed != (protocol.autoattack.seed if job.seed is None else job.seed):
        yield "protocol.seed: is not the one that was asked for"
    if result.protocol.randomness != protocol.autoattack.randomness:
        yield "protocol.randomness: is not the protocol's"
    if (result.protocol.aa_eps, result.protocol.hofmn_eps) != (protocol.autoattack.eps_text, protocol.ho_fmn.eps_text):
        yield "protocol: names another radius"
    if result.limit is not None or (result.partial and job.seed is None):
        yield "limit: the run was to be a full one"
    if result.checkpoint.sha256 != fetched.get(model.checkpoint.id):
        yield "checkpoint.sha256: is not the file that was fetched"
    if result.distances_file and (
        model.distances is None or result.distances_file.sha256 != fetched.get(model.distances.id)
    ):
        yield "distances_file.sha256: is not the file that was fetched"
    claims = {claim.metric: claim.claimed for claim in result.claims}
    expected = {metric: getattr(model.claimed, metric) for metric in Metric}
    if claims.keys() != expected.keys() or any(abs(claims[m] - expected[m]) > _CLAIM_SLACK for m in expected):
        yield "claims: are not those of the submission"


def _place(key: ModelKey, submission: Submission) -> int:
    return next(place for place, model in enumerate(submission.models) if model.key == key)


def _refused(key: ModelKey, submission: Submission) -> Failure:
    return Failure(
        model_key=key,
        turn=Turn.MACHINE,
        where=f"models.{_place(key, submission)}",
        message="the evaluation handed over nothing that could be used",
        fix="the log of the run says why; it is measured again",
    )
