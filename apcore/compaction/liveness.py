"""Which channels carry information: constants found forwards, readers found backwards.

A channel is *constant* if it holds one value in every pixel for every input: a filter whose weights are all zero, and what
ReLU, pooling and sums make of such channels. "All zero" is tested weight by weight, never as a sum. A channel is *kept* if
it varies and something that is kept reads it. No torch here: an audit asks it for the cost that is left.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from apcore.arrays import Array, Mask
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

Field = Literal["source", "other"]
SIDES: Final[tuple[Field, Field]] = ("source", "other")
Side = tuple[str, Field]
"""One of the two values of a sum: the name of the sum, and the field under which it names the value."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Channels:
    """What is known of the channels (or features) of one value: `varies` (c,) bool, `constant` (c,) float, 0 where it varies."""

    varies: Mask
    constant: Array


def taps(graph: Graph, weights: Mapping[str, Array], scales: Mapping[str, Array]) -> dict[str, Mask]:
    """(out, in) by layer, whether an output reads an input at all.

    Args:
        graph: any declared graph.
        weights: by state-dict name, before BatchNorms were folded.
        scales: (out,) by layer, what its outputs are multiplied by; nothing where it is not named.
    """
    found = {}
    for node in graph.nodes:
        if isinstance(node, Conv | Linear):
            found[node.name] = _reads(weights[f"{node.name}.weight"])
            if node.name in scales:
                found[node.name][scales[node.name] == 0] = False
    return found


def _reads(weight: Array) -> Mask:
    used = (weight != 0).reshape(*weight.shape[:2], -1)
    reads: Mask = used[:, :, 0].copy()
    for place in range(1, used.shape[2]):  # three times as fast as any() over so short an axis
        reads |= used[:, :, place]
    return reads


def forward_constants(graph: Graph, tensors: Mapping[str, Array], reads: Mapping[str, Mask]) -> dict[str, Channels]:
    """Constant channels of every value of a graph, the input included; exact, and blind to who reads them.

    Args:
        graph: any declared graph.
        tensors: by state-dict name.
        reads: its `taps`.
    """
    channels = graph.input_shape[0]
    found = {INPUT: Channels(varies=np.ones(channels, dtype=np.bool_), constant=np.zeros(channels))}
    shapes = graph.shapes()
    for node in graph.nodes:
        if isinstance(node, Conv | Linear):
            found[node.name] = _affine(node, found[node.source], tensors, reads[node.name])
        else:
            found[node.name] = _channels(node, found, tensors, shapes[node.source])
    return found


def _channels(
    node: BatchNorm | Relu | Add | MaxPool | AveragePool | Flatten,
    found: Mapping[str, Channels],
    tensors: Mapping[str, Array],
    shape: tuple[int, ...],
) -> Channels:
    source = found[node.source]
    match node:
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


def _affine(node: Conv | Linear, source: Channels, tensors: Mapping[str, Array], reads: Mask) -> Channels:
    """An output is constant if every weight on a channel that is not constantly zero is itself zero.

    Constant non-zero inputs make a constant output only where no zero padding meets them; a padded convolution that reads
    one with a non-zero weight therefore counts as varying.
    """
    uniform = isinstance(node, Linear) or node.padding == 0
    matters = source.varies if uniform else source.varies | (source.constant != 0)
    varies = np.any(reads[:, matters], axis=1, keepdims=True)[:, 0]
    constant = np.array(tensors.get(f"{node.name}.bias", np.zeros(len(reads))), np.float64)
    ours, theirs = np.flatnonzero(~varies), np.flatnonzero(source.constant)
    if reads[np.ix_(ours, theirs)].any():
        read = tensors[f"{node.name}.weight"][np.ix_(ours, theirs)]
        constant[ours] += read.reshape(*read.shape[:2], -1).sum(2) @ source.constant[theirs]
    return Channels(varies=varies, constant=np.where(varies, 0, constant))


def kept_channels(
    graph: Graph, reads: Mapping[str, Mask], constants: Mapping[str, Channels], partial: Collection[Side] = ()
) -> dict[str, Mask]:
    """For every value, which channels a compact network computes; never none.

    Elementwise nodes need their sources to hold the channels that they hold, so channels are kept or dropped for all values
    of such a chain together, as constant rows where they do not vary. A sum asks the same of its two values, unless one is
    named in `partial`: of that it takes what varies, and what it lacks is a constant.

    Args:
        graph: any declared graph.
        reads: its `taps`.
        constants: of its values.
        partial: values that need not hold all channels of their sum.
    """
    keep = {name: np.zeros_like(known.varies) for name, known in constants.items()}
    keep[graph.nodes[-1].name][:] = True
    keep[INPUT][:] = True
    count = -1
    while count != (count := sum(int(mask.sum()) for mask in keep.values())):
        for node in reversed(graph.nodes):
            _spread(node, keep, reads, constants, partial)
    return keep


def _spread(
    node: Node,
    keep: dict[str, Mask],
    reads: Mapping[str, Mask],
    constants: Mapping[str, Channels],
    partial: Collection[Side],
) -> None:
    """Keep what `node` reads for the channels kept of it; masks only ever grow."""
    mine = keep[node.name]
    if not mine.any():
        mine[0] = True  # a layer without channels would not run; one constant row costs next to nothing
    match node:
        case Conv() | Linear():
            read = reads[node.name][mine].any(0)
            keep[node.source] |= read & constants[node.source].varies
        case Add():
            for side, value in zip(SIDES, (node.source, node.other), strict=True):
                if (node.name, side) in partial:
                    keep[value] |= keep[node.name] & constants[value].varies
                else:
                    together: Mask = keep[node.name] | keep[value]
                    keep[node.name] = keep[value] = together
        case Flatten():
            pixels = mine.size // keep[node.source].size
            keep[node.source] |= mine.reshape(-1, pixels).any(1)
            keep[node.name] = np.repeat(keep[node.source], pixels)
        case BatchNorm() | Relu() | MaxPool() | AveragePool():
            keep[node.name] = keep[node.source] = mine | keep[node.source]
