"""The second table of docs/speed.md: the six networks of `speed_table.py`, FMN as HO-FMN runs it, as stored and as evaluated.

    python benchmarks/ho_fmn_speed.py --shared ../shared --out speed-table

HO-FMN is a search of FMN's hyperparameters and FMN with the best of them: passes of one attack, over and over. So one FMN on a
batch says what each of them gains. The plain path is the algorithm of `apcore.attacks.fmn` on the network as the file holds it;
the other is what an evaluation does: compacted, frozen, laid out and threaded as
`apcore.execution` chooses. Compaction is counted in full, though a whole HO-FMN pays it once for 33 attacks.
"""

import argparse
import platform
import sys
import time
from collections.abc import Callable

import numpy as np
import torch
from speed_table import CASES, parser_of_cases
from torch import Tensor

from apcore.attacks.fmn import fmn
from apcore.attacks.ho_fmn import untuned
from apcore.compaction.compact import compact
from apcore.execution import execution_for, torch_threads
from apcore.networks.network import Network
from apcore.protocol import load_protocol

HEAD = (
    "| network | images | plain, s | fast, s | ratio | distances apart by, median and largest | found by one alone |\n"
    + "| --- " * 7
    + "|"
)


def row(name: str, options: argparse.Namespace) -> str:
    """One line: both paths, one after the other in this process."""
    case, settings = CASES[name], load_protocol("apb-2024").ho_fmn
    stored = np.load(options.shared / "data" / "CIFAR10.npz")
    pixels = torch.from_numpy(stored["x"][: options.images])
    images = pixels.permute(0, 3, 1, 2).contiguous().float() / 255
    plain = case.network(options.shared, options.out)
    with torch.no_grad():
        labels = plain(images).argmax(1)  # so that every image is attacked to the end
    options.configuration = untuned(settings)
    theirs, reference = timed(lambda: distances(plain, images, labels, options))
    ours, fast = timed(lambda: evaluated(case.network(options.shared, options.out), images, labels, options))
    found = torch.isfinite(theirs) & torch.isfinite(ours)
    apart = (theirs - ours)[found].abs()
    cells = (
        case.title,
        f"{len(images)}",
        f"{reference:.1f}",
        f"{fast:.1f}",
        f"**{reference / fast:.1f}**",
        f"{apart.median():.0e}, {apart.max():.0e}" if len(apart) else "found none",
        f"{int((torch.isfinite(theirs) != torch.isfinite(ours)).sum())}",
    )
    return f"| {' | '.join(cells)} |"


def evaluated(network: Network, images: Tensor, labels: Tensor, options: argparse.Namespace) -> Tensor:
    """Distances as an evaluation finds them, compaction included."""
    compacted = compact(network, images[:2])
    execution = execution_for(
        compacted.macs_evaluated, samples=len(images), device="cpu", available=torch.get_num_threads()
    )
    with torch_threads(execution.threads):
        return distances(execution.prepared(compacted.network), images, labels, options)


def distances(network: Network, images: Tensor, labels: Tensor, options: argparse.Namespace) -> Tensor:
    """FMN's distance of each image, (n,)."""
    return fmn(network, images, labels, steps=options.steps, configuration=options.configuration)


def timed(run: Callable[[], Tensor]) -> tuple[Tensor, float]:
    """What `run` found, and the processor time that it took."""
    started = time.process_time()
    return run(), time.process_time() - started


def main() -> int:
    options = arguments()
    options.out.mkdir(parents=True, exist_ok=True)
    print(
        f"{platform.machine()}, {torch.get_num_threads()} threads, torch {torch.__version__}, {options.steps} steps\n\n{HEAD}"
    )
    for name in options.network or CASES:
        print(row(name, options), flush=True)
    return 0


def arguments() -> argparse.Namespace:
    parser = parser_of_cases(__doc__)
    parser.add_argument("--images", type=int, default=32, metavar="N", help="in the batch (default 32)")
    parser.add_argument("--steps", type=int, default=30, metavar="N", help="of FMN (default 30)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
