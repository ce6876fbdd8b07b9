"""BatchNorm folded into the layer before it; what remains is convolutions, linear maps, sums, elementwise nodes. No torch here."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

import numpy as np

from apcore.arrays import Array, Indices
from apcore.compaction.lazy import Lazy
from apcore.networks.graph import Add, BatchNorm, Conv, Graph, Node, sources

NORM_PARTS: Final = ("weight", "bias", "running_mean", "running_var")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Folded:
    """A network without those BatchNorms.

    Args:
        graph: in which a convolution that took one in carries a bias.
        tensors: of that graph, in float64. They are made anew whenever they are asked for, so that a network's weights never
            all stand in memory.
        stored: the tensors as the network had them.
        scales: (out,) by the name of such a convolution, what its filters were multiplied by.
    """

    graph: Graph
    tensors: Mapping[str, Array]
    stored: Mapping[str, Array]
    scales: Mapping[str, Array]

    def weight(self, layer: str, rows: Indices, columns: Indices, dtype: type[np.floating[Any]]) -> Array:
        """What `tensors` has in those rows and columns of a layer's weight, rounded; the rest of it is not even multiplied."""
        stored = self.stored[f"{layer}.weight"]
        everything = all(
            np.array_equal(kept, np.arange(size)) for kept, size in zip((rows, columns), stored.shape, strict=False)
        )
        part = stored if everything else stored[rows[:, None], columns]
        return (
            _scaled(part, self.scales[layer][rows], dtype) if layer in self.scales else part.astype(dtype, copy=False)
        )


def fold_batch_norm(graph: Graph, tensors: Mapping[str, Array]) -> Folded:
    """The same function without the BatchNorm nodes whose only source is a convolution that nobody else reads.

    Args:
        graph: any declared graph.
        tensors: by state-dict name; they must not change while what is returned is in use.
    """
    readers = Counter(source for node in graph.nodes for source in sources(node))
    convs = {node.name: node for node in graph.nodes if isinstance(node, Conv)}
    folded = {
        node.source: node
        for node in graph.nodes
        if isinstance(node, BatchNorm) and node.source in convs and readers[node.source] == 1
    }
    gone = {norm.name for norm in folded.values()}
    makers: dict[str, Callable[[], Array]] = {
        name: partial(_double, tensor) for name, tensor in tensors.items() if name.rsplit(".", 1)[0] not in gone
    }
    scales = {}
    for conv, norm in folded.items():
        weight, bias, mean, var = (_double(tensors[f"{norm.name}.{part}"]) for part in NORM_PARTS)
        scale = scales[conv] = weight / np.sqrt(var + norm.eps)
        before = _double(tensors[f"{conv}.bias"]) if f"{conv}.bias" in tensors else np.zeros_like(scale)
        makers[f"{conv}.weight"] = partial(_scaled, tensors[f"{conv}.weight"], scale, np.float64)
        makers[f"{conv}.bias"] = partial(_double, bias + (before - mean) * scale)
    rewired = replace(graph, nodes=tuple(_rewired(graph, folded)))
    return Folded(graph=rewired, tensors=Lazy(makers), stored=tensors, scales=scales)


def _double(tensor: Array) -> Array:
    """A copy in float64."""
    return tensor.astype(np.float64)


def _scaled(weight: Array, scale: Array, dtype: type[np.floating[Any]]) -> Array:
    """Multiplied in float64, whatever the type of the result: numpy takes a few thousand weights at a time there and back."""
    found = np.empty(weight.shape, dtype)
    return np.multiply(weight, scale[:, None, None, None], out=found, dtype=np.float64, casting="same_kind")


def _rewired(graph: Graph, folded: Mapping[str, BatchNorm]) -> list[Node]:
    """Nodes without the folded BatchNorms; who read one reads its convolution instead."""
    instead = {norm.name: conv for conv, norm in folded.items()}
    return [_reading(node, instead, bias=node.name in folded) for node in graph.nodes if node.name not in instead]


def _reading(node: Node, instead: Mapping[str, str], *, bias: bool) -> Node:
    source = instead.get(node.source, node.source)
    match node:
        case Conv():
            return replace(node, source=source, bias=node.bias or bias)
        case Add():
            return replace(node, source=source, other=instead.get(node.other, node.other))
        case _:
            return replace(node, source=source)
