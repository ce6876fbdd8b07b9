"""The system calls that are left to a process once it reads a stranger's bytes; no other way out of it is left.

A list of what is allowed, not of what is forbidden: new kernels bring new calls. What a reader needs is memory, the files that
it may see, and the end. No socket, no process, no thread, no signal to others, no namespace, no ptrace, no io_uring, no bpf.

Enforced by the kernel's seccomp; the filter is compiled by libseccomp. A forbidden call fails as if for lack of permission, so
that a program that merely tries something (a library that looks for a font) goes on.
"""

import ctypes
import errno
import os
import platform
import tempfile
from functools import cache
from typing import ClassVar, Final

_FILES: Final = (
    *(
        "read",
        "readv",
        "pread64",
        "preadv",
        "write",
        "writev",
        "pwrite64",
        "lseek",
        "open",
        "openat",
        "openat2",
        "close",
    ),
    *("fstat", "stat", "lstat", "newfstatat", "statx", "access", "faccessat", "faccessat2", "readlink", "readlinkat"),
    *("getdents64", "getcwd", "fsync", "fdatasync", "ftruncate", "fcntl", "fadvise64", "dup", "dup3"),
)
_MEMORY: Final = (
    "brk",
    "mmap",
    "munmap",
    "mprotect",
    "mremap",
    "madvise",
    "membarrier",
    "futex",
    "rseq",
    "set_robust_list",
)
_ITSELF: Final = (
    *(
        "rt_sigaction",
        "rt_sigprocmask",
        "rt_sigreturn",
        "sigaltstack",
        "restart_syscall",
        "sched_yield",
        "sched_getaffinity",
    ),
    *("getpid", "gettid", "getuid", "geteuid", "getgid", "getegid", "uname", "sysinfo", "getrandom", "getcpu"),
    *(
        "clock_gettime",
        "clock_getres",
        "gettimeofday",
        "time",
        "clock_nanosleep",
        "nanosleep",
        "getrusage",
        "getrlimit",
    ),
    *("exit", "exit_group"),
)
READER_CALLS: Final = (*_FILES, *_MEMORY, *_ITSELF)
_TCGETS: Final = 0x5401  # "is this a terminal?", which opening a file asks
_FIOCLEX: Final = 0x5451
# linux/prctl.h, linux/seccomp.h, and seccomp(2)'s own number, for which glibc has no function.
_PR_SET_NO_NEW_PRIVS: Final = 38
_SET_MODE_FILTER: Final = 1
_ALL_THREADS: Final = 1
_SECCOMP_CALL: Final = {"x86_64": 317, "aarch64": 277}
_INSTRUCTION_BYTES: Final = 8


class NoSeccompError(Exception):
    """This machine's kernel or its libseccomp does not let a process give up system calls."""


@cache
def reading_alone() -> bytes:
    """The filter that leaves what reading files takes, as the kernel's BPF program (`struct sock_filter`, 8 bytes each).

    Made by the parent: libseccomp is looked for by running programs, which a confined process cannot.

    Raises:
        NoSeccompError: libseccomp is not to be had here.
    """
    try:
        import pyseccomp as seccomp  # noqa: PLC0415 - of the extra `evaluate`, and it looks for its library when imported

        allowed = seccomp.SyscallFilter(seccomp.ERRNO(errno.EPERM))
        for name in READER_CALLS:
            if (
                seccomp.resolve_syscall(seccomp.system_arch(), name) >= 0
            ):  # negative: this architecture has no such call
                allowed.add_rule(seccomp.ALLOW, name)
        for request in (_TCGETS, _FIOCLEX):
            allowed.add_rule(seccomp.ALLOW, "ioctl", seccomp.Arg(1, seccomp.EQ, request))
        # With another process as its object, or new limits, prlimit64 is no mere question.
        allowed.add_rule(seccomp.ALLOW, "prlimit64", seccomp.Arg(0, seccomp.EQ, 0), seccomp.Arg(2, seccomp.EQ, 0))
        with tempfile.TemporaryFile() as file:
            allowed.export_bpf(file)
            file.seek(0)
            return file.read()
    except (ImportError, RuntimeError, OSError) as exc:
        raise NoSeccompError(str(exc)) from exc


def give_up_system_calls(program: bytes) -> None:
    """Put this process, with all its threads, under a filter of system calls, for good.

    Args:
        program: as `reading_alone` makes it.

    Raises:
        NoSeccompError: the kernel refuses.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    instructions = ctypes.create_string_buffer(program, len(program))
    filter_program = _FilterProgram(len(program) // _INSTRUCTION_BYTES, ctypes.addressof(instructions))
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise NoSeccompError(os.strerror(ctypes.get_errno()))
    # 0 is success; -1 an error; anything else the number of a thread that could not be brought along.
    if libc.syscall(_SECCOMP_CALL[platform.machine()], _SET_MODE_FILTER, _ALL_THREADS, ctypes.byref(filter_program)):
        raise NoSeccompError(os.strerror(ctypes.get_errno()))


class _FilterProgram(ctypes.Structure):
    """The kernel's `struct sock_fprog`."""

    _fields_: ClassVar = [("len", ctypes.c_ushort), ("filter", ctypes.c_void_p)]
