"""What the choices of `apcore.execution` rest on: threads, processes and torch.compile, timed on this machine's CPU.

    python benchmarks/execution_choices.py --shared ../shared --out speed-table

Each network is compacted and laid out as for an evaluation, and passes forward and backward to the image are timed on the
wall clock for some seconds in every way, the ways in turn, `--repeats` times. Shown is the best of each, as images a second:

- one thread, and two threads, of one process;
- two processes of one thread each, both at once, their rates summed;
- one thread on the network as `torch.compile` makes it for one shape (it compiles C++, which takes seconds), with the seconds until
  its first result.

Both cores must be idle.
"""

import argparse
import multiprocessing
import sys
import time
from collections.abc import Callable

import torch
from speed_table import CASES, parser_of_cases
from torch import Tensor

from apcore.compaction.compact import compact
from apcore.execution import execution_for
from apcore.networks.network import Network

WAYS = ("one thread", "two threads", "two processes", "compiled")
HEAD = f"| network | images a pass | {' | '.join(WAYS)} | until the first compiled result, s |\n{'| --- ' * 7}|"
Model = Callable[[Tensor], Tensor]


def prepared(name: str, options: argparse.Namespace) -> tuple[Network, Tensor]:
    """The network that an evaluation would attack, and as many images as its passes take."""
    images = torch.rand(64, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    compacted = compact(CASES[name].network(options.shared, options.out), images[:2])
    execution = execution_for(compacted.macs_evaluated, samples=1, device="cpu", available=1)
    return execution.prepared(compacted.network), images[: options.images or execution.filling.images]


def rate(model: Model, images: Tensor, seconds: float) -> float:
    """Images a second, forward and backward; the first pass is not counted."""
    passed, started = -1, 0.0
    while True:
        point = images.clone().requires_grad_()
        torch.autograd.grad(model(point).sum(), point)
        passed += 1
        now = time.perf_counter()
        if not passed:
            started = now
        elif now - started > seconds:
            return passed * len(images) / (now - started)


def compiled(network: Network, images: Tensor) -> tuple[Model, float]:
    """The network compiled for images of that shape, and the seconds until its first result."""
    started = time.perf_counter()
    model: Model = torch.compile(network, dynamic=False)
    point = images.clone().requires_grad_()
    torch.autograd.grad(model(point).sum(), point)
    return model, time.perf_counter() - started


def worker(
    name: str, options: argparse.Namespace, wait: Callable[[], int], found: "multiprocessing.Queue[float]"
) -> None:
    """A process of one thread that starts when all are ready, `repeats` times."""
    torch.set_num_threads(1)
    network, images = prepared(name, options)
    for _ in range(options.repeats):
        wait()
        found.put(rate(network, images, options.seconds))
        wait()


def row(name: str, options: argparse.Namespace) -> str:
    """One line: the best of each way."""
    context = multiprocessing.get_context("spawn")
    barrier, found = context.Barrier(3), context.Queue()
    workers = [context.Process(target=worker, args=(name, options, barrier.wait, found)) for _ in range(2)]
    for one in workers:
        one.start()
    torch.set_num_threads(1)
    network, images = prepared(name, options)
    fast, until_first = compiled(network, images)
    best = dict.fromkeys(WAYS, 0.0)
    for _ in range(options.repeats):
        for way, threads, model in ((WAYS[0], 1, network), (WAYS[1], 2, network), (WAYS[3], 1, fast)):
            torch.set_num_threads(threads)
            best[way] = max(best[way], rate(model, images, options.seconds))
        barrier.wait()
        barrier.wait()
        best[WAYS[2]] = max(best[WAYS[2]], found.get() + found.get())
    for one in workers:
        one.join()
    rates = " | ".join(f"{best[way]:.0f} ({best[way] / best[WAYS[0]]:.2f})" for way in WAYS)
    return f"| {CASES[name].title} | {len(images)} | {rates} | {until_first:.0f} |"


def main() -> int:
    options = arguments()
    options.out.mkdir(parents=True, exist_ok=True)
    print(f"torch {torch.__version__}, best of {options.repeats}\n\n{HEAD}")
    for name in options.network or ("s90", "s50", "dense"):
        print(row(name, options), flush=True)
    return 0


def arguments() -> argparse.Namespace:
    parser = parser_of_cases(__doc__)
    parser.add_argument(
        "--images", type=int, metavar="N", help="in a pass (default: what an evaluation of few samples takes)"
    )
    parser.add_argument("--seconds", type=float, default=4.0, metavar="S", help="of each measurement (default 4)")
    parser.add_argument("--repeats", type=int, default=3, metavar="N", help="of all ways (default 3)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
