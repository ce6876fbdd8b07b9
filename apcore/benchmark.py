"""One checkpoint through one protocol: inspect, compact, attack, summarise, judge.

Everything measured on the way is kept in the work folder; a run that was stopped goes on where it was.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn

from apcore.accuracy import Accuracy, Measure
from apcore.assembly import Attacked, Evaluated, assemble
from apcore.attacks.autoattack import run_autoattack
from apcore.attacks.clean import check_logits, predicted
from apcore.attacks.ho_fmn import run_ho_fmn
from apcore.attacks.model_checks import ModelChecks, check_model
from apcore.attacks.probes import Probes, run_probes
from apcore.attacks.progress import Listener, ignore
from apcore.attacks.resumable import AttackState
from apcore.claim_attacks import Tell, try_bound, try_first, with_other_radius
from apcore.compaction.compact import Compacted, compact
from apcore.device import device_errors, usable_device
from apcore.environment import environment
from apcore.execution import Execution, execution_for, torch_threads
from apcore.fingerprint import weights_fingerprint
from apcore.flag_meanings import is_red
from apcore.inspection import inspect_checkpoint, require_sparsity
from apcore.layouts.input_normalization import described
from apcore.networks.network import network_from_arrays
from apcore.outcomes import Outcomes
from apcore.protocol import Protocol
from apcore.result import Result
from apcore.robust_accuracy import accuracies, clean_accuracy
from apcore.sample_sets import SampleSets, load_sample_sets
from apcore.sequential_test import Decision
from apcore.submitted_outcomes import SubmittedOutcomes, held_against
from apcore.task import Task
from apcore.verdict import judge, may_attack

COMPARED_IMAGES: Final = 2
CHECKED_IMAGES: Final = 128
CLEAN_BATCH: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Measured:
    """A result and the outcomes per sample behind it."""

    result: Result
    outcomes: Outcomes


def benchmark(
    task: Task,
    *,
    submitted_distances: np.ndarray | None = None,
    submitted_outcomes: SubmittedOutcomes | None = None,
    progress: Listener = ignore,
    tell: Tell = lambda _words: None,
) -> Measured:
    """Measure one checkpoint.

    Args:
        task: what to measure.
        submitted_distances: (m,) the submission's own HO-FMN distances, read from `task.distances`.
        submitted_outcomes: the submission's own outcomes; a file that is about other samples is refused in the result, and
            costs no measurement.
        progress: told how far the attacks are.
        tell: told in a line of words what was found on the way.

    Raises:
        ContributorError: the checkpoint is refused.
        MachineError: data, device or disk fail here.
    """
    samples = load_sample_sets(task)
    images, labels = samples.autoattack
    index = _indices(task.settings.autoattack.samples.first, len(labels))
    own = submitted_outcomes and held_against(submitted_outcomes, task.protocol, index=index, label=labels.numpy())
    with device_errors(task.device):
        evaluated = _evaluated(task, images, tell)
    execution = execution_for(
        evaluated.compacted.macs_evaluated,
        samples=min(task.settings.autoattack.batch_size, len(images)),
        device=torch.device(task.device).type,
        available=torch.get_num_threads(),
    )
    with device_errors(task.device), torch_threads(execution.threads):
        attacked = _attacked(task, evaluated, samples, own, execution, progress=progress, tell=tell)
    result = assemble(
        task,
        evaluated,
        attacked,
        submitted_distances=submitted_distances,
        submitted_outcomes=own,
        surroundings=environment(task.device) | execution.facts() | {"data": samples.sha256},
    )
    for flag in result.flags:
        if is_red(flag.name):
            tell(f"red flag {flag.name}: {flag.message}; see docs/red_flags.md")
    return Measured(result=result, outcomes=attacked.outcomes)


def _evaluated(task: Task, images: Tensor, tell: Tell) -> Evaluated:
    started = time.perf_counter()
    inspection = inspect_checkpoint(task.checkpoint, task.key, task.protocol, normalization=task.normalization)
    require_sparsity(inspection, task.protocol.sparsity_slack)
    tell(
        f"{inspection.layout.full_name}, {described(inspection.normalization)}, "
        f"{100 * inspection.sparsity.weights:.2f} % of the weights are zero"
    )
    inspected = time.perf_counter()
    original = network_from_arrays(inspection.graph, inspection.weights, normalization=inspection.normalization)
    compacted = compact(original, images[:COMPARED_IMAGES])
    tell(_compaction_words(compacted))
    seconds = {"inspection": inspected - started, "compaction": time.perf_counter() - inspected}
    return Evaluated(
        inspection=inspection.without_tensors(),
        fingerprint=weights_fingerprint(inspection.weights),
        compacted=compacted,
        seconds=seconds,
    )


def _attacked(
    task: Task,
    evaluated: Evaluated,
    samples: SampleSets,
    own: SubmittedOutcomes | None,
    execution: Execution,
    *,
    progress: Listener,
    tell: Tell,
) -> Attacked:
    device, settings = usable_device(task.device), task.settings
    network = execution.prepared(evaluated.compacted.network).to(device)
    images, labels = _on(device, samples.autoattack)
    clean = clean_accuracy(_predictions(network, images), labels.cpu().numpy())
    if not _worth_attacking(task, clean):
        tell("the clean accuracy is not the claimed one, so nothing is attacked")
        return Attacked(
            accuracies={Measure.CLEAN: clean},
            outcomes=Outcomes.none(),
            tuned=None,
            checks=None,
            probes=None,
            seconds={},
        )
    tell("checking whether attacks can be believed on this network")
    checks, probes, probing = _probed(network, images, labels, settings)
    state = AttackState(folder=task.work, fingerprint=_fingerprint(task, evaluated))
    tried = try_first(task, network, (images, labels), own, state, execution.filling, progress=progress, tell=tell)
    seconds: Mapping[str, float] = {"probes": probing} | ({"prefix": tried.seconds} if tried else {})
    ended = Attacked(
        accuracies={Measure.CLEAN: clean},
        outcomes=Outcomes.none(),
        tuned=None,
        checks=checks,
        probes=probes,
        seconds=seconds,
        prefix=tried.prefix if tried else None,
    )
    if tried and tried.decision is Decision.CONTRADICTED and not task.in_full:
        return ended
    started = time.perf_counter()
    bound = try_bound(task, network, (images, labels), state, execution.filling, progress=progress, tell=tell)
    if bound:
        return replace(ended, bound=bound, seconds={**seconds, "bound": time.perf_counter() - started})
    attacked = run_autoattack(
        network, images, labels, settings.autoattack, state=state, progress=progress, filling=execution.filling
    )
    outcomes = Outcomes.of_autoattack(
        first=settings.autoattack.samples.first,
        label=labels.cpu().numpy(),
        clean_prediction=attacked.clean_prediction,
        aa_outcome=attacked.broken_by,
    )
    seconds, tuned = {**seconds, **attacked.seconds}, None
    if task.runs_ho_fmn:
        tuned = run_ho_fmn(
            network,
            tuning=_on(device, samples.tuning),
            attack=_on(device, samples.ho_fmn),
            settings=settings.ho_fmn,
            state=state,
            progress=progress,
        )
        index = _indices(settings.ho_fmn.samples.first, len(tuned.distances))
        outcomes = replace(outcomes, hofmn_index=index, hofmn_distance=tuned.distances)
        seconds = {**seconds, **tuned.seconds}
    found = Attacked(
        accuracies=_accuracies(outcomes, settings),
        outcomes=outcomes,
        tuned=tuned,
        checks=checks,
        probes=probes,
        seconds=seconds,
        prefix=tried.prefix if tried else None,
    )
    return with_other_radius(
        task, found, network, (images, labels), state, execution.filling, progress=progress, tell=tell
    )


def _probed(
    network: nn.Module, images: Tensor, labels: Tensor, settings: Protocol
) -> tuple[ModelChecks, Probes, float]:
    """The checks and probes of the first images, and their wall time; a run that goes on repeats them."""
    started = time.perf_counter()
    x, y = images[:CHECKED_IMAGES], labels[:CHECKED_IMAGES]
    checks = check_model(network, x, y)
    probes = run_probes(network, x, y, eps=settings.autoattack.eps, seed=settings.autoattack.seed)
    return checks, probes, time.perf_counter() - started


def _worth_attacking(task: Task, clean: Accuracy) -> bool:
    judgements = judge(task.claimed, {Measure.CLEAN: clean}, task.protocol, seed=task.settings.autoattack.seed)
    return all(may_attack(judgement) for judgement in judgements)


def _accuracies(outcomes: Outcomes, settings: Protocol) -> dict[Measure, Accuracy]:
    return accuracies(
        label=outcomes.label,
        clean_prediction=outcomes.clean_prediction,
        index=outcomes.index,
        aa_outcome=outcomes.aa_outcome,
        aa_eps=settings.autoattack.eps,
        hofmn_index=outcomes.hofmn_index,
        hofmn_distance=outcomes.hofmn_distance,
        hofmn_eps=settings.ho_fmn.eps,
    )


def _indices(first: int, count: int) -> np.ndarray:
    return np.arange(first, first + count, dtype=np.int64)


@torch.no_grad()
def _predictions(network: nn.Module, images: Tensor) -> np.ndarray:
    predictions = []
    for start in range(0, len(images), CLEAN_BATCH):
        batch = images[start : start + CLEAN_BATCH]
        logits = network(batch)
        check_logits(logits, len(batch))
        predictions.append(predicted(logits))
    return torch.cat(predictions).cpu().numpy()


def _on(device: torch.device, samples: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    return samples[0].to(device), samples[1].to(device)


def _compaction_words(compacted: Compacted) -> str:
    if compacted.evaluated == "original":
        return f"evaluated as stored: {compacted.reason}"
    return (
        f"compacted from {compacted.macs_stored / 1e6:.2f} to {compacted.macs_evaluated / 1e6:.2f} million "
        f"multiply-accumulates an image, {compacted.macs_stored / compacted.macs_evaluated:.1f} times less"
    )


def _fingerprint(task: Task, evaluated: Evaluated) -> str:
    """All that outcomes depend on and the attacks do not see themselves; how many threads there are is not part of it."""
    inspection = evaluated.inspection
    versions = {name: value for name, value in environment(task.device).items() if name != "threads"}
    return "\n".join(
        (
            task.protocol.sha256,
            inspection.stored.sha256,
            evaluated.compacted.evaluated,
            inspection.layout.name,
            repr(inspection.normalization),
            *(f"{name} {value}" for name, value in sorted(versions.items())),
        )
    )
