"""A result, put together from what each room found out about one checkpoint."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields

import numpy as np

from apcore.accuracy import Accuracy, Measure
from apcore.assumptions import assumptions
from apcore.attacks.ho_fmn import HoFmnOutcomes
from apcore.attacks.model_checks import ModelChecks
from apcore.attacks.probes import Probes
from apcore.compaction.compact import Compacted
from apcore.distance_comparison import compare_distances, count_nearer
from apcore.distances_compared import DistancesCompared
from apcore.early_refutation import Prefix
from apcore.inspection import Inspection
from apcore.outcomes import Outcomes
from apcore.probe_flags import probe_flags
from apcore.protocol import Protocol
from apcore.red_flags import model_flags, red_flags
from apcore.result import (
    CheckpointFile,
    Flag,
    HoFmnTuned,
    LayerZeros,
    NetworkEvaluated,
    OtherRadius,
    ProtocolUsed,
    Result,
    SparsityMeasured,
)
from apcore.robust_accuracy import robust_accuracy
from apcore.sparsity_scopes import LAYERS_COUNTED
from apcore.submitted_outcomes import SubmittedOutcomes, outcomes_file
from apcore.task import Task
from apcore.upper_bound import UpperBound
from apcore.verdict import is_partial, judge


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluated:
    """A checkpoint, whose tensors are no longer needed, and the network made of it; `seconds` per stage."""

    inspection: Inspection
    fingerprint: str
    compacted: Compacted
    seconds: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attacked:
    """What the attacks left; `tuned`, `checks` and `probes` are None and `outcomes` are empty where nothing was attacked.

    `prefix` is what was seen before the whole run, `bound` what its first attacks left where that ended it, and
    `at_other_radius` AutoAttack's robust accuracy there; None where none of it was asked for.
    """

    accuracies: Mapping[Measure, Accuracy]
    outcomes: Outcomes
    tuned: HoFmnOutcomes | None
    checks: ModelChecks | None
    probes: Probes | None
    seconds: Mapping[str, float]
    prefix: Prefix | None = None
    bound: UpperBound | None = None
    at_other_radius: Accuracy | None = None


def assemble(
    task: Task,
    evaluated: Evaluated,
    attacked: Attacked,
    *,
    submitted_distances: np.ndarray | None,
    submitted_outcomes: SubmittedOutcomes | None,
    surroundings: Mapping[str, str | int],
) -> Result:
    """The result of one checkpoint.

    Args:
        task: what was to be measured.
        evaluated: the checkpoint and the network made of it.
        attacked: what the attacks left.
        submitted_distances: (m,) the submission's own distances, None without any.
        submitted_outcomes: the submission's own outcomes, held against the protocol; None without any.
        surroundings: versions, device, threads and the hash of the samples.
    """
    settings, inspection, compacted = task.settings, evaluated.inspection, evaluated.compacted
    measured, outcomes = attacked.accuracies, attacked.outcomes
    elsewhere = _at_other_radius(attacked, settings)
    return Result(
        model_key=task.key,
        submission_sha256=task.submission_sha256,
        protocol=ProtocolUsed(
            name=settings.name,
            sha256=settings.sha256,
            aa_eps=settings.autoattack.eps_text,
            hofmn_eps=settings.ho_fmn.eps_text,
            seed=settings.autoattack.seed,
            randomness=settings.autoattack.randomness,
        ),
        partial=is_partial(measured, task.protocol, seed=settings.autoattack.seed),
        limit=task.limit,
        checkpoint=CheckpointFile(
            sha256=inspection.stored.sha256,
            size_bytes=inspection.stored.size_bytes,
            container=inspection.stored.container,
            layout=inspection.layout.full_name,
            fingerprint=evaluated.fingerprint,
        ),
        sparsity=_sparsity(inspection),
        network=NetworkEvaluated(
            evaluated=compacted.evaluated,
            reason=compacted.reason,
            macs_stored=compacted.macs_stored,
            macs_evaluated=compacted.macs_evaluated,
            normalization=inspection.normalization,
        ),
        accuracies=measured,
        ho_fmn=_tuned(attacked.tuned, settings),
        claims=judge(
            task.claimed,
            measured,
            task.protocol,
            seed=settings.autoattack.seed,
            at_other_radius={measure: found.accuracy for measure, found in elsewhere.items()},
            prefix=attacked.prefix,
            bound=attacked.bound,
        ),
        distances_file=_compared(task.distances_sha256, submitted_distances, outcomes, settings.ho_fmn.eps),
        flags=(
            *red_flags(measured, outcomes, aa_eps=settings.autoattack.eps),
            *(model_flags(attacked.checks) if attacked.checks else ()),
            *(probe_flags(attacked.probes, outcomes) if attacked.probes else ()),
            *assumptions(inspection, stated=task.normalization),
            *_run_flags(task, compacted),
        ),
        environment=dict(surroundings),
        # As the file will hold them: a comment written later from that file must say the same.
        seconds={stage: round(seconds, 3) for stage, seconds in {**evaluated.seconds, **attacked.seconds}.items()},
        other_radius=elsewhere,
        prefix=attacked.prefix,
        bound=attacked.bound,
        outcomes_file=outcomes_file(submitted_outcomes, outcomes, task.protocol) if submitted_outcomes else None,
    )


def _at_other_radius(attacked: Attacked, settings: Protocol) -> dict[Measure, OtherRadius]:
    """HO-FMN's distances tell every radius; AutoAttack is run at another one only where a verdict needs it."""
    found: dict[Measure, OtherRadius] = {}
    other, distances = settings.autoattack.other, attacked.outcomes.hofmn_distance
    if other and attacked.at_other_radius:
        found[Measure.AA_ROBUST] = OtherRadius(eps=other.eps_text, accuracy=attacked.at_other_radius)
    other = settings.ho_fmn.other
    if other and len(distances):
        found[Measure.HOFMN_ROBUST] = OtherRadius(eps=other.eps_text, accuracy=robust_accuracy(distances, other.eps))
    return found


