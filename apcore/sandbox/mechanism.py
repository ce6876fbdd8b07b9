"""Which walls this machine can put around a process that reads a stranger's file. Without any, nothing is read.

On Linux at least one of two is needed: namespaces (bubblewrap), or Landlock. Both are used where both are to be had, and in either
case the process gives up its system calls. Other systems have nothing of the kind; there an author reads files of their own, with
limits on memory and time alone, and a bot is not run.
"""

import logging
import sys
from dataclasses import dataclass

from apcore.errors import MachineError
from apcore.sandbox.bubblewrap import bubblewrap_works
from apcore.sandbox.landlocked import landlock_works
from apcore.sandbox.syscalls import NoSeccompError, reading_alone

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Walls:
    """What stands around the process; `system_calls` says whether it gives up its system calls."""

    namespaces: bool
    landlock: bool
    system_calls: bool

    def __str__(self) -> str:
        names = {"bubblewrap": self.namespaces, "Landlock": self.landlock, "seccomp": self.system_calls}
        return ", ".join(name for name, stands in names.items() if stands) or "limits on memory, time and files alone"


def walls() -> Walls:
    """The walls that can be put up here.

    Raises:
        MachineError: this is Linux, and there is no seccomp, or neither namespaces nor Landlock.
    """
    if sys.platform != "linux":
        _LOG.warning("%s has no sandbox that is known here: read only files that you trust", sys.platform)
        return Walls(namespaces=False, landlock=False, system_calls=False)
    found = Walls(namespaces=bubblewrap_works(), landlock=landlock_works(), system_calls=True)
    try:
        reading_alone()
    except NoSeccompError as exc:
        raise MachineError(
            where="",
            message=f"a process that reads a stranger's file cannot give up its system calls on this machine: {exc}",
            fix="install libseccomp (Debian and Ubuntu: libseccomp2) and the extra `evaluate`",
        ) from exc
    if not (found.namespaces or found.landlock):
        raise MachineError(
            where="",
            message="this machine lets nobody confine a process: bubblewrap cannot make namespaces, and there is no Landlock",
            fix="install the extra `evaluate`; allow unprivileged user namespaces (on Ubuntu by an AppArmor profile for bwrap), or "
            "use a kernel of 5.13 or newer with Landlock switched on",
        )
    return found
