"""What FMN climbs: one number per sample that grows towards misclassification.

Source: Mura et al. 2024, arXiv:2407.08806 (the three losses).
"""

from collections.abc import Callable, Mapping
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from apcore.fmn_configuration import LossName

Loss = Callable[[Tensor, Tensor], Tensor]


def dlr(logits: Tensor, y: Tensor) -> Tensor:
    """Difference of logits ratio, -(z_y - max_{j != y} z_j) / (z_(1) - z_(3)); positive where misclassified.

    It changes neither with the scale nor with an offset of the logits, so no network hides behind large ones.

    Args:
        logits: (n, classes), at least 3 classes.
        y: (n,) int64.

    Returns:
        (n,). Where the three largest logits are equal the denominator is 1e-12, as in AutoAttack's code, so that the
        gradient keeps a finite direction.

    Source: Croce & Hein 2020, arXiv:2003.01690, equation 6.
    """
    ascending, classes = logits.sort(dim=1)
    return -_margin(logits, y, ascending, classes) / (ascending[:, -1] - ascending[:, -3] + 1e-12)


def logit_difference(logits: Tensor, y: Tensor) -> Tensor:
    """Difference of logits, max_{j != y} z_j - z_y; positive where misclassified. (n, classes), (n,) to (n,).

    The loss of the original FMN (Carlini & Wagner 2017, arXiv:1608.04644, f6; Pintor et al. 2021, arXiv:2102.12827).
    """
    ascending, classes = logits.sort(dim=1)
    return -_margin(logits, y, ascending, classes)


def cross_entropy(logits: Tensor, y: Tensor) -> Tensor:
    """Cross-entropy, log sum_j exp(z_j) - z_y; at least 0. (n, classes), (n,) to (n,).

    Its gradient is 0 in float32 where the network gives the other classes no probability at all; such a sample is not
    attacked by it (Croce & Hein 2020, section 4), which the other two losses avoid.
    """
    return functional.cross_entropy(logits, y, reduction="none")


LOSSES: Final[Mapping[LossName, Loss]] = {"DLR": dlr, "LL": logit_difference, "CE": cross_entropy}


def _margin(logits: Tensor, y: Tensor, ascending: Tensor, classes: Tensor) -> Tensor:
    """z_y - max_{j != y} z_j, from the logits and their sorted values and classes."""
    best_other = torch.where(classes[:, -1] == y, ascending[:, -2], ascending[:, -1])
    return logits.gather(1, y[:, None]).squeeze(1) - best_other