def _sparsity(inspection: Inspection) -> SparsityMeasured:
    found = inspection.sparsity
    return SparsityMeasured(
        claimed=inspection.key.sparsity / 100,
        weights=found.weights,
        filters=found.filters,
        channels=found.channels,
        parameters_left=found.parameters_left,
        agrees=inspection.agrees,
        layers_counted=LAYERS_COUNTED,
        layers=tuple(
            LayerZeros(**{part.name: getattr(layer, part.name) for part in fields(LayerZeros)})
            for layer in found.layers
        ),
    )


def _tuned(tuned: HoFmnOutcomes | None, settings: Protocol) -> HoFmnTuned | None:
    if tuned is None:
        return None
    variant, eps = settings.ho_fmn.variant, settings.ho_fmn.eps
    return HoFmnTuned(
        loss=variant.loss,
        optimizer=variant.optimizer,
        schedule=variant.schedule,
        hyperparameters=tuned.configuration.hyperparameters,
        objective=tuned.objective if np.isfinite(tuned.objective) else None,
        trials=len(tuned.trials),
        counted=settings.ho_fmn.counted,
        tuned_robust=robust_accuracy(tuned.tuned_distances, eps),
        untuned_robust=robust_accuracy(tuned.untuned_distances, eps),
        untuned_nearer=count_nearer(tuned.untuned_distances, tuned.tuned_distances),
    )


def _compared(
    sha256: str | None, submitted: np.ndarray | None, outcomes: Outcomes, eps: float
) -> DistancesCompared | None:
    if sha256 is None or submitted is None:
        return None
    return compare_distances(submitted, outcomes.hofmn_distance, index=outcomes.hofmn_index, eps=eps, sha256=sha256)


def _run_flags(task: Task, compacted: Compacted) -> Iterator[Flag]:
    if compacted.evaluated == "original":
        yield Flag(name="evaluated-as-stored", value=None, message=compacted.reason)
    if task.seed is not None and task.seed != task.protocol.autoattack.seed:
        yield Flag(
            name="other-seed",
            value=float(task.seed),
            message=f"measured with seed {task.seed} instead of the protocol's {task.protocol.autoattack.seed}",
        )
