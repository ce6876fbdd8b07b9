"""The table of docs/speed.md: six networks, AutoAttack standard in full, by the library on the network as stored, and here.

    python benchmarks/speed_table.py --shared ../shared --out speed-table

Each path runs in a process of its own, the library's first, then this one's, so that both see the same machine and each has its
own peak of memory. What was measured is kept in the folder, one JSON file for each network, path and repeat: the same
command goes on where it was stopped, and writes `table.md` whenever a network is complete. `--quick` takes a small budget for
both paths: enough for peaks of memory, while its ratios say little. `--network NAME` measures some of them only, `--images N` on
the first N images instead of each network's own number.

The reference is pyautoattack called as the released benchmark calls it: on the network as the file holds it, with parameters
that require gradients, in one batch. Radii and labels are chosen so that some samples survive, since those cost most.
"""

import argparse
import ctypes
import json
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyautoattack
import torch
from pyautoattack import AutoAttack
from torch import Tensor

from apcore.attacks.autoattack import SURVIVED, run_autoattack
from apcore.attacks.clean import margins
from apcore.attacks.library import STANDARD, Budget
from apcore.compaction.compact import compact
from apcore.execution import execution_for, torch_threads
from apcore.inspection import inspect_checkpoint
from apcore.model_key import ModelKey
from apcore.networks.network import Network, network_from_arrays
from apcore.networks.resnet import RESNET18
from apcore.networks.vgg import VGG16
from apcore.protocol import AutoAttackSettings, Samples, load_protocol
from apcore.speed import with_trainable_weights

QUICK = Budget(apgd_steps=3, fab_steps=3, square_queries=60)
QUICK_IMAGES = 3
PATHS = ("reference", "fast")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A row: the network, its first `images` samples, the radius, and whether its own predictions serve as labels."""

    title: str
    network: Callable[[Path, Path], Network]
    images: int
    eps: float
    own_labels: bool = False


def submitted(sparsity: int) -> Callable[[Path, Path], Network]:
    """A checkpoint of the real submission, as its author would upload it."""

    def network(shared: Path, out: Path) -> Network:
        files = out / "files"
        entries = json.loads((shared / "data/submission/networks.json").read_text())["networks"]
        entry = next(entry for entry in entries if entry["sparsity"] == sparsity)
        if not (files / "issue.md").exists():  # written last
            expand = str(shared / "tools/expand_submission.py")
            subprocess.run([sys.executable, expand, str(files)], check=True, stdout=subprocess.DEVNULL)
        key = ModelKey.parse(entry["model_key"])
        found = inspect_checkpoint(files / entry["drive_id"], key, load_protocol("apb-2024"))
        return network_from_arrays(found.graph, found.weights, normalization=found.normalization)

    return network


def shipped() -> dict[str, Tensor]:
    """The ResNet-18 that pyautoattack ships; it is not adversarially trained."""
    path = Path(pyautoattack.__file__).parent / "examples" / "model_test.pt"
    state = torch.load(path, map_location="cpu", weights_only=True)
    return {name.removeprefix("module."): it for name, it in state.items() if not name.endswith("num_batches_tracked")}


def dense(_shared: Path, _out: Path) -> Network:
    """That network as it is."""
    return Network(RESNET18, shipped())


def unstructured_99(_shared: Path, _out: Path) -> Network:
    """That network without the 99 % of its weights that are smallest, over all layers."""
    tensors = shipped()
    weights = [name for name, tensor in tensors.items() if tensor.ndim > 1]
    size = torch.cat([tensors[name].abs().flatten() for name in weights])
    threshold = size.kthvalue(int(0.99 * len(size))).values
    pruned = {name: torch.where(tensors[name].abs() > threshold, tensors[name], 0) for name in weights}
    return Network(RESNET18, tensors | pruned)


def random_vgg16(_shared: Path, _out: Path) -> Network:
    """A random VGG-16 of which a tenth of the filters is left, at random places; BatchNorm biases of the dead are not zero."""
    generator = torch.Generator().manual_seed(0)
    tensors = {}
    for name, shape in VGG16.tensors().items():
        normal = torch.randn(shape, generator=generator)
        if len(shape) == 1:
            positive = name.endswith(("running_var", "weight"))
            tensors[name] = 0.8 + 0.1 * normal.abs() if positive else 0.1 * normal
            continue
        live = torch.zeros(shape[0], dtype=torch.bool)
        live[torch.randperm(shape[0], generator=generator)[: round(shape[0] / 10)]] = True
        alive = live if len(shape) == 4 else torch.ones_like(live)
        inputs = (shape[1] if shape[1] == 3 else shape[1] / 10) * np.prod(shape[2:], initial=1)
        tensors[name] = normal * (2 / inputs) ** 0.5 * alive.view(-1, *[1] * (len(shape) - 1))
    return Network(VGG16, tensors)


CASES = {
    "s90": Case(title="ResNet-18 S 90, real", network=submitted(90), images=9, eps=0.031),
    "s75": Case(title="ResNet-18 S 75, real", network=submitted(75), images=8, eps=0.031),
    "s50": Case(title="ResNet-18 S 50, real", network=submitted(50), images=7, eps=0.031),
    "vgg90": Case(title="VGG-16 S 90, random", network=random_vgg16, images=2, eps=0.002, own_labels=True),
    "us99": Case(title="ResNet-18 US 99", network=unstructured_99, images=1, eps=0.002, own_labels=True),
    "dense": Case(title="ResNet-18 dense", network=dense, images=1, eps=0.001),
}


def measure(name: str, path: str, options: argparse.Namespace) -> dict[str, Any]:
    """Run one path of one network in this process."""
    case, budget = CASES[name], QUICK if options.quick else STANDARD
    network = case.network(options.shared, options.out)
    stored, count = np.load(options.shared / "data" / "CIFAR10.npz"), images_of(case, options)
    images = torch.from_numpy(stored["x"][:count]).permute(0, 3, 1, 2).contiguous().float() / 255
    with torch.no_grad():
        labels = network(images).argmax(1) if case.own_labels else torch.from_numpy(stored["y"][:count])
    held = [network]
    del network  # whoever takes it may let it go, as an evaluation does
    before = forget_the_peak()
    wall, processor = time.perf_counter(), time.process_time()
    found = (by_the_library if path == "reference" else here)(held.pop(), images, labels, case.eps, budget)
    return found | {
        "wall": time.perf_counter() - wall,
        "processor": time.process_time() - processor,
        "peak_mb": resident_mb("VmHWM"),
        "before_mb": before,
        "torch_threads": torch.get_num_threads(),
    }


def images_of(case: Case, options: argparse.Namespace) -> int:
    """How many images are attacked."""
    own: int = QUICK_IMAGES if options.quick else case.images
    return options.images or own


def forget_the_peak() -> float:
    """Megabytes in use now; from here on a new peak is kept, without that of loading (Linux: man 5 proc, clear_refs).

    What making the network has freed goes back to the system first (glibc), or whoever needs small pieces would get it for nothing.
    """
    ctypes.CDLL("libc.so.6").malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")
    return resident_mb("VmRSS")


def resident_mb(which: str) -> float:
    """Memory of this process now (VmRSS) or at its peak (VmHWM)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(which)) / 1000


