"""The walls tried out: a process behind exactly those that reading a stranger's file gets, which tries to get out.

What may get through is told, so that whoever runs a machine sees the walls hold there and not only in a test.
"""

import base64
import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from apcore.errors import MachineError
from apcore.sandbox.bubblewrap import bubblewrap_works, bubblewrapped
from apcore.sandbox.landlocked import close_file_system
from apcore.sandbox.mechanism import walls
from apcore.sandbox.syscalls import give_up_system_calls, reading_alone
from apcore.sandbox.view import program_folder, program_view

_TIMEOUT_S: Final = 60
_REPORT: Final = "report.json"
_START: Final = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); from apcore.sandbox.trial import main; main(sys.argv[1])"
)
_CUDA: Final = "import ctypes; print(ctypes.CDLL('libcuda.so.1').cuInit(0))"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What stood around the process, what it tried, and whether that got through."""

    walls: str
    attempts: dict[str, bool]


def try_walls() -> Trial:
    """Let a process try to get out.

    Raises:
        MachineError: nothing can be confined here, or the process did not come back.
    """
    standing = walls()
    calls = reading_alone() if standing.system_calls else b""
    with tempfile.TemporaryDirectory(prefix="apcore-trial-") as outer, socket.create_server(("127.0.0.1", 0)) as server:
        secret = Path(outer) / "canary.txt"
        secret.write_text("nobody in there may read this", encoding="utf-8")
        folder = Path(outer) / "inside"
        folder.mkdir()
        order = {
            "landlock": standing.landlock,
            "calls": base64.b64encode(calls).decode(),
            "secret": str(secret),
            "port": server.getsockname()[1],
            "parent": os.getpid(),
        }
        command = [sys.executable, "-I", "-c", _START, str(program_folder()), json.dumps(order)]
        environment = {"HOME": str(folder), "TMPDIR": str(folder), "PATH": "/usr/bin:/bin"}
        if standing.namespaces:
            command, environment = bubblewrapped(command, program_view(folder), environment), {}
        report = _came_back(command, environment, folder)
    sees = not _own_names().isdisjoint(report["environments"])
    return Trial(walls=str(standing), attempts=report["attempts"] | {"see this program's environment": sees})


def cuda_starts(devices: tuple[Path, ...]) -> int:
    """What `cuInit(0)` of CUDA's driver returns inside bubblewrap with `devices`; 0 is success.

    Raises:
        MachineError: there is no bubblewrap, or the driver's library cannot be loaded in there.
    """
    if not bubblewrap_works():
        raise _failed("bubblewrap cannot make namespaces here, and Landlock alone shows every device")
    with tempfile.TemporaryDirectory(prefix="apcore-trial-") as name:
        view = program_view(Path(name), readable=(Path("/sys"),), devices=devices)
        command = bubblewrapped([sys.executable, "-I", "-c", _CUDA], view, {"CUDA_CACHE_PATH": "/tmp"})  # noqa: S108 - in there
        done = _run(command, {}, Path(name))
    if done.returncode or not done.stdout.strip().isdigit():
        raise _failed(" ".join(done.stderr.decode(errors="replace").split())[-200:] or "it ended without a word")
    return int(done.stdout)


def main(order_text: str) -> None:
    """In the inner process: put up the walls as the reader does, try each way out, write down what got through."""
    order = json.loads(order_text)
    if order["landlock"]:
        close_file_system(program_view(Path.cwd()))
    if order["calls"]:
        give_up_system_calls(base64.b64decode(order["calls"]))
    attempts = {what: _gets_through(attempt) for what, attempt in _attempts(order).items()}
    report = {"attempts": attempts, "environments": _environments()}
    Path(_REPORT).write_text(json.dumps(report), encoding="utf-8")


def _attempts(order: dict[str, Any]) -> dict[str, Callable[[], object]]:
    secret = Path(order["secret"])
    return {
        "read a file beside it": lambda: secret.read_text(encoding="utf-8"),
        "read the system's accounts": lambda: Path("/etc/passwd").read_text(encoding="utf-8"),
        "write a file outside": lambda: secret.with_suffix(".new").write_text("x", encoding="utf-8"),
        "reach the network": lambda: socket.create_connection(("127.0.0.1", order["port"]), 2),
        "make a process": _fork,
        "run a program": lambda: subprocess.run(["/bin/true"], check=True),
        "signal its parent": lambda: os.kill(order["parent"], 0),
    }


def _fork() -> None:
    # Nothing but the filter of system calls stands in the way of this one.
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)


def _gets_through(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except OSError:
        # Not there, forbidden or cut off: nothing was had in any case.
        return False
    return True


def _environments() -> list[str]:
    """The names of variables that any process in sight was started with."""
    found = set(os.environ)
    for process in Path("/proc").glob("[0-9]*"):
        found |= _started_with(process)
    return sorted(found)


def _started_with(process: Path) -> set[str]:
    """The names of variables that a process was started with, none where that may not be read."""
    try:
        raw = (process / "environ").read_bytes()
    except OSError:
        return set()
    return {entry.partition(b"=")[0].decode(errors="replace") for entry in raw.split(b"\0") if entry}


def _own_names() -> set[str]:
    """Names in this program's environment, and in the one that it was started with, that the inner process was not given."""
    own = set(os.environ) | _started_with(Path("/proc/self"))
    return own - {"HOME", "TMPDIR", "PATH", "PWD", "LC_CTYPE"}


def _came_back(command: list[str], environment: dict[str, str], folder: Path) -> dict[str, Any]:
    done = _run(command, environment, folder)
    path = folder / _REPORT
    if done.returncode or not path.is_file():
        raise _failed(" ".join(done.stderr.decode(errors="replace").split())[-300:] or f"exit code {done.returncode}")
    report: dict[str, Any] = json.loads(path.read_bytes())
    return report


def _run(command: list[str], environment: dict[str, str], folder: Path) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(  # noqa: S603 - our own interpreter and module
            command,
            env=environment,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as exc:
        raise _failed(str(exc)) from exc


def _failed(why: str) -> MachineError:
    return MachineError(where="sandbox", message=why, fix="mend what it names, then try again")
