"""Zero filters of a residual stage need not coincide to be removed, wherever that pays."""

from itertools import groupby

import numpy as np
import pytest
import torch
from torch import Tensor

from apcore.compaction.compact import compact
from apcore.compaction.plan import Plan, plan_compaction
from apcore.compaction.residual import side_by_side
from apcore.networks.graph import INPUT, Add, AveragePool, BatchNorm, Conv, Flatten, Graph, Linear, MaxPool, Node, Relu
from apcore.networks.network import Network
from apcore.networks.resnet import residual_network

RESIDUAL = residual_network(name="residual", input_shape=(3, 8, 8), widths=(48, 64), blocks=2, classes=10)
WIDTH = 64
PIXELS = 64


def chain(*, end: tuple[Node, ...], shortcut: str = "relu") -> Graph:
    """A stem and one block, whose convolutions have biases of their own, and what follows."""
    nodes = (
        Conv(name="stem", source=INPUT, out_channels=WIDTH, kernel=3, padding=1, bias=True),
        Relu(name="relu", source="stem"),
        Conv(name="inner", source="relu", out_channels=WIDTH, kernel=3, padding=1, bias=True),
        Relu(name="relu2", source="inner"),
        Conv(name="outer", source="relu2", out_channels=WIDTH, kernel=3, padding=1, bias=True),
        Conv(name="projection", source="relu", out_channels=WIDTH, kernel=1, bias=True),
        Add(name="sum", source="outer", other=shortcut),
        *end,
    )
    return Graph(
        name="chain",
        input_shape=(3, 8, 8),
        nodes=tuple(node for node in nodes if shortcut == "projection" or node.name != "projection"),
    )


def pooled(source: str) -> tuple[Node, ...]:
    return (
        Relu(name="last", source=source),
        AveragePool(name="pool", source="last", kernel=4),
        Flatten(name="flat", source="pool"),
        Linear(name="linear", source="flat", out_features=10),
    )


BLOCK = chain(end=pooled("sum"))
PROJECTED = chain(end=pooled("sum"), shortcut="projection")
PREACTIVATION = chain(
    shortcut="stem",
    end=(
        BatchNorm(name="bn", source="sum"),
        Relu(name="relu3", source="bn"),
        Conv(name="third", source="relu3", out_channels=WIDTH, kernel=3, padding=1),
        Add(name="sum2", source="third", other="sum"),
        MaxPool(name="max", source="sum2", kernel=2),
        Conv(name="fourth", source="max", out_channels=WIDTH, kernel=3, padding=1, bias=True),
        Add(name="sum3", source="max", other="fourth"),
        Flatten(name="flat", source="sum3"),
        Linear(name="wide", source="flat", out_features=WIDTH * 16),
        Add(name="sum4", source="flat", other="wide"),
        Linear(name="linear", source="sum4", out_features=10),
    ),
)
ENDING_IN_A_SUM = chain(
    end=(
        AveragePool(name="pool", source="sum", kernel=8),
        Flatten(name="logits", source="pool"),
    )
)
GRAPHS = {
    "residual": RESIDUAL,
    "block": BLOCK,
    "projected": PROJECTED,
    "preactivation": PREACTIVATION,
    "ending in a sum": ENDING_IN_A_SUM,
}


def random_tensors(graph: Graph, generator: torch.Generator) -> dict[str, Tensor]:
    found = {}
    for name, shape in graph.tensors().items():
        values = torch.randn(shape, generator=generator)
        positive = name.endswith("running_var") or (name.endswith("weight") and len(shape) == 1)
        found[name] = values.abs() + 0.2 if positive else values / (values[0].numel() ** 0.5 if len(shape) > 1 else 1)
    return found


def prune(tensors: dict[str, Tensor], generator: torch.Generator) -> None:
    """Zero filters, what reads some channels, and scales of BatchNorm: of each tensor a share of its own, from none to all."""
    for name, tensor in tensors.items():
        share = torch.rand(1, generator=generator) * 1.2 - 0.1
        dead = torch.rand(len(tensor), generator=generator) < share
        if tensor.dim() == 4:
            tensor[dead] = 0
            tensor[:, torch.rand(tensor.shape[1], generator=generator) < share - 0.5] = 0
        elif name.endswith("weight") and tensor.dim() == 1:
            tensor[torch.rand(len(tensor), generator=generator) < 0.05] = 0


def planned(graph: Graph, tensors: dict[str, Tensor]) -> Plan:
    return plan_compaction(graph, {name: tensor.numpy() for name, tensor in tensors.items()})


def images(graph: Graph) -> Tensor:
    return torch.rand(2, *graph.input_shape, generator=torch.Generator().manual_seed(1))


def placed(graph: Graph) -> dict[str, tuple[bool, bool, bool]]:
    """By sum: whether its source is placed, its other value, and whether it has a bias."""
    return {
        node.name: (node.placing.source is not None, node.placing.other is not None, node.placing.bias)
        for node in graph.nodes
        if isinstance(node, Add) and node.placing is not None
    }


@pytest.mark.parametrize("name", GRAPHS)
def test_any_pattern_of_zeros_leaves_the_function_as_it_is(name: str) -> None:
    graph, forms = GRAPHS[name], set()
    for seed in range(12):
        generator = torch.Generator().manual_seed(seed)
        tensors = random_tensors(graph, generator)
        prune(tensors, generator)
        network = Network(graph, tensors)
        found = compact(network, images(graph))
        assert found.evaluated == "compact", (seed, found.reason)
        forms |= set(placed(found.network.graph).values())
        batch = images(graph)
        last = Network(found.network.graph, found.network.tensors()).lay_channels_last()
        for small in (found.network, last):
            assert torch.allclose(small(batch), network(batch), rtol=1e-4, atol=1e-4), seed
    assert forms  # the patterns reach what this is about


