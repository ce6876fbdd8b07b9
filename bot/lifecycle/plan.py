"""From an approved submission to the jobs that measure it: one per checkpoint, and per shard where the protocol asks for it.

What decides a measurement (file, input, protocol) is hashed without the claims. So a claim that is edited re-runs nothing,
since the numbers are judged again; a file that is replaced re-runs its own checkpoint alone.
"""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from apcore import json_shape
from apcore.failure import Turn
from apcore.json_shape import ShapeError
from apcore.model_key import ModelKey
from apcore.protocol import Protocol
from apcore.shard import Shard
from bot.lifecycle.record import Approval, Record, ResultRef, Tried
from bot.submission.model import Submission, SubmittedModel

PLAN_SCHEMA: Final = "urn:apbot:schema:plan:1"
MAX_JOBS: Final = 256  # of a matrix on GitHub
_MAX_CHECKPOINTS: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What one machine does.

    Args:
        key: the checkpoint.
        asked: all that decides the measurement, as a SHA-256.
        shard: which part of AutoAttack's samples, None for all.
        seed: another seed than the protocol's, None for that one.
    """

    key: ModelKey
    asked: str
    shard: Shard | None = None
    seed: int | None = None

    @property
    def name(self) -> str:
        """How the job is called on GitHub, and its artifacts after it; built from parts of closed form."""
        key = self.key
        shard = f"-part{self.shard.number}of{self.shard.of}" if self.shard else ""
        seed = "" if self.seed is None else f"-seed{self.seed}"
        return f"{key.architecture}-{key.dataset}-{key.structure}-{key.sparsity}{shard}{seed}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A result of an earlier run that holds on."""

    key: ModelKey
    run: int
    artifact: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What one run does. `submission_sha256` names what was approved; the jobs get those bytes and never read the issue."""

    issue: int
    submission_sha256: str
    protocol: str
    protocol_sha256: str
    jobs: tuple[Job, ...]
    kept: tuple[Kept, ...]

    @property
    def keys(self) -> tuple[ModelKey, ...]:
        """The checkpoints that are measured, each once."""
        return tuple(dict.fromkeys(job.key for job in self.jobs))


def asked(model: SubmittedModel, protocol: Protocol) -> str:
    """SHA-256 of all that decides what is measured of a checkpoint: everything but its claims."""
    normalization = model.normalization
    document = {
        "protocol": protocol.sha256,
        "model_key": str(model.key),
        "architecture": model.architecture,
        "files": [file and [file.id, file.extension] for file in (model.checkpoint, model.distances, model.outcomes)],
        "normalization": normalization and [list(normalization.mean), list(normalization.std)],
    }
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


def results_that_hold(submission: Submission, protocol: Protocol, record: Record) -> Mapping[ModelKey, ResultRef]:
    """The recorded results of checkpoints of which nothing but a claim has changed."""
    found: dict[ModelKey, ResultRef] = {}
    for model in submission.models:
        tried = record.tried(model.key)
        if tried and tried.result and tried.asked == asked(model, protocol):
            found[model.key] = tried.result
    return found


def make_plan(
    submission: Submission,
    protocol: Protocol,
    record: Record,
    *,
    again: Collection[ModelKey] = (),
    seeds: Sequence[int] = (),
) -> Plan:
    """What is to run for `submission`.

    Args:
        submission: what was approved.
        protocol: under which it is measured.
        record: what is known from earlier runs.
        again: checkpoints to measure although their results hold, as in an appeal.
        seeds: those of an appeal; then `again` alone is measured, once with each.

    Raises:
        ValueError: it is not what the record says was approved.
    """
    if record.approved is None or record.approved.sha256 != submission.sha256:
        raise ValueError("a plan is made of what was approved, and of nothing else")
    hold = results_that_hold(submission, protocol, record)
    models = [
        model
        for model in submission.models
        if (model.key in again if seeds else model.key not in hold and not _is_its_authors(model, protocol, record))
    ]
    jobs = [
        Job(key=model.key, asked=asked(model, protocol), shard=shard, seed=seed)
        for model in models
        for seed in (seeds or (None,))
        for shard in _shards(protocol, len(models) * max(1, len(seeds)))
    ]
    if len(jobs) > MAX_JOBS:
        raise ValueError(f"a matrix has at most {MAX_JOBS} jobs, this plan has {len(jobs)}")
    return Plan(
        issue=record.issue,
        submission_sha256=submission.sha256,
        protocol=protocol.name,
        protocol_sha256=protocol.sha256,
        jobs=tuple(jobs),
        kept=tuple(Kept(key=key, run=ref.run, artifact=ref.artifact, sha256=ref.sha256) for key, ref in hold.items()),
    )


def with_approval(record: Record, approval: Approval) -> Record:
    """The record of an approved submission: what its author had to mend counts as mended, for it may be so on Drive alone."""
    forgiven = tuple(
        replace(tried, turn=None) if tried.turn is Turn.CONTRIBUTOR else tried for tried in record.checkpoints
    )
    return replace(record, approved=approval, checkpoints=forgiven, attempts=0, not_before=None)


def being_tried(plan: Plan, record: Record) -> tuple[Tried, ...]:
    """The checkpoints of a record once the jobs of `plan` are at work."""
    asked_of = {job.key: job.asked for job in plan.jobs if job.seed is None}
    others = tuple(tried for tried in record.checkpoints if tried.key not in asked_of)
    attempts = {tried.key: tried.attempts for tried in record.checkpoints if tried.asked == asked_of.get(tried.key)}
    begun = tuple(Tried(key=key, asked=asked, attempts=attempts.get(key, 0)) for key, asked in asked_of.items())
    return (*begun, *others)[:_MAX_CHECKPOINTS]


def matrix(plan: Plan) -> dict[str, list[dict[str, str]]]:
    """The `strategy.matrix` of the evaluation: names alone, for a job reads what it does from the plan's file."""
    return {"include": [{"job": job.name} for job in plan.jobs]}


