"""`apbot doctor`: its options, and how its answer is printed."""

import argparse
import json
import sys
from pathlib import Path

from apcore.command_line import Commands, add_command
from bot.doctor.diagnosis import Role, exit_code


def add_doctor(commands: Commands) -> None:
    """The command."""
    parser = add_command(
        commands,
        "doctor",
        summary="say whether this machine or a repository is ready, and how to mend what is not",
        example="apbot doctor --role runner --data /srv/apbot/data",
        run=_doctor,
    )
    parser.add_argument(
        "--role",
        choices=[role.value for role in Role],
        default=Role.RUNNER.value,
        help="a machine that measures (default), one that answers issues, or the repository $GITHUB_REPOSITORY",
    )
    parser.add_argument("--data", type=Path, metavar="DIR", help="folder with the test images")
    parser.add_argument("--fix", action="store_true", help="create the labels that the repository lacks")
    parser.add_argument("--json", action="store_true", help="print the checks as JSON instead")


def _doctor(options: argparse.Namespace) -> int:
    from bot.doctor import report  # noqa: PLC0415
    from bot.stages.doctor import Visit, examine  # noqa: PLC0415

    role = Role(options.role)
    visit = Visit(role=role, folder=Path(), data=options.data, env=options.env, fix=options.fix)
    found = examine(visit)
    if options.json:
        print(json.dumps(report.document(role, found), indent=2, ensure_ascii=False))
    else:
        sys.stdout.write(report.text(role, found))
    return exit_code(found)
