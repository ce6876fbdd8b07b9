"""`apcore inspect`: what can be said of a checkpoint before it is attacked."""

import argparse
import json
from pathlib import Path

from apcore.command_line import CONTRIBUTOR, DONE, Commands, add_command, add_protocol_option, model_key
from apcore.protocol import load_protocol


def add_inspect(commands: Commands) -> None:
    """`apcore inspect`."""
    parser = add_command(
        commands,
        "inspect",
        summary="read a checkpoint safely and report its layout, weight coverage, sparsity, structure and cost",
        example="apcore inspect net.pt --model-key HARP_Zhao2023Holistic_R18_CIFAR10_US_90",
        run=_inspect,
    )
    parser.add_argument("checkpoint", type=Path, metavar="CKPT")
    parser.add_argument("--model-key", required=True, metavar="KEY")
    parser.add_argument("--json", action="store_true", help="print one JSON document instead")
    add_protocol_option(parser)


def _inspect(options: argparse.Namespace) -> int:
    from apcore.audit import audit  # noqa: PLC0415 - numpy, which `--help` does not need
    from apcore.inspection import inspect_checkpoint  # noqa: PLC0415
    from apcore.inspection_report import inspection_json, inspection_words  # noqa: PLC0415

    protocol = load_protocol(options.protocol)
    found = audit(inspect_checkpoint(options.checkpoint, model_key(options.model_key), protocol), protocol)
    if options.json:
        print(json.dumps(inspection_json(found), indent=2))
    else:
        print(inspection_words(found))
    return DONE if found.inspection.agrees else CONTRIBUTOR
