"""BatchNorm folded into the layer before it; what remains is convolutions, linear maps, sums, elementwise nodes. No torch here."""

from collections.abc import Mapping, MutableMapping
from dataclasses import replace
from typing import Any, Final

import numpy as np

from apcore.networks.graph import Add, BatchNorm, Conv, Graph, Node, sources

Array = np.ndarray[Any, np.dtype[Any]]
NORM_PARTS: Final = ("weight", "bias", "running_mean", "running_var")


def fold_batch_norm(graph: Graph, tensors: MutableMapping[str, Array]) -> tuple[Graph, dict[str, Array]]:
    """The same function without the BatchNorm nodes whose only source is a convolution that nobody else reads.

    Args:
        graph: any declared graph.
        tensors: by state-dict name, best in float64, since folding rounds. Written into and emptied: the arrays found are
            these, so that no weight stands in memory twice.

    Returns:
        A graph in which such a convolution carries a bias, and its tensors.
    """
    readers: dict[str, int] = {}
    for node in graph.nodes:
        for source in sources(node):
            readers[source] = readers.get(source, 0) + 1
    convs = {node.name: node for node in graph.nodes if isinstance(node, Conv)}
    folded = {
        node.source: node
        for node in graph.nodes
        if isinstance(node, BatchNorm) and node.source in convs and readers[node.source] == 1
    }
    found = {}
    for conv, norm in folded.items():
        weight, bias, mean, var = (tensors.pop(f"{norm.name}.{part}") for part in NORM_PARTS)
        scale = weight / np.sqrt(var + norm.eps)
        before = tensors.pop(f"{conv}.bias", np.zeros_like(scale))
        found[f"{conv}.weight"] = tensors.pop(f"{conv}.weight")
        found[f"{conv}.weight"] *= scale[:, None, None, None]
        found[f"{conv}.bias"] = bias + (before - mean) * scale
    found |= tensors
    tensors.clear()
    return replace(graph, nodes=tuple(_rewired(graph, folded))), found


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
