"""Probes: known answers on a hyperplane, networks that cheat in each way, and random numbers that are nobody else's."""

from itertools import pairwise

import pytest
import torch
from torch import nn
from torch.nn import functional

from apcore.attacks.model_checks import check_model
from apcore.attacks.probes import LARGER_STEPS, PGD_STEPS, Succession, run_probes
from apcore.errors import ContributorError
from apcore.outcomes import Outcomes
from apcore.probe_flags import probe_flags
from apcore.red_flags import model_flags


@pytest.fixture
def plain(make_layers):
    """A network whose logits are small enough for the cross-entropy to have a gradient everywhere."""
    network = make_layers().eval()
    network[6].weight.data.mul_(0.1)
    return network


@pytest.fixture
def own(plain, images):
    """The plain network's own predictions."""
    return plain(images).argmax(1)


def flag_names(network, x, y, *, eps=0.1):
    """All flags of a network, were every sample that it gets right to survive AutoAttack but for those PGD breaks."""
    probes = run_probes(network, x, y, eps=eps, seed=0)
    nothing = torch.empty(0)
    with torch.no_grad():
        right = network(x).argmax(1) == y
    outcomes = Outcomes(
        index=torch.arange(len(x)).numpy(),
        label=y.numpy(),
        clean_prediction=torch.where(right, y, y + 1).numpy(),
        aa_outcome=torch.where(right, 1, -1).to(torch.int8).numpy(),
        hofmn_index=nothing.long().numpy(),
        hofmn_distance=nothing.numpy(),
    )
    return {flag.name for flag in (*model_flags(check_model(network, x, y)), *probe_flags(probes, outcomes))}


def test_on_a_hyperplane_every_step_and_every_radius_breaks_what_lies_within(two_sides):
    x = torch.rand(64, 1, 8, 8, generator=torch.Generator().manual_seed(2)) * 0.2 + 0.4
    y = two_sides(x).argmax(1)
    y[:4] = 1 - y[:4]
    distances = two_sides.exact_distances(x)[4:]
    eps = distances.median().item() * 1.0001

    def farther(radius):
        return int((distances > radius).sum())

    found = run_probes(two_sides, x, y, eps=eps, seed=0)
    assert (found.samples, found.correct, found.pgd) == (64, 60, farther(eps))
    # FGSM carries the four misclassified ones further away, and so never back.
    assert found.half_step == Succession(easier=60, harder=farther(eps / 2), regained=0)
    assert found.full_step == Succession(easier=farther(eps / 2), harder=farther(eps), regained=0)
    assert [radius for radius, _ in found.larger] == [factor * eps for factor in (2, 4, 8) if factor * eps < 0.5] + [
        0.5
    ]
    left = [farther(eps), *(farther(radius) for radius, _ in found.larger)]
    assert [(s.easier, s.harder, s.regained) for _, s in found.larger] == [
        (before, after, 0) for before, after in pairwise(left)
    ]
    assert found.broken == tuple(4 + place for place, near in enumerate((distances <= eps).tolist()) if near)
    assert found.cosine == pytest.approx(1, abs=1e-5)
    assert (found.silent, found.unfinished, found.not_finite) == (0, 0, 0)


def test_instability_is_the_mean_relative_change_of_the_margin():
    """On a line, mean(x), whose margin at grey images of brightness 0.5 + m is 2 m; one pixel makes its noise uniform."""

    class Line(nn.Module):
        def forward(self, images):
            side = images.flatten(1).mean(1) - 0.5
            return torch.stack((side, -side, 0 * side - 50, 0 * side - 50), dim=1)

    x = torch.full((2000, 1, 1, 1), 0.7)
    found = run_probes(Line(), x, torch.zeros(2000, dtype=torch.int64), eps=0.2, seed=0)
    # |u| with u uniform in [-0.1, 0.1] is 0.05 in the mean; so is the change of half the margin of 0.2.
    assert found.instability == pytest.approx(0.25, rel=0.02)
    nearer = run_probes(Line(), x - 0.199, torch.zeros(2000, dtype=torch.int64), eps=0.2, seed=0)
    assert nearer.instability == 1.0


