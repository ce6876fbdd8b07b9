"""PGD in L-inf with its path watched: not to replace AutoAttack, but to see whether following gradients leads anywhere.

Gradient ascent on the cross-entropy by sign steps, from a random point of the ball, the step falling to 0 along a cosine.
Every point of the path is judged, the last one too.

Source: Madry et al. 2018, arXiv:1706.06083; what is watched: Pintor et al. 2022, arXiv:2106.09947.
"""

import math
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from apcore.attacks.clean import predicted
from apcore.attacks.perturbation import check_perturbation

# With the mean of the cosine, 1/2, the steps sum to 2.5 radii: enough to cross the ball and to come back (Madry et al. 2018).
_STEPS_SUM: Final = 2.5
# "Incomplete": the best loss of the last steps still moves by more than this share of its range (Pintor et al. 2022).
LAST_STEPS: Final = 10
MOVES: Final = 0.05


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PgdPath:
    """What happened to each of n samples; all but `strongest` (n,) bool, on the device of the samples.

    Args:
        broken: a point of the path is misclassified.
        broken_at_end: the last point is.
        unfinished: in the last `LAST_STEPS` steps the best loss still rose by more than `MOVES` of its range; False for all
            where there are no more steps than that.
        not_finite: at a point of the path logits or gradient are infinite or not a number. Such a point breaks nothing.
        strongest: (n, channels, height, width), of each sample the point of the path with the largest loss.
    """

    broken: Tensor
    broken_at_end: Tensor
    unfinished: Tensor
    not_finite: Tensor
    strongest: Tensor


def pgd_path(
    model: nn.Module, x: Tensor, y: Tensor, *, eps: float, steps: int, generator: torch.Generator, attack: str = "pgd"
) -> PgdPath:
    """Attack correctly classified samples; `model` is frozen and in evaluation mode already.

    Args:
        model: (n, channels, height, width) images to (n, classes) logits.
        x: (n, channels, height, width) float32, pixels in [0, 1], n >= 0.
        y: (n,) int64.
        eps: radius, pixels in [0, 1].
        steps: forward and backward passes; one forward pass more judges the last point.
        generator: on the CPU, so that the starting points are the same for every device.
        attack: name for messages.

    Raises:
        MachineError: a misclassified point lies outside the radius.
    """
    watch = _Watch(x, y, eps=eps, attack=attack)
    if len(x):
        point = noisy(x, eps, generator)
        for step in range(steps):
            losses, logits, gradient = loss_and_gradient(model, point, y)
            watch.see(point, losses, logits, gradient)
            size = _STEPS_SUM * eps / steps * (1 + math.cos(math.pi * step / steps))
            point = point + size * gradient.nan_to_num(0.0).sign()
            point = torch.maximum(torch.minimum(point, x + eps), x - eps).clamp(0, 1)
        with torch.no_grad():
            logits = model(point)
        watch.see(point, functional.cross_entropy(logits, y, reduction="none"), logits, None)
    return watch.path()


def noisy(x: Tensor, radius: float, generator: torch.Generator) -> Tensor:
    """`x` with uniform noise of [-radius, radius] on each pixel, clipped to [0, 1]."""
    noise = torch.rand(x.shape, generator=generator, dtype=x.dtype).to(x.device)
    return (x + radius * (2 * noise - 1)).clamp(0, 1)


def loss_and_gradient(model: nn.Module, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Cross-entropy (n,), logits (n, classes), and the gradient of the former at `x`; zeros where nothing depends on `x`."""
    with torch.enable_grad():
        point = x.detach().clone().requires_grad_()
        logits = model(point)
        losses = functional.cross_entropy(logits, y, reduction="none")
        gradient = torch.zeros_like(x)
        if losses.requires_grad:
            (found,) = torch.autograd.grad(losses.sum(), point, allow_unused=True)
            gradient = gradient if found is None else found
    return losses.detach(), logits.detach(), gradient


class _Watch:
    """Sees each point of the path of n samples once."""

    def __init__(self, x: Tensor, y: Tensor, *, eps: float, attack: str) -> None:
        self._x, self._y, self._eps, self._attack = x, y, eps, attack
        none = torch.zeros(len(x), dtype=torch.bool, device=x.device)
        self._broken, self._at_end, self._not_finite = none, none, none
        self._best: list[Tensor] = []
        self._strongest = x
        self._least = x.new_full((len(x),), torch.inf)

    def see(self, point: Tensor, losses: Tensor, logits: Tensor, gradient: Tensor | None) -> None:
        finite = logits.isfinite().all(dim=1)
        self._at_end = finite & (predicted(logits) != self._y)
        check_perturbation(self._x[self._at_end], point[self._at_end], self._eps, attack=self._attack)
        self._broken = self._broken | self._at_end
        if gradient is not None:
            finite = finite & gradient.flatten(1).isfinite().all(dim=1)
        self._not_finite = self._not_finite | ~finite
        usable = losses.isfinite()
        former = self._best[-1] if self._best else torch.full_like(losses, -torch.inf)
        best = torch.maximum(former, torch.where(usable, losses, -torch.inf))
        self._strongest = torch.where((best > former).view(-1, 1, 1, 1), point, self._strongest)
        self._best.append(best)
        self._least = torch.minimum(self._least, torch.where(usable, losses, torch.inf))

    def path(self) -> PgdPath:
        unfinished = torch.zeros_like(self._broken)
        if len(self._best) > LAST_STEPS + 1:
            last = self._best[-1]
            unfinished = last - self._best[-1 - LAST_STEPS] > MOVES * (last - self._least)
        return PgdPath(
            broken=self._broken,
            broken_at_end=self._at_end,
            unfinished=unfinished,
            not_finite=self._not_finite,
            strongest=self._strongest,
        )
