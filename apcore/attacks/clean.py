"""What a network says before anybody attacks it: the samples it gets wrong need no attack."""

import torch
from torch import Tensor

from apcore.errors import ContributorError


def predicted(logits: Tensor) -> Tensor:
    """(n, classes) logits to (n,) int64 classes; the library's own call, so that ties fall the same way."""
    return logits.max(dim=1).indices


def margins(logits: Tensor, y: Tensor) -> Tensor:
    """(n, classes) and (n,) to (n,): by how much the logit of `y` exceeds the largest of the others."""
    rows = torch.arange(len(y), device=y.device)
    others = logits.clone()
    others[rows, y] = -torch.inf
    return logits[rows, y] - others.amax(1)


def check_samples(x: Tensor, y: Tensor) -> None:
    """Pass if `x` and `y` are what every attack here expects.

    Args:
        x: (n, channels, height, width) float32 with pixels in [0, 1], n >= 1.
        y: (n,) int64, on the device of `x`.

    Raises:
        ValueError: they are not; the message says what they are.
    """
    if x.ndim != 4 or not len(x) or y.shape != x.shape[:1]:
        raise ValueError(
            f"expected images (n, channels, height, width) and labels (n,), n >= 1; got {x.shape}, {y.shape}"
        )
    if x.dtype != torch.float32 or y.dtype != torch.int64 or x.device != y.device:
        raise ValueError(
            f"expected float32 and int64 on one device; got {x.dtype} on {x.device}, {y.dtype} on {y.device}"
        )
    low, high = x.amin().item(), x.amax().item()
    if not (low >= 0 and high <= 1):
        raise ValueError(f"expected pixels in [0, 1]; got {low:.7g} to {high:.7g}")


def check_logits(logits: Tensor, samples: int) -> None:
    """Pass if `logits` are finite and (samples, classes).

    Raises:
        ContributorError: the network is unusable: its logits have another shape, or are infinite or not a number.
    """
    if logits.ndim != 2 or len(logits) != samples:
        raise ContributorError(
            where="checkpoint",
            message=f"for {samples} images the network returns a tensor of shape {tuple(logits.shape)}, "
            f"expected ({samples}, classes)",
            fix="submit a network that returns one row of logits for each image",
        )
    unusable = int((~logits.isfinite()).any(dim=1).sum().item())
    if unusable:
        raise ContributorError(
            where="checkpoint",
            message=f"the logits of {unusable} of {samples} unperturbed images are infinite or not a number",
            fix="check the weights and BatchNorm statistics of the checkpoint, and evaluate it in float32 yourself",
        )
