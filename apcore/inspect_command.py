"""`apcore inspect`: what can be said of a checkpoint before it is attacked."""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from apcore.command_line import (
    CONTRIBUTOR,
    DONE,
    Commands,
    add_command,
    add_normalization_option,
    add_protocol_option,
    model_key,
    positive,
)
from apcore.protocol import load_protocol

if TYPE_CHECKING:
    from apcore.inspection import Inspection
    from apcore.network_probe import Probe


def add_inspect(commands: Commands) -> None:
    """`apcore inspect`."""
    parser = add_command(
        commands,
        "inspect",
        summary="read a checkpoint safely and report its layout, weight coverage, sparsity, structure and cost",
        example="apcore inspect net.pt --model-key HARP_Zhao2023Holistic_R18_CIFAR10_US_90",
        run=_inspect,
    )
    parser.add_argument("checkpoint", type=Path, metavar="CKPT", help="a file that torch.save wrote")
    parser.add_argument("--model-key", required=True, metavar="KEY", help="of the checkpoint")
    parser.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help="also run it on clean test images from there: is its input the one that it was trained on?",
    )
    parser.add_argument("--samples", type=positive, default=256, metavar="N", help="on how many of them (default 256)")
    parser.add_argument("--json", action="store_true", help="print one JSON document instead")
    add_normalization_option(parser)
    add_protocol_option(parser)


def _inspect(options: argparse.Namespace) -> int:
    from apcore.audit import audit  # noqa: PLC0415 - numpy, which `--help` does not need
    from apcore.inspection import inspect_checkpoint  # noqa: PLC0415
    from apcore.inspection_report import inspection_json, inspection_words  # noqa: PLC0415
    from apcore.probe_report import probe_json, probe_objections, probe_words  # noqa: PLC0415

    protocol = load_protocol(options.protocol)
    inspection = inspect_checkpoint(
        options.checkpoint, model_key(options.model_key), protocol, normalization=options.normalization
    )
    found = audit(inspection, protocol)
    probed = _probe(found.inspection, options) if options.data else None
    objections = tuple(probe_objections(probed)) if probed else ()
    if options.json:
        print(json.dumps(inspection_json(found) | {"probe": probed and probe_json(probed)}, indent=2))
    else:
        print(inspection_words(found, seen=tuple(probe_words(probed)) if probed else ()))
        for objection in objections:
            print(objection)
    return DONE if found.inspection.agrees and not objections else CONTRIBUTOR


def _probe(inspection: "Inspection", options: argparse.Namespace) -> "Probe":
    from apcore.datasets import load_test_set  # noqa: PLC0415 - torch, which an audit without data does not need
    from apcore.network_probe import probe  # noqa: PLC0415

    return probe(inspection, load_test_set(inspection.key.dataset, options.data), options.samples)
