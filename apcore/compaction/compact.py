"""Exact removal of what pruning zeroed: a smaller dense network with the same function, proven before it is used.

A filter-pruned checkpoint is stored as a full-size network full of zeros. Here its BatchNorms are folded, its constant
channels carried forward and its unread channels dropped. The result is compared with the original in float64, logits and
input gradients; unless they agree within 1e-9 the original is evaluated instead, and the result says so.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from apcore.compaction.fold import NORM_PARTS
from apcore.compaction.freed_memory import give_back_freed_memory
from apcore.compaction.lazy import Lazy
from apcore.compaction.plan import Plan, plan_compaction
from apcore.compaction.proof import InFloat64, largest_difference
from apcore.networks.graph import Add, BatchNorm, Conv, Linear
from apcore.networks.network import Network

TOLERANCE: Final = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Compacted:
    """The network to evaluate.

    Args:
        network: the compact network in float32, or the original one.
        evaluated: which of the two it is.
        reason: why, in words that can be shown.
        macs_stored: multiply-accumulates of the network as stored, per image.
        macs_evaluated: of the network to evaluate.
    """

    network: Network
    evaluated: Literal["original", "compact"]
    reason: str
    macs_stored: int
    macs_evaluated: int


def compact(network: Network, images: Tensor) -> Compacted:
    """Remove from `network` what pruning zeroed, if that is exact.

    Args:
        network: any network, in float32 on the CPU.
        images: (n, channels, height, width) in [0, 1], n >= 1: real images for the comparison, beside random ones.
    """
    plan = plan_compaction(network.graph, {name: tensor.numpy() for name, tensor in network.tensors().items()})
    tensors = _small_tensors(plan)
    small = InFloat64(plan.small, Lazy(tensors | _kept(network.normalization())), normalized=network.normalized)
    error = largest_difference(InFloat64.of(network), small, images.double())
    macs_stored, macs_small = network.graph.macs(), plan.small.macs()
    if not error <= TOLERANCE:
        return Compacted(
            network=network,
            evaluated="original",
            reason=f"the compact network differs by {error:.1e} in float64, more than {TOLERANCE:.0e}",
            macs_stored=macs_stored,
            macs_evaluated=macs_stored,
        )
    rounded = tensors | _small_weights(plan, np.float32)
    return Compacted(
        network=network.with_graph(plan.small, {name: make().float() for name, make in rounded.items()}),
        evaluated="compact",
        reason=f"equal to the stored network within {error:.1e} in float64, logits and input gradients",
        macs_stored=macs_stored,
        macs_evaluated=macs_small,
    )


_Makers = dict[str, Callable[[], Tensor]]


def _small_tensors(plan: Plan) -> _Makers:
    """What makes each tensor of the small network, in float64."""
    graph = plan.folded.graph
    shapes = graph.shapes()
    found = _small_weights(plan, np.float64)
    for node in graph.nodes:
        match node:
            case Conv():
                found |= _kept(_small_conv_biases(node, plan, shapes[node.source]))
                give_back_freed_memory()
            case Linear():
                found |= _kept({f"{node.name}.bias": _small_linear_bias(node, plan)})
            case BatchNorm():
                rows = plan.keep[node.name]
                parts = (f"{node.name}.{part}" for part in NORM_PARTS)
                found |= _kept({name: torch.from_numpy(plan.folded.tensors[name][rows]) for name in parts})
            case Add() if node.name in plan.lacking:
                found |= _kept({f"{node.name}.bias": torch.from_numpy(plan.lacking[node.name])})
            case _:
                pass
    return found


def _kept(tensors: Mapping[str, Tensor]) -> _Makers:
    """As makers, those that need not be made."""
    return {name: partial(torch.Tensor.detach, tensor) for name, tensor in tensors.items()}


def _small_weights(plan: Plan, dtype: type[np.floating[Any]]) -> _Makers:
    """What makes the weights of its layers of those of the large network: rows and columns that stay."""
    return {
        f"{node.name}.weight": partial(_small_weight, node, plan, dtype)
        for node in plan.folded.graph.nodes
        if isinstance(node, Conv | Linear)
    }


def _small_weight(node: Conv | Linear, plan: Plan, dtype: type[np.floating[Any]]) -> Tensor:
    return torch.from_numpy(plan.folded.weight(node.name, plan.keep[node.name], plan.keep[node.source], dtype))


def _small_conv_biases(node: Conv, plan: Plan, shape: tuple[int, ...]) -> dict[str, Tensor]:
    """The bias and, where dropped constant channels meet the zero padding, the map of what they contribute."""
    rows = plan.keep[node.name]
    bias = torch.from_numpy(plan.lacking.get(node.name, np.zeros(len(rows))))
    if node.bias:
        bias = bias + _tensor(plan, f"{node.name}.bias")[torch.from_numpy(rows)]
    dropped = _dropped(node, plan)
    matters = dropped.nonzero().squeeze(1)
    if not len(matters):
        return {f"{node.name}.bias": bias}
    image = dropped[None, matters, None, None].expand(1, -1, *shape[1:])
    read = torch.from_numpy(plan.folded.weight(node.name, rows, matters.numpy(), np.float64))
    constant = functional.conv2d(image, read, stride=node.stride, padding=node.padding)
    centre = constant[:, :, :1, :1]
    if torch.equal(constant, centre.expand_as(constant)):
        return {f"{node.name}.bias": bias + centre.flatten()}
    return {f"{node.name}.bias": bias, f"{node.name}.bias_map": constant}


def _small_linear_bias(node: Linear, plan: Plan) -> Tensor:
    rows = torch.from_numpy(plan.keep[node.name])
    return _tensor(plan, f"{node.name}.bias")[rows] + _tensor(plan, f"{node.name}.weight")[rows] @ _dropped(node, plan)


def _dropped(node: Conv | Linear, plan: Plan) -> Tensor:
    """(in,) the constants of the channels that are read and dropped, 0 for all others."""
    constants = torch.from_numpy(plan.constants[node.source].constant.copy())
    constants[torch.from_numpy(plan.keep[node.source])] = 0
    return constants


def _tensor(plan: Plan, name: str) -> Tensor:
    return torch.from_numpy(plan.folded.tensors[name])
