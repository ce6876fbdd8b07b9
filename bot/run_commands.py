"""The commands of a run on GitHub: `begin`, `fetch`, `evaluate`, `accept`, `publish`, each called by one job of `verify.yml`."""

import argparse
import math
import re
import sys
from pathlib import Path

from apcore import command_line
from apcore.command_line import Commands, add_command, add_protocol_option
from apcore.errors import MachineError
from apcore.protocol import load_protocol
from bot.board_here import board_here

_SHA256 = re.compile(r"[0-9a-f]{64}")
_MAX_MINUTES = 7200  # a job on GitHub runs for five days at most


def add_run_commands(commands: Commands) -> None:
    """All five."""
    _add_begin(commands)
    _add_fetch(commands)
    _add_evaluate(commands)
    _add_accept(commands)
    _add_publish(commands)


def _add_begin(commands: Commands) -> None:
    parser = add_command(
        commands,
        "begin",
        summary="begin a run on GitHub: look up what is approved and write down what is to be measured",
        example="apbot begin --issue 7 --sha256 HASH --out plan",
        run=_begin,
    )
    parser.add_argument("--issue", type=command_line.positive, required=True, metavar="N", help="number of the issue")
    parser.add_argument(
        "--sha256", type=_sha256, required=True, metavar="HASH", help="of the approved submission, all 64 digits"
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="where plan.json and submission.json are left"
    )
    add_protocol_option(parser)


def _add_fetch(commands: Commands) -> None:
    parser = add_command(
        commands,
        "fetch",
        summary="fetch the files of a plan, by their SHA-256 and without opening them",
        example="apbot fetch --plan plan --files files",
        run=_fetch,
    )
    parser.add_argument("--plan", type=Path, required=True, metavar="DIR", help="what `apbot begin` left")
    parser.add_argument(
        "--files", type=Path, required=True, metavar="DIR", help="where files and fetched.json are left"
    )
    parser.add_argument("--mirror", type=Path, metavar="DIR", help="local mirror of Google Drive, one file per id")


def _add_evaluate(commands: Commands) -> None:
    parser = add_command(
        commands,
        "evaluate",
        summary="measure one job of a plan behind walls, for some minutes; run again, it goes on",
        example="apbot evaluate --plan plan --job R18-CIFAR10-US-90 --files files --out out --data data --minutes 20",
        run=_evaluate,
    )
    parser.add_argument("--plan", type=Path, required=True, metavar="DIR", help="what `apbot begin` left")
    parser.add_argument("--job", required=True, metavar="NAME", help="name of the job in the plan")
    parser.add_argument("--files", type=Path, required=True, metavar="DIR", help="what `apbot fetch` left")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="where the outcome is left, and the state until then"
    )
    parser.add_argument("--data", type=Path, metavar="DIR", help="folder with <DATASET>.npz or torchvision's test sets")
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"), help="where to compute (default cpu)")
    parser.add_argument(
        "--minutes",
        type=_minutes,
        default=float(_MAX_MINUTES),
        metavar="M",
        help="stop after the batch that is at hand then (default five days)",
    )


