"""Residual sums whose values need not hold the same channels: where that pays, and where the channels go. No torch here.

The layers of a residual stage are added up, and their zero filters rarely coincide. A convolution in front of a sum may compute
its live filters alone, as long as those are added where they belong. Channels of a stage have no order of their own, so they
are sorted here: those that the same values hold come to lie side by side, and a few slices are added, not channels one by one.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, pairwise
from math import prod
from typing import Final

import numpy as np

from apcore.arrays import Indices, Mask
from apcore.compaction.liveness import SIDES, Channels, Side, kept_channels
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
    Placing,
    Relu,
    Run,
    Shape,
    sources,
)

LANES: Final = 8
"""Filters that a convolution computes at once: 33 take as long as 40."""
VALUE_MACS: Final = 40
"""What it costs to place a value, for each pixel and channel of the sum, as arithmetic that takes as long.

Measured forwards and backwards on 32 images with channels last, one thread with AVX2, torch 2.14: 3 x 3 convolutions in front of
sums of 64 channels at 32 x 32, 128 at 16 x 16 and 256 at 8 x 8, 1 to 90 % of whose filters are placed by one slice. That takes as
long as computing them all where 7 to 27 MACs are spared for each value of the sum, and 5 to 20 % less at 36, a quarter less at
144. `index_add` is slower than slices everywhere: with 48 of 64 filters 72 ms, against 50, and 65 for all 64 in one convolution.
"""
RUN_MACS: Final = 100_000
"""What a slice costs besides, per image, with some dozens of images in a pass."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Kept:
    """What a compact network computes.

    Args:
        keep: by value, the channels (or features) it holds, in their order in memory.
        placings: by the name of the sum, where the channels of its two values go, if those hold others than the sum.
    """

    keep: Mapping[str, Indices]
    placings: Mapping[str, Placing]


def keep_what_pays(graph: Graph, reads: Mapping[str, Mask], constants: Mapping[str, Channels]) -> Kept:
    """The cheapest choice found of the values that hold fewer channels than their sum; none that does not pay.

    Args:
        graph: any declared graph.
        reads: its `taps`.
        constants: of its values.
    """
    shapes = graph.shapes()

    def arranged(partial: frozenset[Side]) -> tuple[float, Kept]:
        found = _arranged(graph, kept_channels(graph, reads, constants, partial))
        return _macs(graph, shapes, found), found

    sums = [node for node in graph.nodes if isinstance(node, Add) and len(shapes[node.name]) > 1]
    partial = frozenset((node.name, side) for node in sums for side in SIDES)
    together, best = arranged(frozenset()), arranged(partial)
    for node in sums:
        for sides in (SIDES[:1], SIDES[1:], SIDES):
            fewer = partial - {(node.name, side) for side in sides}
            if fewer != partial and node.name in best[1].placings and (found := arranged(fewer))[0] <= best[0]:
                partial, best = fewer, found
    return best[1] if best[0] < together[0] else together[1]


def _macs(graph: Graph, shapes: Mapping[str, Shape], kept: Kept) -> float:
    """Multiply-accumulates for one image, and those that take as long as placing does."""
    total = 0.0
    for node in graph.nodes:
        pixels = prod(shapes[node.name][1:])
        match node:
            case Conv():
                filters = -(-len(kept.keep[node.name]) // LANES) * LANES
                total += pixels * filters * len(kept.keep[node.source]) * node.kernel**2
            case Linear():
                total += len(kept.keep[node.name]) * len(kept.keep[node.source])
            case Add() if node.name in kept.placings:
                placing = kept.placings[node.name]
                for runs in (placing.source, placing.other):
                    if runs is not None:
                        total += VALUE_MACS * pixels * placing.channels + RUN_MACS * len(runs)
            case _:
                pass
    return total


def _arranged(graph: Graph, masks: Mapping[str, Mask]) -> Kept:
    """Channels in an order in which those that go into a sum lie side by side, as far as that is possible."""
    differing = [
        node
        for node in graph.nodes
        if isinstance(node, Add) and any(not np.array_equal(masks[node.name], masks[it]) for it in sources(node))
    ]
    keep = {name: np.flatnonzero(mask) for name, mask in masks.items()}
    for stage in _stages(graph):
        groups = [masks[name] for node in differing if node.name in stage for name in (*sources(node), node.name)]
        if groups and INPUT not in stage and graph.nodes[-1].name not in stage:
            keep |= _sorted(stage, masks, side_by_side(groups))
    placings = {
        node.name: Placing(
            channels=len(keep[node.name]),
            source=_runs(keep[node.source], keep[node.name]),
            other=_runs(keep[node.other], keep[node.name]),
        )
        for node in differing
    }
    return Kept(keep=keep, placings=placings)


def _sorted(stage: Iterable[str], masks: Mapping[str, Mask], order: Indices) -> dict[str, Indices]:
    """What each value of a stage holds, in that order; of a flattened one, the features of each channel together."""
    found = {}
    for name in stage:
        pixels = masks[name].size // order.size
        features = (order[:, None] * pixels + np.arange(pixels)).ravel()
        found[name] = features[masks[name][features]]
    return found


def side_by_side(groups: Iterable[Mask]) -> Indices:
    """An order of channels in which those of each group form few runs.

    Channels are ordered by the groups they are in, as a Gray code is, in which neighbours differ in one. Of any two groups each
    is one run; of n, the k-th falls into at most 2 ** (k - 2).

    Args:
        groups: (channels,) masks, at least one.
    """
    distinct = np.unique(list(groups), axis=0)
    return np.lexsort(np.logical_xor.accumulate(distinct, axis=0)[::-1])


def _stages(graph: Graph) -> Iterator[frozenset[str]]:
    """Values that share their channels: those between which only elementwise nodes, sums, pooling and flattening lie."""
    stage = {INPUT: INPUT}
    for node in graph.nodes:
        match node:
            case Conv() | Linear():
                stage[node.name] = node.name
            case Add():
                stage[node.name], merged = stage[node.source], stage[node.other]
                stage = {name: stage[node.source] if root == merged else root for name, root in stage.items()}
            case BatchNorm() | Relu() | MaxPool() | AveragePool() | Flatten():
                stage[node.name] = stage[node.source]
    for root in set(stage.values()):
        yield frozenset(name for name, mine in stage.items() if mine == root)


def _runs(held: Indices, summed: Indices) -> tuple[Run, ...] | None:
    """Where the channels of a value go among those of its sum; None if they are the same."""
    if np.array_equal(held, summed):
        return None
    place = np.full(max(held.max(), summed.max()) + 1, -1)
    place[summed] = np.arange(len(summed))
    starts = np.flatnonzero(place[held] >= 0)
    places = place[held[starts]]
    breaks = (np.flatnonzero((np.diff(starts) != 1) | (np.diff(places) != 1)) + 1).tolist()
    bounds = pairwise(chain([0], breaks, [len(starts)]))
    return tuple(Run(start=int(starts[a]), place=int(places[a]), count=b - a) for a, b in bounds if b > a)
