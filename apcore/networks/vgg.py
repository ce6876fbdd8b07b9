"""VGG-16 with BatchNorm for 32x32 colour images, three-layer head (layout V16-mlp).

Source: Simonyan & Zisserman 2015, arXiv:1409.1556, configuration D; as in the published checkpoints the convolutions
carry no bias, there is no pooling after the last block, and the head is 2048-256-256-10.
"""

from typing import Final

from apcore.networks.graph import INPUT, BatchNorm, Conv, Flatten, Graph, Linear, MaxPool, Node, Relu

_BLOCKS: Final = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))


def _features() -> list[Node]:
    nodes: list[Node] = []
    index, source = 0, INPUT
    for block, widths in enumerate(_BLOCKS):
        for width in widths:
            conv, norm, relu = (f"features.{index + step}" for step in range(3))
            nodes += [
                Conv(name=conv, source=source, out_channels=width, kernel=3, padding=1),
                BatchNorm(name=norm, source=conv),
                Relu(name=relu, source=norm),
            ]
            index, source = index + 3, relu
        if block + 1 < len(_BLOCKS):
            nodes.append(MaxPool(name=f"features.{index}", source=source, kernel=2))
            index, source = index + 1, nodes[-1].name
    return nodes


def _vgg16() -> Graph:
    features = _features()
    head: list[Node] = [
        Flatten(name="flatten", source=features[-1].name),
        Linear(name="classifier.0", source="flatten", out_features=256),
        Relu(name="classifier.1", source="classifier.0"),
        Linear(name="classifier.2", source="classifier.1", out_features=256),
        Relu(name="classifier.3", source="classifier.2"),
        Linear(name="classifier.4", source="classifier.3", out_features=10),
    ]
    return Graph(name="VGG-16 (layout V16-mlp)", input_shape=(3, 32, 32), nodes=(*features, *head))


VGG16: Final = _vgg16()
