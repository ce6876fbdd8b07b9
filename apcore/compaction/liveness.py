"""Which channels carry information: constants found forwards, readers found backwards.

A channel is *constant* if it holds one value in every pixel for every input: a filter whose weights are all zero, and what
ReLU, pooling and sums make of such channels. "All zero" is tested weight by weight, never as a sum. A channel is *kept* if
it varies and something that is kept reads it. No torch here: an audit asks it for the cost that is left.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

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

Array = np.ndarray[Any, np.dtype[Any]]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Channels:
    """What is known of the channels (or features) of one value: `varies` (c,) bool, `constant` (c,) float, 0 where it varies."""

    varies: Mask
    constant: Array


def forward_constants(graph: Graph, tensors: Mapping[str, Array]) -> dict[str, Channels]:
    """Constant channels of every value of a graph, the input included; exact, and blind to who reads them."""
    channels = graph.input_shape[0]
    found = {INPUT: Channels(varies=np.ones(channels, dtype=np.bool_), constant=np.zeros(channels))}
    shapes = graph.shapes()
    for node in graph.nodes:
        found[node.name] = _channels(node, found, tensors, shapes[node.source])
    return found


def _channels(
    node: Node, found: Mapping[str, Channels], tensors: Mapping[str, Array], shape: tuple[int, ...]
) -> Channels:
    source = found[node.source]
    match node:
        case Conv() | Linear():
            return _affine(node, source, tensors)
        case BatchNorm():
            scale = tensors[f"{node.name}.weight"] / np.sqrt(tensors[f"{node.name}.running_var"] + node.eps)
            shift = tensors[f"{node.name}.bias"] - tensors[f"{node.name}.running_mean"] * scale
            varies = source.varies & (scale != 0)
            return Channels(varies=varies, constant=np.where(varies, 0, source.constant * scale + shift))
        case Relu():
            return Channels(varies=source.varies, constant=np.maximum(source.constant, 0))
        case Add():
            other = found[node.other]
            varies = source.varies | other.varies
            return Channels(varies=varies, constant=np.where(varies, 0, source.constant + other.constant))
        case MaxPool() | AveragePool():
            return source
        case Flatten():
            pixels = shape[1] * shape[2]
            return Channels(varies=np.repeat(source.varies, pixels), constant=np.repeat(source.constant, pixels))


def _affine(node: Conv | Linear, source: Channels, tensors: Mapping[str, Array]) -> Channels:
    """An output is constant if every weight on a channel that is not constantly zero is itself zero.

    Constant non-zero inputs make a constant output only where no zero padding meets them; a padded convolution that reads
    one with a non-zero weight therefore counts as varying.
    """
    weight = tensors[f"{node.name}.weight"]
    taps = _taps(weight)
    uniform = isinstance(node, Linear) or node.padding == 0
    matters = source.varies if uniform else source.varies | (source.constant != 0)
    varies = np.any(taps & matters, axis=1, keepdims=True)[:, 0]
    bias = tensors.get(f"{node.name}.bias", np.zeros(len(weight), weight.dtype))
    constant = weight.sum((2, 3)) if weight.ndim == 4 else weight
    return Channels(varies=varies, constant=np.where(varies, 0, constant @ source.constant + bias))


def kept_channels(
    graph: Graph, tensors: Mapping[str, Array], constants: Mapping[str, Channels]
) -> dict[str, npt.NDArray[np.intp]]:
    """For every value, the indices of the channels that a compact network computes, sorted; never none.

    Elementwise nodes and sums need their sources to hold the channels that they hold, so channels are kept or dropped for
    all values of such a chain together, as constant rows where they do not vary.
    """
    keep = {name: np.zeros_like(known.varies) for name, known in constants.items()}
    keep[graph.nodes[-1].name][:] = True
    keep[INPUT][:] = True
    taps = {node.name: _taps(tensors[f"{node.name}.weight"]) for node in graph.nodes if isinstance(node, Conv | Linear)}
    count = -1
    while count != (count := sum(int(mask.sum()) for mask in keep.values())):
        for node in reversed(graph.nodes):
            _spread(node, keep, taps, constants)
    return {name: np.flatnonzero(mask) for name, mask in keep.items()}


def _spread(node: Node, keep: dict[str, Mask], taps: Mapping[str, Mask], constants: Mapping[str, Channels]) -> None:
    """Keep what `node` reads for the channels kept of it; masks only ever grow."""
    mine = keep[node.name]
    if not mine.any():
        mine[0] = True  # a layer without channels would not run; one constant row costs next to nothing
    match node:
        case Conv() | Linear():
            read = taps[node.name][mine].any(0)
            keep[node.source] |= read & constants[node.source].varies
        case Add():
            together = mine | keep[node.source] | keep[node.other]
            keep[node.name] = keep[node.source] = keep[node.other] = together
        case Flatten():
            pixels = mine.size // keep[node.source].size
            keep[node.source] |= mine.reshape(-1, pixels).any(1)
            keep[node.name] = np.repeat(keep[node.source], pixels)
        case BatchNorm() | Relu() | MaxPool() | AveragePool():
            keep[node.name] = keep[node.source] = mine | keep[node.source]


def _taps(weight: Array) -> Mask:
    """(out, in) whether an output reads an input at all."""
    reads: Mask = (weight != 0).reshape(*weight.shape[:2], -1).any(axis=2)
    return reads
