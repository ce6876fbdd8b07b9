"""What compaction will keep of a network, and what the small network then costs; decided from the zeros alone. No torch here."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from apcore.arrays import Array, Indices
from apcore.compaction.fold import Folded, fold_batch_norm
from apcore.compaction.liveness import Channels, forward_constants, taps
from apcore.compaction.residual import Kept, keep_what_pays
from apcore.networks.graph import Add, Conv, Graph, Linear, Node, sources


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plan:
    """Which channels of which layer stay.

    Args:
        folded: the network with its BatchNorms folded where that is possible.
        constants: what is known of the channels of every value, by node name.
        keep: by node name, the channels that the small network computes, in its order: ascending, but in residual stages.
        lacking: (channels kept,) by the name of a sum, or of a convolution whose bias takes it, the constants that the values
            of that sum do not bring along.
        small: the graph of the small network.
    """

    folded: Folded
    constants: Mapping[str, Channels]
    keep: Mapping[str, Indices]
    lacking: Mapping[str, Array]
    small: Graph


def plan_compaction(graph: Graph, tensors: Mapping[str, Array]) -> Plan:
    """Find out what can go.

    Args:
        graph: any declared graph.
        tensors: by state-dict name; they must not change while the plan is in use.
    """
    folded = fold_batch_norm(graph, tensors)
    reads = taps(folded.graph, tensors, folded.scales)
    constants = forward_constants(folded.graph, folded.tensors, reads)
    kept = keep_what_pays(folded.graph, reads, constants)
    lacking = _lacking(folded.graph, constants, kept)
    return Plan(
        folded=folded,
        constants=constants,
        keep=kept.keep,
        lacking=lacking,
        small=replace(folded.graph, nodes=tuple(_small(node, kept, lacking) for node in folded.graph.nodes)),
    )


def _small(node: Node, kept: Kept, lacking: Mapping[str, Array]) -> Node:
    width = len(kept.keep[node.name])
    match node:
        case Conv():
            return replace(node, out_channels=width, bias=True)
        case Linear():
            return replace(node, out_features=width)
        case Add() if node.name in kept.placings:
            return replace(node, placing=replace(kept.placings[node.name], bias=node.name in lacking))
        case _:
            return node


def _lacking(graph: Graph, constants: Mapping[str, Channels], kept: Kept) -> dict[str, Array]:
    """The constants by who adds them: a convolution that holds all channels of the sum and that nobody else reads, or the sum."""
    convs = {node.name for node in graph.nodes if isinstance(node, Conv)}
    readers = Counter(source for node in graph.nodes for source in sources(node))
    found: dict[str, Array] = {}
    for node in graph.nodes:
        if not isinstance(node, Add) or node.name not in kept.placings:
            continue
        placing, mine = kept.placings[node.name], kept.keep[node.name]
        missing = np.zeros(len(mine))
        for value in sources(node):
            missing += np.where(np.isin(mine, kept.keep[value]), 0, constants[value].constant[mine])
        if not missing.any():
            continue
        whole = [it for it, runs in zip(sources(node), (placing.source, placing.other), strict=True) if runs is None]
        free = [it for it in whole if it in convs and readers[it] == 1]
        found[free[0] if free else node.name] = missing
    return found
