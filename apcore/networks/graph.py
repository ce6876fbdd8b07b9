"""Networks as declared graphs: what a reviewer reads, what a checkpoint is checked against, what compaction rewrites.

A graph is a tuple of nodes in the order of execution; each node names the nodes it reads. Names of layers are those of the
state dict, so that the tensors a checkpoint must hold follow from the declaration. No torch here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from typing import Final

INPUT: Final = "input"
"""Name under which nodes refer to the image batch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conv:
    """2-D convolution with square kernel and zero padding; `name`.weight [out, in, k, k], `name`.bias [out] if `bias`."""

    name: str
    source: str
    out_channels: int
    kernel: int
    stride: int = 1
    padding: int = 0
    bias: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchNorm:
    """Batch normalisation in evaluation mode, over channels (images) or features (vectors)."""

    name: str
    source: str
    eps: float = 1e-5


@dataclass(frozen=True, slots=True, kw_only=True)
class Relu:
    """Elementwise max(x, 0)."""

    name: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Consecutive channels of a value that go into a sum: `count` of them, from `start` in the value, to `place` in the sum."""

    start: int
    place: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Placing:
    """Where the channels of two values go among those of their sum; what goes nowhere is left out.

    Args:
        channels: of the sum.
        source: runs of the first value, ascending and disjoint; None if it holds the channels of the sum, in their order.
        other: of the second one.
        bias: whether the sum has a constant for each channel, added wherever values do not bring it along.
    """

    channels: int
    source: tuple[Run, ...] | None
    other: tuple[Run, ...] | None
    bias: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Add:
    """Residual sum of two values of equal shape or, with `placing`, of images with some of its channels each.

    `name`.bias [channels] if the placing has one.
    """

    name: str
    source: str
    other: str
    placing: Placing | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MaxPool:
    """Max pooling with stride equal to the kernel, no padding."""

    name: str
    source: str
    kernel: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AveragePool:
    """Average pooling with stride equal to the kernel, no padding."""

    name: str
    source: str
    kernel: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Flatten:
    """[n, c, h, w] to [n, c * h * w], channel by channel."""

    name: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Linear:
    """Affine map; `name`.weight [out, in], `name`.bias [out]."""

    name: str
    source: str
    out_features: int


Node = Conv | BatchNorm | Relu | Add | MaxPool | AveragePool | Flatten | Linear
Shape = tuple[int, ...]


def sources(node: Node) -> tuple[str, ...]:
    """Names of the values that `node` reads."""
    return (node.source, node.other) if isinstance(node, Add) else (node.source,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """A declared network.

    Args:
        name: name of the layout, as errors show it.
        input_shape: (channels, height, width) of one image.
        nodes: in the order of execution; the last one yields the logits.
    """

    name: str
    input_shape: tuple[int, int, int]
    nodes: tuple[Node, ...]

    def shapes(self) -> dict[str, Shape]:
        """Shape of every value for one image, by node name, the input included."""
        found: dict[str, Shape] = {INPUT: self.input_shape}
        for node in self.nodes:
            found[node.name] = _output_shape(node, found[node.source])
        return found

    def tensors(self) -> dict[str, Shape]:
        """Shape of every tensor that a state dict must hold for this graph, in its order; `num_batches_tracked` left out."""
        shapes = self.shapes()
        return {
            f"{node.name}.{part}": shape for node in self.nodes for part, shape in _parts(node, shapes[node.source])
        }

    def macs(self) -> int:
        """Multiply-accumulates of convolutions and linear layers for one image."""
        shapes = self.shapes()
        return sum(
            prod(shapes[node.name][1:]) * prod(self.tensors_of(node, shapes)["weight"])
            for node in self.nodes
            if isinstance(node, Conv | Linear)
        )

    @staticmethod
    def tensors_of(node: Node, shapes: Mapping[str, Shape]) -> dict[str, Shape]:
        """Shapes of the tensors of one node, by their last name."""
        return dict(_parts(node, shapes[node.source]))


def _output_shape(node: Node, shape: Shape) -> Shape:
    match node:
        case Conv():
            height, width = ((side + 2 * node.padding - node.kernel) // node.stride + 1 for side in shape[1:])
            return (node.out_channels, height, width)
        case MaxPool() | AveragePool():
            return (shape[0], shape[1] // node.kernel, shape[2] // node.kernel)
        case Flatten():
            return (prod(shape),)
        case Linear():
            return (node.out_features,)
        case Add(placing=Placing() as placing):
            return (placing.channels, *shape[1:])
        case BatchNorm() | Relu() | Add():
            return shape


def _parts(node: Node, shape: Shape) -> Iterator[tuple[str, Shape]]:
    match node:
        case Conv():
            yield "weight", (node.out_channels, shape[0], node.kernel, node.kernel)
            if node.bias:
                yield "bias", (node.out_channels,)
        case BatchNorm():
            for part in ("weight", "bias", "running_mean", "running_var"):
                yield part, (shape[0],)
        case Linear():
            yield "weight", (node.out_features, shape[0])
            yield "bias", (node.out_features,)
        case Add(placing=Placing(bias=True, channels=channels)):
            yield "bias", (channels,)
        case _:
            return
