"""Square in L-inf, looking ahead: the proposals to come are tried together, as if none of them were taken.

Square tries one window after the other and keeps what lowers the margin, which late in its schedule is few of them. Windows and
colours are drawn without regard to samples. So each sample may be shown several proposals at once; the first that it takes
is taken, and what came after it is tried again from there. Each sample sees the proposals of the library in the library's
order, and comes to its point, up to the rounding of a batch of another size.

How many proposals a sample is shown follows from how often proposals are taken, and from what a forward pass costs besides
its arithmetic.

Source: Andriushchenko et al. 2020, arXiv:1912.00049; pyautoattack 0.2.0 (MIT), `square.py`.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import torch
from pyautoattack.square import SquareAttack
from torch import Tensor

from apcore.attacks.clean import margins
from apcore.attacks.model_calls import CountedModel

_DEPTHS: Final = (1, 2, 3, 4, 6, 8, 12, 16)
_MEMORY: Final = 0.9  # how much of what was known of the share of proposals taken is kept after a pass


@dataclass(slots=True)
class _Proposals:
    """The library's proposals from the first that is still needed: windows (top, left, side) and colours (channels, 1, 1)."""

    first: int
    windows: list[tuple[int, int, int]]
    colours: list[Tensor]


class LookaheadSquare(SquareAttack):  # type: ignore[misc] # the library has no types
    """The library's Square; a forward pass takes about `images` images where there are fewer samples than that.

    Args:
        like: an attack of the library, whose settings hold here.
        images: how many images a forward pass is worth.
        overhead: what a forward pass costs besides its arithmetic, in images.
    """

    def __init__(self, like: SquareAttack, images: int, overhead: float) -> None:
        self.__dict__.update(vars(like))
        self.images, self.overhead = images, overhead
        if (self.norm, self.loss, self.targeted) != ("Linf", "margin", False):
            raise ValueError("Square looks ahead in L-inf, untargeted, by the margin")

    @torch.no_grad()
    def attack_single_run(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """(n, channels, height, width) and (n,) to the number of queries, (n,), and the points of the lowest margins."""
        if len(x) >= self.images:  # nothing to fill
            return super().attack_single_run(x, y)  # type: ignore[no-any-return]
        model: CountedModel = self.predict
        channels, _, width = x.shape[1:]
        best = torch.clamp(x + self.eps * self.random_choice([len(x), channels, 1, width]), 0.0, 1.0)
        margin = margins(model(best), y)
        done = torch.zeros(len(x), dtype=torch.int64, device=x.device)
        if (margin < 0).all():
            return done + 1, best
        low, high = (x - self.eps).clamp(0, 1), (x + self.eps).clamp(0, 1)
        proposals, source, taken = _Proposals(0, [], []), self._draw(x), 0.5
        while (rows := ((margin > 0) & (done < self.n_queries)).nonzero().squeeze(1)).numel():
            slowest = int(done[rows].min())
            _forget(proposals, slowest)
            depth = self._depth(len(rows), taken)
            ahead = done[rows].unsqueeze(1) + torch.arange(depth, device=x.device)
            _extend(proposals, source, int(ahead.max()) + 1)
            real = ahead < self.n_queries
            points = _proposed(best[rows], proposals, ahead, low[rows], high[rows])
            found = margins(model(points), y[rows].repeat_interleave(depth)).view(-1, depth)
            # A margin that is not a number ends the sample, as it does in the library.
            lower = found < margin[rows].unsqueeze(1)
            event = (lower | ~(found < torch.inf)) & real
            happened, place = event.any(1), event.int().argmax(1)
            each = torch.arange(len(rows), device=x.device)
            took = happened & lower[each, place]
            best[rows[took]] = points.view(len(rows), depth, *x.shape[1:])[each, place][took]
            reached = torch.where(lower[each, place], found[each, place], torch.nan)
            margin[rows] = torch.where(happened, reached, margin[rows])
            tried = torch.where(happened, place + 1, real.sum(1))
            done[rows] += tried
            taken = _MEMORY * taken + (1 - _MEMORY) * float(took.sum() / tried.sum())
            model.counts_as = int(done[rows].min()) - slowest
        model.counts_as = 1
        return done + 1, best

    def _draw(self, x: Tensor) -> Iterator[tuple[tuple[int, int, int], Tensor]]:
        """The proposals in order; the draws are the library's."""
        channels, height, width = x.shape[1:]
        for query in range(self.n_queries):
            side = max(round(math.sqrt(self.p_selection(query) * height * width)), 1)
            side = min(side, height, width)
            top, left = int(self.random_int(0, height - side)), int(self.random_int(0, width - side))
            yield (top, left, side), 2.0 * self.eps * self.random_choice([channels, 1, 1])

    def _depth(self, samples: int, taken: float) -> int:
        """How many proposals to try at once: the most proposals settled for what the pass costs."""

        def gain(depth: int) -> float:
            settled = (1 - (1 - taken) ** depth) / taken if taken > 0 else depth
            return settled / (self.overhead + samples * depth)

        return max((depth for depth in _DEPTHS if depth == 1 or samples * depth <= self.images), key=gain)


def _forget(proposals: _Proposals, first: int) -> None:
    gone = first - proposals.first
    del proposals.windows[:gone], proposals.colours[:gone]
    proposals.first = first


def _extend(proposals: _Proposals, source: Iterator[tuple[tuple[int, int, int], Tensor]], end: int) -> None:
    while proposals.first + len(proposals.windows) < end and (drawn := next(source, None)) is not None:
        proposals.windows.append(drawn[0])
        proposals.colours.append(drawn[1])


def _proposed(best: Tensor, proposals: _Proposals, ahead: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """`best` (n, ...) with the proposals `ahead` (n, depth), each within its sample's bounds: (n depth, ...)."""
    samples, depth = ahead.shape
    which = (ahead - proposals.first).clamp(max=len(proposals.windows) - 1).flatten()
    top, left, side = torch.tensor(proposals.windows, device=best.device)[which].view(-1, 3, 1).unbind(1)
    colours = torch.stack(proposals.colours)[which]
    down, across = (torch.arange(size, device=best.device) for size in best.shape[2:])
    inside_down = ((down >= top) & (down < top + side)).unsqueeze(2)
    inside_across = ((across >= left) & (across < left + side)).unsqueeze(1)
    window = (inside_down & inside_across).unsqueeze(1).to(best.dtype)
    change = (window * colours).view(samples, depth, *best.shape[1:])
    return torch.clamp(best.unsqueeze(1) + change, low.unsqueeze(1), high.unsqueeze(1)).flatten(0, 1)
