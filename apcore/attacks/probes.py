"""Cheap passes beside the benchmark that tell whether attacks can be believed on this network; what to think of them is
decided in `apcore.red_flags`.

One batch of samples is seen under what should be ever harder: clean, noise, half a gradient step, a whole one, PGD at the
radius and at ever larger ones. On the way PGD's path is watched, and gradient and loss around the samples are compared.
All random numbers are drawn from generators of this module; about 80 forward and backward passes and 15 forward ones.

Source: Carlini et al. 2019, arXiv:1902.06705, section 4 (order of attacks, unbounded attacks); Pintor et al. 2022,
arXiv:2106.09947 (indicators of attack failure); Andriushchenko & Flammarion 2020, arXiv:2007.02617 (gradient alignment and
the collapse of one-step training).
"""

from dataclasses import dataclass
from typing import Final, Self

import torch
from torch import Tensor, nn
from torch.nn import functional

from apcore.attacks.clean import check_logits, check_samples, margins, predicted
from apcore.attacks.model_calls import frozen
from apcore.attacks.pgd import PgdPath, loss_and_gradient, noisy, pgd_path
from apcore.attacks.randomness import undisturbed_rng

PGD_STEPS: Final = 40
LARGER_STEPS: Final = 10
# From here on every image can be turned into the same grey, so that no classifier can be right on two classes.
UNBOUNDED: Final = 0.5
_FACTORS: Final = (2, 4, 8)
_POINTS: Final = 10  # random points around each sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Succession:
    """How many of the samples are right under an easier and under a harder treatment.

    Args:
        easier: right under the easier one.
        harder: right under the harder one.
        regained: right under the harder one and not under the easier one.
    """

    easier: int
    harder: int
    regained: int

    @property
    def lost(self) -> int:
        """Right under the easier treatment and not under the harder one."""
        return self.easier - self.harder + self.regained

    @classmethod
    def between(cls, easier: Tensor, harder: Tensor) -> Self:
        """Of (n,) bool, which samples are right."""
        return cls(easier=_count(easier), harder=_count(harder), regained=_count(harder & ~easier))


@dataclass(frozen=True, slots=True, kw_only=True)
class Probes:
    """What the probes counted on `samples` samples, of which the network gets `correct` right when they are clean.

    Args:
        eps: AutoAttack's radius, at which all but `larger` is measured.
        noise: clean, then uniform noise of [-eps, eps] on each pixel.
        half_step: clean, then FGSM of eps / 2.
        full_step: FGSM of eps / 2, then of eps.
        pgd: correct samples of which PGD breaks no point of its path at eps.
        larger: the same at larger radii, up to `UNBOUNDED`: the radius, and the succession from the radius before.
        broken: positions in the batch of the correct samples that PGD breaks at eps.
        silent: correct samples that PGD breaks on its path at eps, but not at its end.
        unfinished: of the samples that PGD leaves at eps, those on which its loss was still rising.
        not_finite: correct samples with logits or gradients that are infinite or not a number on a path.
        instability: how much the margin to the next class changes relative to itself at random points within eps / 2; the
            mean over points, capped at 1, then over correct samples. 0 to 1, None without correct samples.
        cosine: between the gradients at a sample and at a random point within eps; -1 to 1, mean over correct samples,
            None without any.
    """

    samples: int
    correct: int
    eps: float
    noise: Succession
    half_step: Succession
    full_step: Succession
    pgd: int
    larger: tuple[tuple[float, Succession], ...]
    broken: tuple[int, ...]
    silent: int
    unfinished: int
    not_finite: int
    instability: float | None
    cosine: float | None


