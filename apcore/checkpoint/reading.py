"""Reading a stranger's file through a confined child process; no torch here, and nothing is unpickled.

The child gets the open file, an almost empty environment (so no token), an empty folder, and the walls of `apcore.sandbox`
around it. It hands back numbers and one small JSON; a child that was killed says why by its signal.
"""

import hashlib
import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO, Final

import numpy as np

from apcore.arrays import Array
from apcore.checkpoint.child import ARRAYS, REPORT, ReadOrder
from apcore.checkpoint.container import HEAD_BYTES, sniff
from apcore.checkpoint.limits import ReadLimits
from apcore.checkpoint.refusals import too_much_cpu
from apcore.checkpoint.regular_file import check_size, open_regular
from apcore.errors import ContributorError, MachineError, TurnError
from apcore.sandbox.bubblewrap import bubblewrapped, ended_with
from apcore.sandbox.mechanism import walls as walls_here
from apcore.sandbox.syscalls import reading_alone
from apcore.sandbox.view import program_folder, program_view

CHECKPOINT_LIMITS: Final = ReadLimits()

_LOG: Final = logging.getLogger(__name__)
_MAX_REPORT_BYTES: Final = 8 << 20
# The child imports the very program that its parent is, even where another one is installed.
_START: Final = """
import runpy, sys
sys.path.insert(0, sys.argv.pop(1))
runpy.run_module("apcore.checkpoint.child", run_name="__main__")
"""
_ENVIRONMENT: Final = {"LANG": "C.UTF-8", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTensors:
    """What a checkpoint holds, before it is known which network it belongs to.

    Args:
        tensors: arrays by state-dict name: finite floats (bfloat16 as float32), integers or booleans.
        container: how the file was written, `zip` or `legacy`.
        found_under: the key of the file's dictionary that held the state dict, "" if the file is the state dict.
        sha256: of the file's bytes.
        size_bytes: of the file.
    """

    tensors: Mapping[str, Array]
    container: str
    found_under: str
    sha256: str
    size_bytes: int


def read_checkpoint(path: Path, *, limits: ReadLimits = CHECKPOINT_LIMITS, where: str = "checkpoint") -> StoredTensors:
    """Read a checkpoint of unknown origin, without running anything in it.

    Args:
        path: the file; its name does not matter.
        limits: what reading it may cost.
        where: the path that errors carry.

    Raises:
        ContributorError: the file is refused; says what to change in it.
        MachineError: it could not be read here, through no fault of its author.
    """
    try:
        with open_regular(path) as file:
            size = check_size(file, limits.max_bytes)
            container = sniff(file.read(HEAD_BYTES))
            file.seek(0)
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            report, arrays = run_child("checkpoint", file, limits)
    except TurnError as exc:
        raise exc.below(where) from exc
    return StoredTensors(
        tensors=MappingProxyType({name: arrays[place] for name, place in report["names"].items()}),
        container=str(container),
        found_under=report["found_under"],
        sha256=sha256,
        size_bytes=size,
    )


def run_child(mode: str, file: BinaryIO, limits: ReadLimits) -> tuple[dict[str, Any], list[Array]]:
    """Let the child read `file`, from its beginning.

    Returns:
        The child's report and the arrays that it read.

    Raises:
        TurnError: what the child found wrong, or why it did not come back; with an empty path.
    """
    file.seek(0)
    with tempfile.TemporaryDirectory(prefix="apcore-read-") as name:
        folder = Path(name)
        with (folder / "log.txt").open("wb") as log:
            status = _run(mode, file, limits, folder, log)
        report = _report(folder, status, limits.cpu_s_for(os.fstat(file.fileno()).st_size))
        if "error" in report:
            raise _error(report["error"])
        return report, _arrays(folder, report["arrays"])


def _run(mode: str, file: BinaryIO, limits: ReadLimits, folder: Path, log: BinaryIO) -> int:
    walls = walls_here()
    calls = reading_alone() if walls.system_calls else b""
    order = ReadOrder(limits=limits, landlock=walls.landlock, system_calls=calls)
    # -I: no PYTHON* variable, no current folder and no user's site-packages on the child's path.
    command = [sys.executable, "-I", "-c", _START, str(program_folder()), mode, order.to_json()]
    environment = _ENVIRONMENT | {"HOME": str(folder), "TMPDIR": str(folder)}
    if walls.namespaces:
        command, environment = bubblewrapped(command, program_view(folder), environment), {}
    try:
        status = subprocess.run(  # noqa: S603 - our own interpreter, module and arguments
            command,
            stdin=file,
            stdout=subprocess.DEVNULL,
            stderr=log,
            cwd=folder,
            env=environment,
            timeout=limits.wall_s,
            check=False,
        ).returncode
    except subprocess.TimeoutExpired as exc:
        raise MachineError(
            where="",
            message=f"reading the file did not end within {limits.wall_s:g} s, without computing all that time",
            fix="try again when this machine is less busy",
        ) from exc
    return ended_with(status) if walls.namespaces else status


def _report(folder: Path, status: int, cpu_s: int) -> dict[str, Any]:
    path = folder / REPORT
    if status == 0 and path.is_file() and path.stat().st_size <= _MAX_REPORT_BYTES:
        report: dict[str, Any] = json.loads(path.read_bytes())
        return report
    _LOG.warning("the reading child ended with %d: %r", status, (folder / "log.txt").read_bytes()[-2000:])
    if status == -signal.SIGXCPU:
        raise too_much_cpu(cpu_s)
    how = signal.Signals(-status).name if status < 0 else f"exit code {status}"
    raise MachineError(
        where="",
        message=f"the process that reads the file ended with {how}",
        fix="a maintainer looks at this run's log, and at the file before anyone opens it by other means",
    )


def _error(error: dict[str, str]) -> TurnError:
    family = ContributorError if error["kind"] == "contributor" else MachineError
    return family(where=error["where"], message=error["message"], fix=error["fix"])


def _arrays(folder: Path, count: int) -> list[Array]:
    with (folder / ARRAYS).open("rb") as file:
        return [np.load(file, allow_pickle=False) for _ in range(count)]
