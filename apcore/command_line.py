"""What both console scripts share: help that ends with an example, exit codes, and errors told the same way."""

import argparse
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TypeAlias

from apcore.errors import MachineError, TurnError
from apcore.layouts.declaration import Normalization
from apcore.log_lines import harmless_log
from apcore.model_key import ModelKey, ModelKeyError
from apcore.normalization_line import NormalizationError, read_normalization
from apcore.protocol import DEFAULT_PROTOCOL, ProtocolError, protocol_names

DONE: Final = 0
CONTRIBUTOR: Final = 1
USAGE: Final = 2
MACHINE: Final = 3
SERVICE: Final = 4

# The packages of the extra `evaluate`, which the light install lacks.
EVALUATE: Final = frozenset(
    {"matplotlib", "numpy", "optuna", "pyautoattack", "scipy", "sklearn", "torch", "torchvision"}
)

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
    parser.add_argument(
        "--seed", type=seed, metavar="N", help="another seed than the protocol's; the result is partial"
    )


def add_normalization_option(parser: argparse.ArgumentParser) -> None:
    """`--normalization`, as the form's field of that name."""
    parser.add_argument(
        "--normalization",
        type=normalization,
        metavar="TEXT",
        help="what the network does to its input, as the form takes it: 'mean=0.49,0.48,0.45; std=0.25,0.24,0.26'",
    )


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


def whole(text: str) -> int:
    """A whole number from 0, for argparse."""
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError("must be at least 0")
    return number


def seed(text: str) -> int:
    """What every random generator here takes as a seed, for argparse."""
    number = whole(text)
    if number >= 2**32:
        raise argparse.ArgumentTypeError("must be below 2**32")
    return number


def model_key(text: str) -> ModelKey:
    """What `--model-key` says.

    Raises:
        UsageError: it is no model key; says which part is wrong.
    """
    try:
        return ModelKey.parse(text)
    except ModelKeyError as exc:
        raise UsageError(f"--model-key: {exc}") from exc


def normalization(text: str) -> Normalization:
    """What the form's field Normalization takes, for argparse; `none` says that pixels stay as they are."""
    try:
        found = read_normalization(text)
    except NormalizationError as exc:
        raise argparse.ArgumentTypeError(f"{exc}; write 'mean=0.49,0.48,0.45; std=0.25,0.24,0.26'") from exc
    return found or ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))


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
    with harmless_log():
        options = parser.parse_args(argv)
        try:
            code = int(options.run(options))
            sys.stdout.flush()  # what cannot be written is told here, not by Python on its way out
        except (Exception, KeyboardInterrupt) as exc:  # the outermost frame: nothing leaves it unexplained
            code, words = _ending(exc)
            print(f"{parser.prog}: {words}", file=sys.stderr)
    return code


def _ending(exc: BaseException) -> tuple[int, str]:
    """Exit code and last words for an error; whatever is not expected is a bug of ours, and its traceback is shown."""
    match exc:
        case UsageError() | ProtocolError():
            ending = USAGE, str(exc)
        case TurnError():
            ending = exc.exit_code, _whose_turn(exc)
        case KeyboardInterrupt():
            ending = MACHINE, "stopped. What was measured is kept; the same command goes on from there."
        case BrokenPipeError():
            # Python would complain once more when it closes the stream on its way out.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ending = MACHINE, "whoever reads the output stopped before its end"
        case OSError():
            ending = MACHINE, _whose_turn(_of_this_machine(exc))
        case ModuleNotFoundError() if exc.name in EVALUATE:
            ending = MACHINE, f"{exc.name} is missing; this command needs: pip install 'apbot[evaluate]'"
        case _:
            traceback.print_exception(exc)
            ending = MACHINE, "this is a bug of ours, not your fault; please report it with the lines above"
    return ending


def _whose_turn(error: TurnError) -> str:
    return f"{error.where}: {error.message}\n  what to do ({_TURNS[error.exit_code]}): {error.fix}"


def _of_this_machine(exc: OSError) -> MachineError:
    return MachineError(
        where=str(exc.filename or "file system"),
        message=exc.strerror or str(exc),
        fix="free space or mend the permissions, then run the same command again; it goes on where it was",
    )
