"""What is chosen for a network, and that the choice does not change its function."""

import pytest
import torch

from apcore.execution import execution_for
from apcore.networks.network import Network
from apcore.networks.resnet import RESNET6


@pytest.mark.parametrize(
    ("macs", "samples", "threads", "images"),
    [(5_600_000, 8, 1, 64), (5_600_000, 500, 4, 64), (139_000_000, 4, 4, 15), (555_000_000, 1, 4, 3)],
)
def test_few_samples_of_a_narrow_network_fill_a_pass(macs: int, samples: int, threads: int, images: int) -> None:
    chosen = execution_for(macs, samples=samples, device="cpu", available=4)
    assert chosen.facts() == {"threads": threads, "layout": "channels last", "images_per_pass": images}


def test_on_cuda_everything_is_as_torch_has_it() -> None:
    chosen = execution_for(5_600_000, samples=8, device="cuda", available=4)
    assert chosen.facts() == {"threads": 4, "layout": "channels first", "images_per_pass": 1}


def test_a_network_in_channels_last_is_the_same_function() -> None:
    generator = torch.Generator().manual_seed(0)
    tensors = {name: torch.rand(shape, generator=generator) - 0.4 for name, shape in RESNET6.tensors().items()}
    tensors = {name: it.abs() + 0.1 if name.endswith("var") else it for name, it in tensors.items()}
    network = Network(RESNET6, tensors, normalization=((0.4,), (0.5,)))
    images = torch.rand(5, 1, 8, 8, generator=generator)
    expected = network(images)
    prepared = execution_for(1_000, samples=8, device="cpu", available=4).prepared(network)
    assert torch.allclose(prepared(images), expected, rtol=1e-4, atol=1e-5)
    assert prepared.channels_last
    assert all(
        tensor.is_contiguous(memory_format=torch.channels_last)
        for tensor in prepared.tensors().values()
        if tensor.ndim == 4
    )
