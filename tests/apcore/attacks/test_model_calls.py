"""How attacks call a network."""

import pytest
import torch
from torch import nn

from apcore.attacks.model_calls import CountedModel, frozen


def test_a_network_is_frozen_and_given_back_as_it_was(make_layers):
    network = make_layers().train()
    network[1].eval()
    network[6].weight.requires_grad_(False)

    def attack():
        with frozen(network):
            assert not any(module.training for module in network.modules())
            assert not any(parameter.requires_grad for parameter in network.parameters())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        attack()
    assert [module.training for module in network] == [True, False, True, True, True, True, True]
    assert network.training
    assert [not parameter.requires_grad for parameter in network.parameters()] == [False] * 6 + [True, False]


def test_calls_are_told():
    calls = []
    model = CountedModel(nn.Flatten(), classes=4)
    model(torch.zeros(2, 4))
    model.on_call = calls.append
    model(torch.zeros(2, 4))
    with model.counting_as(9):
        model(torch.zeros(3, 4))
    assert calls == [1, 9]


def test_an_empty_batch_never_reaches_the_network():
    class Reshapes(nn.Module):
        def forward(self, images):
            return images.view(len(images), -1)

    images = torch.zeros(0, 1, 2, 2)
    with pytest.raises(RuntimeError):
        Reshapes()(images)
    assert CountedModel(Reshapes(), classes=4)(images).shape == (0, 4)
