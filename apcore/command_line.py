"""What both console scripts share: help that ends with an example, exit codes, and errors told the same way."""

import argparse
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TypeAlias

from apcore.errors import MachineError, TurnError
from apcore.protocol import DEFAULT_PROTOCOL, ProtocolError, protocol_names

DONE: Final = 0
CONTRIBUTOR: Final = 1
USAGE: Final = 2
MACHINE: Final = 3
SERVICE: Final = 4

Command = Callable[[argparse.Namespace], int]
# argparse gives the type of `add_subparsers()` no public name, and it can be subscripted by type checkers alone
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001
_TURNS: Final = {
    CONTRIBUTOR: "yours to mend",
    MACHINE: "this machine's fault, not the checkpoint's",
    SERVICE: "try again later",
}


class UsageError(Exception):
    """The command was called in a way that cannot work; exit code 2."""


def add_command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    *,
    summary: str,
    example: str,
    run: Command,
) -> argparse.ArgumentParser:
    """A subcommand whose help ends with `example`."""
    parser = commands.add_parser(
        name,
        help=summary,
        description=summary[0].upper() + summary[1:] + ".",
        epilog=f"example: {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    return parser


def add_evaluation_options(parser: argparse.ArgumentParser) -> None:
    """The options of every command that attacks something."""
    add_protocol_option(parser)
    parser.add_argument("--data", type=Path, metavar="DIR", help="folder with <DATASET>.npz or torchvision's test sets")
    parser.add_argument("--device", default="cpu", help="cpu (default), cuda or cuda:N")
    parser.add_argument(
        "--limit",
        type=positive,
        metavar="N",
        help="attack the first N samples with AutoAttack only; the result is partial",
    )
    parser.add_argument("--seed", type=int, metavar="N", help="another seed than the protocol's; the result is partial")


def add_protocol_option(parser: argparse.ArgumentParser) -> None:
    """`--protocol`, with the board's own as default."""
    parser.add_argument(
        "--protocol",
        default=DEFAULT_PROTOCOL,
        choices=protocol_names(),
        help=f"benchmark to run (default {DEFAULT_PROTOCOL})",
    )


def positive(text: str) -> int:
    """A whole number from 1, for argparse."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def read_text(path: str) -> str:
    """A file's text, or standard input for `-`.

    Raises:
        UsageError: there is no such file, or it is not text.
    """
    try:
        raw = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError as exc:
        raise UsageError(f"cannot read {path}: {exc.strerror}") from exc
    return raw.decode("utf-8", errors="replace")


def run_command(parser: argparse.ArgumentParser, argv: Sequence[str]) -> int:
    """Parse, run the chosen command and turn every ending into an exit code and a last line that is true."""
    options = parser.parse_args(argv)
    try:
        return int(options.run(options))
    except (UsageError, ProtocolError) as exc:
        print(f"{parser.prog}: {exc}", file=sys.stderr)
        return USAGE
    except TurnError as exc:
        print(
            f"{parser.prog}: {exc.where}: {exc.message}\n  what to do ({_TURNS[exc.exit_code]}): {exc.fix}",
            file=sys.stderr,
        )
        return exc.exit_code
    except KeyboardInterrupt:
        print(
            f"\n{parser.prog}: stopped. What was measured is kept; the same command goes on from there.",
            file=sys.stderr,
        )
        return MACHINE
    except OSError as exc:
        return _machine(parser.prog, exc)
    except Exception:  # the outermost frame: a bug of ours is said to be one
        traceback.print_exc()
        print(
            f"{parser.prog}: this is a bug of ours, not your fault; please report it with the lines above",
            file=sys.stderr,
        )
        return MACHINE


def _machine(program: str, exc: OSError) -> int:
    error = MachineError(
        where=str(exc.filename or "file system"),
        message=exc.strerror or str(exc),
        fix="free space or mend the permissions, then run the same command again; it goes on where it was",
    )
    print(f"{program}: {error.where}: {error.message}\n  what to do ({_TURNS[MACHINE]}): {error.fix}", file=sys.stderr)
    return MACHINE
