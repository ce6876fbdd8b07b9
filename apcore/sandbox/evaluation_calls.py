"""The system calls that a whole evaluation never needs, and that ways out of a sandbox begin with.

A list of what is forbidden, for once: drivers, threads and the linear algebra below torch call what they like, and what they
like changes with each release. So what is taken away is what changes the system, looks into other processes, reaches a network
or opens a large and young part of the kernel. Inside, the process that reads a stranger's file is left with the
short list of `apcore.sandbox.syscalls`; filters add up.
"""

import errno
import socket
import tempfile
from functools import cache
from typing import Final

from apcore.sandbox.syscalls import NoSeccompError

_OTHER_PROCESSES: Final = ("ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd", "kcmp", "perf_event_open")
_MOUNTS: Final = (
    *("mount", "umount2", "pivot_root", "chroot", "move_mount", "open_tree", "mount_setattr"),
    *("fsopen", "fsconfig", "fsmount", "fspick", "name_to_handle_at", "open_by_handle_at", "quotactl"),
)
_NAMESPACES: Final = ("unshare", "setns")
_KERNEL: Final = (
    *("bpf", "userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register"),
    *("kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module", "reboot", "syslog"),
    *("swapon", "swapoff", "acct", "iopl", "ioperm", "vhangup"),
)
_KEYS: Final = ("keyctl", "add_key", "request_key")
_NAMES_AND_CLOCKS: Final = (
    *("sethostname", "setdomainname"),
    *("settimeofday", "clock_settime", "clock_adjtime", "adjtimex"),
)
DENIED_CALLS: Final = (*_OTHER_PROCESSES, *_MOUNTS, *_NAMESPACES, *_KERNEL, *_KEYS, *_NAMES_AND_CLOCKS)
# linux/sched.h: mount, cgroup, UTS, IPC, user, process and network namespaces.
_CLONE_FLAGS: Final = (0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000)
_TERMINAL_INPUT: Final = (0x5412, 0x541C)  # TIOCSTI and TIOCLINUX type into the terminal of whoever started this


@cache
def evaluating(*, may_connect: bool) -> bytes:
    """The filter for an evaluation and all that it starts, as the kernel's BPF program.

    Args:
        may_connect: whether local sockets may be connected to; to be refused where the sockets of the system's services, a
            container daemon's for one, are in sight.

    Raises:
        NoSeccompError: libseccomp is not to be had here.
    """
    try:
        import pyseccomp as seccomp  # noqa: PLC0415 - of the extra `evaluate`, and it looks for its library when imported

        rules = seccomp.SyscallFilter(seccomp.ALLOW)
        denied = seccomp.ERRNO(errno.EPERM)
        for name in DENIED_CALLS:
            if seccomp.resolve_syscall(seccomp.system_arch(), name) >= 0:  # negative: there is no such call here
                rules.add_rule(denied, name)
        for flag in _CLONE_FLAGS:
            rules.add_rule(denied, "clone", seccomp.Arg(0, seccomp.MASKED_EQ, flag, flag))
        # Its flags lie in memory, where no filter looks; without it the C library takes `clone`.
        rules.add_rule(seccomp.ERRNO(errno.ENOSYS), "clone3")
        rules.add_rule(denied, "socket", seccomp.Arg(0, seccomp.NE, socket.AF_UNIX))
        if not may_connect:
            rules.add_rule(denied, "connect")
        for request in _TERMINAL_INPUT:
            rules.add_rule(denied, "ioctl", seccomp.Arg(1, seccomp.MASKED_EQ, 0xFFFFFFFF, request))
        with tempfile.TemporaryFile() as file:
            rules.export_bpf(file)
            file.seek(0)
            return file.read()
    except (ImportError, RuntimeError, OSError) as exc:
        raise NoSeccompError(str(exc)) from exc
