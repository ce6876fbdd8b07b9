"""What runs handed over, taken from their artifacts with caps; hostile until `bot.lifecycle.handover` has decided it.

A job that ran twice has uploaded twice: the newest artifact of each name counts. The parts of a checkpoint that was divided among
machines are merged here, so that what is decided is always a whole one.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from apcore import json_shape
from apcore.errors import TurnError
from apcore.failure import Failure
from apcore.json_shape import ShapeError
from apcore.protocol import Protocol
from apcore.result import Result
from apcore.result_json import read_result, result_bytes
from bot.certificate.statement import MAX_BYTES as MAX_BUNDLE_BYTES
from bot.github.artifact_files import ArtifactError
from bot.github.failures import MissingError
from bot.github.ports import Runs
from bot.github.workflow_run import RunArtifact
from bot.lifecycle.fetched import FETCHED_FILE, MAX_BYTES, Fetched, read_fetched
from bot.lifecycle.handover import FAILURE_FILE, OUTCOMES_FILE, RESULT_FILE, SIZES, Artifact, HandoverError, unit
from bot.lifecycle.plan import Plan
from bot.lifecycle.record import FailureRef, ResultRef, Run
from bot.stages.run_order import PLAN_FILE, SUBMISSION_FILE, RunOrder, parse_order
from bot.stages.run_order import SIZES as ORDER_SIZES

PLAN_ARTIFACT: Final = "plan"
FETCHED_ARTIFACT: Final = "fetched"
CERTIFICATE_ARTIFACT: Final = "certificate"
ATTESTATION_FILE: Final = "attestation.json"
"""How `actions/attest` calls the bundle that it leaves."""

_PART: Final = "-part"
Files = Mapping[str, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFiles:
    """A result of an earlier run, its file, and the bytes beside it; the record knows the hash of what it was accepted as."""

    result: Result
    run: int
    raw: bytes
    outcomes: bytes


class Handovers:
    """The artifacts of a repository's runs, each list asked for once."""

    def __init__(self, runs: Runs) -> None:
        self._runs = runs
        self._listed: dict[int, tuple[RunArtifact, ...]] = {}

    def order(self, run: Run, issue: int) -> RunOrder:
        """The plan that a run began with, and the submission that it measures.

        Raises:
            HandoverError: there is none, or it is another's.
        """
        files = self._named(run.id, PLAN_ARTIFACT, ORDER_SIZES)
        try:
            order = parse_order(files[PLAN_FILE], files[SUBMISSION_FILE])
        except KeyError as exc:
            raise HandoverError("the run has left no plan") from exc
        except ShapeError as exc:
            raise HandoverError(f"the plan of the run cannot be used: {exc}") from exc
        if order.plan.issue != issue or order.submission.sha256 != run.submission:
            raise HandoverError("the plan is not of this issue, or not of what was approved when the run began")
        return order

    def fetched(self, run: Run) -> Fetched:
        """What became of the files of a run; nothing, if it says nothing that can be used."""
        files = self._named(run.id, FETCHED_ARTIFACT, {FETCHED_FILE: MAX_BYTES})
        try:
            return read_fetched(files[FETCHED_FILE], run.submission)
        except (KeyError, ShapeError):
            return Fetched(submission_sha256=run.submission, files={})

    def outcomes_of(self, run: Run, plan: Plan, protocol: Protocol) -> tuple[Artifact, ...]:
        """What the jobs of a plan handed over, one artifact for each checkpoint and seed."""
        parts: dict[str, list[str]] = {}
        for job in plan.jobs:
            parts.setdefault(unit(job), []).append(job.name)
        found = (self._whole(run.id, name, names, protocol) for name, names in parts.items())
        return tuple(artifact for artifact in found if artifact is not None)

    def kept(self, ref: ResultRef, protocol: Protocol) -> KeptFiles | None:
        """A result that was accepted before; None where its artifact is gone, or no longer what was accepted."""
        artifact = self._of_ref(ref, protocol)
        raw = artifact.files.get(RESULT_FILE, b"") if artifact else b""
        if artifact is None or hashlib.sha256(raw).hexdigest() != ref.sha256:
            return None
        try:
            return KeptFiles(
                result=read_result(raw), run=ref.run, raw=raw, outcomes=artifact.files.get(OUTCOMES_FILE, b"")
            )
        except ShapeError:
            return None

    def certificate(self, run: int) -> bytes | None:
        """The bundle that a run has left, which nobody has looked at; None if it has left none."""
        return self._named(run, CERTIFICATE_ARTIFACT, {ATTESTATION_FILE: MAX_BUNDLE_BYTES}).get(ATTESTATION_FILE)

    def kept_failure(self, ref: FailureRef) -> Failure | None:
        """The words of a failure of an earlier run; None where they are gone."""
        listed = next((one for one in self._list(ref.run) if one.id == ref.artifact), None)
        files = self._read(listed, {FAILURE_FILE: SIZES[FAILURE_FILE]}) if listed else {}
        try:
            return Failure.from_json(json_shape.parse(files[FAILURE_FILE]))
        except (KeyError, ShapeError):
            return None

    def _of_ref(self, ref: ResultRef, protocol: Protocol) -> Artifact | None:
        listed = next((one for one in self._list(ref.run) if one.id == ref.artifact), None)
        if listed is None:
            return None
        whole, part, _ = listed.name.partition(_PART)
        if not part:
            return Artifact(run=ref.run, id=listed.id, name=listed.name, files=self._read(listed, SIZES))
        names = {one.name for one in self._list(ref.run) if one.name.startswith(f"{whole}{_PART}")}
        return self._whole(ref.run, whole, sorted(names, key=_number), protocol)

    def _whole(self, run: int, name: str, names: Sequence[str], protocol: Protocol) -> Artifact | None:
        listed = [one for one in (self._newest(run, part) for part in names) if one is not None]
        if len(listed) != len(names):
            return None
        files = [self._read(one, SIZES) for one in listed]
        whole = files[0] if names == [name] else _merged(files, protocol)
        return Artifact(run=run, id=listed[0].id, name=name, files=whole)

    def _named(self, run: int, name: str, sizes: Mapping[str, int]) -> Files:
        listed = self._newest(run, name)
        return self._read(listed, sizes) if listed else {}

    def _newest(self, run: int, name: str) -> RunArtifact | None:
        return next((one for one in self._list(run) if one.name == name), None)

    def _read(self, artifact: RunArtifact, sizes: Mapping[str, int]) -> Files:
        """Nothing of an artifact that is no sound zip, too large, or gone."""
        if artifact.is_expired:
            return {}
        try:
            return self._runs.read_artifact(artifact, sizes)
        except (ArtifactError, MissingError):
            return {}

    def _list(self, run: int) -> tuple[RunArtifact, ...]:
        if run not in self._listed:
            try:
                self._listed[run] = self._runs.artifacts(run)
            except MissingError:
                self._listed[run] = ()
        return self._listed[run]


def _number(name: str) -> int:
    """Of `…-part3of8`."""
    return int(name.rpartition(_PART)[2].partition("of")[0])


def _merged(parts: Sequence[Files], protocol: Protocol) -> Files:
    """The files of the whole: a failure if one part has one, and nothing where the parts are not of one run."""
    failed = [files for files in parts if FAILURE_FILE in files]
    if failed:
        return {FAILURE_FILE: failed[0][FAILURE_FILE]}
    from apcore.merged_result import merge_parts  # noqa: PLC0415 - numpy, which few runs need
    from apcore.outcomes import parse_outcomes  # noqa: PLC0415
    from apcore.shards import Part  # noqa: PLC0415

    try:
        found = [
            Part(result=read_result(files[RESULT_FILE]), outcomes=parse_outcomes(files[OUTCOMES_FILE]))
            for files in parts
            if all(len(files[name]) <= SIZES[name] for name in (RESULT_FILE, OUTCOMES_FILE))
        ]
        if len(found) != len(parts):
            return {}
        whole = merge_parts(found, protocol)
    except (KeyError, ValueError, IndexError, TurnError):
        return {}
    return {RESULT_FILE: result_bytes(whole.result), OUTCOMES_FILE: whole.outcomes.to_bytes()}
