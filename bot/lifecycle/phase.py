"""Where each checkpoint of a submission is, put together from what the jobs left: progress, results, failures."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from apcore.failure import Failure
from apcore.model_key import ModelKey
from apcore.progress_report import ProgressReport, Stage
from apcore.verdict import Verdict
from bot.submission.model import Submission

_SECONDS_PER_HOUR: Final = 3600


class Step(StrEnum):
    """What happens to a checkpoint; `KEPT` is measured by an earlier run."""

    WAITING = "waiting"
    FETCHING = "fetching"
    INSPECTING = "inspecting"
    ATTACKING = "attacking"
    DONE = "done"
    KEPT = "kept"
    FAILED = "failed"


_OF_STAGE: Final = {
    Stage.FETCHING: Step.FETCHING,
    Stage.INSPECTING: Step.INSPECTING,
    Stage.ATTACKING: Step.ATTACKING,
    Stage.DONE: Step.DONE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """One checkpoint.

    Args:
        key: the checkpoint.
        step: what happens to it.
        reports: of its jobs that have begun, one per shard, the least advanced first.
        verdict: of a measured one, None where it is not known yet.
        failure: of a failed one.
    """

    key: ModelKey
    step: Step
    reports: tuple[ProgressReport, ...] = ()
    verdict: Verdict | None = None
    failure: Failure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Computing time so far, in hours of one device."""

    gpu_hours: float = 0.0
    cpu_hours: float = 0.0


def phases(
    submission: Submission,
    *,
    reports: Sequence[ProgressReport] = (),
    failures: Sequence[Failure] = (),
    verdicts: Mapping[ModelKey, Verdict] | None = None,
    kept: Collection[ModelKey] = (),
) -> tuple[Phase, ...]:
    """The phase of each checkpoint, in the submission's order.

    Args:
        submission: what was approved.
        reports: what jobs of the present run left; those of other checkpoints are passed over.
        failures: why checkpoints could not be measured.
        verdicts: of the measured ones.
        kept: those measured by an earlier run; where a job is at work on one nonetheless, as in an appeal, that is shown.
    """
    failed = {failure.model_key: failure for failure in failures}
    known = verdicts or {}
    return tuple(
        _phase(
            model.key,
            [report for report in reports if report.key == model.key],
            failed.get(model.key),
            known.get(model.key),
            kept=model.key in kept,
        )
        for model in submission.models
    )


def cost(reports: Sequence[ProgressReport]) -> Cost:
    """The computing time of the jobs that left `reports`."""
    hours = {
        device: sum(report.seconds for report in reports if report.device == device) / _SECONDS_PER_HOUR
        for device in ("cuda", "cpu")
    }
    return Cost(gpu_hours=hours["cuda"], cpu_hours=hours["cpu"])


def heartbeat(reports: Sequence[ProgressReport]) -> datetime | None:
    """When a job was last heard of."""
    return max((report.at for report in reports), default=None)


def _phase(
    key: ModelKey,
    reports: Sequence[ProgressReport],
    failure: Failure | None,
    verdict: Verdict | None,
    *,
    kept: bool,
) -> Phase:
    ordered = tuple(sorted(reports, key=_advance))
    at_work = any(report.stage is not Stage.DONE for report in ordered)
    if kept and not at_work:
        return Phase(key=key, step=Step.KEPT, verdict=verdict)
    if verdict is not None and not at_work:
        return Phase(key=key, step=Step.DONE, reports=ordered, verdict=verdict)
    if failure is not None:
        return Phase(key=key, step=Step.FAILED, reports=ordered, failure=failure)
    if not ordered:
        return Phase(key=key, step=Step.WAITING)
    return Phase(key=key, step=_OF_STAGE[ordered[0].stage], reports=ordered)


_ATTACKS: Final = ("clean", "apgd-ce", "apgd-t", "fab-t", "square", "tuning", "ho-fmn", "fmn-untuned")


def _advance(report: ProgressReport) -> tuple[int, int, float]:
    """What a job has behind it; AutoAttack runs before HO-FMN."""
    attack = report.attack
    return (
        list(Stage).index(report.stage),
        _ATTACKS.index(attack.name) if attack else 0,
        attack.done if attack else 0.0,
    )
