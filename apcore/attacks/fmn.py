"""FMN in L-inf: the smallest perturbation that changes the decision, one distance per sample.

The perturbation follows the sign of the gradient inside a ball that shrinks while the sample is fooled and grows while it
is not. As in HO-FMN's released code and unlike Algorithm 1 of the paper, the optimiser is given the gradient's sign, loss,
optimiser and schedule are those of the configuration, and the ball is not sized by a first-order estimate of the distance to
the boundary.

Two things differ from that code (pralab/HO-FMN at b239c35, `src/attacks/fmn.py`). It judges an iterate before the step alone,
so the last one never: here one more forward pass does. It returns the clean sample where nothing was found, which makes a sample
that cannot be fooled and one that is misclassified both a distance of 0: here the one is inf, the other 0.

Source: Pintor et al. 2021, arXiv:2102.12827; Mura et al. 2024, arXiv:2407.08806 (losses, optimisers, schedules).
"""

import math
from collections.abc import Callable
from typing import Final

import torch
from torch import Tensor, nn

from apcore.attacks.clean import check_logits, check_samples, predicted
from apcore.attacks.fmn_losses import LOSSES
from apcore.attacks.model_calls import frozen
from apcore.attacks.optimizers import update_rule
from apcore.attacks.schedules import rates
from apcore.fmn_configuration import FmnConfiguration

GAMMA_FIRST: Final = 0.05
GAMMA_LAST: Final = 0.001


def fmn(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    *,
    steps: int,
    configuration: FmnConfiguration,
    on_step: Callable[[int], None] | None = None,
) -> Tensor:
    """Minimum adversarial L-inf distance of each sample, as far as `steps` steps find it. Draws no random numbers.

    Args:
        model: (n, channels, height, width) images to (n, classes) logits, at least 3 classes for the loss DLR and 2 for the
            others, on the device of `x`; it is held in evaluation mode with frozen parameters meanwhile.
        x: (n, channels, height, width) float32, pixels in [0, 1], n >= 1; one batch.
        y: (n,) int64.
        steps: forward and backward passes, at least 1; one more forward pass judges the last step. Few steps overstate
            distances: the ball begins unbounded and shrinks by at most 5 % a step.
        configuration: loss, optimiser and schedule.
        on_step: told the number of steps done, after each.

    Returns:
        (n,) float32 on the device of `x`: 0 where the clean sample is misclassified, inf where no adversarial example was
        found, else the distance of the nearest one found, in (0, 1].

    Raises:
        ValueError: `x` or `y` are not of that form.
        ContributorError: logits of clean samples are not finite, or not (n, classes).
    """
    check_samples(x, y)
    distances = x.new_zeros(len(x))
    with frozen(model), torch.no_grad():
        logits = model(x)
        check_logits(logits, len(x))
        correct = (predicted(logits) == y).nonzero().squeeze(1)
        if len(correct):  # the others are at distance 0 whatever the attack does: half the work of a weak network
            distances[correct] = _minimum_distances(model, x[correct], y[correct], steps, configuration, on_step)
    return distances


class _Nearest:
    """The nearest adversarial example of each sample, by distance."""

    def __init__(self, x: Tensor, y: Tensor) -> None:
        self._x, self._y = x, y
        self.norm = x.new_full((len(x),), torch.inf)
        self.distance = self.norm.clone()

    def judge(self, delta: Tensor, point: Tensor, logits: Tensor) -> Tensor:
        """Keep what is adversarial and nearer than before; (n,) bool, which points are adversarial at all."""
        norm = _largest(delta)
        # A correctly classified sample is not its own adversarial example, even if a batch of another size rounds it over.
        adversarial = (predicted(logits) != self._y) & (norm > 0)
        nearer = adversarial & (norm < self.norm)
        self.norm = torch.where(nearer, norm, self.norm)
        # The distance that counts is that of the point the network saw: x + delta is rounded.
        self.distance = torch.where(nearer, _largest(point - self._x), self.distance)
        return adversarial


def _minimum_distances(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    steps: int,
    configuration: FmnConfiguration,
    on_step: Callable[[int], None] | None,
) -> Tensor:
    """The attack on correctly classified samples. Nothing in the loop waits for the device."""
    nearest = _Nearest(x, y)
    farthest = _largest(torch.maximum(x, 1 - x))
    radius = torch.full_like(farthest, torch.inf)
    delta = torch.zeros_like(x)
    loss, rule = LOSSES[configuration.loss], update_rule(configuration.optimizer)
    lr = rates(configuration.schedule, configuration.optimizer.lr, steps=steps, like=x)
    for step in range(steps):
        cosine = (1 + math.cos(math.pi * step / steps)) / 2
        gamma = GAMMA_LAST + (GAMMA_FIRST - GAMMA_LAST) * cosine

        point = (x + delta).requires_grad_()
        with torch.enable_grad():
            logits = model(point)
            minimised = -loss(logits, y)
            (gradient,) = torch.autograd.grad(minimised.sum(), point)
        point = point.detach()

        adversarial = nearest.judge(delta, point, logits.detach())
        outside = torch.where(nearest.norm.isfinite(), radius * (1 + gamma), torch.inf)
        radius = torch.where(adversarial, torch.minimum(radius * (1 - gamma), nearest.norm), outside)
        radius = torch.minimum(radius, farthest)

        delta = delta - lr.now() * rule.direction(gradient.sign(), delta)
        lr.learn(minimised.detach())
        bound = radius.view(-1, 1, 1, 1)
        delta = torch.maximum(torch.minimum(delta, bound), -bound)
        delta = (x + delta).clamp(0, 1) - x
        if on_step is not None:
            on_step(step + 1)
    last = x + delta
    nearest.judge(delta, last, model(last))
    return nearest.distance


def _largest(images: Tensor) -> Tensor:
    """L-inf norm of each image: (n, channels, height, width) to (n,)."""
    return images.abs().flatten(1).amax(1)
