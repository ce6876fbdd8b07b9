"""`apcore` commands in processes of their own that can be killed, forked from one that has imported torch already."""

import contextlib
import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator
from multiprocessing import forkserver
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest
from doubles.forked_reader import read_in_a_fork
from doubles.small_runs import small_attacks

from apcore import benchmark_command
from apcore.attacks.resumable import StateFile
from apcore.checkpoint import reading
from apcore.cli import main

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload([__name__])


def start(*arguments: str, told: Path, small: bool = False, dies_at_save: int = 0) -> BaseProcess:
    """Begin `apcore` with these arguments.

    Args:
        arguments: of `apcore`.
        told: a folder that gets `out.txt` and `err.txt`.
        small: whether attacks take so few steps that a network is attacked in a second.
        dies_at_save: of which state of an attack it is killed instead of keeping it, counted from 1; 0 for none.
    """
    told.mkdir(parents=True, exist_ok=True)
    options = {"small": small, "dies_at_save": dies_at_save}
    with _path_of_tests():
        forkserver.ensure_running()
    process = _CONTEXT.Process(target=_run, args=(arguments, told), kwargs=options)
    process.start()
    return process


@contextlib.contextmanager
def _path_of_tests() -> Iterator[None]:
    """Python 3.11's fork server looks for what it imports on the path of any interpreter, and says nothing if it is not there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, sys.path)))
        yield


def _run(arguments: tuple[str, ...], told: Path, *, small: bool, dies_at_save: int) -> None:
    # Workers of xdist ignore it, and what they start inherits that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    reading._run = read_in_a_fork
    with (told / "out.txt").open("w") as out, (told / "err.txt").open("w") as err:
        if small:
            small_attacks(setattr, benchmark_command)
        if dies_at_save:
            StateFile.save = _killed_at(dies_at_save, StateFile.save)
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main(arguments)
    raise SystemExit(code)


def _killed_at(last: int, save: Any) -> Any:
    left = [last]

    def saved(file: StateFile, arrays: Any) -> None:
        left[0] -= 1
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)
        save(file, arrays)

    return saved
