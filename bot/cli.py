"""`apbot`: parses arguments, calls one stage, prints; nothing else."""

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from apcore import command_line
from apcore.command_line import Commands, add_command, add_evaluation_options, add_protocol_option, run_command
from apcore.durable import write_whole
from apcore.inherited import take_environment
from apcore.project_files import project_folder
from apcore.protocol import load_protocol
from bot.board_here import board_here
from bot.certificate.command import add_certificate
from bot.doctor.command import add_doctor
from bot.github.actions import repository_in
from bot.github.clock import SYSTEM_CLOCK, Clock
from bot.run_commands import add_run_commands

if TYPE_CHECKING:
    from bot.stages.on_github import Job


def run() -> None:
    """Entry point of the console script."""
    sys.exit(main(sys.argv[1:], take_environment(os.environ)))


def main(argv: Sequence[str], env: Mapping[str, str] = os.environ, clock: Clock = SYSTEM_CLOCK) -> int:
    """Run one command and return its exit code.

    Args:
        argv: what is typed behind the program's name.
        env: what the commands that speak to GitHub are told; nothing else looks at it.
        clock: by which they wait.
    """
    parser = _parser()
    parser.set_defaults(env=env, clock=clock)
    return run_command(parser, argv)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="apbot",
        description="Verifies claims about adversarially robust pruned networks.",
        epilog="example: apbot check issue.md",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(metavar="command", required=True)
    _add_check(commands)
    _add_verify(commands)
    _add_demo(commands)
    _add_leaderboard(commands)
    add_certificate(commands)
    add_doctor(commands)
    _add_gate(commands)
    _add_sweep(commands)
    _add_status(commands)
    add_run_commands(commands)
    return parser


def _add_check(commands: Commands) -> None:
    parser = add_command(
        commands,
        "check",
        summary="print what the bot would answer to an issue body",
        example="apbot check issue.md",
        run=_check,
    )
    parser.add_argument("file", metavar="FILE", help="the issue body, or - for standard input")
    parser.add_argument("--json", action="store_true", help="print the submission and the findings as JSON instead")
    parser.add_argument(
        "--author", metavar="LOGIN", help="GitHub login of whoever opens the issue; methods have owners"
    )
    add_protocol_option(parser)


def _add_verify(commands: Commands) -> None:
    parser = add_command(
        commands,
        "verify",
        summary="take one issue body from check to a local pull request on this machine; run again, it resumes",
        example="apbot verify issue.md --out run --data data --files files --limit 16",
        run=_verify,
    )
    parser.add_argument("file", metavar="FILE", help="the issue body, or - for standard input")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where everything is left")
    parser.add_argument("--files", type=Path, metavar="DIR", help="local mirror of Google Drive, one file per id")
    parser.add_argument(
        "--issue", type=command_line.whole, default=0, metavar="N", help="number of the issue, for the branch name"
    )
    parser.add_argument(
        "--in-full",
        action="store_true",
        help="attack all samples, with all attacks, even where the first refute a claim",
    )
    add_evaluation_options(parser)


def _add_demo(commands: Commands) -> None:
    parser = add_command(
        commands,
        "demo",
        summary="verify a small real submission that comes with the project, offline",
        example="apbot demo",
        run=_demo,
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("demo-output"),
        metavar="DIR",
        help="where everything is left (default demo-output)",
    )


def _add_leaderboard(commands: Commands) -> None:
    parser = commands.add_parser("leaderboard", help="build or check the derived files of the leaderboard")
    actions = parser.add_subparsers(metavar="action", required=True)
    build = add_command(
        actions,
        "build",
        summary="build every table and data file, and the site, from leaderboard/entries",
        example="apbot leaderboard build",
        run=_build,
    )
    build.add_argument("--status", type=Path, metavar="FILE", help="what `apbot status` left, for the site")
    build.add_argument("--out", type=Path, metavar="DIR", help="write there instead of beside the entries")
    build.add_argument(
        "--site", type=Path, metavar="DIR", help="where the site is built (default site, or DIR/site of --out)"
    )
    add_command(
        actions,
        "check",
        summary="check that the derived files are in step with leaderboard/entries",
        example="apbot leaderboard check",
        run=_in_step,
    )


def _add_gate(commands: Commands) -> None:
    parser = add_command(
        commands,
        "gate",
        summary="answer one event of GitHub's, as the job that it started",
        example="apbot gate",
        run=_gate,
    )
    _add_dry_run(parser)
    add_protocol_option(parser)


