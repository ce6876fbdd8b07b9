"""PGD of the probes: known answers on a hyperplane, and what its path says about an attack that failed."""

import pytest
import torch
from torch import nn

from apcore.attacks.model_calls import frozen
from apcore.attacks.pgd import loss_and_gradient, noisy, pgd_path
from apcore.errors import MachineError


def attack(network, x, y, *, eps, steps=20, seed=0):
    with frozen(network):
        return pgd_path(network, x, y, eps=eps, steps=steps, generator=torch.Generator().manual_seed(seed))


@pytest.fixture
def grey():
    """Images so near the middle that no pixel is clipped at the radii below."""
    return torch.rand(16, 1, 8, 8, generator=torch.Generator().manual_seed(2)) * 0.2 + 0.4


@pytest.fixture
def y(two_sides, grey):
    return two_sides(grey).argmax(1)


@pytest.mark.parametrize(("factor", "broken"), [(0.98, False), (1.02, True)])
def test_a_hyperplane_is_crossed_exactly_when_it_is_within_the_radius(two_sides, grey, y, factor, broken):
    for distance, x, label in zip(two_sides.exact_distances(grey), grey, y, strict=True):
        path = attack(two_sides, x[None], label[None], eps=factor * distance.item())
        assert path.broken.tolist() == path.broken_at_end.tolist() == [broken]


def test_the_last_point_is_judged_too(two_sides, grey, y):
    eps = 1.02 * two_sides.exact_distances(grey).amax().item()
    path = attack(two_sides, grey, y, eps=eps, steps=1)
    assert path.broken.all()
    assert path.broken_at_end.all()


def test_the_strongest_point_has_the_largest_loss_and_lies_within(two_sides, grey, y):
    path = attack(two_sides, grey, y, eps=0.05)
    # On a plane that point is the corner against the normal.
    sign = torch.where(y == 0, -1.0, 1.0)[:, None] * two_sides.normal.sign()
    corner = (grey.flatten(1) + 0.05 * sign).view_as(grey)
    torch.testing.assert_close(path.strongest, corner.detach(), atol=1e-6, rtol=0)


def test_the_same_seed_starts_at_the_same_points_and_leaves_torchs_generators_alone(two_sides, grey):
    state = torch.get_rng_state()
    first, second = (noisy(grey, 0.1, torch.Generator().manual_seed(5)) for _ in range(2))
    assert torch.equal(first, second)
    assert torch.equal(torch.get_rng_state(), state)
    assert 0.09 < (first - grey).abs().max() <= 0.1


class Pocket(nn.Module):
    """A line on which class 1 wins between 0.60 and 0.63 only, while the loss goes on rising behind it."""

    def forward(self, images):
        place = images.flatten(1).mean(1)
        wins = ((place > 0.60) & (place < 0.63)).float()
        return torch.stack((0 * place, place - 3 + 4 * wins, place - 5, place - 5), dim=1)


def test_an_adversarial_point_that_is_passed_and_left_is_a_silent_success():
    x = torch.full((1, 1, 8, 8), 0.5)
    path = attack(Pocket(), x, torch.tensor([0]), eps=0.3, steps=60)
    assert (path.broken.tolist(), path.broken_at_end.tolist()) == ([True], [False])


def test_an_attack_that_has_arrived_or_hardly_begun_is_not_unfinished(two_sides, grey, y):
    # Steps that shrink along a cosine reach the corner of the ball well before their end.
    assert not attack(two_sides, grey, y, eps=0.01, steps=40).unfinished.any()
    # Too few steps to be said to have an end.
    assert not attack(two_sides, grey, y, eps=0.01, steps=10).unfinished.any()


class Ravine(nn.Module):
    """The loss rises without end towards a line that sign steps cross again and again."""

    def forward(self, images):
        left, right = images[..., :4].flatten(1).mean(1), images[..., 4:].flatten(1).mean(1)
        near = -0.3 * (left - right).abs().add(1e-9).log()
        return torch.stack((torch.full_like(near, 9), near, 0 * near, 0 * near), dim=1)


def test_a_loss_that_rises_to_the_end_is_unfinished():
    x = torch.rand(64, 1, 8, 8, generator=torch.Generator().manual_seed(3)) * 0.2 + 0.4
    path = attack(Ravine(), x, torch.zeros(64, dtype=torch.int64), eps=0.1, steps=40)
    assert path.unfinished.float().mean() > 0.7
    assert not path.broken.any()


class NotANumber(nn.Module):
    """Answers off-grid images with NaN, which argmax reads as the first class."""

    def forward(self, images):
        pixels = images.flatten(1)
        off = ((pixels * 16).round() / 16 != pixels).any(1)
        logits = torch.stack([pixels.sum(1) * factor for factor in (1.0, 0.5, 0.2, 0.1)], dim=1)
        return torch.where(off[:, None], torch.nan, logits)


def test_what_is_not_a_number_breaks_nothing_and_is_counted():
    x = torch.full((3, 1, 8, 8), 0.5)
    path = attack(NotANumber(), x, torch.tensor([0, 0, 1]), eps=0.1)
    assert path.not_finite.all()
    assert not path.broken.any()
    assert path.strongest.isfinite().all()


class HalfBlind(nn.Module):
    """The gradient of the first column is NaN, as behind a branch that is not taken; the others lead over a plane."""

    def forward(self, images):
        first, others = images[..., :1], images[..., 1:].flatten(1).mean(1)
        untaken = torch.where(first < 2, first, (first - 10).sqrt())
        side = others - 0.6 + 0 * untaken.flatten(1).mean(1)
        return torch.stack((-side, side, 0 * side - 9, 0 * side - 9), dim=1)


def test_pixels_without_a_usable_gradient_do_not_stop_the_others():
    path = attack(HalfBlind(), torch.full((2, 1, 8, 8), 0.5), torch.tensor([0, 0]), eps=0.2)
    assert path.broken.all()
    assert path.not_finite.all()


def test_no_samples_are_no_path():
    path = attack(Pocket(), torch.zeros(0, 1, 8, 8), torch.zeros(0, dtype=torch.int64), eps=0.1)
    assert len(path.broken) == len(path.unfinished) == 0


def test_a_point_outside_is_no_evidence(two_sides, grey, y, monkeypatch):
    monkeypatch.setattr("apcore.attacks.pgd.noisy", lambda x, _radius, _generator: 1 - x)
    # the mirrored image lies on the other side
    with pytest.raises(MachineError, match="perturbation of"):
        attack(two_sides, grey, y, eps=0.001)


def test_the_gradient_of_what_does_not_depend_on_the_image_is_zero():
    class Fixed(nn.Module):
        def forward(self, batch):
            return torch.arange(4.0).expand(len(batch), 4)

    losses, _, gradient = loss_and_gradient(Fixed(), torch.rand(2, 1, 8, 8), torch.tensor([3, 3]))
    assert losses.shape == (2,)
    assert not gradient.any()
