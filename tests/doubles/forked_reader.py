"""The process that reads a stranger's file, forked from the tests' own, in which torch is imported already: most of its time.

It has the same limits, Landlock and filter of system calls; what is not around it is bubblewrap. All tests read like this but
those marked `started_reader`.
"""

import os
import signal
import warnings
from importlib import import_module
from pathlib import Path
from typing import BinaryIO

from apcore.checkpoint.child import ReadOrder, main
from apcore.checkpoint.limits import ReadLimits
from apcore.sandbox.mechanism import walls as walls_here
from apcore.sandbox.syscalls import reading_alone


def read_in_a_fork(mode: str, file: BinaryIO, limits: ReadLimits, folder: Path, log: BinaryIO) -> int:
    """In the place of `apcore.checkpoint.reading._run`: the exit status, -n for a death by signal n."""
    walls = walls_here()
    order = ReadOrder(
        limits=limits, landlock=walls.landlock, system_calls=reading_alone() if walls.system_calls else b""
    )
    if mode == "checkpoint":
        import_module("apcore.checkpoint.state_dict")  # with torch, here and so in no child
    child = _fork()
    if not child:
        try:
            warnings.resetwarnings()  # of which tests make errors
            os.dup2(file.fileno(), 0)
            os.dup2(log.fileno(), 2)
            os.closerange(3, os.sysconf("SC_OPEN_MAX"))  # the limit on open files counts those of the tests
            os.chdir(folder)
            signal.alarm(int(limits.wall_s))
            main(mode, order)
            os._exit(0)
        finally:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _fork() -> int:
    """Python warns of threads, such as those of a double that serves: the child takes no lock that one of them may hold."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()