def test_noise_that_helps_is_counted_on_both_sides(images):
    """A network that is right only where an image is off the grid of 16 grey values, as noise makes it."""
    grid = (images * 16).round() / 16

    class NoiseLover(nn.Module):
        def forward(self, batch):
            off = ((batch * 16).round() / 16 != batch).flatten(1).any(1).float()
            off[: len(batch) // 4] = 1 - off[: len(batch) // 4]
            return torch.stack((off, 0.5 + 0 * off, 0 * off, 0 * off), dim=1)

    found = run_probes(NoiseLover(), grid, torch.zeros(24, dtype=torch.int64), eps=0.02, seed=0)
    assert found.noise == Succession(easier=6, harder=18, regained=18)
    assert found.noise.lost == 6


def test_a_plain_network_raises_no_flag(plain, images, own):
    assert flag_names(plain, images, own, eps=0.02) == set()


class Detector(nn.Module):
    """Answers images off the 8-bit grid, as attacked ones are, with what it last saw on the grid: state between batches."""

    def __init__(self, network):
        super().__init__()
        self.network, self.seen = network, None

    def forward(self, images):
        if self.seen is None or (images.detach() * 255).frac().abs().max() < 1e-3:
            logits = self.network(images)
            self.seen = logits.detach()
            return logits
        return self.seen[torch.arange(len(images)) % len(self.seen)]


class Counting(nn.Module):
    """Answers every second batch with other classes."""

    def __init__(self, network):
        super().__init__()
        self.network, self.calls = network, 0

    def forward(self, images):
        self.calls += 1
        return self.network(images).roll(self.calls % 2, dims=1)


class Crowd(nn.Module):
    """Normalises logits by the batch that an image comes with."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, images):
        logits = self.network(images)
        return logits - logits.mean(0)


class Random(nn.Module):
    """Adds noise to each image before it looks."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, images):
        return self.network(images + 0.1 * torch.randn_like(images))


class Rounding(nn.Module):
    """Sees images in four grey values: no gradient anywhere."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, images):
        return self.network((images * 3).round() / 3)


class Rough(nn.Module):
    """Adds a fine, steep ripple to the logits: gradients are there, and all of them mislead."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, images):
        logits = self.network(images)
        ripple = 0.05 * torch.sin(images.flatten(1) * 3e4).sum(1, keepdim=True)
        return logits + ripple * functional.one_hot(logits.argmax(1), logits.shape[1])


class Overflowing(nn.Module):
    """NaN wherever an image is off the 8-bit grid; argmax reads it as the first class."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, images):
        off = ((images * 255).round() / 255 != images).flatten(1).any(1)
        return torch.where(off[:, None], torch.nan, self.network(images))


@pytest.mark.parametrize(
    ("cheat", "raised"),
    [
        (Detector, {"gradients-disagree", "unbounded-attack-fails"}),
        (Counting, {"randomised-network"}),
        (Crowd, {"depends-on-the-batch"}),
        (Random, {"randomised-network"}),
        (Rounding, {"zero-gradients", "unbounded-attack-fails"}),
        (Rough, {"gradients-disagree"}),
        (Overflowing, {"not-finite"}),
    ],
)
def test_a_network_that_cheats_raises_its_flags(plain, images, cheat, raised):
    grid = (images * 255).round() / 255
    network = cheat(plain).eval()
    labels = plain(grid).argmax(1)
    assert raised <= flag_names(network, grid, labels)


def test_logits_that_are_not_numbers_on_clean_images_are_refused(plain, images, own):
    class NotANumber(nn.Module):
        def forward(self, batch):
            return plain(batch) * torch.nan

    with pytest.raises(
        ContributorError, match="the logits of 24 of 24 unperturbed images are infinite or not a number"
    ):
        run_probes(NotANumber(), images, own, eps=0.1, seed=0)


def test_a_network_that_is_never_right_is_probed_too(plain, images, own):
    found = run_probes(plain, images, (own + 1) % 10, eps=0.02, seed=0)
    assert (found.correct, found.pgd, found.broken, found.instability, found.cosine) == (0, 0, (), None, None)


def test_the_same_seed_gives_the_same_probes_even_of_a_random_network(plain, images, own):
    network = Random(plain)
    first = run_probes(network, images, own, eps=0.1, seed=7)
    torch.rand(5)  # whatever the caller draws in between
    assert run_probes(network, images, own, eps=0.1, seed=7) == first
    assert run_probes(network, images, own, eps=0.1, seed=8) != first


def test_the_callers_network_and_random_numbers_are_left_as_they_were(plain, images, own):
    network = Random(plain).train()
    torch.manual_seed(11)
    expected = torch.rand(3)
    torch.manual_seed(11)
    run_probes(network, images, own, eps=0.1, seed=0)
    assert torch.equal(torch.rand(3), expected)
    assert network.training
    assert all(parameter.requires_grad and parameter.grad is None for parameter in network.parameters())


def test_probes_are_tens_of_passes(plain, images, own):
    class Counted(nn.Module):
        calls = 0

        def forward(self, batch):
            Counted.calls += len(batch)
            return plain(batch)

    run_probes(Counted(), images, own, eps=0.02, seed=0)
    assert Counted.calls <= (PGD_STEPS + 4 * LARGER_STEPS + 5 + 15) * len(images)
