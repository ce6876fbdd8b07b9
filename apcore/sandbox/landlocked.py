"""Landlock: a process closes the file system to itself, without any privilege. Linux 5.13 and newer.

The second wall inside bubblewrap, and the first where namespaces are not to be had: in most containers, and on systems whose
AppArmor forbids them. It hides nothing (a forbidden file is there, but cannot be opened) and cuts no network; that
is done by giving up the system calls (`apcore.sandbox.syscalls`).
"""

from pathlib import Path

from apcore.sandbox.view import View


def landlock_works() -> bool:
    """Whether this kernel has Landlock, and it is switched on."""
    try:
        from landlockpy import supported  # noqa: PLC0415 - of the extra `evaluate`
    except ImportError:
        return False
    return bool(supported())


def close_file_system(view: View) -> None:
    """Leave this process, for good, what `view` names; nothing can be run any more, and no signal reaches a stranger.

    Raises:
        OSError: the kernel refuses.
        RuntimeError: the process has a second thread, which would stay as it is.
    """
    if len(list(Path("/proc/self/task").iterdir())) != 1:
        raise RuntimeError("a process with threads cannot close the file system to all of them")
    from landlockpy import AccessFS, Ruleset, Scope  # noqa: PLC0415 - of the extra `evaluate`

    reading = AccessFS.READ_FILE | AccessFS.READ_DIR
    writing = reading | AccessFS.WRITE_FILE | AccessFS.MAKE_REG | AccessFS.TRUNCATE
    with Ruleset(scoped=Scope.SIGNAL | Scope.ABSTRACT_UNIX_SOCKET) as ruleset:
        for path in view.readable:
            if path.exists():
                ruleset.allow_path(path, AccessFS.READ_FILE if path.is_file() else reading)
        ruleset.allow_path(view.writable, writing)
        ruleset.restrict()
