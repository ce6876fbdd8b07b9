"""Residual networks for small images: ResNet-18 for 32x32 colour images, and the six-layer one of the demonstration.

Source: He et al. 2016, arXiv:1512.03385, section 4.2 (small images: 3x3 stem, no max pooling); projection shortcuts
(option B) wherever the shape changes. Layer names are those of the published checkpoints (layout R18).
"""

from collections.abc import Iterator, Sequence
from typing import Final

from apcore.networks.graph import INPUT, Add, AveragePool, BatchNorm, Conv, Flatten, Graph, Linear, Node, Relu


def residual_network(
    *, name: str, input_shape: tuple[int, int, int], widths: Sequence[int], blocks: int, classes: int
) -> Graph:
    """A stem and one stage per width, `blocks` basic blocks each; every stage but the first halves the resolution."""
    nodes: list[Node] = [
        Conv(name="conv1", source=INPUT, out_channels=widths[0], kernel=3, padding=1),
        BatchNorm(name="bn1", source="conv1"),
        Relu(name="relu1", source="bn1"),
    ]
    for stage, width in enumerate(widths):
        for block in range(blocks):
            nodes += _basic_block(
                prefix=f"layer{stage + 1}.{block}",
                source=nodes[-1].name,
                width=width,
                stride=2 if stage and not block else 1,
                project=bool(stage) and not block,
            )
    side = input_shape[1] >> (len(widths) - 1)
    nodes += [
        AveragePool(name="pool", source=nodes[-1].name, kernel=side),
        Flatten(name="flatten", source="pool"),
        Linear(name="linear", source="flatten", out_features=classes),
    ]
    return Graph(name=name, input_shape=input_shape, nodes=tuple(nodes))


def _basic_block(*, prefix: str, source: str, width: int, stride: int, project: bool) -> Iterator[Node]:
    yield Conv(name=f"{prefix}.conv1", source=source, out_channels=width, kernel=3, stride=stride, padding=1)
    yield BatchNorm(name=f"{prefix}.bn1", source=f"{prefix}.conv1")
    yield Relu(name=f"{prefix}.relu1", source=f"{prefix}.bn1")
    yield Conv(name=f"{prefix}.conv2", source=f"{prefix}.relu1", out_channels=width, kernel=3, padding=1)
    yield BatchNorm(name=f"{prefix}.bn2", source=f"{prefix}.conv2")
    shortcut = source
    if project:
        shortcut = f"{prefix}.shortcut.1"
        yield Conv(name=f"{prefix}.shortcut.0", source=source, out_channels=width, kernel=1, stride=stride)
        yield BatchNorm(name=shortcut, source=f"{prefix}.shortcut.0")
    yield Add(name=f"{prefix}.add", source=f"{prefix}.bn2", other=shortcut)
    yield Relu(name=f"{prefix}.relu2", source=f"{prefix}.add")


RESNET18: Final = residual_network(
    name="ResNet-18 (layout R18)",
    input_shape=(3, 32, 32),
    widths=(64, 128, 256, 512),
    blocks=2,
    classes=10,
)

RESNET6: Final = residual_network(
    name="ResNet-6 (layout R6)", input_shape=(1, 8, 8), widths=(20, 40), blocks=1, classes=10
)
