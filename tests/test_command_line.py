"""Every ending of a command is an exit code of the contract and a last line that is true."""

import argparse
import subprocess
import sys
from collections.abc import Callable

import pytest

from apcore.command_line import UsageError, run_command
from apcore.errors import ContributorError, MachineError, ServiceError


def raising(error: BaseException) -> argparse.ArgumentParser:
    def run(_options: argparse.Namespace) -> int:
        raise error

    parser = argparse.ArgumentParser(prog="apbot")
    parser.set_defaults(run=run)
    return parser


def turn(family: Callable[..., Exception]) -> Exception:
    return family(where="models.1.checkpoint", message="it is a web page", fix="upload the file")


FREE_SPACE = "free space or mend the permissions, then run the same command again; it goes on where it was"
ENDINGS = [
    (turn(ContributorError), 1, "  what to do (yours to mend): upload the file"),
    (UsageError("no such file"), 2, "apbot: no such file"),
    (turn(MachineError), 3, "  what to do (this machine's fault, not the checkpoint's): upload the file"),
    (turn(ServiceError), 4, "  what to do (try again later): upload the file"),
    (KeyboardInterrupt(), 3, "apbot: stopped. What was measured is kept; the same command goes on from there."),
    (
        OSError(28, "No space left on device", "run/comment.md"),
        3,
        f"  what to do (this machine's fault, not the checkpoint's): {FREE_SPACE}",
    ),
    (
        ModuleNotFoundError("No module named 'torch'", name="torch"),
        3,
        "apbot: torch is missing; this command needs: pip install 'apbot[evaluate]'",
    ),
    (ZeroDivisionError(), 3, "apbot: this is a bug of ours, not your fault; please report it with the lines above"),
]


def test_a_reader_that_stops_early_ends_the_command_in_one_line() -> None:
    """As `| head` does; Python itself would print a traceback at its exit."""
    program = "import sys; from apcore.cli import main; sys.exit(main(['models', '--protocols']))"
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as command:
        command.stdout.close()
        said = command.stderr.read()
        assert command.wait() == 3
    assert said == "apcore: whoever reads the output stopped before its end\n"


@pytest.mark.parametrize(("error", "code", "last"), ENDINGS, ids=lambda value: type(value).__name__)
def test_an_error_becomes_its_exit_code_and_says_whose_turn_it_is(
    error: BaseException, code: int, last: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(raising(error), []) == code
    assert capsys.readouterr().err.splitlines()[-1] == last
