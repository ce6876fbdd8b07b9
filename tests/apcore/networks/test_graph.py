"""The declared graphs are those of the published checkpoints."""

import json
from pathlib import Path

import pytest

from apcore.networks.declared import GRAPHS

PRUNABLE_WEIGHTS = {
    "resnet18": 11_164_352,
    "resnet18-preact": 11_164_352,
    "vgg16": 15_302_848,
    "vgg16-max-linear": 14_715_584,
    "vgg16-avg-linear": 14_715_584,
    "vgg16-avg-bnmlp": 14_977_728,
}
MILLION_MACS = {"resnet18": 555.4, "vgg16": 313.8}


@pytest.mark.parametrize("name", PRUNABLE_WEIGHTS)
def test_convolution_and_linear_weights_count_as_published(name: str) -> None:
    shapes = GRAPHS[name].tensors()
    weights = [shape for tensor, shape in shapes.items() if tensor.endswith(".weight") and len(shape) > 1]
    assert sum(_product(shape) for shape in weights) == PRUNABLE_WEIGHTS[name]


@pytest.mark.parametrize("name", MILLION_MACS)
def test_multiply_accumulates_count_as_published(name: str) -> None:
    assert round(GRAPHS[name].macs() / 1e6, 1) == MILLION_MACS[name]


@pytest.mark.parametrize(
    ("name", "layout"),
    [
        ("resnet18", "R18"),
        ("resnet18-preact", "R18-preact"),
        ("vgg16", "V16-mlp"),
        ("vgg16-max-linear", "V16-linear"),
    ],
)
def test_names_and_shapes_are_those_of_the_published_layouts(name: str, layout: str, shared: Path) -> None:
    facts = json.loads((shared / "facts" / "checkpoint_layouts.json").read_text())["layouts"][layout]
    published = {entry[0]: tuple(entry[2]) for entry in facts if not entry[0].endswith("num_batches_tracked")}
    assert GRAPHS[name].tensors() == published


@pytest.mark.parametrize("name", GRAPHS)
def test_every_graph_ends_in_ten_logits(name: str) -> None:
    graph = GRAPHS[name]
    assert graph.shapes()[graph.nodes[-1].name] == (10,)


def _product(shape: tuple[int, ...]) -> int:
    total = 1
    for side in shape:
        total *= side
    return total
