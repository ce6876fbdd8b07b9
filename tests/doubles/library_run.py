"""pyautoattack's own loop, from beginning to end, with what it knows after each attack."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from pyautoattack import AutoAttack
from pyautoattack.state import EvaluationState
from torch import Tensor, nn

from apcore.attacks.library import ATTACKS, Budget
from apcore.protocol import AutoAttackSettings


def robust_by_the_library(
    network: nn.Module, images: Tensor, labels: Tensor, settings: AutoAttackSettings, budget: Budget
) -> NDArray[np.bool_]:
    """(attacks, n), the samples robust after each attack, by the library's `run_standard_evaluation`."""
    network.eval()
    library = AutoAttack(network, norm="Linf", eps=settings.eps, seed=settings.seed, version="standard")
    library.apgd.n_iter = library.apgd_targeted.n_iter = budget.apgd_steps
    library.fab.n_iter, library.square.n_queries = budget.fab_steps, budget.square_queries
    robust: list[NDArray[np.bool_]] = []

    def record(state: EvaluationState, _attack: str) -> None:
        robust.append(state.robust_flags.numpy().copy())

    with pytest.MonkeyPatch.context() as patch, torch.random.fork_rng(devices=[]):
        patch.setattr(EvaluationState, "add_run_attack", record)
        _, found = library.run_standard_evaluation(images, labels, batch_size=settings.batch_size)
    # It stops once nothing is robust.
    robust += [np.zeros(len(labels), bool)] * (len(ATTACKS) - len(robust))
    np.testing.assert_array_equal(robust[-1], (found == labels).numpy())
    return np.stack(robust)