def plan_bytes(plan: Plan) -> bytes:
    """`plan.json`: UTF-8, two-space indent, the same bytes for the same plan."""
    document = {
        "$schema": PLAN_SCHEMA,
        "issue": plan.issue,
        "submission_sha256": plan.submission_sha256,
        "protocol": {"name": plan.protocol, "sha256": plan.protocol_sha256},
        "jobs": [
            {
                "name": job.name,
                "model_key": str(job.key),
                "asked": job.asked,
                "shard": str(job.shard) if job.shard else None,
                "seed": job.seed,
            }
            for job in plan.jobs
        ],
        "kept": [
            {"model_key": str(kept.key), "run": kept.run, "artifact": kept.artifact, "sha256": kept.sha256}
            for kept in plan.kept
        ],
    }
    return (json.dumps(document, indent=2) + "\n").encode()


def read_plan(raw: bytes) -> Plan:
    """Read the bytes of `plan.json`.

    Raises:
        ShapeError: they are no plan, or a job is not called after what it does.
    """
    document = json_shape.parse(raw)
    json_shape.check(document, "plan")
    try:
        plan = _plan(document)
    except ValueError as exc:  # a key or a shard whose parts do not exist
        raise ShapeError(f"jobs: {exc}") from exc
    if [job.name for job in plan.jobs] != [job["name"] for job in document["jobs"]]:
        raise ShapeError("jobs: one is not called after what it does")
    if len({job.name for job in plan.jobs}) != len(plan.jobs):
        raise ShapeError("jobs: one stands there twice")
    return plan


def _is_its_authors(model: SubmittedModel, protocol: Protocol, record: Record) -> bool:
    """Whether the last attempt on exactly this failed for a reason that its author alone can mend."""
    tried = record.tried(model.key)
    return tried is not None and tried.turn is Turn.CONTRIBUTOR and tried.asked == asked(model, protocol)


def _plan(document: dict[str, Any]) -> Plan:
    return Plan(
        issue=document["issue"],
        submission_sha256=document["submission_sha256"],
        protocol=document["protocol"]["name"],
        protocol_sha256=document["protocol"]["sha256"],
        jobs=tuple(
            Job(
                key=ModelKey.parse(job["model_key"]),
                asked=job["asked"],
                shard=job["shard"] and Shard.parse(job["shard"]),
                seed=job["seed"],
            )
            for job in document["jobs"]
        ),
        kept=tuple(
            Kept(
                key=ModelKey.parse(kept["model_key"]),
                run=kept["run"],
                artifact=kept["artifact"],
                sha256=kept["sha256"],
            )
            for kept in document["kept"]
        ),
    )


def _shards(protocol: Protocol, runs: int) -> Iterator[Shard | None]:
    """The shards of one checkpoint: those that the protocol asks for, or fewer where a matrix has no room for all."""
    count = min(protocol.autoattack.shards, MAX_JOBS // max(runs, 1))
    if count <= 1:
        yield None
        return
    yield from (Shard(number=number, of=count) for number in range(1, count + 1))
