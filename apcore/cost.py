"""What a network costs: parameters and multiply-accumulates, as stored, without its zeros, and after exact compaction.

Zeros spare nothing by themselves: dense kernels multiply by them. What whole filters and channels leave out, compaction
turns into a smaller dense network; what scattered zeros leave out, only sparse kernels could spare. No torch here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

import numpy as np

from apcore.arrays import Array
from apcore.compaction.plan import plan_compaction
from apcore.networks.graph import Conv, Graph, Linear


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Counts for one network; multiply-accumulates (MACs) are those of convolutions and linear layers for one image.

    Args:
        parameters: weights, biases and BatchNorm's scales and shifts; no running statistics.
        parameters_nonzero: how many of them are not zero.
        parameters_left: how many the compact network has, with BatchNorms folded into biases.
        macs: as stored.
        macs_nonzero: of weights that are not zero alone.
        macs_left: of the compact network.
    """

    parameters: int
    parameters_nonzero: int
    parameters_left: int
    macs: int
    macs_nonzero: int
    macs_left: int


def cost(graph: Graph, tensors: Mapping[str, Array]) -> Cost:
    """Count what `graph` costs with these tensors.

    Args:
        graph: the network.
        tensors: its effective tensors by state-dict name.
    """
    small = plan_compaction(graph, tensors).small
    learned = [tensor for name, tensor in tensors.items() if _is_parameter(name)]
    return Cost(
        parameters=sum(tensor.size for tensor in learned),
        parameters_nonzero=sum(int(np.count_nonzero(tensor)) for tensor in learned),
        parameters_left=sum(prod(shape) for name, shape in small.tensors().items() if _is_parameter(name)),
        macs=graph.macs(),
        macs_nonzero=_macs_nonzero(graph, tensors),
        macs_left=small.macs(),
    )


def _is_parameter(name: str) -> bool:
    return name.endswith((".weight", ".bias"))


def _macs_nonzero(graph: Graph, tensors: Mapping[str, Array]) -> int:
    shapes = graph.shapes()
    return sum(
        prod(shapes[node.name][1:]) * int(np.count_nonzero(tensors[f"{node.name}.weight"]))
        for node in graph.nodes
        if isinstance(node, Conv | Linear)
    )