def _add_accept(commands: Commands) -> None:
    parser = add_command(
        commands,
        "accept",
        summary="leave what may be certified of the results that a run on GitHub handed over",
        example="apbot accept --run 123456789 --issue 7 --sha256 HASH --bill requirements/evaluate.cdx.json --out accepted",
        run=_accept,
    )
    parser.add_argument("--run", type=command_line.positive, required=True, metavar="ID", dest="run_id", help="the run")
    parser.add_argument("--issue", type=command_line.positive, required=True, metavar="N", help="number of the issue")
    parser.add_argument(
        "--sha256", type=_sha256, required=True, metavar="HASH", help="of the approved submission, all 64 digits"
    )
    parser.add_argument(
        "--bill", type=Path, required=True, metavar="FILE", help="bill of materials, to be certified beside them"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the files are left")
    add_protocol_option(parser)


def _add_publish(commands: Commands) -> None:
    parser = add_command(
        commands,
        "publish",
        summary="publish what a run on GitHub measured: comment, labels, pull request",
        example="apbot publish --run 123456789 --issue 7",
        run=_publish,
    )
    parser.add_argument("--run", type=command_line.positive, required=True, metavar="ID", dest="run_id", help="the run")
    parser.add_argument("--issue", type=command_line.positive, required=True, metavar="N", help="number of the issue")
    parser.add_argument(
        "--trusted-root",
        type=Path,
        metavar="FILE",
        help="keys to check certificates with instead of those of Sigstore's public instance, which come with its library",
    )
    add_protocol_option(parser)


def _begin(options: argparse.Namespace) -> int:
    from bot.github.surroundings import connect, surroundings  # noqa: PLC0415
    from bot.leaderboard.facts import board_facts  # noqa: PLC0415
    from bot.stages.begin import PERMISSIONS, BeginOrder, begin_run  # noqa: PLC0415

    place = surroundings(options.env)
    order = BeginOrder(
        issue=options.issue,
        sha256=options.sha256,
        out=options.out,
        protocol=load_protocol(options.protocol),
        methods=board_facts(board_here()),
        run=place.run,
        run_url=place.run_url(place.run) if place.run else None,
    )
    return begin_run(order, connect(options.env, PERMISSIONS), sys.stderr, options.env)


def _fetch(options: argparse.Namespace) -> int:
    from bot.stages.fetch import FetchOrder, fetch_files  # noqa: PLC0415

    return fetch_files(FetchOrder(plan=options.plan, files=options.files, mirror=options.mirror), sys.stderr)


def _evaluate(options: argparse.Namespace) -> int:
    from bot.stages.evaluate import EvaluateOrder, evaluate  # noqa: PLC0415

    return evaluate(
        EvaluateOrder(
            plan=options.plan,
            job=options.job,
            files=options.files,
            out=options.out,
            data=options.data,
            device=options.device,
            minutes=options.minutes,
        ),
        sys.stderr,
        options.env,
    )


def _accept(options: argparse.Namespace) -> int:
    from bot.github.surroundings import connect  # noqa: PLC0415
    from bot.stages.accept import PERMISSIONS, AcceptOrder, accept_results  # noqa: PLC0415

    order = AcceptOrder(
        run=options.run_id,
        issue=options.issue,
        sha256=options.sha256,
        bill=options.bill,
        out=options.out,
        protocol=load_protocol(options.protocol),
    )
    return accept_results(order, connect(options.env, PERMISSIONS), sys.stderr, options.env)


def _publish(options: argparse.Namespace) -> int:
    from bot.github.surroundings import connect, surroundings  # noqa: PLC0415
    from bot.leaderboard.facts import board_facts  # noqa: PLC0415

    try:
        from bot.stages.publish import PERMISSIONS, PublishOrder, publish_run  # noqa: PLC0415
    except ModuleNotFoundError as exc:
        raise MachineError(
            where=exc.name or "publish", message="is not installed here", fix="pip install 'apbot[certificate,publish]'"
        ) from exc
    order = PublishOrder(
        run=options.run_id,
        issue=options.issue,
        protocol=load_protocol(options.protocol),
        methods=board_facts(board_here()),
        place=surroundings(options.env),
        trusted_root=options.trusted_root,
    )
    return publish_run(order, connect(options.env, PERMISSIONS), sys.stderr)


def _sha256(text: str) -> str:
    if not _SHA256.fullmatch(text):
        raise argparse.ArgumentTypeError("must be 64 digits from 0-9 and a-f")
    return text


def _minutes(text: str) -> float:
    minutes = float(text)
    if not (math.isfinite(minutes) and 0 < minutes <= _MAX_MINUTES):
        raise argparse.ArgumentTypeError(f"must be more than 0 and at most {_MAX_MINUTES}")
    return minutes
