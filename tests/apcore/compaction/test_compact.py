"""Compaction removes exactly what pruning zeroed, and nothing else."""

import re
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from apcore.compaction.compact import compact
from apcore.compaction.proof import InFloat64, input_gradient, largest_difference, max_or_nan
from apcore.networks.declared import GRAPHS as DECLARED
from apcore.networks.graph import (
    INPUT,
    Add,
    AveragePool,
    BatchNorm,
    Conv,
    Flatten,
    Graph,
    Linear,
    MaxPool,
    Relu,
)
from apcore.networks.network import Network
from apcore.networks.resnet import residual_network

RESIDUAL = residual_network(name="residual", input_shape=(3, 8, 8), widths=(8, 16), blocks=2, classes=10)
PLAIN = Graph(
    name="plain",
    input_shape=(3, 8, 8),
    nodes=(
        Conv(name="conv1", source=INPUT, out_channels=8, kernel=3, padding=1),
        BatchNorm(name="bn1", source="conv1"),
        Relu(name="relu1", source="bn1"),
        MaxPool(name="max", source="relu1", kernel=2),
        Conv(name="conv2", source="max", out_channels=8, kernel=3, padding=1, bias=True),
        Relu(name="relu2", source="conv2"),
        Flatten(name="flat", source="relu2"),
        Linear(name="fc1", source="flat", out_features=12),
        Relu(name="relu3", source="fc1"),
        Linear(name="fc2", source="relu3", out_features=10),
    ),
)
PREACTIVATION = Graph(
    name="preactivation",
    input_shape=(3, 8, 8),
    nodes=(
        Conv(name="stem", source=INPUT, out_channels=8, kernel=3, padding=1),
        BatchNorm(name="bn1", source="stem"),
        Relu(name="relu1", source="bn1"),
        Conv(name="conv1", source="relu1", out_channels=8, kernel=3, padding=1),
        Add(name="sum", source="conv1", other="stem"),
        BatchNorm(name="bn", source="sum"),
        Relu(name="relu", source="bn"),
        AveragePool(name="pool", source="relu", kernel=8),
        Flatten(name="flat", source="pool"),
        Linear(name="linear", source="flat", out_features=10),
    ),
)
GRAPHS = [RESIDUAL, PLAIN, PREACTIVATION]


def random_tensors(graph: Graph, *, seed: int) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    found = {}
    for name, shape in graph.tensors().items():
        values = torch.randn(shape, generator=generator)
        positive = name.endswith("running_var") or (name.endswith("weight") and len(shape) == 1)
        found[name] = values.abs() + 0.2 if positive else values * (0.3 if len(shape) > 1 else 1)
    return found


def prune_filters(tensors: dict[str, Tensor], *, share: float, seed: int) -> None:
    """Zero whole filters at random; their BatchNorm keeps its shift, so many of them are constant rather than zero."""
    generator = torch.Generator().manual_seed(seed)
    for tensor in tensors.values():
        if tensor.dim() == 4:
            tensor[torch.rand(len(tensor), generator=generator) < share] = 0


