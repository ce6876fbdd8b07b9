"""What is attacked besides the whole run, for the sake of a claim: before it, and after it. Nothing where claims agree."""

import time
from collections.abc import Callable
from dataclasses import replace

from torch import nn

from apcore.assembly import Attacked
from apcore.attacks.progress import Listener
from apcore.attacks.resumable import AttackState
from apcore.other_radius import robust_at_smaller_radius
from apcore.prefix_run import Claimed, Tried, try_prefix
from apcore.sample_sets import LabelledImages
from apcore.sequential_test import Decision
from apcore.submitted_outcomes import SubmittedOutcomes, bear_out
from apcore.task import Task
from apcore.verdict import Metric, asks_for_other_radius, judge

Tell = Callable[[str], None]


def try_first(
    task: Task,
    network: nn.Module,
    samples: LabelledImages,
    own: SubmittedOutcomes | None,
    state: AttackState,
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


def with_other_radius(
    task: Task,
    attacked: Attacked,
    network: nn.Module,
    samples: LabelledImages,
    state: AttackState,
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
        progress=progress,
    )
    seconds = {**attacked.seconds, "other_radius": time.perf_counter() - started}
    return replace(attacked, at_other_radius=accuracy, seconds=seconds)