def by_the_library(network: Network, images: Tensor, labels: Tensor, eps: float, budget: Budget) -> dict[str, Any]:
    """Robust samples, and the margins of the library's examples."""
    with_trainable_weights(network)
    library = AutoAttack(network, norm="Linf", eps=eps, seed=0, version="standard", device="cpu")
    library.apgd.n_iter = library.apgd_targeted.n_iter = budget.apgd_steps
    library.fab.n_iter, library.square.n_queries = budget.fab_steps, budget.square_queries
    examples, predicted = library.run_standard_evaluation(images, labels, batch_size=500)
    with torch.no_grad():
        margin = margins(network(examples), labels).tolist()
    return {"robust": (predicted == labels).tolist(), "margin": margin}


def here(network: Network, images: Tensor, labels: Tensor, eps: float, budget: Budget) -> dict[str, Any]:
    """Robust samples, and what compaction left and took."""
    started = time.perf_counter(), time.process_time()
    compacted = compact(network, images[:2])
    del network
    took = time.perf_counter() - started[0], time.process_time() - started[1]
    settings = AutoAttackSettings(
        eps=eps,
        eps_text=str(eps),
        samples=Samples(first=0, count=len(images)),
        batch_size=500,
        seed=0,
        randomness="reference",
    )
    execution = execution_for(
        compacted.macs_evaluated, samples=len(images), device="cpu", available=torch.get_num_threads()
    )
    prepared, examples = execution.prepared(compacted.network), images.clone()
    with torch_threads(execution.threads):
        found = run_autoattack(
            prepared, images, labels, settings, budget=budget, filling=execution.filling, examples=examples
        )
    with torch.no_grad():
        margin = margins(prepared(examples), labels).tolist()
    return {
        "robust": (found.broken_by == SURVIVED).tolist(),
        "margin": margin,
        "evaluated": compacted.evaluated,
        "macs": [compacted.macs_stored, compacted.macs_evaluated],
        "compaction": {"wall": took[0], "processor": took[1]},
        "execution": execution.facts(),
        "seconds": dict(found.seconds),
    }


