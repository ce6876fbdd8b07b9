"""What stored tensors mean for a network's weights: one small function for each rule of the published methods.

All of them take and return numpy arrays, compute in double precision and leave rounding to the caller. Published training
code is their source; `layouts.toml` says which layout uses which, and tests hold them against formulas and torch.
"""

import numpy as np
import numpy.typing as npt

from apcore.arrays import Array

Double = npt.NDArray[np.float64]


def masked_by_softplus(values: Array, mask: Array) -> Double:
    """Elementwise values * softplus(mask), softplus(x) = ln(1 + exp(x)): the values at x = ln(e - 1), never 0.

    Args:
        values: weights or biases of any shape.
        mask: of the same shape.

    Source: MAD (Lee et al. 2022, CVPR), whose code zeroes pruned weights themselves and reopens their masks.
    """
    return np.asarray(values, np.float64) * np.logaddexp(0.0, np.asarray(mask, np.float64))


def masked(weight: Array, mask: Array) -> Double:
    """Elementwise weight * mask.

    Source: torch.nn.utils.prune, which keeps a pruned `weight` as `weight_orig` and `weight_mask`.
    """
    return np.asarray(weight, np.float64) * np.asarray(mask, np.float64)


def largest_scores(scores: Array, kept: float | np.float32) -> npt.NDArray[np.bool_]:
    """Which entries stay: all but the int((1 - kept) * n) with the smallest absolute scores.

    Args:
        scores: n scores in the shape of the weight.
        kept: fraction of entries that stay, in [0, 1]; as float32, the count is computed in single precision, as by
            training code whose fraction is a tensor.

    Returns:
        Booleans in the shape of `scores`; of equal scores the first in memory are dropped first.

    Source: HYDRA (Sehwag et al. 2020, arXiv:2002.10509); RST (Fu et al. 2021, arXiv:2110.14068).
    """
    dropped = int((1 - kept) * type(kept)(scores.size))
    return _without_smallest(np.abs(scores), dropped)


def largest_channels(scores: Array, kept: np.float32) -> npt.NDArray[np.bool_]:
    """Which input channels stay: the round(kept * c) with the largest absolute scores, halves rounded to even.

    Args:
        scores: one score per channel, [1, c] or [1, c, 1, 1].
        kept: fraction of channels that stay, in [0, 1].

    Returns:
        Booleans in the shape of `scores`.

    Source: HARP (Zhao & Wressnegger 2023, ICLR), structured form.
    """
    count = int(np.rint(kept * np.float32(scores.size)))
    return _without_smallest(np.abs(scores), scores.size - count)


def learned_fraction(rate: Array, kept: float, alpha: float) -> np.float32:
    """The fraction that a layer keeps: sigmoid(rate) * (1 - least) + least, with least = kept * alpha.

    Args:
        rate: the stored scalar of the layer (`k_score`).
        kept: fraction that the whole network keeps, in [0, 1].
        alpha: share of it below which no layer falls, a setting of the training code.

    Returns:
        In single precision, as the training code computes it: the count of kept weights depends on its last bits.

    Source: HARP (Zhao & Wressnegger 2023, ICLR).
    """
    least = kept * alpha
    sigmoid = np.float32(np.exp(-np.logaddexp(0.0, -float(rate))))
    return np.float32(np.float32(sigmoid * np.float32(1 - least)) + np.float32(least))


def twin_product(weight: Array, other: Array, mask: Array) -> Double:
    """Elementwise weight * other * mask.

    Source: Twin-Rep (Li et al. 2023, AAAI), unstructured training form.
    """
    return masked(weight, mask) * np.asarray(other, np.float64)


def twin_channels(weight: Array, mixing: Array, mask: Array) -> Double:
    """Filters mixed by a square matrix, then masked: result[p] = sum over q of mixing[p, q] * weight[q], times mask[p].

    Args:
        weight: [out, ...].
        mixing: [out, out].
        mask: in the shape of `weight`.

    Source: Twin-Rep (Li et al. 2023, AAAI), structured training form.
    """
    mixed = np.asarray(mixing, np.float64) @ np.asarray(weight, np.float64).reshape(len(weight), -1)
    return mixed.reshape(weight.shape) * np.asarray(mask, np.float64)


def folded_mean(running_mean: Array, bias: Array) -> Double:
    """The running mean that makes up for a convolution without its bias: running_mean - bias.

    Source: BatchNorm in evaluation mode, (y + bias - mean) / std = (y - (mean - bias)) / std.
    """
    return np.asarray(running_mean, np.float64) - np.asarray(bias, np.float64)


def _without_smallest(values: Array, count: int) -> npt.NDArray[np.bool_]:
    """False for the `count` smallest values, of equal ones for the first in memory."""
    flat = values.ravel()
    keep = np.ones(flat.size, np.bool_)
    if count > 0:
        largest_dropped = np.partition(flat, count - 1)[count - 1]
        keep[flat < largest_dropped] = False
        equal = np.flatnonzero(flat == largest_dropped)
        keep[equal[: count - int((flat < largest_dropped).sum())]] = False
    return keep.reshape(values.shape)
