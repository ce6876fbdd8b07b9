"""Whether residual layers are decoupled where that pays, and left alone where it does not.

    OMP_NUM_THREADS=1 python benchmarks/placing_rule.py

A ResNet-18 of random weights, of each of whose convolutions a share of the filters is zero, at random places, is compacted by three
rules: sums keep the channels of both their values; the rule of `apcore.compaction.residual`; and whatever spares arithmetic
is placed. Then passes of 16 images forwards and backwards are timed in turn, and the shortest of each is told.
"""

import argparse
import sys
import time
from unittest import mock

import torch
from torch import Tensor

from apcore.compaction import residual
from apcore.compaction.compact import compact
from apcore.networks.network import Network
from apcore.networks.resnet import RESNET18

RULES = {
    "none": {"VALUE_MACS": 1e12},
    "where it pays": {"VALUE_MACS": residual.VALUE_MACS},
    "all": {"VALUE_MACS": 0, "RUN_MACS": 0, "LANES": 1},
}


def pruned(share: float) -> Network:
    """Without `share` of the filters of each convolution; what BatchNorm makes of a dead one is not zero."""
    generator = torch.Generator().manual_seed(0)
    tensors = {}
    for name, shape in RESNET18.tensors().items():
        if len(shape) == 1:
            tensors[name] = 0.5 + torch.rand(shape, generator=generator)
            continue
        tensors[name] = torch.randn(shape, generator=generator) * torch.Size(shape[1:]).numel() ** -0.5
        if len(shape) == 4:
            tensors[name][torch.randperm(shape[0], generator=generator)[: round(share * shape[0])]] = 0
    return Network(RESNET18, tensors, copied=False)


def seconds(network: Network, images: Tensor) -> float:
    """Processor time of one pass and the gradient of its input."""
    images = images.clone().requires_grad_()
    started = time.process_time()
    torch.autograd.grad(network(images).sum(), images)
    return time.process_time() - started


def row(share: float, images: Tensor, rounds: int) -> str:
    networks, macs = {}, {}
    for name, constants in RULES.items():
        with mock.patch.multiple(residual, **constants):
            compacted = compact(pruned(share), images[:2])
        networks[name], macs[name] = compacted.network.lay_channels_last(), compacted.macs_evaluated
    took = dict.fromkeys(RULES, float("inf"))
    for _ in range(rounds):
        for name, network in networks.items():
            took[name] = min(took[name], seconds(network, images))
    cells = [f"{macs[name] / 1e6:.0f} | {1000 * took[name]:.0f}" for name in RULES]
    return f"| {100 * share:.0f} % | {' | '.join(cells)} | **{took['where it pays'] / took['none']:.2f}** |"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--shares", type=float, nargs="+", default=[0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9], metavar="SHARE"
    )
    parser.add_argument("--images", type=int, default=16, metavar="N", help="in a pass (default 16)")
    parser.add_argument(
        "--rounds", type=int, default=8, metavar="N", help="of which the shortest pass counts (default 8)"
    )
    options = parser.parse_args()
    torch.manual_seed(0)
    images = torch.rand(options.images, 3, 32, 32)
    columns = [f"{name}: million MACs | ms" for name in RULES]
    print(f"| zero filters | {' | '.join(columns)} | where it pays / none |")
    print("| --- " * (2 * len(RULES) + 2) + "|")
    for share in options.shares:
        print(row(share, images, options.rounds), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
