"""Adversarial examples made on another network: what they break is broken, though no gradient of this network was asked.

The benchmark itself holds one network, and its compact twin is the same function, so it runs no transfer. Who has a second
network - the dense one that was pruned, another checkpoint of the method, an entry of the board - calls these two.

Source: Papernot et al. 2016, arXiv:1605.07277; Carlini et al. 2019, arXiv:1902.06705, section 4.6.
"""

import torch
from torch import Tensor, nn

from apcore.attacks.clean import check_logits, check_samples, predicted
from apcore.attacks.model_calls import frozen
from apcore.attacks.perturbation import check_perturbation
from apcore.attacks.pgd import pgd_path
from apcore.attacks.probes import PGD_STEPS
from apcore.attacks.randomness import undisturbed_rng


def examples_of(other: nn.Module, x: Tensor, y: Tensor, *, eps: float, seed: int) -> Tensor:
    """Of each sample the point within `eps` on PGD's path at which `other` has the largest loss.

    Args:
        other: (n, channels, height, width) images to (n, classes) logits, on the device of `x`.
        x: (n, channels, height, width) float32, pixels in [0, 1], n >= 1; one batch.
        y: (n,) int64.
        eps: radius, pixels in [0, 1].
        seed: of the starting points.

    Raises:
        ValueError: `x` or `y` are not of that form.
    """
    check_samples(x, y)
    generator = torch.Generator().manual_seed(seed)
    with frozen(other), undisturbed_rng(), torch.no_grad():
        return pgd_path(other, x, y, eps=eps, steps=PGD_STEPS, generator=generator, attack="transfer").strongest


def broken_by_transfer(model: nn.Module, x: Tensor, y: Tensor, examples: Tensor, *, eps: float) -> Tensor:
    """(n,) bool: which samples `model` gets right when clean and wrong at `examples`, wherever these come from.

    Args:
        model: as above; another network than the one that `examples` were made on.
        x: as above.
        y: (n,) int64.
        examples: the shape of `x`.
        eps: radius, pixels in [0, 1].

    Raises:
        ValueError: `x` or `y` are not of that form.
        ContributorError: logits of clean samples are not finite, or not (n, classes).
        MachineError: an example that breaks its sample lies outside the radius or has pixels outside [0, 1].
    """
    check_samples(x, y)
    with frozen(model), undisturbed_rng(), torch.no_grad():
        clean, found = model(x), model(examples)
    check_logits(clean, len(x))
    broken: Tensor = (predicted(clean) == y) & found.isfinite().all(dim=1) & (predicted(found) != y)
    check_perturbation(x[broken], examples[broken], eps, attack="transfer")
    return broken
