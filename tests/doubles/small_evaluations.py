"""Evaluations behind walls whose attacks are small, as processes inside make them: nothing of the tests is in sight there."""

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from doubles import small_runs

from apcore.sandbox import evaluation

_SMALL = f"""
{Path(small_runs.__file__).read_text(encoding="utf-8")}
from bot.stages import run_order
small_attacks(setattr, run_order)
"""
# Else an attack that takes a second could be over before it is killed.
_STAYS_AT_ITS_FIRST_STATE = """
import signal
from apcore.attacks.resumable import StateFile
save = StateFile.save
StateFile.save = lambda file, arrays: (save(file, arrays), signal.pause())
"""


def small_evaluations(patch: pytest.MonkeyPatch) -> None:
    """Let evaluations that this process starts have small attacks."""
    patch.setattr(evaluation, "_START", _before_the_module_runs(_SMALL))


def that_stays_in_the_middle(arguments: Sequence[str]) -> list[str]:
    """The command line of an `apbot` that starts a small evaluation, which waits where it has first kept something."""
    start = _before_the_module_runs(_SMALL + _STAYS_AT_ITS_FIRST_STATE)
    program = f"from apcore.sandbox import evaluation; evaluation._START = {start!r}; from bot.cli import run; run()"
    return [sys.executable, "-c", program, *arguments]


def _before_the_module_runs(code: str) -> str:
    before, _, runs = evaluation._START.strip().rpartition("\n")
    return f"{before}\n{code}\n{runs}\n"
