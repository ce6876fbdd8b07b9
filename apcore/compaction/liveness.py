"""Which channels carry information: constants found forwards, readers found backwards.

A channel is *constant* if it holds one value in every pixel for every input: a filter whose weights are all zero, and what
ReLU, pooling and sums make of such channels. "All zero" is tested weight by weight, never as a sum. A channel is *kept* if
it varies and something that is kept reads it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from apcore.networks.graph import (
    INPUT,
    Add,
    AveragePool,
    BatchNorm,
    Conv,
    Flatten,
    Graph,
    Linear,
    MaxPool,
    Node,
    Relu,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Channels:
    """What is known of the channels (or features) of one value: `varies` (c,) bool, `constant` (c,) float, 0 where it varies."""

    varies: Tensor
    constant: Tensor


def forward_constants(graph: Graph, tensors: Mapping[str, Tensor]) -> dict[str, Channels]:
    """Constant channels of every value of a graph, the input included; exact, and blind to who reads them."""
    dtype = next(iter(tensors.values())).dtype
    channels = graph.input_shape[0]
    found = {
        INPUT: Channels(varies=torch.ones(channels, dtype=torch.bool), constant=torch.zeros(channels, dtype=dtype))
    }
    shapes = graph.shapes()
    for node in graph.nodes:
        found[node.name] = _channels(node, found, tensors, shapes[node.source])
    return found


def _channels(
    node: Node, found: Mapping[str, Channels], tensors: Mapping[str, Tensor], shape: tuple[int, ...]
) -> Channels:
    source = found[node.source]
    match node:
        case Conv() | Linear():
            return _affine(node, source, tensors)
        case BatchNorm():
            scale = tensors[f"{node.name}.weight"] / torch.sqrt(tensors[f"{node.name}.running_var"] + node.eps)
            shift = tensors[f"{node.name}.bias"] - tensors[f"{node.name}.running_mean"] * scale
            varies = source.varies & (scale != 0)
            return Channels(varies=varies, constant=torch.where(varies, 0, source.constant * scale + shift))
        case Relu():
            return Channels(varies=source.varies, constant=source.constant.clamp(min=0))
        case Add():
            other = found[node.other]
            varies = source.varies | other.varies
            return Channels(varies=varies, constant=torch.where(varies, 0, source.constant + other.constant))
        case MaxPool() | AveragePool():
            return source
        case Flatten():
            pixels = shape[1] * shape[2]
            return Channels(
                varies=source.varies.repeat_interleave(pixels), constant=source.constant.repeat_interleave(pixels)
            )


def _affine(node: Conv | Linear, source: Channels, tensors: Mapping[str, Tensor]) -> Channels:
    """An output is constant if every weight on a channel that is not constantly zero is itself zero.

    Constant non-zero inputs make a constant output only where no zero padding meets them; a padded convolution that reads
    one with a non-zero weight therefore counts as varying.
    """
    weight = tensors[f"{node.name}.weight"]
    taps = (weight != 0).flatten(2).any(2) if weight.dim() == 4 else weight != 0
    uniform = isinstance(node, Linear) or node.padding == 0
    matters = source.varies if uniform else source.varies | (source.constant != 0)
    varies = (taps & matters).any(1)
    bias = tensors.get(f"{node.name}.bias", torch.zeros_like(varies, dtype=weight.dtype))
    constant = weight.flatten(2).sum(2) if weight.dim() == 4 else weight
    return Channels(varies=varies, constant=torch.where(varies, 0, constant @ source.constant + bias))


def kept_channels(graph: Graph, tensors: Mapping[str, Tensor], constants: Mapping[str, Channels]) -> dict[str, Tensor]:
    """For every value, the indices of the channels that a compact network computes, sorted; never none.

    Elementwise nodes and sums need their sources to hold the channels that they hold, so channels are kept or dropped for
    all values of such a chain together, as constant rows where they do not vary.
    """
    keep = {name: torch.zeros_like(known.varies) for name, known in constants.items()}
    keep[graph.nodes[-1].name][:] = True
    keep[INPUT][:] = True
    count = -1
    while count != (count := sum(int(mask.sum()) for mask in keep.values())):
        for node in reversed(graph.nodes):
            _spread(node, keep, tensors, constants)
    return {name: mask.nonzero().flatten() for name, mask in keep.items()}


def _spread(
    node: Node, keep: dict[str, Tensor], tensors: Mapping[str, Tensor], constants: Mapping[str, Channels]
) -> None:
    """Keep what `node` reads for the channels kept of it; masks only ever grow."""
    mine = keep[node.name]
    if not mine.any():
        mine[0] = True  # a layer without channels would not run; one constant row costs next to nothing
    match node:
        case Conv() | Linear():
            weight = tensors[f"{node.name}.weight"][mine]
            read = (weight != 0).flatten(2).any(2).any(0) if weight.dim() == 4 else (weight != 0).any(0)
            keep[node.source] |= read & constants[node.source].varies
        case Add():
            together = mine | keep[node.source] | keep[node.other]
            keep[node.name] = keep[node.source] = keep[node.other] = together
        case Flatten():
            pixels = mine.numel() // keep[node.source].numel()
            keep[node.source] |= mine.view(-1, pixels).any(1)
            keep[node.name] = keep[node.source].repeat_interleave(pixels)
        case BatchNorm() | Relu() | MaxPool() | AveragePool():
            keep[node.name] = keep[node.source] = mine | keep[node.source]
