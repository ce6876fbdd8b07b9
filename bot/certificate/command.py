"""`apbot certificate`: its options, and how its answer is printed."""

import argparse
import sys
from pathlib import Path

from apcore.command_line import DONE, Commands, UsageError, add_command
from apcore.errors import MachineError
from bot.certificate.place import CERTIFICATE_FILE
from bot.github.events import REPOSITORY


def add_certificate(commands: Commands) -> None:
    """The command."""
    parser = commands.add_parser("certificate", help="check what a run on GitHub has certified")
    actions = parser.add_subparsers(metavar="action", required=True)
    check = add_command(
        actions,
        "check",
        summary="check a result file against its certificate, offline: its bytes, whose signature it is, its own numbers",
        example="apbot certificate check leaderboard/evidence/81/KEY.json --repository OWNER/NAME",
        run=_check,
    )
    check.add_argument("file", type=Path, metavar="FILE", help="a result, its outcomes, or the bill of materials")
    check.add_argument(
        "--certificate", type=Path, metavar="FILE", help=f"its certificate (default {CERTIFICATE_FILE} beside it)"
    )
    check.add_argument(
        "--repository",
        metavar="OWNER/NAME",
        help="whose workflow must have signed (default $GITHUB_REPOSITORY); what the file itself says decides nothing",
    )
    check.add_argument("--branch", default="main", metavar="NAME", help="whose version of that workflow (default main)")
    check.add_argument(
        "--trusted-root",
        type=Path,
        metavar="FILE",
        help="keys to trust instead of those of Sigstore's public instance, which come with its library",
    )


def _check(options: argparse.Namespace) -> int:
    repository = options.repository or options.env.get("GITHUB_REPOSITORY", "")
    if not REPOSITORY.fullmatch(repository):
        raise UsageError("name the repository that must have signed: --repository OWNER/NAME")
    certificate = options.certificate or options.file.parent / CERTIFICATE_FILE
    for path in (options.file, certificate, options.trusted_root):
        if path is not None and not path.is_file():
            hint = "; name it with --certificate" if path is certificate else ""
            raise UsageError(f"there is no file {path}{hint}")
    try:
        from bot.stages.certificate import CertificateOrder, check_certificate  # noqa: PLC0415
    except ModuleNotFoundError as exc:
        raise MachineError(
            where=exc.name or "sigstore", message="is not installed here", fix="pip install 'apbot[certificate]'"
        ) from exc
    order = CertificateOrder(
        file=options.file,
        certificate=certificate,
        repository=repository,
        branch=options.branch,
        trusted_root=options.trusted_root,
    )
    for line in check_certificate(order):
        print(line, file=sys.stdout)
    return DONE
