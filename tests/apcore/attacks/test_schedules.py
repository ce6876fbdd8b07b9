"""Learning rates, held against torch's schedules."""

import pytest
import torch
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR, ReduceLROnPlateau

from apcore.attacks.schedules import rates
from apcore.fmn_configuration import Cosine, Plateau

STEPS = 80


def losses(samples: int) -> torch.Tensor:
    """(STEPS, samples): some fall, some stall, some rise, through 0 and in both signs, as DLR and LL do."""
    generator = torch.Generator().manual_seed(0)
    slopes = torch.linspace(-0.1, 0.05, samples, dtype=torch.float64)
    walks = slopes * torch.arange(STEPS, dtype=torch.float64)[:, None]
    return 1 + walks + 0.3 * torch.randn(STEPS, samples, generator=generator, dtype=torch.float64)


def optimizer(lr: float) -> torch.optim.Optimizer:
    return torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=lr)


def test_a_cosine_is_that_of_torch():
    theirs = optimizer(0.3)
    scheduler = CosineAnnealingLR(theirs, T_max=STEPS, eta_min=0)
    ours = rates(Cosine(), 0.3, steps=STEPS, like=torch.zeros(2, 1, 4, 4))
    for _ in range(STEPS):
        assert ours.now() == pytest.approx(theirs.param_groups[0]["lr"], abs=1e-9)
        ours.learn(torch.zeros(2))
        theirs.step()
        scheduler.step()


@pytest.mark.parametrize("patience", [0, 2, 5, 10])
@pytest.mark.parametrize("factor", [0.1, 0.5])
@pytest.mark.parametrize("lr", [10, 8 / 255, 1e-7], ids=["10", "8/255", "next to nothing"])
def test_a_plateau_is_that_of_torch_for_each_sample_by_itself(lr, factor, patience):
    samples = 7
    theirs = [optimizer(lr) for _ in range(samples)]
    schedulers = [ReduceLROnPlateau(each, factor=factor, patience=patience) for each in theirs]
    like = torch.zeros(samples, 1, 4, 4, dtype=torch.float64)
    ours = rates(Plateau(factor=factor, patience=patience), lr, steps=STEPS, like=like)
    seen = []
    for loss in losses(samples):
        now = ours.now()
        assert now.shape == (samples, 1, 1, 1)
        seen.append(now.flatten())
        expected = torch.tensor([each.param_groups[0]["lr"] for each in theirs], dtype=torch.float64)
        torch.testing.assert_close(seen[-1], expected, rtol=1e-9, atol=0)
        ours.learn(loss)
        for scheduler, each in zip(schedulers, loss, strict=True):
            scheduler.step(each.item())
    if lr > 1e-3 and patience < 10:
        assert any(len(set(now.tolist())) > 1 for now in seen), "samples that fare differently have different rates"


def test_a_sample_that_gets_further_keeps_its_rate_and_one_that_does_not_loses_it():
    ours = rates(Plateau(factor=0.5, patience=2), 1.0, steps=9, like=torch.zeros(2, 1, 4, 4))
    seen = []
    for step in range(9):
        seen.append(ours.now().flatten().tolist())
        ours.learn(torch.tensor([float(-step), 5.0]))
    assert [first for first, _ in seen] == [1.0] * 9
    # The first loss is the best; after three more that are no better the rate is halved, and again after the next three.
    assert [second for _, second in seen] == [1.0] * 4 + [0.5] * 3 + [0.25] * 2
