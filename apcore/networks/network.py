"""A declared graph as a torch module, and one that holds its weights: images in [0, 1] to logits."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping
from typing import Final, Self

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

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
    Placing,
    Relu,
    sources,
)
from apcore.networks.placed_sum import placed_sum

NORMALIZATION: Final = ("normalization.mean", "normalization.std")


class GraphModule(nn.Module, ABC):
    """Runs a graph in evaluation mode; where its tensors come from, subclasses say.

    Args:
        graph: the declaration.
        normalized: whether there are tensors `NORMALIZATION`; the first layer then sees (x - mean) / std.
    """

    def __init__(self, graph: Graph, *, normalized: bool) -> None:
        super().__init__()
        self.graph, self.normalized = graph, normalized
        self._overwriting = _overwriting(graph)
        finished = _last_reads(graph)
        self._steps = tuple((node, finished[node.name]) for node in graph.nodes)

    def forward(self, images: Tensor) -> Tensor:
        """(n, channels, height, width) float in [0, 1] to (n, classes) logits."""
        values = {INPUT: self._normalize(images)}
        for node, finished in self._steps:
            values[node.name] = self._value(node, values)
            for source in finished:
                del values[source]
        return values[self.graph.nodes[-1].name]

    @abstractmethod
    def _tensor(self, name: str) -> Tensor | None:
        """The tensor of that name, None if the network has none."""

    def _needed(self, name: str) -> Tensor:
        tensor = self._tensor(name)
        if tensor is None:
            raise KeyError(name)
        return tensor

    def _normalize(self, images: Tensor) -> Tensor:
        if not self.normalized:
            return images
        mean, std = (self._needed(name) for name in NORMALIZATION)
        return (images - mean) / std

    def _value(self, node: Node, values: Mapping[str, Tensor]) -> Tensor:  # noqa: PLR0911 - one return per kind of node reads best
        source, overwriting = values[node.source], node.name in self._overwriting
        match node:
            case Conv():
                return self._mapped(node, self._convolved(node, source))
            case BatchNorm():
                return self._batch_normalized(node, source)
            case Relu():
                return torch.relu_(source) if overwriting else torch.relu(source)
            case Add(placing=Placing() as placing):
                bias = self._tensor(f"{node.name}.bias")
                return placed_sum(source, values[node.other], bias, placing, overwriting=overwriting)
            case Add():
                return source.add_(values[node.other]) if overwriting else source + values[node.other]
            case MaxPool():
                return functional.max_pool2d(source, node.kernel)
            case AveragePool():
                return functional.avg_pool2d(source, node.kernel)
            case Flatten():
                return source.flatten(1)
            case Linear():
                return functional.linear(source, self._needed(f"{node.name}.weight"), self._needed(f"{node.name}.bias"))

    def _batch_normalized(self, node: BatchNorm, value: Tensor) -> Tensor:
        return functional.batch_norm(
            value,
            self._needed(f"{node.name}.running_mean"),
            self._needed(f"{node.name}.running_var"),
            self._needed(f"{node.name}.weight"),
            self._needed(f"{node.name}.bias"),
            training=False,
            eps=node.eps,
        )

    def _convolved(self, node: Conv, value: Tensor) -> Tensor:
        return functional.conv2d(
            value,
            self._needed(f"{node.name}.weight"),
            self._tensor(f"{node.name}.bias"),
            stride=node.stride,
            padding=node.padding,
        )

    def _mapped(self, node: Conv, out: Tensor) -> Tensor:
        bias_map = self._tensor(f"{node.name}.bias_map")
        return out if bias_map is None else out.add_(bias_map)


class Network(GraphModule):
    """A graph with tensors of its own; parameters are frozen, since attacks need gradients of the input alone.

    Args:
        graph: the declaration.
        tensors: float tensors by state-dict name, exactly those of `graph.tensors()`, and for a convolution optionally
            `<name>.bias_map` [1, out, height, width], added to its output: what compaction makes of constant channels.
        normalization: None, or (mean, std), each one number per channel; the first layer sees (x - mean) / std.
        copied: whether the network gets tensors of its own, or shares the given ones.

    Raises:
        ValueError: a tensor is missing, left over or of another shape.
    """

    def __init__(
        self,
        graph: Graph,
        tensors: Mapping[str, Tensor],
        *,
        normalization: tuple[tuple[float, ...], tuple[float, ...]] | None = None,
        copied: bool = True,
    ) -> None:
        super().__init__(graph, normalized=normalization is not None)
        expected = graph.tensors()
        maps = {name for name in tensors if name.endswith(".bias_map")}
        wrong = (set(tensors) - maps) ^ set(expected)
        wrong |= {name for name in set(expected) & set(tensors) if tuple(tensors[name].shape) != expected[name]}
        if wrong:
            raise ValueError(f"tensors that do not fit {graph.name}: {', '.join(sorted(wrong)[:5])}")
        for name, tensor in tensors.items():
            self.register_buffer(_slot(name), tensor.detach().clone() if copied else tensor.detach())
        self.channels_last = False
        for name, values in zip(NORMALIZATION, normalization or (), strict=False):
            self.register_buffer(_slot(name), torch.tensor(values).view(1, -1, 1, 1))
        self.eval()

    def lay_channels_last(self) -> Self:
        """Lay weights, and from now on images, in memory with their channels last; the function stays what it was."""
        self.channels_last = True
        return self.to(memory_format=torch.channels_last)

    def with_graph(self, graph: Graph, tensors: Mapping[str, Tensor]) -> "Network":
        """Another graph behind the same input normalisation, in float32 on the CPU."""
        # Tensors of this type and device already are shared: networks are never written to.
        network = Network(
            graph, {name: tensor.to("cpu", torch.float32) for name, tensor in tensors.items()}, copied=False
        )
        network.normalized = self.normalized
        for name, tensor in self.normalization().items():
            network.register_buffer(_slot(name), tensor.to("cpu", torch.float32))
        return network

    def tensors(self) -> dict[str, Tensor]:
        """The tensors by state-dict name, normalisation left out."""
        named = {name.replace("/", "."): tensor for name, tensor in self.named_buffers()}
        return {name: tensor for name, tensor in named.items() if name not in NORMALIZATION}

    def normalization(self) -> dict[str, Tensor]:
        """Mean and standard deviation (1, channels, 1, 1) by the names `NORMALIZATION`; empty without any."""
        return {name: self.get_buffer(_slot(name)) for name in NORMALIZATION} if self.normalized else {}

    def _normalize(self, images: Tensor) -> Tensor:
        if self.channels_last:
            images = images.contiguous(memory_format=torch.channels_last)
        return super()._normalize(images)

    def _tensor(self, name: str) -> Tensor | None:
        return self._buffers.get(_slot(name))


def network_from_arrays(
    graph: Graph,
    arrays: Mapping[str, np.ndarray],
    *,
    normalization: tuple[tuple[float, ...], tuple[float, ...]] | None = None,
) -> Network:
    """A float32 network from numpy arrays, as the checkpoint room hands them on."""
    tensors = {name: torch.from_numpy(np.array(array, dtype=np.float32)) for name, array in arrays.items()}
    return Network(graph, tensors, normalization=normalization, copied=False)  # copied above


def _slot(name: str) -> str:
    # torch forbids dots in the name of a buffer
    return name.replace(".", "/")


def _overwriting(graph: Graph) -> frozenset[str]:
    """The nodes that may write into their source's memory: nobody else reads it, and no gradient needs what stood there."""
    readers = Counter(source for node in graph.nodes for source in sources(node))
    free = {
        node.name
        for node in graph.nodes
        if isinstance(node, Conv | BatchNorm | Linear | Add) and readers[node.name] == 1
    }
    return frozenset(node.name for node in graph.nodes if _written_into(node) in free)


def _written_into(node: Node) -> str | None:
    """The value in whose memory `node` could stand."""
    match node:
        case Add(placing=Placing(source=tuple(), other=None)):
            return node.other
        case Add(placing=Placing(source=tuple())):
            return None
        case Relu() | Add():
            return node.source
        case _:
            return None


def _last_reads(graph: Graph) -> dict[str, tuple[str, ...]]:
    """For each node, the values that nobody reads after it: freed at once, so that a forward pass stays small."""
    last = {source: node.name for node in graph.nodes for source in sources(node)}
    found: dict[str, tuple[str, ...]] = {node.name: () for node in graph.nodes}
    for source, reader in last.items():
        found[reader] += (source,)
    return found
