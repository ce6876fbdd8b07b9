"""docs/lifecycle.md says what the code does."""

from pathlib import Path

import pytest

from bot.lifecycle.approval import SETTLE_MINUTES
from bot.lifecycle.commands import ALLOWED, Audience, Command
from bot.lifecycle.queue import OPEN_PER_AUTHOR, RUNNING_PER_AUTHOR
from bot.lifecycle.record import MAX_LENGTH
from bot.lifecycle.state import APPROVE, STATE_LABELS, State

PAGE = (Path(__file__).parents[3] / "docs" / "lifecycle.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("state", State)
def test_each_state_stands_there_with_its_label(state: State) -> None:
    assert f"| {state} | `{STATE_LABELS[state].name}` |" in PAGE


@pytest.mark.parametrize("command", Command)
def test_each_command_stands_there_with_who_may_give_it(command: Command) -> None:
    line = next(line for line in PAGE.splitlines() if line.startswith(f"| `/apbot {command}`"))
    cells = [bool(cell.strip()) for cell in line.strip("|").split("|")[1:]]
    assert cells == [audience in ALLOWED[command] for audience in Audience]


def test_its_numbers_are_those_of_the_code() -> None:
    assert (SETTLE_MINUTES, RUNNING_PER_AUTHOR, OPEN_PER_AUTHOR) == (5, 1, 4)
    assert f"at most {MAX_LENGTH:,} characters" in PAGE
    assert f"`{APPROVE.name}` is no state" in PAGE
