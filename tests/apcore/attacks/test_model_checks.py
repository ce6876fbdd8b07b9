"""The library's checks of a network, found by ours, without what they do to debuggers and to each other."""

import logging
import sys

import pytest
import torch
from pyautoattack.checks import check_randomized, check_range_output
from torch import nn

from apcore.attacks.model_checks import ModelChecks, check_model


class Noisy(nn.Module):
    """Adds noise to the logits of `network`."""

    def __init__(self, network, size):
        super().__init__()
        self.network, self.size = network, size

    def forward(self, images):
        logits = self.network(images)
        return logits + self.size * logits.norm(dim=1, keepdim=True) * torch.randn_like(logits)


class Adaptive(nn.Module):
    """Moves each image along a gradient before it looks."""

    def __init__(self, network, backward):
        super().__init__()
        self.network, self.backward = network, backward

    def forward(self, images):
        with torch.enable_grad():
            moved = images.detach().clone().requires_grad_()
            loss = self.network(moved).logsumexp(1).sum()
            if self.backward:
                loss.backward()
                gradient = moved.grad
            else:
                (gradient,) = torch.autograd.grad(loss, moved)
        return self.network(images - 0.01 * gradient.sign())


class Rounded(nn.Module):
    """Has no gradient where an image is bright."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, images):
        bright = (images.flatten(1).mean(1) > 0.5).view(-1, 1, 1, 1)
        return self.network(torch.where(bright, images.mul(8).round().div(8), images))


@pytest.fixture
def plain(make_layers):
    network = make_layers().eval()
    network[6].weight.data.mul_(0.1)  # not so sure that the cross-entropy's gradient vanishes
    return network


@pytest.fixture
def labels(plain, images):
    """The network's own predictions, but for sample 3."""
    labels = plain(images).argmax(1)
    labels[3] = (labels[3] + 1) % 10
    return labels


def test_a_plain_network_passes(plain, images, labels):
    assert check_model(plain, images, labels) == ModelChecks(
        samples=24,
        variation=0.0,
        batch_variation=0.0,
        probabilities=False,
        gradient_calls=0,
        correct=23,
        zero_gradients_ce=0,
        zero_gradients_dlr=0,
    )


@pytest.mark.parametrize(("size", "flagged"), [(1e-6, False), (1e-2, True)])
def test_random_logits_vary(plain, images, labels, size, flagged, caplog):
    """By as much as the library's check wants to see: more than 1e-4."""
    torch.manual_seed(0)
    network = Noisy(plain, size)
    assert (check_model(network, images, labels).variation > 1e-4) == flagged
    with torch.no_grad():
        check_randomized(network, images, labels, logger=logging.getLogger("library"))
    assert ("randomized defense" in caplog.text) == flagged


@pytest.mark.parametrize(
    "layer", [nn.Identity(), nn.Sigmoid(), nn.Softmax(dim=1)], ids=["logits", "sigmoid", "softmax"]
)
def test_probabilities_are_known_as_the_library_knows_them(plain, images, labels, layer, caplog):
    network = nn.Sequential(plain, layer)
    found = check_model(network, images, labels).probabilities
    assert found == isinstance(layer, nn.Softmax)
    check_range_output(network, images, logger=logging.getLogger("library"))
    assert ("probability distribution" in caplog.text) == found


@pytest.mark.parametrize("backward", [True, False], ids=["backward", "autograd.grad"])
def test_gradients_in_the_forward_pass_are_counted_anew_for_each_network(plain, images, labels, backward):
    assert check_model(Adaptive(plain, backward), images, labels).gradient_calls > 0
    assert check_model(plain, images, labels).gradient_calls == 0


def test_debuggers_and_profilers_are_left_alone(plain, images, labels):
    traced, profiled = [], []

    def trace(frame, _event, _argument):
        traced.append(frame.f_code.co_name)

    def profile(frame, _event, _argument):
        profiled.append(frame.f_code.co_name)

    former_trace, former_profile = sys.gettrace(), sys.getprofile()
    sys.settrace(trace)
    sys.setprofile(profile)
    try:
        check_model(plain, images, labels)
        left = sys.gettrace(), sys.getprofile()
    finally:
        sys.settrace(former_trace)
        sys.setprofile(former_profile)
    assert left == (trace, profile)
    assert "_gradient_calls" in traced
    assert traced.count("_zero_gradients") == 2  # what ran after the check was seen too


def test_samples_without_a_gradient_are_counted(plain, images, labels):
    network = Rounded(plain)
    labels = network(images).argmax(1)
    bright = int((images.flatten(1).mean(1) > 0.5).sum())
    found = check_model(network, images, labels)
    assert 0 < bright < 24
    assert found.zero_gradients_ce == found.zero_gradients_dlr == bright


def test_cross_entropy_has_no_gradient_where_a_network_is_too_sure(plain, images, labels):
    plain[6].weight.data.mul_(1e5)
    plain[6].bias.data.mul_(1e5)
    found = check_model(plain, images, labels)
    assert found.zero_gradients_ce > 20
    assert found.zero_gradients_dlr == 0


def test_misclassified_samples_are_not_asked_for_a_gradient(plain, images, labels):
    """DLR is 1 wherever the label has the third largest logit."""
    third = plain(images).sort(dim=1).indices[:, -3]
    found = check_model(plain, images, torch.where(torch.arange(24) < 12, labels, third))
    assert (found.correct, found.zero_gradients_dlr) == (11, 0)
    assert check_model(plain, images, third).correct == 0


def test_an_output_that_does_not_depend_on_the_image_has_no_gradient(images):
    class Fixed(nn.Module):
        def forward(self, batch):
            return torch.arange(10.0).expand(len(batch), 10)

    found = check_model(Fixed(), images, torch.full((24,), 9))
    assert (found.zero_gradients_ce, found.zero_gradients_dlr) == (24, 24)


def test_the_callers_network_and_random_numbers_are_left_as_they_were(plain, images, labels):
    plain.train()
    torch.manual_seed(11)
    expected = torch.rand(3)
    torch.manual_seed(11)
    check_model(Noisy(plain, 0.1).train(), images, labels)
    assert torch.equal(torch.rand(3), expected)
    assert plain.training
    assert all(parameter.requires_grad and parameter.grad is None for parameter in plain.parameters())
