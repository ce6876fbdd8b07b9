"""A placed sum is the sum of its values with zeros where they hold nothing, gradients included."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from apcore.networks.graph import INPUT, Add, Conv, Graph, Placing, Relu, Run
from apcore.networks.network import Network
from apcore.networks.placed_sum import placed_sum

CHANNELS = 6
PLACINGS = {
    "source partial": Placing(channels=6, source=(Run(start=0, place=2, count=3),), other=None),
    "other partial": Placing(channels=6, source=None, other=(Run(start=0, place=0, count=2),)),
    "both partial": Placing(
        channels=6, source=(Run(start=0, place=0, count=4),), other=(Run(start=0, place=3, count=3),)
    ),
    "two runs": Placing(
        channels=6, source=(Run(start=0, place=0, count=2), Run(start=2, place=4, count=2)), other=None
    ),
    "channels left out": Placing(
        channels=6, source=(Run(start=1, place=1, count=2), Run(start=4, place=4, count=1)), other=None
    ),
    "nothing goes in": Placing(channels=6, source=(), other=None),
    "all in two runs": Placing(
        channels=6, source=None, other=(Run(start=0, place=0, count=3), Run(start=3, place=3, count=3))
    ),
}
HELD = {"source partial": (3, 6), "both partial": (4, 3), "two runs": (4, 6), "channels left out": (6, 6)}
HELD |= {"other partial": (6, 2), "nothing goes in": (2, 6), "all in two runs": (6, 6)}


def spread(value: Tensor, runs: tuple[Run, ...] | None) -> Tensor:
    """`value` among zeros, by a matrix product."""
    if runs is None:
        return value
    matrix = torch.zeros(CHANNELS, value.shape[1], dtype=value.dtype)
    for run in runs:
        for step in range(run.count):
            matrix[run.place + step, run.start + step] = 1
    return torch.einsum("sc,nchw->nshw", matrix, value)


@pytest.mark.parametrize("name", PLACINGS)
@pytest.mark.parametrize("with_bias", [False, True], ids=["", "bias"])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last], ids=["first", "last"])
@pytest.mark.parametrize("overwriting", [False, True], ids=["new", "overwriting"])
def test_values_go_where_they_belong(
    name: str, with_bias: bool, layout: torch.memory_format, overwriting: bool
) -> None:
    placing, generator = PLACINGS[name], torch.Generator().manual_seed(0)
    sides = [torch.randn(2, held, 3, 3, dtype=torch.float64, generator=generator) for held in HELD[name]]
    one, other = (side.contiguous(memory_format=layout).requires_grad_() for side in sides)
    bias = torch.randn(CHANNELS, dtype=torch.float64, generator=generator) if with_bias else None
    weights = torch.randn(2, CHANNELS, 3, 3, dtype=torch.float64, generator=generator)

    expected = spread(one, placing.source) + spread(other, placing.other)
    if bias is not None:
        expected = expected + bias.view(-1, 1, 1)
    wanted = torch.autograd.grad((expected * weights).sum(), (one, other), allow_unused=True)
    found = placed_sum(one * 1, other * 1, bias, placing, overwriting=overwriting)
    gradients = torch.autograd.grad((found * weights).sum(), (one, other))

    assert torch.allclose(found, expected, rtol=1e-12, atol=1e-12)
    assert found.is_contiguous(memory_format=layout)
    for mine, theirs in zip(gradients, wanted, strict=True):
        assert torch.allclose(mine, torch.zeros_like(mine) if theirs is None else theirs, rtol=1e-12, atol=1e-12)


def test_values_stay_as_they_are_unless_they_may_be_overwritten() -> None:
    one, other = torch.ones(1, 3, 2, 2), torch.ones(1, 6, 2, 2)
    placing = PLACINGS["source partial"]
    assert placed_sum(one, other, None, placing, overwriting=False) is not other
    assert torch.equal(other, torch.ones_like(other))
    placed_sum(one, other, torch.ones(6), placing, overwriting=True)
    assert other[0, :, 0, 0].tolist() == [2, 2, 3, 3, 3, 2]


def block(placing: Placing, *, projected: bool) -> Graph:
    """A sum of a convolution's output and of a ReLU's, whose gradient needs it, or of another convolution's."""
    shortcut = "projection" if projected else "relu"
    nodes = (
        Conv(name="stem", source=INPUT, out_channels=6, kernel=3, padding=1, bias=True),
        Relu(name="relu", source="stem"),
        Conv(name="conv", source="relu", out_channels=3, kernel=3, padding=1, bias=True),
        Conv(name="projection", source="relu", out_channels=6, kernel=1, bias=True),
        Add(name="sum", source="conv", other=shortcut, placing=placing),
        Relu(name="last", source="sum"),
    )
    return Graph(
        name="block",
        input_shape=(3, 4, 4),
        nodes=tuple(node for node in nodes if projected or node.name != "projection"),
    )


@pytest.mark.parametrize("projected", [False, True], ids=["identity", "projection"])
@pytest.mark.parametrize("bias", [False, True])
def test_a_graph_may_place_the_values_of_a_sum(projected: bool, bias: bool) -> None:
    placing = Placing(channels=6, source=(Run(start=0, place=2, count=3),), other=None, bias=bias)
    graph, generator = block(placing, projected=projected), torch.Generator().manual_seed(0)
    shapes = graph.tensors()
    assert shapes.get("sum.bias") == ((6,) if bias else None)
    tensors = {name: torch.randn(shape, generator=generator) for name, shape in shapes.items()}
    batch = torch.rand(2, 3, 4, 4, generator=generator).requires_grad_()

    def conv(name: str, value: Tensor, padding: int) -> Tensor:
        return torch.conv2d(value, tensors[f"{name}.weight"], tensors[f"{name}.bias"], padding=padding)

    hidden = torch.relu(conv("stem", batch, 1))
    shortcut = conv("projection", hidden, 0) if projected else hidden
    added = tensors["sum.bias"].view(-1, 1, 1) if bias else 0
    expected = torch.relu(shortcut + torch.nn.functional.pad(conv("conv", hidden, 1), (0, 0, 0, 0, 2, 1)) + added)
    found = Network(graph, tensors)(batch)
    assert torch.allclose(found, expected, atol=1e-5)
    mine, theirs = (torch.autograd.grad(it.square().sum(), batch)[0] for it in (found, expected))
    assert torch.allclose(mine, theirs, rtol=1e-4, atol=1e-3)


def test_a_value_that_somebody_reads_later_is_not_overwritten() -> None:
    """The convolution whose channels are placed could be; the one that holds them all is still needed."""
    placing = Placing(channels=6, source=(Run(start=0, place=2, count=3),), other=None)
    once = block(placing, projected=True)
    twice = replace(once, nodes=(*once.nodes, Add(name="again", source="last", other="projection")))
    generator = torch.Generator().manual_seed(0)
    tensors = {name: torch.randn(shape, generator=generator) for name, shape in twice.tensors().items()}
    batch = torch.rand(2, 3, 4, 4, generator=generator)
    hidden = torch.relu(torch.conv2d(batch, tensors["stem.weight"], tensors["stem.bias"], padding=1))
    projection = torch.conv2d(hidden, tensors["projection.weight"], tensors["projection.bias"])
    with torch.no_grad():
        assert torch.allclose(Network(twice, tensors)(batch), Network(once, tensors)(batch) + projection, atol=1e-5)


def test_a_sum_has_the_channels_of_its_placing() -> None:
    graph = block(PLACINGS["both partial"], projected=False)
    assert graph.shapes()["sum"] == (6, 4, 4)
