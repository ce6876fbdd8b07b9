"""AutoAttack's checks of the network: is it one that AutoAttack `standard` can say something about?

They are those of the library's code. There the check for gradient calls ends the caller's trace function, so that coverage
and debuggers stop, and counts on from one network to the next; here it listens as a profiler for one forward pass.

Source: Croce & Hein 2020, arXiv:2003.01690, and the flags of its code (`flags_doc.md`).
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from types import FrameType
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from apcore.attacks.clean import predicted
from apcore.attacks.fmn_losses import dlr
from apcore.attacks.model_calls import frozen
from apcore.attacks.randomness import undisturbed_rng

PASSES: Final = 5
_PROBABILITY_SLACK: Final = 1e-5
# Names of the functions through which torch computes gradients, as the library counts them.
_GRADIENT_FUNCTIONS: Final = frozenset({"grad", "backward", "_make_grads"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelChecks:
    """What the checks found on `samples` clean samples.

    Args:
        variation: largest L2 distance between logits of the same sample in `PASSES` passes, each scaled to length 1;
            0 to 2, and 0 for a network that draws no random numbers.
        batch_variation: the same between the batch and its halves, each in reversed order; 0, or the last bits, for a network
            that looks at each image alone and keeps nothing between batches.
        probabilities: whether each row of the output is a probability distribution, and so not logits.
        gradient_calls: calls of torch's gradient functions in one forward pass.
        correct: samples that are classified right; the others are not attacked, and DLR is constant at some of them.
        zero_gradients_ce: correct samples at which the gradient of the cross-entropy is exactly 0.
        zero_gradients_dlr: the same for the difference of logits ratio.
    """

    samples: int
    variation: float
    batch_variation: float
    probabilities: bool
    gradient_calls: int
    correct: int
    zero_gradients_ce: int
    zero_gradients_dlr: int


def check_model(model: nn.Module, x: Tensor, y: Tensor) -> ModelChecks:
    """Run the checks on a few samples; torch's generators, the network, profilers and debuggers are left as they were.

    Args:
        model: (n, channels, height, width) images to (n, classes) logits, at least 3 classes, on the device of `x`.
        x: (n, channels, height, width) float32, pixels in [0, 1], n >= 1.
        y: (n,) int64.
    """
    with frozen(model), undisturbed_rng():
        with torch.no_grad():
            with _gradient_calls() as calls:
                logits = model(x)
            passes = [logits, *(model(x) for _ in range(PASSES - 1))]
            halves = torch.cat([model(half.flip(0)).flip(0) for half in x.chunk(2)])
        correct = predicted(logits) == y
        images, labels = x[correct], y[correct]
        return ModelChecks(
            samples=len(x),
            variation=_variation(passes),
            batch_variation=_variation([logits, halves]),
            probabilities=_are_probabilities(logits),
            gradient_calls=len(calls),
            correct=len(images),
            zero_gradients_ce=_zero_gradients(
                model, images, partial(functional.cross_entropy, target=labels, reduction="sum")
            ),
            zero_gradients_dlr=_zero_gradients(model, images, lambda found: dlr(found, labels).sum()),
        )


def _variation(passes: list[Tensor]) -> float:
    directions = torch.stack([functional.normalize(logits.double(), dim=1) for logits in passes])
    differences = directions[:, None] - directions[None]
    return float(differences.norm(dim=-1).amax().item())


def _are_probabilities(logits: Tensor) -> bool:
    low, high = logits.amin().item(), logits.amax().item()
    sums_to_one = (logits.sum(dim=1) - 1).abs().amax().item() < _PROBABILITY_SLACK
    return low > -_PROBABILITY_SLACK and high < 1 + _PROBABILITY_SLACK and sums_to_one


def _zero_gradients(model: nn.Module, x: Tensor, loss: Callable[[Tensor], Tensor]) -> int:
    if not len(x):
        return 0
    with torch.enable_grad():
        images = x.detach().clone().requires_grad_()
        found = loss(model(images))
        if not found.requires_grad:
            return len(x)
        (gradient,) = torch.autograd.grad(found, images, allow_unused=True)
    return len(x) if gradient is None else int((gradient.flatten(1) == 0).all(dim=1).sum().item())


@contextmanager
def _gradient_calls() -> Iterator[list[str]]:
    """The names of the gradient functions called meanwhile on this thread."""
    seen: list[str] = []

    def note(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call" and frame.f_code.co_name in _GRADIENT_FUNCTIONS:
            seen.append(frame.f_code.co_name)

    former = sys.getprofile()
    sys.setprofile(note)
    try:
        yield seen
    finally:
        sys.setprofile(former)
