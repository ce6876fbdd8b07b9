"""Train the demonstration's three checkpoints: adversarially, on digits, as narrow networks stored at full size.

    python demo/train.py demo/files

A filter-pruned network is a narrow one whose other filters are zero. Each of the three keeps 50, 25 or 10 % of the filters
of ResNet-6 in every layer, is trained on PGD examples (Madry et al. 2018, arXiv:1706.06083), and is then placed at random
indices of the full width, as a pruning method would leave it. Takes a few minutes on one CPU core.
"""

import sys
from collections import OrderedDict
from pathlib import Path

import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn
from torch.nn import functional

from apcore.datasets import DIGITS_TEST_SAMPLES
from apcore.networks.graph import BatchNorm, Conv, Graph, Linear
from apcore.networks.resnet import RESNET6, residual_network

EPS = 0.1
EPOCHS = 120
PGD_STEPS = 5
DRIVE_IDS = {
    50: "1demo-resnet6-digits-s50-checkpoint",
    75: "1demo-resnet6-digits-s75-checkpoint",
    90: "1demo-resnet6-digits-s90-checkpoint",
}

# Layers whose outputs are summed keep the same filters.
STREAM = {
    "conv1": "stage 1",
    "layer1.0.conv2": "stage 1",
    "layer2.0.conv2": "stage 2",
    "layer2.0.shortcut.0": "stage 2",
}


class TrainableNetwork(nn.Module):
    """A declared residual network with trainable BatchNorm, for the graphs that `residual_network` builds."""

    def __init__(self, graph: Graph) -> None:
        super().__init__()
        self.graph = graph
        shapes = graph.shapes()
        layers: dict[str, nn.Module] = {}
        for node in graph.nodes:
            channels = shapes[node.source][0]
            if isinstance(node, Conv):
                layers[node.name] = nn.Conv2d(
                    channels, node.out_channels, node.kernel, node.stride, node.padding, bias=node.bias
                )
            elif isinstance(node, BatchNorm):
                layers[node.name] = nn.BatchNorm2d(channels)
            elif isinstance(node, Linear):
                layers[node.name] = nn.Linear(channels, node.out_features)
        self.layers = nn.ModuleDict({name.replace(".", "/"): layer for name, layer in layers.items()})

    def forward(self, images: Tensor) -> Tensor:
        """(n, channels, height, width) in [0, 1] to (n, classes) logits."""
        values = {"input": images}
        for node in self.graph.nodes:
            value = values[node.source]
            key = node.name.replace(".", "/")
            if key in self.layers:
                values[node.name] = self.layers[key](value)
            elif hasattr(node, "other"):
                values[node.name] = value + values[node.other]
            elif hasattr(node, "kernel"):
                values[node.name] = functional.avg_pool2d(value, node.kernel)
            elif node.name == "flatten":
                values[node.name] = value.flatten(1)
            else:
                values[node.name] = functional.relu(value)
        return values[self.graph.nodes[-1].name]

    def state(self) -> "OrderedDict[str, Tensor]":
        """The state dict under the graph's own names."""
        return OrderedDict((name.removeprefix("layers.").replace("/", "."), t) for name, t in self.state_dict().items())


def pgd(network: nn.Module, images: Tensor, labels: Tensor, *, steps: int) -> Tensor:
    """Projected gradient descent in L-inf within EPS, pixels in [0, 1], random start."""
    delta = torch.empty_like(images).uniform_(-EPS, EPS)
    for _ in range(steps):
        delta.requires_grad_()
        loss = functional.cross_entropy(network((images + delta).clamp(0, 1)), labels)
        (gradient,) = torch.autograd.grad(loss, delta)
        delta = (delta.detach() + 2.5 * EPS / steps * gradient.sign()).clamp(-EPS, EPS)
    return (images + delta).clamp(0, 1)


