"""What compaction will keep is known from the zeros alone, before torch is loaded."""

import numpy as np
import pytest
import torch
from doubles.demo import checkpoint

from apcore.compaction.compact import compact
from apcore.compaction.plan import plan_compaction
from apcore.networks.declared import GRAPHS
from apcore.networks.graph import INPUT, Conv, Flatten, Graph, Linear, Relu
from apcore.networks.network import Network

CHAIN = Graph(
    name="chain",
    input_shape=(1, 4, 4),
    nodes=(
        Conv(name="conv1", source=INPUT, out_channels=4, kernel=3, padding=1),
        Relu(name="relu", source="conv1"),
        Conv(name="conv2", source="relu", out_channels=3, kernel=1),
        Flatten(name="flat", source="conv2"),
        Linear(name="linear", source="flat", out_features=2),
    ),
)


def weights() -> dict[str, np.ndarray]:
    return {name: np.ones(shape) for name, shape in CHAIN.tensors().items()}


def test_a_zero_filter_and_the_weights_that_read_it_are_gone() -> None:
    tensors = weights()
    tensors["conv1.weight"][[0, 2]] = 0
    found = plan_compaction(CHAIN, tensors)
    assert found.keep["conv1"].tolist() == [1, 3]
    assert found.small.macs() == 16 * (2 * 9 + 2 * 3) + 3 * 16 * 2


def test_a_filter_that_nobody_reads_is_gone_though_it_holds_no_zero() -> None:
    tensors = weights()
    tensors["conv2.weight"][:, 1] = 0
    found = plan_compaction(CHAIN, tensors)
    assert found.keep["conv1"].tolist() == [0, 2, 3]
    assert found.small.macs() == 16 * (3 * 9 + 3 * 3) + 3 * 16 * 2


def test_scattered_zeros_leave_the_cost_as_it_is() -> None:
    tensors = weights()
    tensors["conv1.weight"][:, :, ::2] = 0
    tensors["conv2.weight"][[0, 1, 2], [0, 1, 2]] = 0
    assert plan_compaction(CHAIN, tensors).small.macs() == CHAIN.macs()


@pytest.mark.parametrize("sparsity", [50, 75, 90])
def test_the_plan_costs_what_the_compact_network_costs(sparsity: int) -> None:
    state = {name: tensor for name, tensor in checkpoint(sparsity).items() if "num_batches" not in name}
    graph = GRAPHS["resnet6"]
    planned = plan_compaction(graph, {name: tensor.double().numpy() for name, tensor in state.items()})
    made = compact(Network(graph, state), torch.rand(2, *graph.input_shape))
    assert made.evaluated == "compact"
    assert planned.small.macs() == made.macs_evaluated


@pytest.mark.parametrize("layout", ["resnet18", "resnet18-preact"])
def test_parts_of_weights_are_those_of_the_whole_rounded_once(layout: str) -> None:
    generator = np.random.default_rng(0)
    graph = GRAPHS[layout]
    tensors = {name: generator.uniform(0.1, 1, shape).astype(np.float32) for name, shape in graph.tensors().items()}
    folded = plan_compaction(graph, tensors).folded
    layers = [node.name for node in folded.graph.nodes if isinstance(node, Conv | Linear)]
    for layer in layers:
        whole = folded.tensors[f"{layer}.weight"]
        outputs, inputs = (np.arange(size) for size in whole.shape[:2])
        some = generator.permutation(outputs)[: len(outputs) // 2]
        for rows, columns in ((outputs, inputs), (some, inputs), (outputs, inputs[1:]), (outputs[::-1], inputs)):
            rounded = folded.weight(layer, rows, columns, np.float32)
            assert rounded.dtype == np.float32
            assert np.array_equal(rounded, whole[np.ix_(rows, columns)].astype(np.float32)), layer
            assert np.array_equal(folded.weight(layer, rows, columns, np.float64), whole[np.ix_(rows, columns)]), layer
