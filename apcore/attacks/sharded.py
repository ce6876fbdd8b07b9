"""AutoAttack's attacks with `sharded` randomness: what becomes of a sample depends on no other sample.

Each run is the library's own `attack_single_run`, whose draws are answered by address. The loop around it, over targets and
restarts, is written out here, since it alone knows which sample a row belongs to.

Nothing else in the library couples samples, as read in pyautoattack 0.2.0: losses are summed, so that each sample has its own
gradient; step sizes, checkpoints and projections are per row; FAB always runs all of its steps and, with one restart, draws
nothing; Square's schedule follows the number of the query, and a batch that stops early has no sample left to query.

What remains is arithmetic: torch may round a sample's logits differently in batches of different sizes, in the last bits.
Outcomes differ where such a bit decides, which reference runs of different machines share.
"""

from collections.abc import Callable, Iterable, Mapping
from itertools import product
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from apcore.attacks.clean import predicted
from apcore.attacks.counter_draws import RunAddress, addressed_draws
from apcore.attacks.library import ATTACKS, Perturb

_UNTARGETED: Final = 0
_FIRST_TARGET: Final = 2  # the library's ranks: 1 is the largest logit
_SingleRun = Callable[[Tensor, Tensor, int], tuple[Tensor, Tensor]]


def sharded_attacks(library: Mapping[str, Any], *, seed: int) -> dict[str, Perturb]:
    """The attacks by name, in order, with numbers drawn by address.

    Args:
        library: the library's attacks by name, in the order of `ATTACKS`; they may be used for nothing else meanwhile.
        seed: of the protocol.
    """
    apgd, apgd_t, fab, square = (library[name] for name in ATTACKS)
    targets = range(_FIRST_TARGET, _FIRST_TARGET + apgd_t.n_target_classes)
    return {
        "apgd-ce": _runs(1, apgd, _apgd(apgd), apgd.model, seed=seed, targets=(_UNTARGETED,)),
        "apgd-t": _runs(2, apgd_t, _apgd(apgd_t), apgd_t.model, seed=seed, targets=targets),
        "fab-t": _without_draws(3, fab, seed=seed),
        "square": _runs(4, square, _square(square), square.predict, seed=seed, targets=(_UNTARGETED,)),
    }


def _runs(
    attack: int, member: Any, run: _SingleRun, model: Callable[[Tensor], Tensor], *, seed: int, targets: Iterable[int]
) -> Perturb:
    """The library's loop over targets and restarts: each goes on with the samples that are still robust."""
    places = tuple(product(targets, range(member.n_restarts)))

    def perturb(x: Tensor, y: Tensor, index: NDArray[np.int64]) -> Tensor:
        member.init_hyperparam(x)
        adversarial, robust = x.clone(), predicted(model(x)) == y
        for target, restart in places:
            left = robust.nonzero().squeeze(1)
            if not len(left):
                break
            address = RunAddress(seed=seed, attack=attack, target=target, restart=restart)
            with addressed_draws(address, index[left.cpu().numpy()]):
                found, fooled = run(x[left], y[left], target)
            adversarial[left[fooled]] = found[fooled]
            robust[left[fooled]] = False
        return adversarial

    return perturb


def _apgd(member: Any) -> _SingleRun:
    def run(x: Tensor, y: Tensor, target: int) -> tuple[Tensor, Tensor]:
        if target != _UNTARGETED:
            member.y_target = member.model(x).sort(dim=1).indices[:, -target]
        _, robust, _, found = member.attack_single_run(x, y)
        return found, robust == 0

    return run


def _square(member: Any) -> _SingleRun:
    def run(x: Tensor, y: Tensor, _target: int) -> tuple[Tensor, Tensor]:
        _, found = member.attack_single_run(x, y)
        return found, predicted(member.predict(found)) != y

    return run


def _without_draws(attack: int, member: Any, *, seed: int) -> Perturb:
    """The library's attack as it is; a draw for samples is refused, for nobody here knows their rows."""
    nobody = np.empty(0, np.int64)

    def perturb(x: Tensor, y: Tensor, _index: NDArray[np.int64]) -> Tensor:
        with addressed_draws(RunAddress(seed=seed, attack=attack), nobody):
            found: Tensor = member.perturb(x, y)
        return found

    return perturb
