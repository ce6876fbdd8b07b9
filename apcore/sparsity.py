"""Sparsity, measured: the share of weights, filters or channels that are exactly zero in the network that is evaluated.

What counts: the weights of convolutions [out, in, k, k] and linear layers [out, in], effective (masks already multiplied
in); no BatchNorm, no bias. Shares are over all layers together, so a method that leaves the 1x1 shortcuts dense (1.5 % of
ResNet-18) cannot reach 99 %. All shares are fractions in [0, 1].

What structured sparsity of 50 % means, the literature does not agree on: half of the filters, or half of the weights.
With half of the filters gone from every layer, 75 % of the weights are gone. Both are measured, and a claim may mean
either; which one it is, is shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from apcore.model_key import Structure


class Reading(StrEnum):
    """What a claimed sparsity is a share of; the values read after "share of"."""

    WEIGHTS = "zero weights"
    FILTERS = "zero filters"
    CHANNELS = "zero input channels"
    REMOVED = "weights in zero filters and channels"


def readings_of(structure: Structure) -> tuple[Reading, ...]:
    """What a claim of this structure may be a share of, in the order in which it is tried."""
    if structure is Structure.UNSTRUCTURED:
        return (Reading.WEIGHTS,)
    return (Reading.FILTERS, Reading.CHANNELS, Reading.REMOVED)


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerSparsity:
    """Counts in one layer; the rows of a linear layer count as filters here, its columns as channels.

    Args:
        name: of the layer, without `.weight`.
        convolution: False for a linear layer.
        weights: number of weights.
        zero_weights: how many of them are exactly zero.
        filters: output filters (size of the first axis).
        zero_filters: how many of them hold zeros only.
        channels: input channels (size of the second axis).
        zero_channels: how many of them no filter reads.
    """

    name: str
    convolution: bool
    weights: int
    zero_weights: int
    filters: int
    zero_filters: int
    channels: int
    zero_channels: int

    @property
    def kernel(self) -> int:
        """Weights between one channel and one filter: 9 of a 3x3 convolution, 1 of a linear layer."""
        return self.weights // (self.filters * self.channels)

    @property
    def weights_left(self) -> int:
        """Weights of the layer without its zero filters and zero channels."""
        return (self.filters - self.zero_filters) * (self.channels - self.zero_channels) * self.kernel


@dataclass(frozen=True, slots=True, kw_only=True)
class Sparsity:
    """The counts of every layer, in the network's order, and their totals."""

    layers: tuple[LayerSparsity, ...]

    @property
    def weights(self) -> float:
        """Share of weights that are zero, over convolutions and linear layers."""
        return _share(sum(layer.zero_weights for layer in self.layers), sum(layer.weights for layer in self.layers))

    @property
    def filters(self) -> float:
        """Share of filters that are zero, over convolutions (a zero row of the last linear layer would be a class)."""
        convolutions = self._convolutions()
        return _share(sum(layer.zero_filters for layer in convolutions), sum(layer.filters for layer in convolutions))

    @property
    def channels(self) -> float:
        """Share of input channels that are zero, over convolutions, the three colours of the first one included."""
        convolutions = self._convolutions()
        return _share(sum(layer.zero_channels for layer in convolutions), sum(layer.channels for layer in convolutions))

    @property
    def parameters_left(self) -> float:
        """Share of weights that stay if each layer loses its own zero filters and its own zero channels.

        For a layer with F filters and C channels of k x k weights, of which f and c are zero, (F - f)(C - c)k^2 stay.
        The network could lose more: a channel that a zero filter feeds is counted only if its weights are zero too.
        """
        return _share(sum(layer.weights_left for layer in self.layers), sum(layer.weights for layer in self.layers))

    def share(self, reading: Reading) -> float:
        """The measured sparsity under one reading."""
        return {
            Reading.WEIGHTS: self.weights,
            Reading.FILTERS: self.filters,
            Reading.CHANNELS: self.channels,
            Reading.REMOVED: 1.0 - self.parameters_left,
        }[reading]

    def agreeing_reading(self, claimed: float, structure: Structure, slack: float) -> Reading | None:
        """The first reading of a claim under which the network is at least as sparse as claimed, or None.

        Unstructured pruning has one reading, zero weights. Structured pruning has three, tried in this order: filters,
        input channels, and weights, of which only those count that lie in a whole zero filter or channel. Scattered
        zeros make no network structured. A sparser network than claimed agrees: nothing was overstated.

        Args:
            claimed: fraction in [0, 1].
            structure: what pruning is said to have removed.
            slack: by how much the measured share may fall short, a fraction; widths are whole numbers (6 of 64).
        """
        return next((r for r in readings_of(structure) if self.reaches(r, claimed, slack)), None)

    def reaches(self, reading: Reading, claimed: float, slack: float) -> bool:
        """Whether the network is at least as sparse as `claimed`, less `slack`, under one reading; all are fractions."""
        # 1e-9: a share of exactly 0.895 must not fail 0.9 - 0.005 for the last bit of a subtraction.
        return self.share(reading) >= claimed - slack - 1e-9

    def agrees(self, claimed: float, structure: Structure, slack: float) -> bool:
        """Whether the network is as sparse as claimed under some reading; see `agreeing_reading`."""
        return self.agreeing_reading(claimed, structure, slack) is not None

    def _convolutions(self) -> tuple[LayerSparsity, ...]:
        return tuple(layer for layer in self.layers if layer.convolution)


def measure_sparsity(weights: Mapping[str, np.ndarray[Any, np.dtype[Any]]]) -> Sparsity:
    """Count zeros in a network's tensors.

    Args:
        weights: effective tensors by state-dict name; those with four axes are convolutions, those with two linear
            layers, all others (biases, BatchNorm) do not count.

    Raises:
        ValueError: there is no convolution and no linear layer.
    """
    layers = tuple(_layer(name, weight) for name, weight in weights.items() if weight.ndim in (2, 4) and weight.size)
    if not layers:
        raise ValueError("a network without convolutions and linear layers has no sparsity")
    return Sparsity(layers=layers)


def _layer(name: str, weight: np.ndarray[Any, np.dtype[Any]]) -> LayerSparsity:
    alive = (weight != 0).reshape(*weight.shape[:2], -1)
    return LayerSparsity(
        name=name.removesuffix(".weight"),
        convolution=weight.ndim == 4,
        weights=weight.size,
        zero_weights=int(weight.size - np.count_nonzero(alive)),
        filters=weight.shape[0],
        zero_filters=int((~alive.any(axis=(1, 2))).sum()),
        channels=weight.shape[1],
        zero_channels=int((~alive.any(axis=(0, 2))).sum()),
    )


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