def dead(tensors: dict[str, Tensor], layer: str, channels: slice) -> None:
    tensors[f"{layer}.weight"][channels] = 0


def test_filters_in_front_of_a_sum_are_gone_although_the_shortcut_holds_their_channels() -> None:
    tensors = random_tensors(BLOCK, torch.Generator().manual_seed(0))
    dead(tensors, "outer", slice(None, None, 2))
    plan = planned(BLOCK, tensors)
    assert placed(plan.small) == {"sum": (True, False, True)}
    assert sorted(plan.keep["outer"].tolist()) == list(range(1, WIDTH, 2))
    half = PIXELS * WIDTH // 2 * WIDTH * 9
    assert plan.small.macs() == BLOCK.macs() - half
    assert len(next(node for node in plan.small.nodes if isinstance(node, Add)).placing.source) == 1


def test_values_that_each_lack_what_the_other_holds_are_both_placed() -> None:
    tensors = random_tensors(BLOCK, torch.Generator().manual_seed(0))
    dead(tensors, "outer", slice(0, 32))
    dead(tensors, "stem", slice(16, 64))
    tensors["stem.bias"][:40], tensors["stem.bias"][40:] = 1.0, -1.0
    plan = planned(BLOCK, tensors)
    assert placed(plan.small) == {"sum": (True, True, True)}
    assert [len(plan.keep[name]) for name in ("stem", "outer", "sum")] == [16, 32, 48]
    lacking = dict(zip(plan.keep["sum"].tolist(), plan.lacking["sum"].tolist(), strict=True))
    assert [lacking[channel] for channel in (32, 39, 40, 63)] == [1, 1, 0, 0]  # of the stem, behind its ReLU
    assert lacking[3] == pytest.approx(tensors["outer.bias"][3].item())
    assert 20 not in lacking  # constant on both sides: no longer there at all


def test_constants_go_into_the_bias_of_a_shortcut_that_nobody_else_reads() -> None:
    tensors = random_tensors(PROJECTED, torch.Generator().manual_seed(0))
    dead(tensors, "outer", slice(0, 32))
    plan = planned(PROJECTED, tensors)
    assert placed(plan.small) == {"sum": (True, False, False)}
    assert set(plan.lacking) == {"projection"}
    found = compact(Network(PROJECTED, tensors), images(PROJECTED))
    rows, shift = plan.keep["projection"], found.network.tensors()["projection.bias"]
    expected = tensors["projection.bias"] + torch.where(torch.arange(WIDTH) < 32, tensors["outer.bias"], 0)
    assert torch.allclose(shift, expected[rows])


def test_a_channel_of_the_sum_that_nobody_reads_is_computed_by_no_side_that_may_leave_it() -> None:
    tensors = random_tensors(PROJECTED, torch.Generator().manual_seed(0))
    tensors["linear.weight"].view(10, WIDTH, 4)[:, :40] = 0
    plan = planned(PROJECTED, tensors)
    assert [plan.keep[name].tolist() for name in ("outer", "projection", "sum")] == [list(range(40, 64))] * 3
    assert placed(plan.small) == {}


@pytest.mark.parametrize("count", [0, 1, 7])
def test_few_missing_filters_are_computed_for_the_sum_all_the_same(count: int) -> None:
    """Less than what a convolution computes at once is spared, so it would not pay."""
    tensors = random_tensors(BLOCK, torch.Generator().manual_seed(0))
    dead(tensors, "outer", slice(0, count))
    plan = planned(BLOCK, tensors)
    assert placed(plan.small) == {}
    assert plan.small.macs() == BLOCK.macs()
    assert all(np.array_equal(kept, np.sort(kept)) for kept in plan.keep.values())


@pytest.mark.parametrize(("count", "pays"), [(7, False), (8, True)])
def test_filters_pay_by_as_many_as_are_computed_at_once(count: int, pays: bool) -> None:
    """Of so wide a layer a few would pay for placing the rest, if a convolution did not compute eight at a time."""
    wide = residual_network(name="wide", input_shape=(3, 16, 16), widths=(256,), blocks=2, classes=10)
    tensors = random_tensors(wide, torch.Generator().manual_seed(0))
    dead(tensors, "layer1.1.conv2", slice(0, count))
    assert bool(placed(planned(wide, tensors).small)) is pays


def test_filters_that_read_little_are_computed_for_the_sum_all_the_same() -> None:
    """Half of the filters are missing, but so little arithmetic that placing the others would cost more."""
    tensors = random_tensors(BLOCK, torch.Generator().manual_seed(0))
    dead(tensors, "outer", slice(0, 32))
    dead(tensors, "inner", slice(8, 64))
    tensors["inner.bias"][8:] = -1
    assert placed(planned(BLOCK, tensors).small) == {}


def test_missing_filters_that_coincide_need_no_placing() -> None:
    tensors = random_tensors(BLOCK, torch.Generator().manual_seed(0))
    for layer in ("stem", "outer"):
        dead(tensors, layer, slice(0, 32))
    plan = planned(BLOCK, tensors)
    assert placed(plan.small) == {}
    assert plan.keep["sum"].tolist() == list(range(32, 64))


@pytest.mark.parametrize("count", [1, 2, 3, 4])
@pytest.mark.parametrize("seed", range(5))
def test_channels_of_a_group_lie_side_by_side(count: int, seed: int) -> None:
    groups = np.random.default_rng(seed).random((count, 100)) < 0.5
    order = side_by_side(groups)
    assert sorted(order.tolist()) == list(range(100))
    runs = sorted(sum(held for held, _ in groupby(group[order].tolist())) for group in groups)
    assert all(found <= allowed for found, allowed in zip(runs, [1, 1, 2, 4], strict=False))
