"""What reading one stranger's file may cost, and how the kernel is told so."""

import os
import resource
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

_STATM: Final = Path("/proc/self/statm")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadLimits:
    """Budget of the child process that reads a file; beyond `max_bytes` the file is not opened at all.

    Processor time is what ends a hostile file, since no load of the machine lengthens it: with the imports (2 to 3 s for torch) a
    small file is refused in less than 10 s of it. The wall clock ends what the machine, not the file, keeps waiting. Were it as
    short, honest files would be turned away on a busy machine.

    Args:
        max_bytes: largest file.
        memory_factor: address space beyond what the reader itself takes, as a multiple of the file's size.
        memory_extra_bytes: address space beyond that, for thread stacks and the allocator's arenas.
        cpu_s: CPU seconds after the imports, for a small file; an honest ResNet-18 takes about a tenth of one.
        cpu_s_per_gib: CPU seconds on top of that, for each GiB of the file.
        wall_s: seconds of wall clock, imports included.
    """

    max_bytes: int = 1 << 30
    memory_factor: int = 4
    memory_extra_bytes: int = 512 << 20
    cpu_s: int = 3
    cpu_s_per_gib: int = 60
    wall_s: float = 300.0

    def cpu_s_for(self, size_bytes: int) -> int:
        """CPU seconds after the imports for a file of that size."""
        return self.cpu_s + self.cpu_s_per_gib * size_bytes // (1 << 30)

    def to_json(self) -> dict[str, float]:
        """The fields by name."""
        return asdict(self)


def confine(limits: ReadLimits, size_bytes: int) -> None:
    """Put this process under `limits` for good; call it after the imports, which need more than the reading does.

    The address space is bounded on Linux only, since other kernels do not tell how much of it is in use.

    Args:
        limits: the budget.
        size_bytes: size of the file that is about to be read.
    """
    budget = limits.memory_factor * size_bytes + limits.memory_extra_bytes
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_NPROC, 0)  # no process and no thread from here on (root is exempt from this one)
    _lower(resource.RLIMIT_NOFILE, 32)
    _lower(resource.RLIMIT_FSIZE, budget)
    _lower(resource.RLIMIT_CPU, int(time.process_time()) + 1 + limits.cpu_s_for(size_bytes))
    if _STATM.exists():
        in_use = int(_STATM.read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
        _lower(resource.RLIMIT_AS, in_use + budget)


def _lower(what: int, value: int) -> None:
    _, hard = resource.getrlimit(what)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    # SIGXCPU comes at the soft limit, SIGKILL at the hard one: a second between them keeps the two apart.
    resource.setrlimit(what, (value, value + 1 if what == resource.RLIMIT_CPU and value != hard else value))
