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


def close_in_for_work(view: View, *, listed: Path) -> None:
    """Leave this process and all that it starts what `view` names; programs in it may be run, and the folder be worked in.

    Args:
        view: what it may see.
        listed: a folder below which names may be listed besides, as importing what lies in it takes.

    Raises:
        OSError: the kernel refuses.
        RuntimeError: the process has a second thread, which would stay as it is.
    """
    if len(list(Path("/proc/self/task").iterdir())) != 1:
        raise RuntimeError("a process with threads cannot close the file system to all of them")
    from landlockpy import AccessFS, Ruleset, Scope  # noqa: PLC0415 - of the extra `evaluate`

    running = AccessFS.READ_FILE | AccessFS.EXECUTE
    using = AccessFS.READ_FILE | AccessFS.WRITE_FILE | AccessFS.IOCTL_DEV
    files = AccessFS.MAKE_REG | AccessFS.REMOVE_FILE | AccessFS.WRITE_FILE | AccessFS.TRUNCATE | AccessFS.REFER
    working = running | AccessFS.READ_DIR | files | AccessFS.MAKE_DIR | AccessFS.REMOVE_DIR
    with Ruleset(scoped=Scope.SIGNAL | Scope.ABSTRACT_UNIX_SOCKET) as ruleset:
        for path in view.readable:
            if path.exists():
                ruleset.allow_path(path, running if path.is_file() else running | AccessFS.READ_DIR)
        for device in view.devices:
            if device.exists():
                ruleset.allow_path(device, using)
        ruleset.allow_path(listed, AccessFS.READ_DIR)
        ruleset.allow_path(view.writable, working)
        ruleset.restrict()
