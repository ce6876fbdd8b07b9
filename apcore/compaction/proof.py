"""Whether two networks are the same function: logits and input gradients in float64, on real and on random images.

Weights in float64 take twice the memory of a checkpoint, so they are never all there: each is made from the float32 one when
a pass comes to it, and again when the gradient does. A pass takes four images: enough to pay for that, and few to remember.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

import torch
from torch import Tensor
from torch.autograd import Function
from torch.nn import functional
from torch.nn.grad import conv2d_input

from apcore.compaction.fold import NORM_PARTS
from apcore.compaction.freed_memory import give_back_freed_memory
from apcore.networks.graph import BatchNorm, Conv, Graph
from apcore.networks.network import GraphModule, Network

_TOGETHER: Final = 4


class InFloat64(GraphModule):
    """A network that keeps no weight of a convolution in float64 between its forward pass and its gradient, and few values.

    Args:
        graph: the declaration.
        tensors: by state-dict name and, with an input normalisation, by the names of `NORMALIZATION`; of any type.
        normalized: whether there are such.
    """

    def __init__(self, graph: Graph, tensors: Mapping[str, Tensor], *, normalized: bool) -> None:
        super().__init__(graph, normalized=normalized)
        self._tensors = tensors

    @classmethod
    def of(cls, network: Network) -> "InFloat64":
        """The same function as `network`, whose tensors it reads."""
        return cls(network.graph, network.tensors() | network.normalization(), normalized=network.normalized)

    def _tensor(self, name: str) -> Tensor | None:
        return self._tensors[name].to("cpu", torch.float64) if name in self._tensors else None

    def _batch_normalized(self, node: BatchNorm, value: Tensor) -> Tensor:
        """As torch does it, but that torch remembers `value` for a gradient of the weights."""
        weight, bias, mean, variance = (self._needed(f"{node.name}.{part}") for part in NORM_PARTS)
        scale = weight / torch.sqrt(variance + node.eps)
        by_channel = (1, -1, *[1] * (value.dim() - 2))
        return (value * scale.view(by_channel)).add_((bias - mean * scale).view(by_channel))

    def _convolved(self, node: Conv, value: Tensor) -> Tensor:
        weight = partial(self._needed, f"{node.name}.weight")
        out: Tensor = _Convolution.apply(value, weight, self._tensor(f"{node.name}.bias"), node.stride, node.padding)
        return out


class _Convolution(Function):
    """A convolution that keeps the maker of its weight, and neither the weight nor its input."""

    @staticmethod
    def forward(
        ctx: Any, value: Tensor, weight: Callable[[], Tensor], bias: Tensor | None, stride: int, padding: int
    ) -> Tensor:
        ctx.weight, ctx.stride, ctx.padding, ctx.shape = weight, stride, padding, value.shape
        out = functional.conv2d(value, weight(), bias, stride=stride, padding=padding)
        give_back_freed_memory()
        return out

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        found = input_gradient(ctx.shape, ctx.weight(), *gradients, stride=ctx.stride, padding=ctx.padding)
        give_back_freed_memory()
        return found, None, None, None, None


def input_gradient(shape: torch.Size, weight: Tensor, gradient: Tensor, *, stride: int, padding: int) -> Tensor:
    """The gradient of a convolution's input.

    torch multiplies image by image, and reads the weight anew for each. A large one is therefore multiplied with all at once.

    Args:
        shape: (n, in, height, width) of the input.
        weight: (out, in, k, k).
        gradient: (n, out, height, width) that of the output.
        stride: of the convolution.
        padding: of the convolution.
    """
    pixels = gradient[0, 0].numel()
    if len(weight) < len(gradient) * pixels:
        options = {"stride": stride, "padding": padding}
        return conv2d_input(shape, weight, gradient, **options)  # type: ignore[no-any-return,no-untyped-call] # no types there
    columns = weight.flatten(1).T @ gradient.transpose(0, 1).flatten(1)
    by_image = columns.view(len(columns), -1, pixels).transpose(0, 1)
    return functional.fold(by_image, shape[2:], weight.shape[2:], stride=stride, padding=padding)


def largest_difference(one: GraphModule, other: GraphModule, images: Tensor) -> float:
    """Largest absolute difference of logits and of input gradients, on `images` and on as many random ones.

    Args:
        one: in float64.
        other: in float64, for the same images.
        images: (n, channels, height, width) float64 in [0, 1].

    Returns:
        NaN if any of them is not a number.
    """
    noise = torch.rand(images.shape, dtype=images.dtype, generator=torch.Generator().manual_seed(0))
    return max_or_nan([_difference(one, other, image) for image in torch.split(torch.cat([images, noise]), _TOGETHER)])


def max_or_nan(values: list[Tensor]) -> float:
    """The largest, NaN if one of them is: unlike `max`, which may pass it over."""
    return float(torch.stack(values).max())


def _difference(one: GraphModule, other: GraphModule, images: Tensor) -> Tensor:
    pairs = zip(_logits_and_gradients(one, images), _logits_and_gradients(other, images), strict=True)
    return torch.stack([(mine - theirs).abs().max() for mine, theirs in pairs]).max()


def _logits_and_gradients(network: GraphModule, images: Tensor) -> tuple[Tensor, Tensor]:
    images = images.clone().requires_grad_()
    logits = network(images)
    # one weight per logit, so that no gradient of a sum over logits cancels what a single one would show
    weights = torch.linspace(1, 2, logits.shape[1], dtype=logits.dtype)
    (gradients,) = torch.autograd.grad((logits * weights).sum(), images)
    return logits.detach(), gradients
