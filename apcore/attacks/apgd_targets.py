"""APGD-T with several targets in one batch, as if no sample broke meanwhile.

The library runs one target after the other, each on the samples that are still robust, and draws a start for each of them.
Nearly all samples that break do so under the first targets. So the targets to come run side by side, from the starts that
the library would draw; if a sample breaks under one of them, what was run after that target is thrown away, and its
starts are drawn anew for the samples that are left. Points are the library's, up to the rounding of a batch of another size.

Source: Croce & Hein 2020, arXiv:2003.01690; pyautoattack 0.2.0 (MIT), `autopgd_base.py`.
"""

import torch
from pyautoattack.autopgd_base import APGDAttack_targeted
from torch import Tensor

from apcore.attacks.clean import predicted
from apcore.attacks.model_calls import CountedModel

_BROKEN = 0.12
"""Of the samples that APGD-CE leaves, the share that APGD-T breaks: 13 of 98, left of the first hundred images on each of three
adversarially trained networks, pruned by 50, 75 and 90 %."""


class MergedTargets(APGDAttack_targeted):  # type: ignore[misc] # the library has no types
    """The library's APGD-T with one restart, `images` rows in a batch where it has fewer samples than that.

    Args:
        like: an attack of the library, whose settings hold here.
        images: how many images a forward pass is worth.
        overhead: what a forward pass costs besides its arithmetic, in images.
    """

    def __init__(self, like: APGDAttack_targeted, images: int, overhead: float) -> None:
        self.__dict__.update(vars(like))
        self.images, self.overhead = images, overhead
        if (self.norm, self.loss, self.n_restarts) != ("Linf", "dlr-targeted", 1):
            raise ValueError("merged APGD-T is in L-inf, by the targeted DLR loss, with one restart")

    def perturb(self, x: Tensor, y: Tensor) -> Tensor:
        """(n, channels, height, width) and (n,) to the examples found, or the samples themselves."""
        if x.device.type != "cpu":  # there one draw for more rows is not several draws
            found: Tensor = super().perturb(x, y)
            return found
        self.init_hyperparam(x)
        model: CountedModel = self.model
        adversarial, logits = x.clone(), model(x)
        robust, ranked = predicted(logits) == y, logits.sort(dim=1).indices
        torch.manual_seed(self.seed)
        rank, last = 2, self.n_target_classes + 1  # rank 1 is the largest logit
        side_by_side = self._most(int(robust.sum())) if self._all_at_once_pays(int(robust.sum())) else 1
        while rank <= last and (left := robust.nonzero().squeeze(1)).numel():
            group = range(rank, min(rank + side_by_side, last + 1))
            starts, generators = self._starts(x[left], len(group))
            broken, points = self._run(x[left], y[left], [ranked[left, -each] for each in group], starts)
            done = next((place for place, rows in enumerate(broken, 1) if rows.any()), len(group))
            rows = broken[done - 1]
            adversarial[left[rows]] = points[done - 1][rows]
            robust[left[rows]] = False
            torch.set_rng_state(generators[done - 1])
            rank += done
            # A sample that holds out against the nearest class mostly holds out against all.
            side_by_side = self._most(len(left)) if done == len(group) else 1
        return adversarial

    def _most(self, samples: int) -> int:
        """How many targets fill a pass."""
        return max(1, self.images // max(1, samples))

    def _all_at_once_pays(self, samples: int) -> bool:
        """Whether a run of its own for the nearest class costs more than what is thrown away where that class breaks something."""
        unbroken: float = (1 - _BROKEN) ** samples
        thrown_away: int = samples * (self.n_target_classes - 1)
        return unbroken * self.overhead > (1 - unbroken) * thrown_away

    def _starts(self, x: Tensor, count: int) -> tuple[list[Tensor], list[Tensor]]:
        """The starts of `count` targets, and the state of torch's generator after each."""
        starts, generators = [], []
        for _ in range(count):
            noise = 2 * torch.rand(x.shape) - 1
            starts.append(x + self.eps * self.normalize(noise))
            generators.append(torch.get_rng_state())
        return starts, generators

    def _run(
        self, x: Tensor, y: Tensor, targets: list[Tensor], starts: list[Tensor]
    ) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
        """For each target which samples it broke, (n,) bool, and its points."""
        model: CountedModel = self.model
        self.y_target = torch.cat(targets)
        copies = len(targets)
        with model.counting_as(copies):
            _, robust, _, points = self.attack_single_run(
                x.repeat(copies, 1, 1, 1), y.repeat(copies), x_init=torch.cat(starts)
            )
        return (robust == 0).chunk(copies), points.chunk(copies)