def _add_sweep(commands: Commands) -> None:
    parser = add_command(
        commands,
        "sweep",
        summary="put right what events and machines left undone on GitHub, and start the next runs",
        example="apbot sweep --dry-run",
        run=_sweep,
    )
    _add_dry_run(parser)
    add_protocol_option(parser)


def _add_status(commands: Commands) -> None:
    parser = add_command(
        commands,
        "status",
        summary="say as JSON where every submission is; reads on GitHub, and writes nothing there",
        example="apbot status --files --out status.json",
        run=_status,
    )
    parser.set_defaults(dry_run=True)
    parser.add_argument("--out", type=Path, metavar="FILE", help="write it there instead of printing it")
    parser.add_argument(
        "--files",
        action="store_true",
        help="also ask Google Drive about every file that the board or a submission names",
    )
    add_protocol_option(parser)


def _add_dry_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dry-run", action="store_true", help="print what would be done as JSON, and write nothing")


def _check(options: argparse.Namespace) -> int:
    from bot.leaderboard.facts import board_facts  # noqa: PLC0415
    from bot.stages.check import check, check_json  # noqa: PLC0415

    answer = check(
        command_line.read_text(options.file),
        load_protocol(options.protocol),
        board_facts(board_here()),
        author=options.author,
    )
    if options.json:
        print(json.dumps(check_json(answer), indent=2, ensure_ascii=False))
    else:
        sys.stdout.write(answer.comment)
    if answer.failures:
        raise answer.failures[0]
    return answer.exit_code


def _verify(options: argparse.Namespace) -> int:
    from bot.stages.verify import Order, verify  # noqa: PLC0415

    return verify(
        Order(
            body=command_line.read_text(options.file),
            out=options.out,
            board=board_here(),
            protocol=load_protocol(options.protocol),
            data=options.data,
            mirror=options.files,
            issue=options.issue,
            device=options.device,
            limit=options.limit,
            seed=options.seed,
            in_full=options.in_full,
        ),
        sys.stderr,
    )


def _demo(options: argparse.Namespace) -> int:
    from bot.stages.demo import demo  # noqa: PLC0415

    return demo(options.out, project_folder(__file__, "demo"), board_here(), sys.stderr)


def _build(options: argparse.Namespace) -> int:
    from bot.leaderboard.build import build  # noqa: PLC0415
    from bot.leaderboard.site.build_site import build_site  # noqa: PLC0415

    board = board_here()
    for path in build(board / "entries", options.out or board):
        print(path)
    site = options.site or (options.out or Path()) / "site"
    repository = repository_in(options.env) if options.env.get("GITHUB_REPOSITORY") else None
    build_site(board / "entries", site, repository=repository, status_file=options.status)
    print(site / "index.html")
    return command_line.DONE


def _in_step(_options: argparse.Namespace) -> int:
    from bot.leaderboard.build import out_of_step  # noqa: PLC0415

    board = board_here()
    stale = out_of_step(board / "entries", board)
    for path in stale:
        print(f"out of step with the entries: {path}", file=sys.stderr)
    print(
        "run: apbot leaderboard build" if stale else "every derived file is in step with the entries", file=sys.stderr
    )
    return command_line.CONTRIBUTOR if stale else command_line.DONE


def _gate(options: argparse.Namespace) -> int:
    from bot.stages.on_github import answer_event  # noqa: PLC0415

    return answer_event(_job(options), sys.stdout, sys.stderr)


def _sweep(options: argparse.Namespace) -> int:
    from bot.stages.on_github import sweep_all  # noqa: PLC0415

    return sweep_all(_job(options), sys.stdout, sys.stderr)


def _status(options: argparse.Namespace) -> int:
    from bot.stages.on_github import tell_status  # noqa: PLC0415

    document = tell_status(_job(options), sys.stderr, ask_files=options.files)
    if options.out:
        write_whole(options.out, document)
    else:
        sys.stdout.write(document.decode())
    return command_line.DONE


def _job(options: argparse.Namespace) -> "Job":
    from bot.stages.on_github import Job  # noqa: PLC0415

    return Job(
        env=options.env,
        clock=options.clock,
        protocol=load_protocol(options.protocol),
        board=board_here(),
        dry_run=options.dry_run,
    )