def measured(name: str, path: str, repeat: int, options: argparse.Namespace) -> dict[str, Any]:
    """What a process of its own measures, or measured before."""
    images = [str(options.images)] * bool(options.images)
    kept = options.out / ("-".join([name, path, str(repeat), *images]) + ".json")
    if not kept.exists():
        print(f"{name}, {path}, repeat {repeat + 1} of {options.repeats}", flush=True)
        command = [sys.executable, __file__, "--shared", str(options.shared), "--out", str(options.out)]
        command += ["--one", name, path] + ["--quick"] * options.quick + ["--images", *images] * bool(images)
        run = subprocess.run(command, check=True, capture_output=True, text=True)
        draft = kept.with_suffix(".draft")
        draft.write_text(run.stdout.splitlines()[-1])
        draft.replace(kept)
    found: dict[str, Any] = json.loads(kept.read_text())
    return found


def row(name: str, runs: dict[str, list[dict[str, Any]]]) -> str:
    """One line of the table; of several repeats, the quickest of each path."""
    theirs, ours = (min(runs[path], key=lambda run: run["processor"]) for path in PATHS)
    stored, left = ours["macs"]
    ratio = theirs["processor"] / ours["processor"]
    differing = [
        place for place, pair in enumerate(zip(theirs["robust"], ours["robust"], strict=True)) if len(set(pair)) > 1
    ]
    broken_by = [ours if theirs["robust"][place] else theirs for place in differing]
    told = [f"sample {place}: margin {it['margin'][place]:.1e}" for place, it in zip(differing, broken_by, strict=True)]
    equality = ", ".join(told) or "all equal"
    cells = (
        CASES[name].title,
        f"{CASES[name].eps:g}",
        f"{sum(ours['robust'])} of {len(ours['robust'])}",
        f"{theirs['processor']:.0f} ({theirs['wall']:.0f})",
        f"{ours['processor']:.1f} ({ours['wall']:.1f})",
        f"**{ratio:.1f}** ({theirs['wall'] / ours['wall']:.1f})",
        f"{stored / left:.1f}",
        f"{100 * ratio * left / stored:.0f} %",
        f"{theirs['peak_mb']:.0f}",
        f"{ours['peak_mb']:.0f}",
        f"{ours['compaction']['processor']:.1f} ({ours['compaction']['wall']:.1f})",
        equality,
    )
    return f"| {' | '.join(cells)} |"


HEAD = (
    "| network | eps | survive | reference, s | fast, s | ratio | fewer MACs | of that limit | peak MB, reference "
    "| peak MB, fast | compaction, s | outcomes |\n" + "| --- " * 12 + "|"
)


def main() -> int:
    options = arguments()
    options.out.mkdir(parents=True, exist_ok=True)
    if options.one:
        print(json.dumps(measure(*options.one, options)))
        return 0
    rows = []
    for name in options.network or CASES:
        runs: dict[str, list[dict[str, Any]]] = {path: [] for path in PATHS}
        for repeat in range(options.repeats):
            for path in PATHS:
                runs[path].append(measured(name, path, repeat, options))
        rows.append(row(name, runs))
        print(rows[-1], flush=True)
        versions = f"torch {torch.__version__}, Python {platform.python_version()}"
        machine = f"{platform.machine()}, {torch.get_num_threads()} threads, {versions}"
        text = f"{'A small budget: the ratios say little. ' * options.quick}{machine}\n\n{HEAD}\n" + "\n".join(rows)
        (options.out / "table.md").write_text(text + "\n")
    return 0


def parser_of_cases(description: str | None) -> argparse.ArgumentParser:
    """What each benchmark of these networks asks for: where their files are, where to keep files, and which of them."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, required=True, metavar="DIR", help="the folder with data/ and tools/")
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="DIR",
        help="where real checkpoints are expanded to, and what is measured is kept",
    )
    parser.add_argument("--network", action="append", choices=CASES, help="only this one; may be repeated")
    return parser


def arguments() -> argparse.Namespace:
    parser = parser_of_cases(__doc__)
    parser.add_argument("--repeats", type=int, default=1, metavar="N", help="of each path (default 1)")
    parser.add_argument("--quick", action="store_true", help="a small budget for both paths")
    parser.add_argument(
        "--images", type=int, metavar="N", help="attack the first N (default: each network's own number)"
    )
    parser.add_argument("--one", nargs=2, metavar=("NAME", "PATH"), help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
