"""What is attacked for the sake of a claim: before the whole run, at its first attacks, after it. Nothing where claims agree."""

import time
from collections.abc import Callable
from dataclasses import replace

from torch import nn

from apcore.accuracy import Accuracy
from apcore.assembly import Attacked
from apcore.attacks.autoattack import run_autoattack
from apcore.attacks.library import Filling
from apcore.attacks.progress import Listener
from apcore.attacks.resumable import AttackState
from apcore.early_refutation import radius_tried
from apcore.other_radius import robust_at_smaller_radius
from apcore.outcomes import Outcomes
from apcore.prefix_run import Claimed, Tried, try_prefix
from apcore.robust_accuracy import SURVIVED
from apcore.sample_sets import LabelledImages
from apcore.sequential_test import Decision
from apcore.submitted_outcomes import SubmittedOutcomes, bear_out
from apcore.task import Task
from apcore.upper_bound import BOUNDING_ATTACKS, UpperBound, bound_words
from apcore.verdict import Metric, asks_for_other_radius, bound_refutes, judge

Tell = Callable[[str], None]


def try_first(
    task: Task,
    network: nn.Module,
    samples: LabelledImages,
    own: SubmittedOutcomes | None,
    state: AttackState,
    filling: Filling,
    *,
    progress: Listener,
    tell: Tell,
) -> Tried | None:
    """What the first samples of a random order say of the claim; None where no claim could be refuted, or none is made."""
    share = task.claimed.get(Metric.AUTOATTACK)
    if share is None or not task.is_whole:
        return None
    outcomes = own.outcomes if own and own.outcomes and bear_out(own.outcomes, share, task.protocol) else None
    tried = try_prefix(
        network,
        *samples,
        Claimed(share=share, outcomes=outcomes),
        task.protocol,
        checkpoint_sha256=task.checkpoint_sha256,
        state=replace(state, folder=task.work / "prefix"),
        filling=filling,
        progress=progress,
    )
    if tried:
        tell(
            f"of the first {tried.prefix.attacked:,} samples of a random order {tried.prefix.survived:,} survive: "
            + (
                "the claim is refuted"
                if tried.decision is Decision.CONTRADICTED
                else "no reason to spare the whole run, and no confirmation"
            )
        )
    return tried


def try_bound(
    task: Task,
    network: nn.Module,
    samples: LabelledImages,
    state: AttackState,
    filling: Filling,
    *,
    progress: Listener,
    tell: Tell,
) -> UpperBound | None:
    """What the first attacks left of all samples, if that refutes the claim; None else, and the run goes on from there."""
    share, protocol = task.claimed.get(Metric.AUTOATTACK), task.protocol
    if share is None or not task.is_whole or task.in_full:
        return None
    for attacks in BOUNDING_ATTACKS:
        bound = _bound(task, network, samples, state, filling, attacks=attacks, claimed=share, progress=progress)
        if bound_refutes(bound, share, protocol):
            tell(f"after {attacks} of AutoAttack's attacks the claim is refuted: {bound_words(bound, share)}")
            return bound
    return None


def _bound(
    task: Task,
    network: nn.Module,
    samples: LabelledImages,
    state: AttackState,
    filling: Filling,
    *,
    attacks: int,
    claimed: float,
    progress: Listener,
) -> UpperBound:
    """The bound at the smaller radius of the protocol; at its own one where that does not speak against the claim."""
    (images, labels), settings = samples, task.settings.autoattack
    found = run_autoattack(
        network, images, labels, settings, state=state, progress=progress, attacks=attacks, filling=filling
    )
    own = UpperBound(
        attacks=attacks,
        eps=settings.eps_text,
        robust=Accuracy(correct=int((found.broken_by == SURVIVED).sum()), samples=len(labels)),
    )
    radius = radius_tried(settings)
    at_smaller = replace(own, eps=radius.eps_text)  # what it would be if nothing that is broken here survived there
    if radius.eps_text == settings.eps_text or not bound_refutes(at_smaller, claimed, task.protocol):
        return own
    outcomes = Outcomes.of_autoattack(
        first=settings.samples.first,
        label=labels.cpu().numpy(),
        clean_prediction=found.clean_prediction,
        aa_outcome=found.broken_by,
    )
    robust = robust_at_smaller_radius(
        network,
        images,
        labels,
        outcomes,
        settings,
        radius,
        state=replace(state, folder=task.work / f"bound-{attacks}"),
        filling=filling,
        progress=progress,
        attacks=attacks,
    )
    return replace(at_smaller, robust=robust)


def with_other_radius(
    task: Task,
    attacked: Attacked,
    network: nn.Module,
    samples: LabelledImages,
    state: AttackState,
    filling: Filling,
    *,
    progress: Listener,
    tell: Tell,
) -> Attacked:
    """`attacked`, with AutoAttack's accuracy at the other radius where a claim could be refuted without it only."""
    settings, other = task.settings, task.settings.autoattack.other
    judgements = judge(task.claimed, attacked.accuracies, task.protocol, seed=settings.autoattack.seed)
    if other is None or not (
        task.is_whole and any(asks_for_other_radius(found, task.protocol) for found in judgements)
    ):
        return attacked
    tell(
        f"the claim does not hold at eps {settings.autoattack.eps_text}; eps {other.eps_text} is tried before it is refuted"
    )
    started = time.perf_counter()
    accuracy = robust_at_smaller_radius(
        network,
        *samples,
        attacked.outcomes,
        settings.autoattack,
        other,
        state=replace(state, folder=task.work / "other-radius"),
        filling=filling,
        progress=progress,
    )
    seconds = {**attacked.seconds, "other_radius": time.perf_counter() - started}
    return replace(attacked, at_other_radius=accuracy, seconds=seconds)
