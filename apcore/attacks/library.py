"""pyautoattack's four attacks, set up as its AutoAttack `standard` sets them up, and what each one costs.

The attacks are the library's, with its settings and its random numbers. Three of them run in a form that makes more of each
forward pass (`apgd_targets`, `fab`, `square_lookahead`). What is replaced altogether is the loop around them
(`apcore.attacks.autoattack`): the library's cannot be resumed, reports nothing, and switches off the caller's trace function.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from pyautoattack import AutoAttack
from torch import Tensor

from apcore.attacks.apgd_targets import MergedTargets
from apcore.attacks.fab import MergedFab
from apcore.attacks.model_calls import CountedModel
from apcore.attacks.square_lookahead import LookaheadSquare
from apcore.errors import MachineError

ATTACKS: Final = ("apgd-ce", "apgd-t", "fab-t", "square")
TARGETS: Final = 9
MIN_CLASSES: Final = 4

# The library warns of zero gradients through its logger; that belongs into a log file, not between two progress lines.
_library_log: Final = logging.getLogger(__name__)
_library_log.addHandler(logging.NullHandler())


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How long each attack may try. Anything but `STANDARD` is not AutoAttack `standard`, and is for tests."""

    apgd_steps: int = 100
    fab_steps: int = 100
    square_queries: int = 5000


STANDARD: Final = Budget()


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    """What a forward pass is worth, where a batch has fewer samples than that.

    Args:
        images: how many it should take: as many targets run side by side, as many proposals are tried ahead.
        overhead: what it costs besides its arithmetic, in images.
    """

    images: int = 1
    overhead: float = 0.0


NO_FILLING: Final = Filling()


def targets_of(classes: int) -> int:
    """How many target classes APGD-T and FAB-T try: 9, as `standard` says, or all others where there are fewer.

    Raises:
        MachineError: fewer than 4 classes; the targeted DLR loss takes the fourth largest logit.
    """
    if classes < MIN_CLASSES:
        raise MachineError(
            where="autoattack",
            message=f"AutoAttack needs at least {MIN_CLASSES} classes for its targeted DLR loss; the network has {classes}",
            fix="give this dataset another protocol, without AutoAttack standard",
        )
    return min(TARGETS, classes - 1)


def expected_calls(budget: Budget, *, targets: int) -> dict[str, int]:
    """Forward passes of each attack on a batch of which a sample survives; fewer where none does.

    With the standard budget and 9 targets: 102, 910, 1810, 5003. The library itself takes 919 and 1828 for the targeted ones:
    it asks for the logits of the clean samples anew for each target.
    """
    return {
        "apgd-ce": 2 + budget.apgd_steps,
        "apgd-t": 1 + targets * (1 + budget.apgd_steps),
        "fab-t": 1 + targets * (1 + 2 * budget.fab_steps),
        "square": 3 + budget.square_queries,
    }


# Images, labels and dataset indices of a batch, (n, channels, height, width), (n,) and (n,), to perturbed images.
Perturb = Callable[[Tensor, Tensor, NDArray[np.int64]], Tensor]


def library_attacks(
    model: CountedModel,
    *,
    eps: float,
    seed: int,
    device: torch.device,
    targets: int,
    budget: Budget,
    filling: Filling = NO_FILLING,
) -> dict[str, Any]:
    """The library's attacks by name, in the order of `ATTACKS`, all but the first in a quicker form.

    Source: Croce & Hein 2020, arXiv:2003.01690; Croce & Hein 2020, arXiv:1907.02044 (FAB); Andriushchenko et al. 2020,
    arXiv:1912.00049 (Square).
    """
    library: Any = AutoAttack(model, norm="Linf", eps=eps, seed=seed, version="standard", device=device)
    library.fab.targeted = True
    for apgd in (library.apgd, library.apgd_targeted):
        apgd.n_iter = budget.apgd_steps
        apgd.logger = _library_log
    for targeted in (library.apgd_targeted, library.fab):
        targeted.n_target_classes = targets
    library.fab.n_iter = budget.fab_steps
    library.square.n_queries = budget.square_queries
    quicker = (
        MergedTargets(library.apgd_targeted, filling.images, filling.overhead),
        MergedFab(library.fab, filling.images),
        LookaheadSquare(library.square, filling.images, filling.overhead),
    )
    return dict(zip(ATTACKS, (library.apgd, *quicker), strict=True))


def reference_attacks(library: Mapping[str, Any]) -> dict[str, Perturb]:
    """The attacks by name, in order, as the library runs them: each seeds torch's global generators at every call."""
    return {name: _whatever_the_index(member) for name, member in library.items()}


def _whatever_the_index(member: Any) -> Perturb:
    def perturb(x: Tensor, y: Tensor, _index: NDArray[np.int64]) -> Tensor:
        found: Tensor = member.perturb(x, y)
        return found

    return perturb