def run_probes(model: nn.Module, x: Tensor, y: Tensor, *, eps: float, seed: int) -> Probes:
    """Probe a network on one batch; torch's generators and the network are left as they were.

    Args:
        model: (n, channels, height, width) images to (n, classes) logits, on the device of `x`.
        x: (n, channels, height, width) float32, pixels in [0, 1], n >= 1.
        y: (n,) int64.
        eps: radius, in (0, 1].
        seed: of the starting points and the noise, and of torch's generators meanwhile, which a network may ask.

    Raises:
        ValueError: `x` or `y` are not of that form.
        ContributorError: logits of clean samples are not finite, or not (n, classes).
    """
    check_samples(x, y)
    with frozen(model), undisturbed_rng(), torch.no_grad():
        torch.manual_seed(seed)
        return _Probing(model, x, y, eps=eps, seed=seed).probes()


class _Probing:
    def __init__(self, model: nn.Module, x: Tensor, y: Tensor, *, eps: float, seed: int) -> None:
        self._model, self._x, self._y, self._eps = model, x, y, eps
        self._generator = torch.Generator().manual_seed(seed)
        _, logits, gradient = loss_and_gradient(model, x, y)
        check_logits(logits, len(x))
        self._right = predicted(logits) == y
        self._logits, self._gradient = logits, gradient

    def probes(self) -> Probes:
        noise = self._are_right(noisy(self._x, self._eps, self._generator))
        half, full = (self._are_right(self._step(size)) for size in (self._eps / 2, self._eps))
        path = self._pgd(self._eps, PGD_STEPS)
        larger, beyond = self._larger(~path.broken)
        return Probes(
            samples=len(self._x),
            correct=_count(self._right),
            eps=self._eps,
            noise=Succession.between(self._right, noise),
            half_step=Succession.between(self._right, half),
            full_step=Succession.between(half, full),
            pgd=_count(~path.broken),
            larger=larger,
            broken=tuple(self._right.nonzero().squeeze(1)[path.broken].tolist()),
            silent=_count(path.broken & ~path.broken_at_end),
            unfinished=_count(path.unfinished & ~path.broken),
            not_finite=_count(path.not_finite | beyond),
            instability=self._instability(),
            cosine=self._cosine(),
        )

    def _are_right(self, points: Tensor) -> Tensor:
        return predicted(self._model(points)) == self._y

    def _step(self, size: float) -> Tensor:
        return (self._x + size * self._gradient.nan_to_num(0.0).sign()).clamp(0, 1)

    def _pgd(self, eps: float, steps: int) -> PgdPath:
        return pgd_path(
            self._model,
            self._x[self._right],
            self._y[self._right],
            eps=eps,
            steps=steps,
            generator=self._generator,
            attack="pgd probe",
        )

    def _larger(self, left: Tensor) -> tuple[tuple[tuple[float, Succession], ...], Tensor]:
        """The successions, and which correct samples met numbers that are not finite on the way."""
        found, not_finite = [], torch.zeros_like(left)
        for radius in _larger_radii(self._eps):
            path = self._pgd(radius, LARGER_STEPS)
            found.append((radius, Succession.between(left, ~path.broken)))
            left, not_finite = ~path.broken, not_finite | path.not_finite
        return tuple(found), not_finite

    def _instability(self) -> float | None:
        x, y = self._x[self._right], self._y[self._right]
        if not len(x):
            return None
        before = margins(self._logits[self._right], y)
        changes = torch.zeros_like(before)
        for _ in range(_POINTS):
            changes += (margins(self._model(noisy(x, self._eps / 2, self._generator)), y) - before).abs() / _POINTS
        # A change that is not a number is as unstable as can be; so is one of a margin of 0.
        return float((changes / before).nan_to_num(1.0).clamp(max=1).mean().item())

    def _cosine(self) -> float | None:
        x, y = self._x[self._right], self._y[self._right]
        if not len(x):
            return None
        _, _, nearby = loss_and_gradient(self._model, noisy(x, self._eps, self._generator), y)
        cosines = functional.cosine_similarity(self._gradient[self._right].flatten(1), nearby.flatten(1), dim=1)
        return float(cosines.nan_to_num(0.0).mean().item())


def _larger_radii(eps: float) -> tuple[float, ...]:
    return (*(factor * eps for factor in _FACTORS if factor * eps < UNBOUNDED), max(eps, UNBOUNDED))


def _count(which: Tensor) -> int:
    return int(which.sum().item())
