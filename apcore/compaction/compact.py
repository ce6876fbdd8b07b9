"""Exact removal of what pruning zeroed: a smaller dense network with the same function, proven before it is used.

A filter-pruned checkpoint is stored as a full-size network full of zeros. Here its BatchNorms are folded, its constant
channels carried forward and its unread channels dropped. The result is compared with the original in float64, logits and
input gradients; unless they agree within 1e-9 the original is evaluated instead, and the result says so.
"""

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from typing import Final, Literal

import torch
from torch import Tensor
from torch.nn import functional

from apcore.compaction.fold import NORM_PARTS
from apcore.compaction.plan import plan_compaction
from apcore.networks.graph import BatchNorm, Conv, Graph, Linear
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
    batch = _compared(images.double())
    stored = network.double_copy()
    expected = _logits_and_gradients(stored, batch)
    tensors = stored.tensors()
    del stored  # its tensors, twice the checkpoint, are let go one by one from here on
    small_graph, small_tensors = _compact(network.graph, tensors)
    small = network.with_graph(small_graph, small_tensors)
    error = _difference(expected, _logits_and_gradients(small, batch))
    del small
    macs = {"macs_stored": network.graph.macs(), "macs_evaluated": small_graph.macs()}
    if not error <= TOLERANCE:
        return Compacted(
            network=network,
            evaluated="original",
            reason=f"the compact network differs by {error:.1e} in float64, more than {TOLERANCE:.0e}",
            macs_stored=macs["macs_stored"],
            macs_evaluated=macs["macs_stored"],
        )
    return Compacted(
        network=network.with_graph(small_graph, _in_float32(small_tensors), dtype=torch.float32),
        evaluated="compact",
        reason=f"equal to the stored network within {error:.1e} in float64, logits and input gradients",
        **macs,
    )


def largest_difference(one: Network, other: Network, images: Tensor) -> float:
    """Largest absolute difference of logits and of input gradients, on `images` and on as many random ones.

    Args:
        one: a float64 network.
        other: a float64 network for the same images.
        images: (n, channels, height, width) float64 in [0, 1].
    """
    batch = _compared(images)
    return _difference(_logits_and_gradients(one, batch), _logits_and_gradients(other, batch))


def _compared(images: Tensor) -> Tensor:
    """`images` and as many random ones."""
    noise = torch.rand(images.shape, dtype=images.dtype, generator=torch.Generator().manual_seed(0))
    return torch.cat([images, noise])


def _difference(one: tuple[Tensor, Tensor], other: tuple[Tensor, Tensor]) -> float:
    return max(float((mine - theirs).abs().max()) for mine, theirs in zip(one, other, strict=True))


def _logits_and_gradients(network: Network, images: Tensor) -> tuple[Tensor, Tensor]:
    """Image by image: in float64 a batch is no quicker, and keeps all its intermediate values for the gradients."""
    found = [_logits_and_gradient(network, image) for image in images.split(1)]
    return torch.cat([logits for logits, _ in found]), torch.cat([gradient for _, gradient in found])


def _logits_and_gradient(network: Network, image: Tensor) -> tuple[Tensor, Tensor]:
    image = image.clone().requires_grad_()
    logits = network(image)
    # one weight per logit, so that no gradient of a sum over logits cancels what a single one would show
    weights = torch.linspace(1, 2, logits.shape[1], dtype=logits.dtype)
    (gradient,) = torch.autograd.grad((logits * weights).sum(), image)
    return logits.detach(), gradient


def _in_float32(tensors: MutableMapping[str, Tensor]) -> dict[str, Tensor]:
    """`tensors` rounded; emptied meanwhile."""
    return {name: tensors.pop(name).float() for name in tuple(tensors)}


def _compact(graph: Graph, tensors: MutableMapping[str, Tensor]) -> tuple[Graph, dict[str, Tensor]]:
    """The small network in float64; `tensors` is emptied."""
    plan = plan_compaction(graph, {name: tensors.pop(name).numpy() for name in tuple(tensors)})
    constants = {name: torch.from_numpy(known.constant) for name, known in plan.constants.items()}
    keep = {name: torch.from_numpy(kept) for name, kept in plan.keep.items()}
    folded = {name: torch.from_numpy(array) for name, array in plan.tensors.items()}
    shapes = plan.graph.shapes()
    found: dict[str, Tensor] = {}
    for node in plan.graph.nodes:
        rows, columns = keep[node.name], keep[node.source]
        match node:
            case Conv():
                found |= _small_conv(node, folded, constants[node.source], rows, columns, shapes[node.source])
            case Linear():
                found |= _small_linear(node, folded, constants[node.source], rows, columns)
            case BatchNorm():
                found |= {name: folded[name][rows] for name in (f"{node.name}.{part}" for part in NORM_PARTS)}
            case _:
                pass
    return plan.small, found


def _small_conv(
    node: Conv,
    tensors: Mapping[str, Tensor],
    constants: Tensor,
    rows: Tensor,
    columns: Tensor,
    shape: tuple[int, ...],
) -> dict[str, Tensor]:
    """Weight, bias and, where dropped constant channels meet the zero padding, the map of what they contribute."""
    weight = _rows(tensors[f"{node.name}.weight"], rows)
    bias = tensors[f"{node.name}.bias"][rows] if node.bias else weight.new_zeros(len(rows))
    dropped = constants.clone()
    dropped[columns] = 0
    small = {f"{node.name}.weight": _columns(weight, columns)}
    matters = dropped.nonzero().squeeze(1)
    if not len(matters):
        return small | {f"{node.name}.bias": bias}
    image = dropped[None, matters, None, None].expand(1, -1, *shape[1:])
    constant = functional.conv2d(image, weight[:, matters], stride=node.stride, padding=node.padding)
    centre = constant[:, :, :1, :1]
    if torch.equal(constant, centre.expand_as(constant)):
        return small | {f"{node.name}.bias": bias + centre.flatten()}
    return small | {f"{node.name}.bias": bias, f"{node.name}.bias_map": constant}


def _small_linear(
    node: Linear, tensors: Mapping[str, Tensor], constants: Tensor, rows: Tensor, columns: Tensor
) -> dict[str, Tensor]:
    weight = _rows(tensors[f"{node.name}.weight"], rows)
    dropped = constants.clone()
    dropped[columns] = 0
    return {
        f"{node.name}.weight": _columns(weight, columns),
        f"{node.name}.bias": tensors[f"{node.name}.bias"][rows] + weight @ dropped,
    }


def _rows(weight: Tensor, kept: Tensor) -> Tensor:
    return weight if len(kept) == len(weight) else weight[kept]


def _columns(weight: Tensor, kept: Tensor) -> Tensor:
    return weight if len(kept) == weight.shape[1] else weight[:, kept]
