"""AutoAttack at the protocol's other, smaller radius, before a claim is called refuted: was the claim made there?

Attacked are the samples that AutoAttack broke at the protocol's own radius. One that survived there survives here too, as far
as these attacks can tell: every example within the smaller radius lies within the larger one.
"""

from dataclasses import replace

import numpy as np
from torch import Tensor, nn

from apcore.accuracy import Accuracy
from apcore.attacks.autoattack import run_autoattack
from apcore.attacks.library import ATTACKS, NO_FILLING, Filling
from apcore.attacks.progress import Listener
from apcore.attacks.resumable import AttackState
from apcore.outcomes import Outcomes
from apcore.protocol import AutoAttackSettings, Radius
from apcore.robust_accuracy import SURVIVED, robust_samples


def robust_at_smaller_radius(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    outcomes: Outcomes,
    settings: AutoAttackSettings,
    radius: Radius,
    *,
    state: AttackState,
    filling: Filling = NO_FILLING,
    progress: Listener,
    attacks: int = len(ATTACKS),
) -> Accuracy:
    """The robust accuracy at `radius`, the worst case over AutoAttack and HO-FMN.

    Args:
        model: (n, channels, height, width) images to (n, classes) logits.
        images: (n, channels, height, width) float32, all of AutoAttack's samples, on the model's device.
        labels: (n,) int64.
        outcomes: what happened to each of them at the radius of `settings`.
        settings: AutoAttack as it was run.
        radius: smaller than that of `settings`.
        state: where to keep what is measured; apart from that of the run before.
        filling: how attacks on few samples fill a pass.
        progress: told a few times a second.
        attacks: how many of AutoAttack's attacks, from the first on; those that `outcomes` know.

    Raises:
        ValueError: `radius` is not smaller.
    """
    if radius.eps >= settings.eps:
        raise ValueError(f"eps {radius.eps_text} is not smaller than {settings.eps_text}")
    broken = np.flatnonzero(outcomes.aa_outcome > SURVIVED)
    here = outcomes.aa_outcome.copy()
    if len(broken):
        found = run_autoattack(
            model,
            images[broken],
            labels[broken],
            replace(settings, eps=radius.eps, eps_text=radius.eps_text, other=None),
            state=state,
            progress=progress,
            index=outcomes.index[broken],
            attacks=attacks,
            filling=filling,
        )
        here[broken] = found.broken_by
    robust = robust_samples(
        index=outcomes.index,
        aa_outcome=here,
        hofmn_index=outcomes.hofmn_index,
        hofmn_distance=outcomes.hofmn_distance,
        eps=radius.eps,
    )
    return Accuracy(correct=int(robust.sum()), samples=len(robust))
