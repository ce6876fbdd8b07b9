"""How fast FMN steps: one learning rate for all samples along a cosine, or each sample's own, cut when it gets no further.

The released code scales each sample's loss by its own rate before the gradient is taken. In L-inf only the sign of the gradient
is used, which erases any positive factor, so there the plateau schedule changes nothing: every step has the first rate. Here a
sample's rate scales its step, which is what the schedule is for, and what torch's does where there is one sample.
"""

import math
from typing import Final, Protocol

import torch
from torch import Tensor

from apcore.fmn_configuration import Cosine, Plateau, Schedule

THRESHOLD: Final = 1e-4  # as HO-FMN's search space fixes it, and torch's default
SMALLEST_CUT: Final = 1e-8  # likewise


class Rates(Protocol):
    """The learning rates of one run of one batch."""

    def now(self) -> Tensor | float:
        """For the step that is due: a number, or (n, 1, 1, 1)."""
        ...

    def learn(self, loss: Tensor) -> None:
        """The step is done; `loss` is what each sample's was before it, (n,), the smaller the better."""
        ...


def rates(schedule: Schedule, lr: float, *, steps: int, like: Tensor) -> Rates:
    """The rates of a run of `steps` steps that begins with `lr`; `like` is (n, ...), of the device and type of the samples."""
    match schedule:
        case Cosine():
            return _Cosine(lr, steps)
        case Plateau():
            return _Plateau(schedule, lr, like)


class _Cosine:
    """lr_k = lr (1 + cos(pi k / steps)) / 2 (Loshchilov & Hutter 2017, arXiv:1608.03983, without restarts)."""

    def __init__(self, lr: float, steps: int) -> None:
        self._lr, self._steps, self._done = lr, steps, 0

    def now(self) -> float:
        return self._lr * ((1 + math.cos(math.pi * self._done / self._steps)) / 2)

    def learn(self, loss: Tensor) -> None:  # noqa: ARG002 - a cosine knows its way
        self._done += 1


class _Plateau:
    """torch's ReduceLROnPlateau (mode `min`, relative threshold, no cooldown, no lower bound), for each sample by itself.

    A loss betters the best one if it is below best (1 - threshold). After more than `patience` losses in a row that do not,
    the rate is multiplied by `factor`, unless that changes it by no more than 1e-8, and the count begins anew. Nothing here
    waits for the device.
    """

    def __init__(self, schedule: Plateau, lr: float, like: Tensor) -> None:
        self._schedule = schedule
        self._rate = like.new_full((len(like),), lr)
        self._best = torch.full_like(self._rate, torch.inf)
        self._waited = torch.zeros_like(self._rate)

    def now(self) -> Tensor:
        return self._rate.view(-1, 1, 1, 1)

    def learn(self, loss: Tensor) -> None:
        better = loss < self._best * (1 - THRESHOLD)
        self._best = torch.where(better, loss, self._best)
        self._waited = torch.where(better, 0, self._waited + 1)
        expired = self._waited > self._schedule.patience
        self._waited = torch.where(expired, 0, self._waited)
        lower = self._rate * self._schedule.factor
        self._rate = torch.where(expired & (self._rate - lower > SMALLEST_CUT), lower, self._rate)
