"""Memory of large arrays given back to the system as soon as they are freed, while weights are made and dropped one by one.

glibc maps an allocation apart from the heap only above a threshold, which it raises to the size of what was freed last, up to
32 MiB; after that freed weights leave holes, and a process ends up holding several times what it uses (man 3 mallopt). So
the threshold is held down for a while. Its price is that the system clears the pages of each such array, hence not for good.
"""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_LARGE: Final = 5_000_000
_LARGEST: Final = 32 * 2**20
"""Where glibc's own adjustment ends; setting a threshold switches that off."""


@contextmanager
def large_arrays_given_back() -> Iterator[None]:
    """Meanwhile freed arrays of 5 MB and more are the system's again; without glibc nothing changes."""
    _set(_MMAP_THRESHOLD, _LARGE)
    try:
        yield
    finally:
        _set(_MMAP_THRESHOLD, _LARGEST)
        _set(_TRIM_THRESHOLD, 2 * _LARGEST)  # as glibc's own adjustment has it


def give_back_freed_memory() -> None:
    """What lies freed between what is in use is the system's again; without glibc nothing changes."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)


def _set(parameter: int, value: int) -> None:
    with suppress(OSError, AttributeError):  # another C library
        ctypes.CDLL("libc.so.6").mallopt(parameter, value)
