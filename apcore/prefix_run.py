"""The attacks on the first samples of the random order, a step at a time, until the test ends or its bound is reached.

They keep a state of their own and give torch's generators back as they were, so that the whole run after them comes to the
outcomes that it would have come to without them.
"""

import math
import time
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from torch import Tensor, nn

from apcore.attacks.autoattack import run_autoattack
from apcore.attacks.library import NO_FILLING, Filling
from apcore.attacks.progress import Listener, Progress
from apcore.attacks.resumable import AttackState
from apcore.early_refutation import (
    ATTACKS_TRIED,
    ClaimedAs,
    Prefix,
    largest_prefix,
    order_digest,
    radius_tried,
    sample_order,
    sequential_test,
)
from apcore.named_samples import name_samples
from apcore.outcomes import Outcomes
from apcore.protocol import Protocol
from apcore.robust_accuracy import SURVIVED, robust_samples
from apcore.sequential_test import Decision

# Which part of a step each attack takes; what is told of it stays below 1, for how many steps follow is not known.
_SHARES: Final = {"clean": (0.0, 0.01), "apgd-ce": (0.01, 0.15), "apgd-t": (0.15, 1.0)}
_NEVER_LAST: Final = 0.999


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A claimed share in [0, 1] of the protocol's AutoAttack samples, and the author's outcomes if they bear it out."""

    share: float
    outcomes: Outcomes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What was seen, whether it refutes the claim, and the wall time of it in seconds."""

    prefix: Prefix
    decision: Decision
    seconds: float


def try_prefix(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    claimed: Claimed,
    protocol: Protocol,
    *,
    checkpoint_sha256: str,
    state: AttackState,
    filling: Filling = NO_FILLING,
    progress: Listener,
) -> Tried | None:
    """Attack as many samples as it takes; None where the protocol has no such test or the claim leaves nothing to refute.

    Args:
        model: (n, channels, height, width) images to (n, classes) logits.
        images: (n, channels, height, width) float32, all of the protocol's AutoAttack samples, on the model's device.
        labels: (n,) int64.
        claimed: the claim.
        protocol: under which it was made.
        checkpoint_sha256: of the bytes that are measured; the order depends on it.
        state: where to keep what is measured; apart from that of the whole run.
        filling: how attacks on few samples fill a pass.
        progress: told a few times a second.
    """
    claimed_as = ClaimedAs.SHARE if claimed.outcomes is None else ClaimedAs.OUTCOMES
    test, early = sequential_test(claimed_as, claimed.share, protocol), protocol.early_refutation
    if test is None or early is None:
        return None
    started = time.perf_counter()
    attack, radius = protocol.autoattack, radius_tried(protocol.autoattack)
    order = sample_order(attack.samples, seed=attack.seed, checkpoint_sha256=checkpoint_sha256)
    queue = np.array(order if claimed.outcomes is None else _robust_in_order(order, claimed.outcomes, attack.eps))
    settings = replace(attack, eps=radius.eps, eps_text=radius.eps_text, other=None)
    attacked, broken = 0, list[int]()
    decision = test.decision(drawn=0, survived=0)
    end = largest_prefix(early, test)
    steps = math.ceil(end / early.step)
    while decision is Decision.OPEN and attacked < end:
        index = queue[attacked : min(attacked + early.step, end)]
        places = index - attack.samples.first
        found = run_autoattack(
            model,
            images[places],
            labels[places],
            settings,
            # one folder for each step: in a common one, each would be told of the others' states as of strangers'
            state=replace(state, folder=state.folder / f"{attacked:06d}"),
            progress=_as_one(progress, step=attacked // early.step, steps=steps, attacked=attacked, broken=len(broken)),
            index=index,
            attacks=ATTACKS_TRIED,
            filling=filling,
        )
        attacked += len(index)
        broken += index[found.broken_by != SURVIVED].tolist()
        decision = test.decision(drawn=attacked, survived=attacked - len(broken))
    if attacked:
        progress(_moment(batch=1, batches=1, attacked=attacked, broken=len(broken), share=1.0))
    prefix = Prefix(
        claimed_as=claimed_as,
        eps=radius.eps_text,
        order_sha256=order_digest(order),
        population=test.population,
        attacked=attacked,
        survived=attacked - len(broken),
        broken=name_samples(broken),
    )
    return Tried(prefix=prefix, decision=decision, seconds=time.perf_counter() - started)


def _robust_in_order(order: tuple[int, ...], outcomes: Outcomes, eps: float) -> list[int]:
    """Those of `order` that are robust by the author's outcomes; the others are no part of the claim."""
    robust = robust_samples(
        index=outcomes.index,
        aa_outcome=outcomes.aa_outcome,
        hofmn_index=outcomes.hofmn_index,
        hofmn_distance=outcomes.hofmn_distance,
        eps=eps,
    )
    claimed = set(outcomes.index[robust].tolist())
    return [index for index in order if index in claimed]


def _as_one(progress: Listener, *, step: int, steps: int, attacked: int, broken: int) -> Listener:
    """Tells of the attacks of one step, numbered from 0, as of a part of one attack on all samples of the prefix."""

    def tell(found: Progress) -> None:
        begin, end = _SHARES[found.attack]
        share = min(begin + found.done * (end - begin), _NEVER_LAST)
        progress(_moment(batch=step + 1, batches=steps, attacked=attacked, broken=broken, share=share))

    return tell


def _moment(*, batch: int, batches: int, attacked: int, broken: int, share: float) -> Progress:
    robust = attacked - broken if attacked else None
    return Progress(attack="prefix", batch=batch, batches=batches, samples=attacked, robust=robust, share=share)
