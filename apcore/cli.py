"""`apcore`: parses arguments, calls one function, prints; nothing else."""

import argparse
import json
import os
import sys
from collections.abc import Sequence

from apcore.author_commands import add_submission, add_taxonomy
from apcore.benchmark_command import add_benchmark
from apcore.command_line import (
    DONE,
    Commands,
    UsageError,
    add_command,
    run_command,
)
from apcore.curve_command import add_curve
from apcore.inherited import take_environment
from apcore.inspect_command import add_inspect
from apcore.protocol import load_protocol, protocol_names
from apcore.protocol_words import settings_words
from apcore.registry.options import add_filter_options, filters_of
from apcore.registry.report import models_json, models_words
from apcore.speed_command import add_speed


def run() -> None:
    """Entry point of the console script."""
    take_environment(os.environ)
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
    add_benchmark(commands)
    _add_models(commands)
    add_curve(commands)
    add_taxonomy(commands)
    add_submission(commands)
    add_speed(commands)
    return parser


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
