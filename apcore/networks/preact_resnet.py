"""ResNet-18 with pre-activation blocks for 32x32 colour images (layout R18-preact).

Source: He et al. 2016, arXiv:1603.05027, figure 1b; as in the published checkpoints of Robust Bird and Flying Bird
(arXiv:2202.09844) nothing normalises the stem's output, and a block that changes the shape has a bare 1x1 convolution as
shortcut, fed with the activated input. Layer names are those of the published checkpoints.
"""

from collections.abc import Iterator
from typing import Final

from apcore.networks.graph import INPUT, Add, AveragePool, BatchNorm, Conv, Flatten, Graph, Linear, Node, Relu

_WIDTHS: Final = (64, 128, 256, 512)


def _block(*, prefix: str, source: str, width: int, halve: bool) -> Iterator[Node]:
    stride = 2 if halve else 1
    yield BatchNorm(name=f"{prefix}.bn1", source=source)
    yield Relu(name=f"{prefix}.relu1", source=f"{prefix}.bn1")
    yield Conv(name=f"{prefix}.conv1", source=f"{prefix}.relu1", out_channels=width, kernel=3, stride=stride, padding=1)
    yield BatchNorm(name=f"{prefix}.bn2", source=f"{prefix}.conv1")
    yield Relu(name=f"{prefix}.relu2", source=f"{prefix}.bn2")
    yield Conv(name=f"{prefix}.conv2", source=f"{prefix}.relu2", out_channels=width, kernel=3, padding=1)
    shortcut = source
    if halve:
        shortcut = f"{prefix}.shortcut.0"
        yield Conv(name=shortcut, source=f"{prefix}.relu1", out_channels=width, kernel=1, stride=stride)
    yield Add(name=f"{prefix}.add", source=f"{prefix}.conv2", other=shortcut)


def _preact_resnet18() -> Graph:
    nodes: list[Node] = [Conv(name="conv1", source=INPUT, out_channels=_WIDTHS[0], kernel=3, padding=1)]
    for stage, width in enumerate(_WIDTHS):
        for block in range(2):
            halve = bool(stage) and not block
            nodes += _block(prefix=f"layer{stage + 1}.{block}", source=nodes[-1].name, width=width, halve=halve)
    nodes += [
        BatchNorm(name="bn", source=nodes[-1].name),
        Relu(name="relu", source="bn"),
        AveragePool(name="pool", source="relu", kernel=4),
        Flatten(name="flatten", source="pool"),
        Linear(name="linear", source="flatten", out_features=10),
    ]
    return Graph(name="pre-activation ResNet-18", input_shape=(3, 32, 32), nodes=tuple(nodes))


PREACT_RESNET18: Final = _preact_resnet18()
