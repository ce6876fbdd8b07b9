"""Memory of freed arrays given back to the system, while weights are made and dropped one by one.

glibc keeps what was freed for what will be asked for next; between arrays of many sizes that leaves holes, and a process ends up
holding several times what it uses (man 3 malloc_trim, mallopt). Looking for the holes takes a fraction of a millisecond.
"""

import ctypes
from collections.abc import Callable
from functools import cache


def give_back_freed_memory() -> None:
    """What lies freed between what is in use is the system's again; without glibc nothing changes."""
    _malloc_trim()(0)


@cache
def _malloc_trim() -> Callable[[int], object]:
    try:
        found: Callable[[int], object] = ctypes.CDLL("libc.so.6").malloc_trim
    except (OSError, AttributeError):  # another C library
        return lambda _: None
    return found
