"""A graph with its weights computes what torch's own layers compute."""

import gc
import weakref

import pytest
import torch
from torch import nn

from apcore.networks.declared import GRAPHS
from apcore.networks.graph import INPUT, BatchNorm, Conv, Flatten, Graph, Linear, Relu
from apcore.networks.network import Network

GRAPH = Graph(
    name="small",
    input_shape=(3, 4, 4),
    nodes=(
        Conv(name="conv", source=INPUT, out_channels=5, kernel=3, padding=1),
        BatchNorm(name="norm", source="conv"),
        Relu(name="relu", source="norm"),
        Flatten(name="flat", source="relu"),
        Linear(name="head", source="flat", out_features=2),
    ),
)


def layers() -> nn.Sequential:
    torch.manual_seed(0)
    conv, norm, head = nn.Conv2d(3, 5, 3, padding=1, bias=False), nn.BatchNorm2d(5), nn.Linear(80, 2)
    norm.running_mean.normal_()
    norm.running_var.uniform_(0.5, 2)
    return nn.Sequential(conv, norm, nn.ReLU(), nn.Flatten(), head).eval()


def tensors(reference: nn.Sequential) -> dict[str, torch.Tensor]:
    names = {"0": "conv", "1": "norm", "4": "head"}
    state = {
        f"{names[name.split('.')[0]]}.{name.split('.')[1]}": tensor for name, tensor in reference.state_dict().items()
    }
    return {name: tensor for name, tensor in state.items() if not name.endswith("num_batches_tracked")}


def test_logits_are_those_of_torchs_layers() -> None:
    reference, images = layers(), torch.rand(6, 3, 4, 4)
    assert torch.equal(Network(GRAPH, tensors(reference))(images), reference(images))


def test_input_normalisation_belongs_to_the_network() -> None:
    reference, images = layers(), torch.rand(6, 3, 4, 4)
    mean, std = (0.1, 0.2, 0.3), (0.5, 0.6, 0.7)
    normalized = (images - torch.tensor(mean).view(3, 1, 1)) / torch.tensor(std).view(3, 1, 1)
    network = Network(GRAPH, tensors(reference), normalization=(mean, std))
    assert torch.allclose(network(images), reference(normalized), atol=1e-6)


def test_a_network_is_freed_with_its_last_user_and_not_when_python_next_looks_for_cycles() -> None:
    network = Network(GRAPH, tensors(layers()))
    network(torch.rand(1, 3, 4, 4))
    gc.disable()
    try:
        kept = weakref.ref(network)
        del network
        assert kept() is None
    finally:
        gc.enable()


def test_no_tensor_wants_a_gradient() -> None:
    network = Network(GRAPH, tensors(layers()))
    assert list(network.parameters()) == []
    assert not any(buffer.requires_grad for buffer in network.buffers())


@pytest.mark.parametrize("change", ["missing", "left over", "other shape"])
def test_tensors_that_do_not_fit_are_refused_by_name(change: str) -> None:
    given = tensors(layers())
    if change == "missing":
        del given["norm.weight"]
    elif change == "left over":
        given["extra.weight"] = torch.zeros(1)
    else:
        given["head.weight"] = torch.zeros(3, 80)
    with pytest.raises(ValueError, match=r"tensors that do not fit small: (norm|extra|head)\.weight"):
        Network(GRAPH, given)


def test_tensors_come_back_under_their_own_names() -> None:
    assert set(Network(GRAPH, tensors(layers())).tensors()) == set(GRAPH.tensors())


def test_resnet18_takes_images_of_32_pixels() -> None:
    graph = GRAPHS["resnet18"]
    network = Network(graph, {name: torch.full(shape, 0.01) for name, shape in graph.tensors().items()})
    assert network(torch.rand(2, 3, 32, 32)).shape == (2, 10)
