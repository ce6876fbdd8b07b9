"""Shares of what? The same counts over all layers, without the 1x1 convolutions, and over the layers that were pruned.

The 1x1 shortcuts of ResNet-18 are 1.5 % of its weights, and many methods leave them dense: such a network cannot be 99 %
sparse over all layers, though its author's own figure, over the layers that were pruned, is right. The board counts all
layers; the other two say what an author may have counted.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from apcore.sparsity import LayerSparsity, Sparsity

LAYERS_COUNTED: Final = "convolution and linear weights; no biases, no BatchNorm"

PRUNED_FROM: Final = 0.01
"""Share of zeros from which a layer counts as pruned; a dense layer may hold one by accident."""


class Scope(StrEnum):
    """Which layers a share is over; the values read after "over"."""

    ALL = "all layers"
    WITHOUT_1X1 = "all but 1x1 convolutions"
    PRUNED = "pruned layers"


def scopes(sparsity: Sparsity) -> Mapping[Scope, Sparsity]:
    """The counts over each scope that holds a layer at all, in the order of `Scope`."""
    layers = {
        Scope.ALL: sparsity.layers,
        Scope.WITHOUT_1X1: tuple(layer for layer in sparsity.layers if not _is_1x1(layer)),
        Scope.PRUNED: tuple(layer for layer in sparsity.layers if is_pruned(layer)),
    }
    return {scope: Sparsity(layers=chosen) for scope, chosen in layers.items() if chosen}


def is_pruned(layer: LayerSparsity) -> bool:
    """Whether a layer holds zeros beyond accident."""
    return layer.zero_weights >= PRUNED_FROM * layer.weights


def _is_1x1(layer: LayerSparsity) -> bool:
    return layer.convolution and layer.kernel == 1
