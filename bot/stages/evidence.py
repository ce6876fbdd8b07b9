"""The outcomes behind results: whether they are those that the numbers were counted from, and what an appeal's say of chance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from apcore.accuracy import Measure
from apcore.errors import ContributorError
from apcore.failure import Failure, Turn
from apcore.json_shape import ShapeError
from apcore.merged_result import counted
from apcore.model_key import ModelKey
from apcore.outcomes import Outcomes, parse_outcomes
from apcore.protocol import Protocol, Samples
from apcore.result import Result
from apcore.spread import SeededRun, spreads
from bot.lifecycle.handover import OUTCOMES_FILE, Accepted, Artifact, Handed
from bot.reply.spread_section import Appealed, spread_section
from bot.submission.model import Submission


@dataclass(frozen=True, slots=True, kw_only=True)
class Backed:
    """What was handed over, less what its outcomes do not bear out; and the outcomes, by artifact."""

    handed: Handed
    outcomes: Mapping[int, Outcomes]


def backed(handed: Handed, artifacts: Sequence[Artifact], submission: Submission, protocol: Protocol) -> Backed:
    """Hold each accepted result against the outcomes beside it; one without them is a failure on our side."""
    files = {artifact.id: artifact.files for artifact in artifacts}
    names = {artifact.id: artifact.name for artifact in artifacts}
    outcomes: dict[int, Outcomes] = {}
    accepted: list[Accepted] = []
    failures, refusals = list(handed.failures), list(handed.refusals)
    for one in handed.accepted:
        try:
            raw = files[one.artifact].get(OUTCOMES_FILE, b"")
            outcomes[one.artifact] = outcomes_behind(one.result, raw, protocol)
        except ShapeError as exc:
            refusals.append(f"{names[one.artifact]}: {exc}")
            failures.append(_unfounded(one.result.model_key, submission))
        else:
            accepted.append(one)
    found = replace(handed, accepted=tuple(accepted), failures=tuple(failures), refusals=tuple(refusals))
    return Backed(handed=found, outcomes=outcomes)


def outcomes_behind(result: Result, raw: bytes, protocol: Protocol) -> Outcomes:
    """The outcomes that a result's numbers were counted from.

    Raises:
        ShapeError: the bytes are no outcomes, or those of other numbers or samples.
    """
    try:
        outcomes = parse_outcomes(raw)
    except ContributorError as exc:
        raise ShapeError(f"{OUTCOMES_FILE}: is no file of outcomes") from exc
    attacked = {measure: found for measure, found in result.accuracies.items() if measure is not Measure.CLEAN}
    if not len(outcomes.index) and not len(outcomes.hofmn_index):
        if attacked:
            raise ShapeError(f"{OUTCOMES_FILE}: is empty, though attacks were run")
        return outcomes
    if not (_are(outcomes.index, protocol.autoattack.samples) and _are(outcomes.hofmn_index, protocol.ho_fmn.samples)):
        raise ShapeError(f"{OUTCOMES_FILE}: is not about the protocol's samples")
    if counted(outcomes, protocol) != dict(result.accuracies):
        raise ShapeError(f"{OUTCOMES_FILE}: counts to other accuracies than the result")
    return outcomes


def spread_of(runs: Mapping[ModelKey, Sequence[SeededRun]], protocol: Protocol) -> str:
    """The section on an appeal; empty where no checkpoint was measured with several seeds."""
    found = [
        Appealed(
            key=key,
            seeds=tuple(run.result.protocol.seed for run in several),
            spreads=spreads(several, hofmn_eps=protocol.ho_fmn.eps),
        )
        for key, several in runs.items()
        if len(several) > 1
    ]
    return spread_section(found)


def _are(index: np.ndarray[tuple[int], np.dtype[np.int64]], samples: Samples) -> bool:
    return np.array_equal(index, np.arange(samples.first, samples.first + samples.count))


def _unfounded(key: ModelKey, submission: Submission) -> Failure:
    place = next(place for place, model in enumerate(submission.models) if model.key == key)
    return Failure(
        model_key=key,
        turn=Turn.MACHINE,
        where=f"models.{place}",
        message="the evaluation handed over numbers without the outcomes that they are counted from",
        fix="the log of the run says more; it is measured again",
    )
