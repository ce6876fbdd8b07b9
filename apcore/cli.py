"""`apcore`: parses arguments, calls one function, prints; nothing else."""

import argparse
import hashlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from apcore.author_commands import add_submission, add_taxonomy
from apcore.command_line import (
    DONE,
    Commands,
    UsageError,
    add_command,
    add_evaluation_options,
    model_key,
    run_command,
)
from apcore.inspect_command import add_inspect
from apcore.protocol import load_protocol, protocol_names
from apcore.protocol_words import settings_words
from apcore.registry.options import add_filter_options, filters_of
from apcore.registry.report import models_json, models_words


def run() -> None:
    """Entry point of the console script."""
    sys.exit(main(sys.argv[1:]))


def main(argv: Sequence[str]) -> int:
    """Run one command and return its exit code."""
    return run_command(_parser(), argv)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="apcore",
        description="Loads, inspects and evaluates adversarially robust pruned networks.",
        epilog="example: apcore inspect net.pt --model-key HARP_Zhao2023Holistic_R18_CIFAR10_US_90",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(metavar="command", required=True)
    add_inspect(commands)
    _add_benchmark(commands)
    _add_models(commands)
    add_taxonomy(commands)
    add_submission(commands)
    return parser


def _add_benchmark(commands: Commands) -> None:
    parser = add_command(
        commands,
        "benchmark",
        summary="evaluate one local checkpoint and print the block to paste into the issue; run again, it resumes",
        example="apcore benchmark net.pt --model-key HARP_Zhao2023Holistic_R18_CIFAR10_US_90 --out run --data data",
        run=_benchmark,
    )
    parser.add_argument("checkpoint", type=Path, metavar="CKPT")
    parser.add_argument("--model-key", required=True, metavar="KEY")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="where result, outcomes and state are left"
    )
    add_evaluation_options(parser)


def _add_models(commands: Commands) -> None:
    parser = add_command(
        commands,
        "models",
        summary="list the published models by key and taxonomy, or the protocols and what each admits",
        example="apcore models --architecture R18 --structure US --sparsity 90 --pipeline after_training",
        run=_models,
    )
    parser.usage = "apcore models [--json] [FILTER ...] | apcore models --protocols"
    parser.add_argument("--json", action="store_true", help="print one JSON document instead")
    parser.add_argument(
        "--protocols", action="store_true", help="list protocols instead, with samples, radii and the hash of each file"
    )
    add_filter_options(parser)


def _benchmark(options: argparse.Namespace) -> int:
    from apcore.benchmark import benchmark  # noqa: PLC0415 - torch, which `--help` does not need
    from apcore.claim_block import claim_block  # noqa: PLC0415
    from apcore.outcomes import write_outcomes  # noqa: PLC0415
    from apcore.progress_line import ProgressLine  # noqa: PLC0415
    from apcore.result import result_bytes  # noqa: PLC0415
    from apcore.task import Task  # noqa: PLC0415

    key = model_key(options.model_key)
    task = Task(
        key=key,
        checkpoint=options.checkpoint,
        checkpoint_sha256=_sha256(options.checkpoint),
        protocol=load_protocol(options.protocol),
        work=options.out / "work" / str(key),
        data=options.data,
        limit=options.limit,
        device=options.device,
        seed=options.seed,
    )
    found = benchmark(
        task, progress=ProgressLine(sys.stderr, ""), tell=lambda words: print(f"  {words}", file=sys.stderr)
    )
    results: Path = options.out / "results"
    results.mkdir(parents=True, exist_ok=True)
    write_outcomes(results / f"{key}.outcomes.npz", found.outcomes)
    (results / f"{key}.json").write_bytes(result_bytes(found.result))
    print(f"result and outcomes are in {results}", file=sys.stderr)
    if found.result.partial:
        print("this is a partial run: its numbers are no claim about the protocol", file=sys.stderr)
    print(claim_block(found.result))
    return DONE


def _models(options: argparse.Namespace) -> int:
    filters = filters_of(options)
    if options.protocols:
        if filters or options.json:
            raise UsageError("--protocols goes with no other option")
        print("\n".join(map(_protocol_words, protocol_names())))
        return DONE
    print(json.dumps(models_json(filters), indent=2, ensure_ascii=False) if options.json else models_words(filters))
    return DONE


def _protocol_words(name: str) -> str:
    protocol = load_protocol(name)
    lines = [
        f"{name}: {protocol.title}",
        f"  {', '.join(f'{a.short} ({a.name})' for a in protocol.architectures)}; {', '.join(protocol.datasets)}",
        *(f"  {structure} at {', '.join(map(str, sparsities))} %" for structure, sparsities in protocol.sparsities),
        f"  {protocol.description}",
        settings_words(protocol),
        f"  sha256 {protocol.sha256}",
    ]
    return "\n".join(lines)


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as exc:
        raise UsageError(f"cannot read {path}: {exc.strerror}") from exc
