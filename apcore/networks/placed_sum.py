"""The sum of two batches of images of which each holds only some of its channels.

Slices are added where they belong, in one new tensor or in one that nobody needs any more. torch's own `index_add` and
`index_select` go channel by channel, which with channels last costs more than most convolutions that could be spared.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function

from apcore.networks.graph import Placing, Run


def placed_sum(source: Tensor, other: Tensor, bias: Tensor | None, placing: Placing, *, overwriting: bool) -> Tensor:
    """The sum.

    Args:
        source: (n, channels, height, width).
        other: (n, its channels, height, width).
        bias: (channels of the sum,) or None; no gradient flows into it.
        placing: where the channels of the two go.
        overwriting: whether the sum may stand in the memory of the value that holds all of its channels.
    """
    total: Tensor = _PlacedSum.apply(source, other, bias, _How(placing=placing, overwriting=overwriting))
    return total


@dataclass(frozen=True, slots=True, kw_only=True)
class _How:
    placing: Placing
    overwriting: bool


class _PlacedSum(Function):
    """One operation for autograd: slices written one by one would copy the whole gradient once each."""

    @staticmethod
    def forward(ctx: Any, source: Tensor, other: Tensor, bias: Tensor | None, how: _How) -> Tensor:
        placing = how.placing
        ctx.placing, ctx.widths = placing, (source.shape[1], other.shape[1])
        constant = None if bias is None else bias.view(1, -1, 1, 1)
        sides = ((source, placing.source), (other, placing.other))
        whole = next((value for value, runs in sides if runs is None), None)
        if whole is None:
            total = _constant_images(source, constant, placing.channels)
        elif how.overwriting:
            ctx.mark_dirty(whole)
            total = whole if constant is None else whole.add_(constant)
        else:
            total = whole.clone() if constant is None else whole + constant
        for value, runs in sides:
            for run in runs or ():
                total.narrow(1, run.place, run.count).add_(value.narrow(1, run.start, run.count))
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        (gradient,) = gradients
        sides = (ctx.placing.source, ctx.placing.other)
        mine, theirs = (_taken(gradient, runs, width) for runs, width in zip(sides, ctx.widths, strict=True))
        return mine, theirs, None, None


def _constant_images(like: Tensor, constant: Tensor | None, channels: int) -> Tensor:
    """As many images as `like`, laid in memory as it is."""
    count, _, height, width = like.shape
    last = like.is_contiguous(memory_format=torch.channels_last)
    filled = like.new_zeros(1, channels, 1, 1) if constant is None else constant
    layout = torch.channels_last if last else torch.contiguous_format
    return filled.expand(count, channels, height, width).clone(memory_format=layout)


def _taken(gradient: Tensor, runs: Sequence[Run] | None, width: int) -> Tensor:
    """The gradient of a value of `width` channels; zero where none of them goes."""
    if runs is None:
        return gradient
    pieces = tuple(_pieces(gradient, runs, width))
    return pieces[0] if len(pieces) == 1 else torch.cat(pieces, 1)


def _pieces(gradient: Tensor, runs: Sequence[Run], width: int) -> Iterator[Tensor]:
    nothing, done = gradient.new_zeros(1, 1, 1, 1), 0
    for run in (*runs, Run(start=width, place=0, count=0)):
        if run.start > done:
            yield nothing.expand(len(gradient), run.start - done, *gradient.shape[2:])
        if run.count:
            yield gradient.narrow(1, run.place, run.count)
        done = run.start + run.count
