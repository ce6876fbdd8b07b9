"""What pruning removed, as far as zeros tell: single weights, whole filters, whole input channels, or both kinds together.

A zero is *structured* if it lies in a filter or an input channel that is zero as a whole, else it is *scattered*. At very
high sparsity unstructured pruning empties whole filters too, so that a network may hold much of both.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

from apcore.model_key import Structure
from apcore.sparsity import LayerSparsity, Sparsity
from apcore.sparsity_scopes import PRUNED_FROM

NEARLY_ALL: Final = 0.95
"""Share of the zeros that must be of one kind for the network to be called of that kind."""


class Found(StrEnum):
    """What the zeros of a network form."""

    DENSE = "no pruning"
    SCATTERED = "scattered zeros"
    FILTERS = "whole filters"
    CHANNELS = "whole input channels"
    BOTH = "whole filters and input channels"
    MIXED = "whole filters or channels, and scattered zeros"


_STRUCTURED: Final = frozenset({Found.FILTERS, Found.CHANNELS, Found.BOTH})


@dataclass(frozen=True, slots=True, kw_only=True)
class PrunedStructure:
    """Where the zeros of a network lie.

    Args:
        weights: number of weights counted.
        zeros: how many of them are zero.
        in_filters: zeros that lie in a zero filter.
        in_channels: zeros that lie in a zero input channel; some lie in both.
        structured: zeros that lie in either.
    """

    weights: int
    zeros: int
    in_filters: int
    in_channels: int
    structured: int

    @classmethod
    def of(cls, sparsity: Sparsity) -> Self:
        """Add up the counts of all layers."""
        layers = sparsity.layers
        return cls(
            weights=sum(layer.weights for layer in layers),
            zeros=sum(layer.zero_weights for layer in layers),
            in_filters=sum(_in_filters(layer) for layer in layers),
            in_channels=sum(_in_channels(layer) for layer in layers),
            structured=sum(layer.weights - layer.weights_left for layer in layers),
        )

    @property
    def scattered(self) -> int:
        """Zeros in no zero filter and no zero channel."""
        return self.zeros - self.structured

    @property
    def found(self) -> Found:
        """What the zeros form."""
        if self.zeros < PRUNED_FROM * self.weights:
            return Found.DENSE
        enough = NEARLY_ALL * self.zeros
        if self.scattered >= enough:
            return Found.SCATTERED
        if self.structured < enough:
            return Found.MIXED
        filters, channels = self.in_filters >= enough, self.in_channels >= enough
        if filters == channels:
            return Found.BOTH
        return Found.FILTERS if filters else Found.CHANNELS


def structure_remarks(found: PrunedStructure, claimed: Structure) -> Iterator[str]:
    """What does not fit between the structure that a key claims and the one found; a sentence each."""
    if found.found is Found.DENSE:
        yield f"{found.zeros:,} of {found.weights:,} weights are zero: this network is not pruned, or its masks are not in the file"
    elif claimed is Structure.UNSTRUCTURED and found.found in _STRUCTURED:
        yield (
            f"the key says US, but {_share(found.structured, found.zeros)} of the zeros form {found.found}: "
            "a network pruned so is S, and is compared with others of that kind"
        )
    elif claimed is Structure.STRUCTURED and found.found is Found.SCATTERED:
        yield (
            f"the key says S, but {_share(found.scattered, found.zeros)} of the zeros are scattered: "
            "a network whose single weights were pruned is US"
        )
    elif claimed is Structure.STRUCTURED and found.found is Found.MIXED:
        yield (
            f"the key says S, and {_share(found.scattered, found.zeros)} of the zeros are scattered outside whole filters and "
            "channels; these do not count for S"
        )


def _in_filters(layer: LayerSparsity) -> int:
    return layer.zero_filters * layer.channels * layer.kernel


def _in_channels(layer: LayerSparsity) -> int:
    return layer.zero_channels * layer.filters * layer.kernel


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %"
