"""A whole evaluation behind walls: a module of this program, run where it sees what it measures and nothing else.

Under bubblewrap: namespaces of its own (no network, no other process, an empty `/tmp`), everything read-only but one folder,
an empty environment, the GPU's devices, and a filter of system calls from the first instruction on. Where namespaces are not to
be had, Landlock and the same filter take their place; then `/proc` shows other processes, though not what they hold. Without
either nothing is run.

A process in there cannot make namespaces again. So the one that reads a stranger's file (`apcore.checkpoint.reading`) gets
Landlock and its own short list of system calls as its second set of walls, and refuses to read where there is no Landlock.
"""

import base64
import ctypes
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from apcore.sandbox.bubblewrap import bubblewrapped, ended_with
from apcore.sandbox.evaluation_calls import evaluating
from apcore.sandbox.landlocked import close_in_for_work
from apcore.sandbox.mechanism import walls as walls_here
from apcore.sandbox.syscalls import give_up_system_calls
from apcore.sandbox.view import View, program_folder, program_view

# Arrays of a checkpoint on their way from the process that reads it; a full VGG-16 takes 60 MB.
_TMPFS_BYTES: Final = 4 << 30
# The inner process imports the very program that the outer one is, even where another one is installed.
_START: Final = """
import runpy, sys
sys.path.insert(0, sys.argv.pop(1))
from apcore.sandbox.evaluation import close_in
close_in(sys.argv.pop(1))
runpy.run_module(sys.argv.pop(1), run_name="__main__", alter_sys=True)
"""
# Numbers alone, which say how many threads and which GPUs there are.
_HANDED_ON: Final = ("OMP_NUM_THREADS", "CUDA_VISIBLE_DEVICES")
_NUMBERS: Final = frozenset("0123456789,")
_DEVICES: Final = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
_OF_THE_GPU: Final = ("/sys/devices", "/sys/bus/pci", "/sys/module/nvidia")
# By which Python finds libseccomp, from which the process that reads gets its filter.
_LDCONFIG: Final = Path("/sbin")
_PR_SET_PDEATHSIG: Final = 1


def run_confined(
    module: str, arguments: Sequence[str], *, writable: Path, readable: Sequence[Path] = (), gpu: bool = False
) -> int:
    """Run a module of this program behind walls, and return its exit status; -n for a death by signal n.

    Args:
        module: its dotted name.
        arguments: its `sys.argv[1:]`; paths among them must be absolute, and named below.
        writable: the one folder that it may write to; its current folder.
        readable: what it may read besides this program.
        gpu: whether it gets the GPU.

    Raises:
        MachineError: this machine lets nobody confine a process.
    """
    walls = walls_here()
    view = program_view(
        writable.resolve(),
        readable=(*_rest_of_program(), *(path.resolve() for path in readable), *(_gpu_system() if gpu else ())),
        devices=_gpu_devices() if gpu else (),
    )
    if walls.namespaces:
        return _in_namespaces(module, arguments, view)
    return _under_landlock(module, arguments, view) if walls.landlock else _unconfined(module, arguments, view)


def close_in(order: str) -> None:
    """In the inner process, before anything else: what `order` says; nothing if bubblewrap has done it all.

    Raises:
        OSError, RuntimeError, NoSeccompError: a wall cannot be put up; then nothing is run.
    """
    if not order:
        return
    found = json.loads(order)
    # As with bubblewrap: whoever stops the outer process has stopped the evaluation.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    readable, devices = (tuple(map(Path, found[name])) for name in ("readable", "devices"))
    view = View(readable=readable, writable=Path(found["writable"]), devices=devices)
    close_in_for_work(view, listed=program_folder())
    give_up_system_calls(base64.b64decode(found["calls"]))


def _in_namespaces(module: str, arguments: Sequence[str], view: View) -> int:
    environment = _environment(Path("/tmp"))  # noqa: S108 - the sandbox's own
    with tempfile.TemporaryFile() as calls:
        calls.write(evaluating(may_connect=True))
        calls.seek(0)
        command = bubblewrapped(
            _command(module, arguments, ""), view, environment, tmpfs_bytes=_TMPFS_BYTES, seccomp_fd=calls.fileno()
        )
        return ended_with(_run(command, {}, view, pass_fds=(calls.fileno(),)))


def _under_landlock(module: str, arguments: Sequence[str], view: View) -> int:
    order = {
        "readable": [*map(str, view.readable), "/proc"],
        "writable": str(view.writable),
        "devices": [*_DEVICES, *map(str, view.devices)],
        "calls": base64.b64encode(evaluating(may_connect=False)).decode(),
    }
    with tempfile.TemporaryDirectory(prefix=".tmp-", dir=view.writable) as scratch:
        return _run(_command(module, arguments, json.dumps(order)), _environment(Path(scratch)), view)


def _unconfined(module: str, arguments: Sequence[str], view: View) -> int:
    """On a system that is no Linux, where an author measures files of their own."""
    with tempfile.TemporaryDirectory(prefix=".tmp-", dir=view.writable) as scratch:
        return _run(_command(module, arguments, ""), _environment(Path(scratch)), view)


def _run(command: list[str], environment: dict[str, str], view: View, pass_fds: Sequence[int] = ()) -> int:
    return subprocess.run(  # noqa: S603 - our own interpreter, module and arguments
        command, stdin=subprocess.DEVNULL, cwd=view.writable, env=environment, pass_fds=pass_fds, check=False
    ).returncode


def _command(module: str, arguments: Sequence[str], order: str) -> list[str]:
    # -I: no PYTHON* variable, no current folder and no user's site-packages on the path.
    return [sys.executable, "-I", "-c", _START, str(program_folder()), order, module, *arguments]


def _environment(scratch: Path) -> dict[str, str]:
    handed_on = {name: value for name in _HANDED_ON if (value := os.environ.get(name)) and set(value) <= _NUMBERS}
    return {"LANG": "C.UTF-8", "HOME": str(scratch), "TMPDIR": str(scratch), **handed_on}


def _rest_of_program() -> tuple[Path, ...]:
    """Of a clone what an evaluation needs besides `apcore`; in an installation it lies among the packages."""
    return (*(program_folder() / name for name in ("bot", "schemas")), _LDCONFIG)


def _gpu_devices() -> tuple[Path, ...]:
    return tuple(sorted(path for path in Path("/dev").glob("nvidia*") if path.is_char_device() or path.is_dir()))


def _gpu_system() -> tuple[Path, ...]:
    return tuple(map(Path, _OF_THE_GPU))
