"""Whether two networks are the same function: logits and input gradients in float64, on real and on random images.

Weights in float64 take twice the memory of a checkpoint, so they are never all there: each is made from the float32 one when
a pass comes to it, and again when the gradient does. A pass takes two images: enough to pay for that, and few to remember.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

import torch
from torch import Tensor
from torch.autograd import Function
from torch.nn import functional
from torch.nn.grad import conv2d_input

from apcore.networks.graph import Conv, Graph
from apcore.networks.network import GraphModule, Network

_TOGETHER: Final = 2


class InFloat64(GraphModule):
    """A network of which no convolution is kept in float64 between its forward pass and its gradient.

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
        return functional.conv2d(value, weight(), bias, stride=stride, padding=padding)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        (gradient,) = gradients
        shape, weight, options = ctx.shape, ctx.weight(), {"stride": ctx.stride, "padding": ctx.padding}
        found = conv2d_input(shape, weight, gradient, **options)  # type: ignore[no-untyped-call] # torch has no types for it
        return found, None, None, None, None


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
