"""What compaction will keep of a network, and what the small network then costs; decided from the zeros alone. No torch here."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from apcore.compaction.fold import fold_batch_norm
from apcore.compaction.liveness import Channels, forward_constants, kept_channels
from apcore.networks.graph import Conv, Graph, Linear, Node

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plan:
    """Which channels of which layer stay.

    Args:
        graph: the network with its BatchNorms folded where that is possible.
        tensors: of that graph, by state-dict name, in float64; made anew whenever they are asked for.
        constants: what is known of the channels of every value, by node name.
        keep: by node name, the channels that the small network computes, sorted.
        small: the graph of the small network.
    """

    graph: Graph
    tensors: Mapping[str, Array]
    constants: Mapping[str, Channels]
    keep: Mapping[str, npt.NDArray[np.intp]]
    small: Graph


def plan_compaction(graph: Graph, tensors: Mapping[str, Array]) -> Plan:
    """Find out what can go.

    Args:
        graph: any declared graph.
        tensors: by state-dict name; they must not change while the plan is in use.
    """
    folded, weights = fold_batch_norm(graph, tensors)
    constants = forward_constants(folded, weights)
    keep = kept_channels(folded, weights, constants)
    nodes = tuple(_small(node, len(keep[node.name])) for node in folded.nodes)
    return Plan(graph=folded, tensors=weights, constants=constants, keep=keep, small=replace(folded, nodes=nodes))


def _small(node: Node, width: int) -> Node:
    match node:
        case Conv():
            return replace(node, out_channels=width, bias=True)
        case Linear():
            return replace(node, out_features=width)
        case _:
            return node
