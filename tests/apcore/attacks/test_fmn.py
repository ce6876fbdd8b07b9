"""FMN, held against distances in closed form and the released implementation's distances."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from apcore.attacks.fmn import fmn
from apcore.attacks.fmn_losses import LOSSES
from apcore.errors import ContributorError
from apcore.fmn_configuration import OPTIMIZERS, SCHEDULES, Cosine, FmnConfiguration, FmnVariant, Plateau, Sgd


def sgd(lr=8 / 255, **hyperparameters):
    return FmnConfiguration(loss="DLR", optimizer=Sgd(lr=lr, **hyperparameters), schedule=Cosine())


@pytest.mark.parametrize(
    "configuration",
    [sgd(), sgd(lr=1), sgd(lr=10), sgd(lr=1, momentum=0.9, dampening=0.2), sgd(momentum=0.5, weight_decay=0.1)],
    ids=["lr 8/255", "lr 1", "lr 10", "momentum", "weight decay"],
)
def test_it_stops_at_the_hyperplane_of_a_linear_classifier(two_sides, grey_images, configuration):
    labels = two_sides(grey_images).argmax(1)
    exact = two_sides.exact_distances(grey_images)
    found = fmn(two_sides, grey_images, labels, steps=200, configuration=configuration)
    assert (found >= exact - 1e-6).all()
    assert (found <= exact * 1.01 + 1e-6).all()


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("loss", LOSSES)
def test_untuned_it_does_so_with_every_loss_optimiser_and_schedule(two_sides, grey_images, loss, optimizer, schedule):
    variant = FmnVariant(loss=loss, optimizer=optimizer, schedule=schedule)
    labels = two_sides(grey_images).argmax(1)
    exact = two_sides.exact_distances(grey_images)
    found = fmn(two_sides, grey_images, labels, steps=200, configuration=variant.configured({"lr": 8 / 255}))
    assert (found >= exact - 1e-6).all()
    assert (found <= exact * 1.01 + 1e-6).all()


def test_each_sample_steps_with_its_own_rate_under_a_plateau(two_sides, grey_images):
    """A sample that gets no further slows itself down and no other: alone it fares as in company."""
    labels = two_sides(grey_images).argmax(1)
    configuration = FmnConfiguration(loss="LL", optimizer=Sgd(lr=0.002), schedule=Plateau(factor=0.1, patience=1))
    together = fmn(two_sides, grey_images, labels, steps=40, configuration=configuration)
    alone = [
        fmn(two_sides, grey_images[i : i + 1], labels[i : i + 1], steps=40, configuration=configuration)
        for i in range(len(labels))
    ]
    torch.testing.assert_close(together, torch.cat(alone), rtol=0, atol=1e-6)
    steady = replace(configuration, schedule=Plateau(factor=0.1, patience=1000))
    assert not torch.allclose(together, fmn(two_sides, grey_images, labels, steps=40, configuration=steady))


@pytest.mark.parametrize("steps", [20, 60])
def test_with_large_steps_no_distance_is_below_what_the_ball_can_close_to(two_sides, grey_images, steps):
    """The first step reaches the far corner of the pixel range; from there the ball shrinks by gamma a step."""
    labels = two_sides(grey_images).argmax(1)
    found = fmn(two_sides, grey_images, labels, steps=steps, configuration=sgd(lr=10))
    gammas = [0.001 + 0.049 * (1 + math.cos(math.pi * step / steps)) / 2 for step in range(1, steps)]
    farthest = torch.maximum(grey_images, 1 - grey_images).flatten(1).amax(1)
    torch.testing.assert_close(found, farthest * math.prod(1 - gamma for gamma in gammas), rtol=1e-5, atol=0)
    assert (found > 2 * two_sides.exact_distances(grey_images)).all()


def test_a_misclassified_sample_is_at_distance_zero_and_no_other_is(network, images, labels):
    found = fmn(network, images, labels, steps=10, configuration=sgd())
    assert (found == 0).nonzero().squeeze(1).tolist() == [2, 9, 17]


def test_where_nothing_is_found_the_distance_is_infinite(unbreakable, images):
    found = fmn(unbreakable, images, torch.full((24,), 7), steps=20, configuration=sgd(lr=1))
    assert found.isinf().all()


def test_samples_that_are_all_misclassified_take_one_forward_pass(unbreakable, images):
    calls = []
    unbreakable.register_forward_hook(lambda *_: calls.append(1))
    found = fmn(unbreakable, images, torch.full((24,), 3), steps=20, configuration=sgd())
    assert found.tolist() == [0] * 24
    assert len(calls) == 1


def test_misclassified_samples_do_not_change_the_others(network, images, labels):
    correct = torch.ones(24, dtype=torch.bool)
    correct[[2, 9, 17]] = False
    together = fmn(network, images, labels, steps=50, configuration=sgd())
    apart = fmn(network, images[correct], labels[correct], steps=50, configuration=sgd())
    torch.testing.assert_close(together[correct], apart, rtol=0, atol=1e-6)


def test_the_last_step_is_judged_too(two_sides, grey_images):
    """One step of the right size crosses the hyperplane; only an evaluation after it can see that."""
    labels = two_sides(grey_images).argmax(1)
    found = fmn(two_sides, grey_images, labels, steps=1, configuration=sgd(lr=0.25))
    torch.testing.assert_close(found, torch.full((32,), 0.25), rtol=0, atol=1e-6)


@pytest.mark.parametrize("lr", [8 / 255, 1.0, 10.0])
def test_every_distance_is_that_of_an_adversarial_example_inside_the_pixel_range(network, images, labels, lr):
    seen = []
    network.register_forward_pre_hook(lambda _module, inputs: seen.append(inputs[0].detach().clone()))
    found = fmn(network.eval(), images, labels, steps=30, configuration=sgd(lr=lr, momentum=0.5))
    correct = (found > 0).nonzero().squeeze(1)
    nearest = torch.full((24,), torch.inf)
    for points in seen[2:]:
        assert points.min() >= 0
        assert points.max() <= 1
        fooled = network(points).argmax(1) != labels[correct]
        distance = (points - images[correct]).abs().flatten(1).amax(1)
        nearest[correct[fooled]] = torch.minimum(nearest[correct[fooled]], distance[fooled])
    torch.testing.assert_close(found[correct], nearest[correct], rtol=0, atol=1.2e-7)


def test_the_callers_random_numbers_and_network_are_left_as_they_were(network, images, labels):
    network.train()
    torch.manual_seed(5)
    expected = torch.rand(2)
    torch.manual_seed(5)
    fmn(network, images, labels, steps=3, configuration=sgd())
    assert torch.equal(torch.rand(2), expected)
    assert network.training
    assert all(parameter.requires_grad and parameter.grad is None for parameter in network.parameters())


def test_steps_are_told_one_by_one(network, images, labels):
    steps = []
    fmn(network, images, labels, steps=5, configuration=sgd(), on_step=steps.append)
    assert steps == [1, 2, 3, 4, 5]


def test_logits_that_are_infinite_are_the_contributors_to_mend(make_layers, images, labels):
    network = make_layers()
    with torch.no_grad():
        network[6].bias[4] = math.inf
    with pytest.raises(ContributorError) as refused:
        fmn(network, images, labels, steps=5, configuration=sgd())
    assert refused.value.message == "the logits of 24 of 24 unperturbed images are infinite or not a number"


class NarrowResNet18(nn.Module):
    """ResNet-18 for 32x32 images with the widths that its stored weights have."""

    def __init__(self, weights):
        super().__init__()
        self.weights = {name: torch.from_numpy(array) for name, array in weights.items()}

    def forward(self, images):
        out = functional.relu(self.norm("bn1", self.conv("conv1", images)))
        for stage in range(1, 5):
            for block in (0, 1):
                out = self.block(f"layer{stage}.{block}", out, stride=2 if stage > 1 and block == 0 else 1)
        pooled = functional.avg_pool2d(out, 4).flatten(1)
        return functional.linear(pooled, self.weights["linear.weight"], self.weights["linear.bias"])

    def block(self, name, images, *, stride):
        out = functional.relu(self.norm(f"{name}.bn1", self.conv(f"{name}.conv1", images, stride)))
        out = self.norm(f"{name}.bn2", self.conv(f"{name}.conv2", out))
        if f"{name}.shortcut.0.weight" in self.weights:
            images = self.norm(f"{name}.shortcut.1", self.conv(f"{name}.shortcut.0", images, stride))
        return functional.relu(out + images)

    def conv(self, name, images, stride=1):
        weight = self.weights[f"{name}.weight"]
        return functional.conv2d(images, weight, stride=stride, padding=weight.shape[-1] // 2)

    def norm(self, name, images):
        parts = (self.weights[f"{name}.{part}"] for part in ("running_mean", "running_var", "weight", "bias"))
        return functional.batch_norm(images, *parts)


@pytest.mark.shared
def test_distances_agree_with_those_of_the_released_implementation(shared):
    """Untuned FMN, 200 steps, on an adversarially trained network; differences are those of sign steps under rounding."""
    folder = shared / "data" / "submission"
    entry = next(e for e in json.loads((folder / "networks.json").read_text())["networks"] if e["sparsity"] == 90)
    network = NarrowResNet18(dict(np.load(folder / entry["weights"])))
    stored = np.load(shared / "data" / "CIFAR10.npz")
    chosen = slice(2048, 2048 + 32)
    images = torch.from_numpy(stored["x"][chosen]).permute(0, 3, 1, 2).contiguous().float() / 255
    ours = fmn(network, images, torch.from_numpy(stored["y"][chosen]), steps=200, configuration=sgd()).numpy()
    theirs = np.load(folder / "distances.npz")["s90"][:32]
    np.testing.assert_array_equal(ours == 0, theirs == 0)
    found = theirs > 0
    assert np.median(np.abs(ours[found] / theirs[found] - 1)) < 0.002
    assert ((ours > 8 / 255) != (theirs > 8 / 255)).sum() <= 1
