"""What was found on one network is tried on another."""

import pytest
import torch

from apcore.attacks.transfer import broken_by_transfer, examples_of
from apcore.errors import MachineError


@pytest.fixture
def x():
    return torch.rand(32, 1, 8, 8, generator=torch.Generator().manual_seed(2)) * 0.2 + 0.4


@pytest.fixture
def y(two_sides, x):
    return two_sides(x).argmax(1)


def test_examples_of_the_same_hyperplane_break_all_within_the_radius(two_sides, x, y):
    distances = two_sides.exact_distances(x)
    eps = distances.median().item() * 1.001
    examples = examples_of(two_sides, x, y, eps=eps, seed=0)
    assert broken_by_transfer(two_sides, x, y, examples, eps=eps).tolist() == (distances <= eps).tolist()


def test_gradients_that_are_masked_on_one_network_are_taken_from_another(make_layers, images):
    """As on defences that round pixels: white-box attacks stand still, the plain twin's examples do not."""
    plain = make_layers().eval()
    plain[6].weight.data.mul_(0.1)

    class Rounding(torch.nn.Module):
        def forward(self, batch):
            return plain((batch * 16).round() / 16)

    masked = Rounding()
    y = masked(images).argmax(1)
    own, foreign = (examples_of(network, images, y, eps=0.1, seed=0) for network in (masked, plain))
    by_own, by_foreign = (
        int(broken_by_transfer(masked, images, y, examples, eps=0.1).sum()) for examples in (own, foreign)
    )
    assert by_foreign > 2 * by_own


def test_misclassified_samples_are_not_broken_by_anything(two_sides, x, y):
    examples = examples_of(two_sides, x, 1 - y, eps=0.1, seed=0)
    assert not broken_by_transfer(two_sides, x, 1 - y, examples, eps=0.1).any()


def test_an_example_outside_the_radius_is_no_evidence(two_sides, x, y):
    with pytest.raises(MachineError, match="transfer returned a perturbation"):
        broken_by_transfer(two_sides, x, y, 1 - x, eps=0.001)