def train(graph: Graph, images: Tensor, labels: Tensor) -> TrainableNetwork:
    """Adversarial training with SGD and one learning-rate cycle."""
    network = TrainableNetwork(graph)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.05, momentum=0.9, weight_decay=5e-4)
    batches = len(images) // 64
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.2, total_steps=EPOCHS * batches)
    for _ in range(EPOCHS):
        order = torch.randperm(len(images))
        for batch in order[: batches * 64].view(batches, 64):
            network.eval()
            adversarial = pgd(network, images[batch], labels[batch], steps=PGD_STEPS)
            network.train()
            optimizer.zero_grad()
            functional.cross_entropy(network(adversarial), labels[batch]).backward()
            optimizer.step()
            schedule.step()
    return network.eval()


def at_full_size(narrow: TrainableNetwork, *, random: torch.Generator) -> "OrderedDict[str, Tensor]":
    """`narrow` as an author would upload it: its filters at random indices of ResNet-6, zeros elsewhere."""
    full = RESNET6.shapes()
    small = narrow.graph.shapes()
    places: dict[str, Tensor] = {"input": torch.arange(1)}
    groups: dict[str, Tensor] = {}
    for node in RESNET6.nodes:
        if isinstance(node, Conv):
            kept = torch.randperm(full[node.name][0], generator=random)[: small[node.name][0]].sort().values
            places[node.name] = groups.setdefault(STREAM.get(node.name, node.name), kept)
        elif isinstance(node, Linear):
            places[node.name] = torch.arange(node.out_features)
        else:
            places[node.name] = places[node.source]
    stored: OrderedDict[str, Tensor] = OrderedDict()
    nodes = {node.name: node for node in RESNET6.nodes}
    for name, shape in RESNET6.tensors().items():
        node = nodes[name.rsplit(".", 1)[0]]
        values = torch.zeros(shape)
        index = (
            [places[node.name], places[node.source]]
            if name.endswith("weight") and len(shape) > 1
            else [places[node.name]]
        )
        values[torch.meshgrid(*index, indexing="ij")] = narrow.state()[name]
        stored[name] = values
    for node in RESNET6.nodes:
        if isinstance(node, BatchNorm):
            # what pruning leaves behind in a removed filter's BatchNorm is arbitrary; nothing depends on it but its shift
            dead = torch.ones(full[node.name][0], dtype=torch.bool)
            dead[places[node.name]] = False
            stored[f"{node.name}.weight"][dead] = torch.rand(int(dead.sum()), generator=random) + 0.2
            stored[f"{node.name}.running_var"][dead] = torch.rand(int(dead.sum()), generator=random) + 0.1
    return stored


def main(folder: Path) -> None:
    """Write the three checkpoints under their Drive ids."""
    digits = load_digits()
    images = torch.tensor(digits.images[DIGITS_TEST_SAMPLES:, None] / 16, dtype=torch.float32)
    labels = torch.tensor(digits.target[DIGITS_TEST_SAMPLES:])
    held_out = torch.tensor(digits.images[:DIGITS_TEST_SAMPLES, None] / 16, dtype=torch.float32)
    held_out_labels = torch.tensor(digits.target[:DIGITS_TEST_SAMPLES])
    folder.mkdir(parents=True, exist_ok=True)
    for sparsity, drive_id in DRIVE_IDS.items():
        torch.manual_seed(sparsity)
        widths = tuple(width * (100 - sparsity) // 100 for width in (20, 40))
        graph = residual_network(name="narrow ResNet-6", input_shape=(1, 8, 8), widths=widths, blocks=1, classes=10)
        network = train(graph, images, labels)
        adversarial = pgd(network, held_out, held_out_labels, steps=20)
        clean, robust = (
            float((network(x).argmax(1) == held_out_labels).float().mean()) for x in (held_out, adversarial)
        )
        state = at_full_size(network, random=torch.Generator().manual_seed(sparsity))
        torch.save({"epoch": EPOCHS, "state_dict": state}, folder / drive_id)
        print(f"S {sparsity}: {graph.macs()} MACs, clean {clean:.2%}, PGD-20 at eps {EPS} {robust:.2%}")


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(Path(sys.argv[1]))
