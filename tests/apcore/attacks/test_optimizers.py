"""Update rules, held against torch's optimisers on the same gradients."""

import pytest
import torch
from torch import nn

from apcore.attacks.optimizers import update_rule
from apcore.fmn_configuration import Adam, Adamax, Sgd

STEPS = 60
CASES = {
    "SGD": (Sgd(lr=0.3), torch.optim.SGD, {}),
    "SGD with momentum": (Sgd(lr=0.3, momentum=0.7), torch.optim.SGD, {"momentum": 0.7}),
    "SGD, all": (
        Sgd(lr=0.3, momentum=0.7, dampening=0.2, weight_decay=0.4),
        torch.optim.SGD,
        {"momentum": 0.7, "dampening": 0.2, "weight_decay": 0.4},
    ),
    "SGD, dampening without momentum": (Sgd(lr=0.3, dampening=0.2), torch.optim.SGD, {"dampening": 0.2}),
    "Adam": (Adam(lr=0.3), torch.optim.Adam, {}),
    "Adam with decay": (
        Adam(lr=0.3, beta1=0.5, beta2=0.7, weight_decay=0.4),
        torch.optim.Adam,
        {"betas": (0.5, 0.7), "weight_decay": 0.4},
    ),
    "Adam without memory": (Adam(lr=0.3, beta1=0, beta2=0), torch.optim.Adam, {"betas": (0.0, 0.0)}),
    "Adamax": (Adamax(lr=0.3), torch.optim.Adamax, {}),
    "Adamax with decay": (
        Adamax(lr=0.3, beta1=0.5, beta2=0.7, weight_decay=0.4),
        torch.optim.Adamax,
        {"betas": (0.5, 0.7), "weight_decay": 0.4},
    ),
    "Adamax without memory": (Adamax(lr=0.3, beta1=0, beta2=0), torch.optim.Adamax, {"betas": (0.0, 0.0)}),
}


@pytest.mark.parametrize("signs", [True, False], ids=["signs", "gradients"])
@pytest.mark.parametrize(("chosen", "theirs", "options"), CASES.values(), ids=CASES)
def test_each_step_is_that_of_torchs_optimiser(chosen, theirs, options, signs):
    generator = torch.Generator().manual_seed(0)
    parameter = nn.Parameter(torch.randn(2, 3, generator=generator, dtype=torch.float64))
    delta, rule = parameter.detach().clone(), update_rule(chosen)
    optimizer = theirs([parameter], lr=chosen.lr, **options)
    for step in range(STEPS):
        gradient = torch.randn(2, 3, generator=generator, dtype=torch.float64)
        gradient[step % 2, step % 3] = 0  # as where a network does not look
        gradient = gradient.sign() if signs else gradient
        parameter.grad = gradient.clone()
        optimizer.step()
        delta = delta - chosen.lr * rule.direction(gradient, delta)
        torch.testing.assert_close(delta, parameter.detach(), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("chosen", [Sgd(lr=1, momentum=0.5), Adam(lr=1), Adamax(lr=1)], ids=["SGD", "Adam", "Adamax"])
def test_samples_do_not_change_each_other(chosen):
    """Each sample of a batch is attacked as if it were alone."""
    gradients = torch.randn(5, 4, 1, 2, 2, generator=torch.Generator().manual_seed(3)).sign()
    together, alone = update_rule(chosen), update_rule(chosen)
    delta = torch.zeros(4, 1, 2, 2)
    for gradient in gradients:
        direction = together.direction(gradient, delta)
        torch.testing.assert_close(direction[2:3], alone.direction(gradient[2:3], delta[2:3]), rtol=0, atol=0)
        delta = delta - 0.1 * direction
