"""VGG-16 with BatchNorm for 32x32 colour images, with the four heads of the published checkpoints.

Source: Simonyan & Zisserman 2015, arXiv:1409.1556, configuration D. Convolutions carry no bias: in front of a BatchNorm it
would only shift the running mean. The networks differ in what follows the last block: nothing and three linear layers
(2048-256-256-10), max or average pooling to one pixel and a linear layer, or average pooling and 512-BatchNorm-10.
"""

from typing import Final

from apcore.networks.graph import (
    INPUT,
    AveragePool,
    BatchNorm,
    Conv,
    Flatten,
    Graph,
    Linear,
    MaxPool,
    Node,
    Relu,
)

_BLOCKS: Final = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))


def _features(block_name: str) -> list[Node]:
    """The 13 convolutions; layers are numbered as in the sequence that the published code builds."""
    nodes: list[Node] = []
    index, source = 0, INPUT
    for block, widths in enumerate(_BLOCKS):
        for width in widths:
            conv, norm, relu = (f"{block_name}.{index + step}" for step in range(3))
            nodes += [
                Conv(name=conv, source=source, out_channels=width, kernel=3, padding=1),
                BatchNorm(name=norm, source=conv),
                Relu(name=relu, source=norm),
            ]
            index, source = index + 3, relu
        if block + 1 < len(_BLOCKS):
            nodes.append(MaxPool(name=f"{block_name}.{index}", source=source, kernel=2))
            index, source = index + 1, nodes[-1].name
    return nodes


def _graph(name: str, *nodes: Node) -> Graph:
    return Graph(name=name, input_shape=(3, 32, 32), nodes=nodes)


def _vgg16_mlp() -> Graph:
    features = _features("features")
    return _graph(
        "VGG-16 (layout V16-mlp)",
        *features,
        Flatten(name="flatten", source=features[-1].name),
        Linear(name="classifier.0", source="flatten", out_features=256),
        Relu(name="classifier.1", source="classifier.0"),
        Linear(name="classifier.2", source="classifier.1", out_features=256),
        Relu(name="classifier.3", source="classifier.2"),
        Linear(name="classifier.4", source="classifier.3", out_features=10),
    )


def _vgg16_max_linear() -> Graph:
    features = _features("features")
    return _graph(
        "VGG-16, max pooling and one linear layer",
        *features,
        MaxPool(name="pool", source=features[-1].name, kernel=2),
        Flatten(name="flatten", source="pool"),
        Linear(name="classifier", source="flatten", out_features=10),
    )


def _vgg16_avg_linear() -> Graph:
    features = _features("feature")
    return _graph(
        "VGG-16, average pooling and one linear layer",
        *features,
        AveragePool(name="pool", source=features[-1].name, kernel=2),
        Flatten(name="flatten", source="pool"),
        Linear(name="classifier", source="flatten", out_features=10),
    )


def _vgg16_avg_bnmlp() -> Graph:
    features = _features("feature")
    return _graph(
        "VGG-16, average pooling and two linear layers with BatchNorm",
        *features,
        AveragePool(name="pool", source=features[-1].name, kernel=2),
        Flatten(name="flatten", source="pool"),
        Linear(name="classifier.0", source="flatten", out_features=512),
        BatchNorm(name="classifier.1", source="classifier.0"),
        Relu(name="classifier.2", source="classifier.1"),
        Linear(name="classifier.3", source="classifier.2", out_features=10),
    )


VGG16: Final = _vgg16_mlp()
VGG16_MAX_LINEAR: Final = _vgg16_max_linear()
VGG16_AVG_LINEAR: Final = _vgg16_avg_linear()
VGG16_AVG_BNMLP: Final = _vgg16_avg_bnmlp()
