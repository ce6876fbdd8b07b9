"""`apcore speed`: what compaction and the rest bring on one checkpoint, held against the library on the same samples."""

import argparse
import json
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from apcore.command_line import (
    DONE,
    MACHINE,
    Commands,
    add_command,
    add_normalization_option,
    add_protocol_option,
    model_key,
    positive,
)
from apcore.protocol import load_protocol

if TYPE_CHECKING:
    from apcore.speed import Seconds, Speed


def add_speed(commands: Commands) -> None:
    """`apcore speed`."""
    parser = add_command(
        commands,
        "speed",
        summary="run AutoAttack as the library does and as it is run here, on the same samples, and compare times and outcomes",
        example="apcore speed net.pt --model-key KEY --data data --limit 16",
        run=_speed,
    )
    parser.add_argument("checkpoint", type=Path, metavar="CKPT", help="a file that torch.save wrote")
    parser.add_argument("--model-key", required=True, metavar="KEY", help="of the checkpoint")
    parser.add_argument("--data", type=Path, metavar="DIR", help="folder with <DATASET>.npz or torchvision's test sets")
    parser.add_argument(
        "--limit", type=positive, required=True, metavar="N", help="attack the protocol's first N samples"
    )
    parser.add_argument("--device", default="cpu", help="cpu (default), cuda or cuda:N")
    parser.add_argument("--json", action="store_true", help="print one JSON document instead")
    add_normalization_option(parser)
    add_protocol_option(parser)


def _speed(options: argparse.Namespace) -> int:
    from apcore.datasets import load_test_set  # noqa: PLC0415 - torch, which `--help` does not need
    from apcore.inspection import inspect_checkpoint  # noqa: PLC0415
    from apcore.progress_line import ProgressLine  # noqa: PLC0415
    from apcore.speed import compare_speed  # noqa: PLC0415

    key, protocol = model_key(options.model_key), load_protocol(options.protocol)
    attack = protocol.autoattack
    count = min(options.limit, attack.samples.count)
    samples = replace(attack.samples, count=count)
    images = load_test_set(key.dataset, options.data).samples(samples)
    inspection = inspect_checkpoint(options.checkpoint, key, protocol, normalization=options.normalization)
    found = compare_speed(
        inspection,
        images,
        replace(attack, samples=samples, randomness="reference"),
        device=options.device,
        tell=lambda words: print(f"  {words}", file=sys.stderr, flush=True),
        progress=ProgressLine(sys.stderr, ""),
    )
    print(json.dumps(speed_json(found), indent=2) if options.json else speed_words(found))
    return DONE if all(one.within_rounding for one in found.differing) else MACHINE


def speed_json(found: "Speed") -> dict[str, Any]:
    """Everything, and the ratios."""
    ratios = {"ratio": found.ratio, "wall_ratio": found.wall_ratio, "mac_ratio": found.mac_ratio}
    return asdict(found) | {name: round(it, 3) for name, it in ratios.items()}


def speed_words(found: "Speed") -> str:
    """The same for people; the last line is about the outcomes, without which a ratio says nothing."""
    less = f"{found.ratio:.1f} times less processor time, {found.wall_ratio:.1f} times less wall time"
    threads = "1 thread" if found.threads == 1 else f"{found.threads} threads"
    macs = f"{found.macs_evaluated / 1e6:.2f} of {found.macs_stored / 1e6:.2f} million multiply-accumulates"
    lines = [
        f"{found.samples} samples, eps {found.eps}, batches of at most {found.batch_size}; {found.robust} survive",
        f"  {'reference':<12}{_seconds(found.reference)}  pyautoattack, network as stored, {threads}",
        f"  {'fast':<12}{_seconds(found.fast)}  {found.evaluated}, {macs}",
        f"  {'compaction':<12}{_seconds(found.compaction)}  with its proof",
        f"  {less}; {found.mac_ratio:.1f} times fewer multiply-accumulates",
    ]
    if not found.differing:
        lines.append(f"outcomes are equal for all {found.samples} samples")
        return "\n".join(lines)
    for one in found.differing:
        why = "within rounding" if one.within_rounding else "more than rounding explains"
        lines.append(f"  sample {one.sample:<5}broken by one path, with a margin of {one.margin:.1e}: {why}")
    lines.append(f"outcomes differ for {len(found.differing)} of {found.samples} samples")
    return "\n".join(lines)


def _seconds(seconds: "Seconds") -> str:
    return f"{seconds.processor:>9.1f} s processor{seconds.wall:>9.1f} s wall"