def images(graph: Graph) -> Tensor:
    return torch.rand(4, *graph.input_shape, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("graph", GRAPHS, ids=lambda graph: graph.name)
@pytest.mark.parametrize("share", [0.0, 0.3, 0.7, 1.0])
@pytest.mark.parametrize("seed", range(3))
def test_the_compact_network_is_the_same_function(graph: Graph, share: float, seed: int) -> None:
    tensors = random_tensors(graph, seed=seed)
    prune_filters(tensors, share=share, seed=seed)
    network = Network(graph, tensors)
    found = compact(network, images(graph))
    assert found.evaluated == "compact"
    batch = images(graph)
    assert torch.allclose(found.network(batch), network(batch), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("graph", GRAPHS, ids=lambda graph: graph.name)
def test_pruned_filters_are_no_longer_computed(graph: Graph) -> None:
    tensors = random_tensors(graph, seed=0)
    prune_filters(tensors, share=0.7, seed=0)
    found = compact(Network(graph, tensors), images(graph))
    assert found.macs_evaluated < found.macs_stored
    assert found.macs_stored == graph.macs()


@pytest.mark.parametrize("name", ["resnet18-preact", "vgg16-max-linear", "vgg16-avg-linear", "vgg16-avg-bnmlp"])
def test_the_published_graphs_are_compacted_exactly(name: str) -> None:
    graph = DECLARED[name]
    tensors = random_tensors(graph, seed=0)
    for tensor in tensors.values():
        if tensor.dim() > 1:
            tensor.mul_(3 / tensor[0].numel() ** 0.5)
    prune_filters(tensors, share=0.75, seed=0)
    found = compact(Network(graph, tensors), images(graph)[:1])
    assert found.evaluated == "compact"
    # 0.25 ** 2 of the inner layers, more of those that read the image or lie on the residual stream
    assert found.macs_evaluated < 0.5 * found.macs_stored


def test_half_of_the_filters_leave_a_quarter_of_the_arithmetic() -> None:
    tensors = random_tensors(RESIDUAL, seed=0)
    for name, tensor in tensors.items():
        if name != "linear.weight" and tensor.dim() == 4:
            tensor[: len(tensor) // 2] = 0
    for name in tensors:
        if ("bn" in name and name.endswith(("bias", "running_mean"))) or (
            "shortcut.1" in name and name.endswith(("bias", "mean"))
        ):
            tensors[name][: len(tensors[name]) // 2] = 0
    found = compact(Network(RESIDUAL, tensors), images(RESIDUAL))
    # the stem reads three colours whatever is pruned, so a little more than a quarter is left
    assert 0.25 <= found.macs_evaluated / found.macs_stored < 0.28


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_network_that_was_given_stays_as_it_is(dtype: torch.dtype) -> None:
    tensors = random_tensors(RESIDUAL, seed=0)
    prune_filters(tensors, share=0.5, seed=0)
    network = Network(RESIDUAL, {name: tensor.to(dtype) for name, tensor in tensors.items()})
    before = {name: tensor.clone() for name, tensor in network.tensors().items()}
    compact(network, images(RESIDUAL))
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.tensors().items())


def test_weights_that_sum_to_zero_are_not_zero_weights() -> None:
    tensors = random_tensors(PLAIN, seed=0)
    tensors["conv1.weight"][:] = 0
    tensors["conv1.weight"][:, :, 0, 0], tensors["conv1.weight"][:, :, 0, 1] = 1, -1
    found = compact(Network(PLAIN, tensors), images(PLAIN))
    assert found.network.tensors()["conv1.weight"].shape == (8, 3, 3, 3)


def test_a_constant_channel_meets_the_zero_padding_exactly() -> None:
    tensors = random_tensors(PLAIN, seed=0)
    tensors["conv1.weight"][0] = 0
    tensors["bn1.running_mean"][0], tensors["bn1.bias"][0] = 0, 2.0
    network = Network(PLAIN, tensors)
    found = compact(network, images(PLAIN))
    contribution = found.network.tensors()["conv2.bias_map"]
    assert found.network.tensors()["conv1.weight"].shape[0] == 7
    assert not torch.equal(contribution[..., 0, 0], contribution[..., 1, 1])
    assert difference(network, found.network, PLAIN) < 1e-5


def test_a_channel_that_nobody_reads_is_dropped_although_it_varies() -> None:
    tensors = random_tensors(PLAIN, seed=0)
    tensors["conv2.weight"][:, 3] = 0
    found = compact(Network(PLAIN, tensors), images(PLAIN))
    assert found.network.tensors()["conv1.weight"].shape[0] == 7


def test_input_normalisation_survives() -> None:
    tensors = random_tensors(RESIDUAL, seed=0)
    prune_filters(tensors, share=0.5, seed=0)
    network = Network(RESIDUAL, tensors, normalization=((0.4, 0.5, 0.6), (0.2, 0.3, 0.4)))
    found = compact(network, images(RESIDUAL))
    assert torch.allclose(found.network(images(RESIDUAL)), network(images(RESIDUAL)), rtol=1e-4, atol=1e-4)


def test_an_original_that_cannot_be_compared_is_evaluated_as_it_is() -> None:
    tensors = random_tensors(RESIDUAL, seed=0)
    tensors["linear.bias"][0] = float("nan")
    network = Network(RESIDUAL, tensors)
    found = compact(network, images(RESIDUAL))
    assert found.network is network
    assert (found.evaluated, found.macs_evaluated) == ("original", RESIDUAL.macs())
    assert found.reason == "the compact network differs by nan in float64, more than 1e-09"


def test_what_rounding_alone_sets_apart_is_evaluated_as_it_is() -> None:
    tensors = random_tensors(RESIDUAL, seed=0)
    tensors["linear.weight"] *= 1e9
    network = Network(RESIDUAL, tensors)
    found = compact(network, images(RESIDUAL))
    assert (found.network, found.evaluated, found.macs_evaluated) == (network, "original", RESIDUAL.macs())
    assert re.fullmatch(
        r"the compact network differs by \d\.\de-0\d in float64, more than 1e-09",
        found.reason,
    )


@pytest.mark.parametrize("share", [0.5, 0.9])
def test_a_vgg_with_filters_missing_at_random_keeps_what_the_missing_add(share: float) -> None:
    graph = DECLARED["vgg16"]
    tensors = random_tensors(graph, seed=0)
    for tensor in tensors.values():
        if tensor.dim() > 1:
            tensor.mul_(3 / tensor[0].numel() ** 0.5)
    prune_filters(tensors, share=share, seed=0)
    network = Network(graph, tensors)
    found = compact(network, images(graph)[:1])
    assert found.evaluated == "compact"
    forgotten = {
        name: torch.zeros_like(tensor) if name.endswith("bias_map") else tensor
        for name, tensor in found.network.tensors().items()
    }
    assert difference(network, Network(found.network.graph, forgotten), graph) > 1e-3


def _scaled_head(tensors: dict[str, Tensor]) -> None:
    tensors["linear.weight"] *= 1 + 1e-6


def _moved_stem(tensors: dict[str, Tensor]) -> None:
    tensors["conv1.weight"][0, 0, 0, 0] += 1e-6


@pytest.mark.parametrize("change", [_scaled_head, _moved_stem])
def test_the_comparison_sees_a_change_of_one_millionth(change: Callable[[dict[str, Tensor]], None]) -> None:
    tensors = {name: tensor.double() for name, tensor in random_tensors(RESIDUAL, seed=0).items()}
    network = Network(RESIDUAL, tensors)
    change(tensors)
    assert difference(network, Network(RESIDUAL, tensors), RESIDUAL) > 1e-9


def difference(one: Network, other: Network, graph: Graph) -> float:
    return largest_difference(InFloat64.of(one), InFloat64.of(other), images(graph).double())


@pytest.mark.parametrize("graph", GRAPHS, ids=lambda graph: graph.name)
@pytest.mark.parametrize("normalization", [None, ((0.4, 0.5, 0.6), (0.2, 0.3, 0.4))], ids=["plain", "normalised"])
def test_the_proof_runs_the_network_that_it_is_about(graph: Graph, normalization) -> None:
    """Logits and input gradients of torch's own layers, in float64."""
    network = Network(graph, random_tensors(graph, seed=0), normalization=normalization)
    ours, theirs = InFloat64.of(network), network.double()
    for module in (ours, theirs):
        module.batch = images(graph).double().requires_grad_()
        module.logits = module(module.batch)
        module.logits.square().sum().backward()
    assert torch.allclose(ours.logits, theirs.logits, rtol=1e-12, atol=1e-12)
    assert torch.allclose(ours.batch.grad, theirs.batch.grad, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("filters", [3, 40], ids=["image by image", "all at once"])
@pytest.mark.parametrize(("kernel", "stride", "padding"), [(3, 1, 1), (3, 2, 1), (1, 2, 0), (3, 1, 0)])
def test_the_gradient_of_an_input_is_torchs(filters: int, kernel: int, stride: int, padding: int) -> None:
    generator = torch.Generator().manual_seed(0)
    batch = torch.randn(2, 5, 4, 4, dtype=torch.float64, generator=generator).requires_grad_()
    weight = torch.randn(filters, 5, kernel, kernel, dtype=torch.float64, generator=generator)
    out = torch.nn.functional.conv2d(batch, weight, stride=stride, padding=padding)
    gradient = torch.randn(out.shape, dtype=torch.float64, generator=generator)
    (expected,) = torch.autograd.grad(out, batch, gradient)
    found = input_gradient(batch.shape, weight, gradient, stride=stride, padding=padding)
    assert torch.allclose(found, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("place", range(3))
def test_no_number_anywhere_is_no_small_difference(place: int) -> None:
    values = [torch.tensor(0.0), torch.tensor(0.5), torch.tensor(1.0)]
    values[place] = torch.tensor(float("nan"))
    assert not max_or_nan(values) <= 2
