"""AutoAttack here against pyautoattack itself: the same network, samples, seed and batch; do the outcomes agree?

In `reference` mode they must, sample by sample, after each attack. In `sharded` mode they need not: the random numbers are
others, so the few samples that differ show how much chance there is in the number.

    python benchmarks/compare_with_pyautoattack.py net.pt --model-key KEY --data data --limit 16

Prints the samples robust after each attack by both, the samples on which they differ, and seconds of processor time.
Exit code 1 if `reference` outcomes differ.
"""

import argparse
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from pyautoattack import AutoAttack
from pyautoattack.state import EvaluationState
from torch import Tensor, nn

from apcore.attacks.autoattack import SURVIVED, run_autoattack
from apcore.attacks.library import ATTACKS
from apcore.compaction.compact import compact
from apcore.datasets import load_test_set
from apcore.inspection import inspect_checkpoint
from apcore.model_key import ModelKey
from apcore.networks.network import network_from_arrays
from apcore.protocol import AutoAttackSettings, Randomness, load_protocol, protocol_names


def main() -> int:
    options = arguments()
    protocol, key = load_protocol(options.protocol), ModelKey.parse(options.model_key)
    settings = replace(protocol.autoattack, samples=replace(protocol.autoattack.samples, count=options.limit))
    if options.batch_size:
        settings = replace(settings, batch_size=options.batch_size)
    images, labels = load_test_set(key.dataset, options.data).samples(settings.samples)
    inspection = inspect_checkpoint(options.checkpoint, key, protocol)
    network = network_from_arrays(inspection.graph, inspection.weights)
    if not options.as_stored:
        network = compact(network, images[:4]).network
    print(f"{key}, {len(labels)} samples, batch {settings.batch_size}, seed {settings.seed}, eps {settings.eps_text}")

    started = time.process_time()
    theirs = by_the_library(network, images, labels, settings)
    report("pyautoattack", theirs, time.process_time() - started)
    differing = compared("reference", network, images, labels, settings, theirs)
    if options.sharded:
        compared("sharded", network, images, labels, settings, theirs)
    return 1 if differing else 0


def compared(
    randomness: Randomness,
    network: nn.Module,
    images: Tensor,
    labels: Tensor,
    settings: AutoAttackSettings,
    theirs: NDArray[np.bool_],
) -> int:
    """Run and report one mode; how many outcomes differ from the library's."""
    started = time.process_time()
    broken_by = run_autoattack(network, images, labels, replace(settings, randomness=randomness)).broken_by
    ours = np.stack([(broken_by == SURVIVED) | (broken_by > number) for number, _ in enumerate(ATTACKS, 1)])
    report(randomness, ours, time.process_time() - started)
    differing = np.flatnonzero((ours != theirs).any(axis=0))
    print(
        f"  {len(differing)} of {len(labels)} samples differ from pyautoattack after some attack: {differing.tolist()}"
    )
    return len(differing)


def by_the_library(
    network: nn.Module, images: Tensor, labels: Tensor, settings: AutoAttackSettings
) -> NDArray[np.bool_]:
    """(attacks, n), the samples robust after each attack, by the library's `run_standard_evaluation`."""
    library = AutoAttack(network.eval(), norm="Linf", eps=settings.eps, seed=settings.seed, version="standard")
    robust: list[NDArray[np.bool_]] = []
    noted = EvaluationState.add_run_attack

    def note(state: EvaluationState, attack: str) -> None:
        robust.append(state.robust_flags.numpy().copy())
        noted(state, attack)

    EvaluationState.add_run_attack = note
    try:
        library.run_standard_evaluation(images, labels, batch_size=settings.batch_size)
    finally:
        EvaluationState.add_run_attack = noted
    robust += [np.zeros(len(labels), bool)] * (len(ATTACKS) - len(robust))  # it stops once nothing is robust
    return np.stack(robust)


def report(name: str, robust: NDArray[np.bool_], seconds: float) -> None:
    after = ", ".join(f"{attack} {int(left.sum())}" for attack, left in zip(ATTACKS, robust, strict=True))
    print(f"{name:<13} robust after {after}; {seconds:.1f} s", flush=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path, metavar="CKPT")
    parser.add_argument("--model-key", required=True, metavar="KEY")
    parser.add_argument("--data", type=Path, metavar="DIR", help="folder with the test set")
    parser.add_argument("--protocol", default="apb-2024", choices=protocol_names())
    parser.add_argument("--limit", type=int, default=16, metavar="N", help="the first N samples (default 16)")
    parser.add_argument("--batch-size", type=int, metavar="N", help="another batch size than the protocol's")
    parser.add_argument("--as-stored", action="store_true", help="attack the network without compacting it")
    parser.add_argument("--sharded", action="store_true", help="run `sharded` randomness too")
    return parser.parse_args()


if __name__ == "__main__":
    torch.set_num_threads(1)
    sys.exit(main())
