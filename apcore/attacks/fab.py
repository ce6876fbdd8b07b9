"""FAB-T in L-inf, several targets in one batch, without sorting.

The library runs one target after the other, and sorts every pixel of every sample at each iteration. FAB draws no random numbers
with one restart, and no row knows of another, so all targets may run side by side: a network of few operations is then
asked for as many images at once as it is worth calling for. A sample is broken by the first target that broke it, as there.

Outcomes are the library's. Points differ in last bits, where a batch of another size and sums in another order are rounded.

Source: Croce & Hein 2020, arXiv:1907.02044; pyautoattack 0.2.0 (MIT), `fab_base.py`, `fab_pt.py`, `fab_projections.py`.
"""

import torch
from pyautoattack.fab_projections import projection_linf
from pyautoattack.fab_pt import FABAttack_PT
from torch import Tensor

from apcore.attacks.clean import predicted
from apcore.attacks.model_calls import CountedModel

_UNREACHED = 1e10  # the library's distance of a sample for which nothing was found
_MOST_STEPS = 100
_EXPECTED_STEPS = 4
"""Of Newton's method in nearly every batch. Whether more are needed is not asked before: the answer has to come from the device."""


class MergedFab(FABAttack_PT):  # type: ignore[misc] # the library has no types
    """The library's targeted FAB with one restart, `images` rows in a batch where it has fewer samples than that.

    Args:
        like: an attack of the library, whose settings hold here.
        images: how many images a forward pass is worth.
    """

    def __init__(self, like: FABAttack_PT, images: int) -> None:
        self.__dict__.update(vars(like))
        self.images = images
        if (self.norm, self.targeted, self.n_restarts) != ("Linf", True, 1):
            raise ValueError("merged FAB is targeted, in L-inf, with one restart")

    def perturb(self, x: Tensor, y: Tensor) -> Tensor:
        """(n, channels, height, width) and (n,) to the nearest examples within eps, or the samples themselves."""
        model: CountedModel = self.predict
        adversarial = x.clone()
        with torch.no_grad():
            logits = model(x)
            robust = predicted(logits) == y
            ranked = logits.argsort(dim=1)
            ranks = list(range(2, self.n_target_classes + 2))  # 1 is the largest logit
            while ranks and (left := robust.nonzero().squeeze(1)).numel():
                side_by_side = max(1, self.images // len(left))
                group, ranks = ranks[:side_by_side], ranks[side_by_side:]
                with model.counting_as(len(group)):
                    found = self._nearest(x[left], y[left], [ranked[left, -rank] for rank in group])
                for points in found:
                    broken = (predicted(model(points)) != y[left]) & (_largest(points - x[left]) <= self.eps)
                    first = left[broken & robust[left]]
                    adversarial[first] = points[broken & robust[left]]
                    robust[first] = False
        return adversarial

    def _nearest(self, x: Tensor, y: Tensor, targets: list[Tensor]) -> tuple[Tensor, ...]:
        """For each target (n,) the nearest points found, (n, channels, height, width)."""
        copies = len(targets)
        x, y, target = x.repeat(copies, 1, 1, 1), y.repeat(copies), torch.cat(targets)
        start, best, nearest = x.flatten(1), x.clone(), x.new_full((len(x),), _UNREACHED)
        point = x
        for _ in range(self.n_iter):
            difference, gradient = self._boundary(point, y, target)
            offset = (gradient * point).flatten(1).sum(1) - difference
            steps = to_hyperplanes(torch.cat((point.flatten(1), start)), gradient.flatten(1), offset)
            lengths = _largest(steps).clamp_min(1e-8)
            here, there = lengths.view(2, -1, 1, 1, 1).unbind()
            toward_start = (here / (here + there)).clamp(0, self.alpha_max)
            from_point, from_start = steps.view(2, *x.shape).unbind()
            point = ((point + self.eta * from_point) * (1 - toward_start)).add_(
                (x + from_start * self.eta) * toward_start
            )
            point.clamp_(0, 1)
            fooled = self._get_predicted_label(point) != y
            change = point - x
            distance = _largest(change)
            nearer = fooled & (distance < nearest)
            best = torch.where(nearer.view(-1, 1, 1, 1), point, best)
            nearest = torch.where(nearer, distance, nearest)
            point = torch.where(fooled.view(-1, 1, 1, 1), x + change * self.beta, point)
        return best.chunk(copies)

    def _boundary(self, point: Tensor, y: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        """How much the target's logit exceeds that of `y`, (n,), and the gradient of that."""
        image, rows = point.detach().requires_grad_(), torch.arange(len(y), device=y.device)
        with torch.enable_grad():
            logits = self.predict(image)
            difference = logits[rows, target] - logits[rows, y]
            (gradient,) = torch.autograd.grad(difference.sum(), image)
        return difference.detach(), gradient.contiguous()


def to_hyperplanes(points: Tensor, normals: Tensor, offsets: Tensor) -> Tensor:
    """The smallest steps in L-inf from `points` to hyperplanes, staying in [0, 1]; as far as that goes where none reaches.

    A step of size s moves each pixel by min(s, room) against the sign of its weight, where room is what lies between the pixel
    and 0 or 1. What it covers, sum |w| min(s, room), is concave and piecewise linear in s, so Newton's method from 0 rises to
    the solution and ends there after finitely many steps; the library sorts the rooms instead.

    Args:
        points: (k n, d) in [0, 1], k sets of points for the same hyperplanes.
        normals: (n, d).
        offsets: (n,), the hyperplane is normal . point = offset.

    Returns:
        (k n, d), as the library's `projection_linf` for the normals and offsets repeated k times, up to rounding.
    """
    copies = len(points) // len(normals)
    normals, offsets = normals.repeat(copies, 1), offsets.repeat(copies)
    excess = (normals * points).sum(1) - offsets
    against = torch.where(excess >= 0, 1.0, -1.0)
    signs = normals.sign().mul_(against.unsqueeze(1))
    room = torch.where(signs < 0, 1 - points, points)
    weights, needed = normals.abs(), excess.abs()
    reach = (weights * room).sum(1)
    size = torch.zeros_like(needed)
    open_ = needed < reach
    for step in range(1, _MOST_STEPS + 1):
        column = size.unsqueeze(1)
        covered = (weights * torch.minimum(room, column)).sum(1)
        slope = (weights * (room > column)).sum(1)
        further = torch.where(open_ & (slope > 0), size + (needed - covered) / slope, size)
        before, size = size, torch.maximum(size, further)
        if step >= _EXPECTED_STEPS and not (further > before * (1 + 1e-6)).any():
            break
    else:
        found: Tensor = projection_linf(points, normals, offsets)
        return found
    size = torch.where(open_, size, torch.inf)
    return torch.minimum(room, size.unsqueeze(1)).mul_(signs).neg_()


def _largest(images: Tensor) -> Tensor:
    """L-inf norm of each row: (n, ...) to (n,)."""
    return images.abs().flatten(1).amax(1)
