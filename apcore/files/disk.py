"""Failures of this machine's disk, as errors that say whose turn it is."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from apcore.errors import MachineError


@contextmanager
def disk_errors() -> Iterator[None]:
    """Turn an OSError of the block into a MachineError with an empty path.

    Raises:
        MachineError: the disk is full, or the file system refused something else.
    """
    try:
        yield
    except OSError as exc:
        raise machine_error(exc) from exc


def machine_error(exc: OSError) -> MachineError:
    """What to do about `exc`, for whoever runs this machine."""
    if exc.errno in (errno.ENOSPC, errno.EDQUOT):
        return MachineError(
            where="",
            message="the disk is full, so the file could not be kept",
            fix="make room, then run again; what was fetched before is still there",
        )
    return MachineError(
        where="",
        message=f"the file could not be kept on this machine: {exc.strerror or type(exc).__name__}",
        fix="see that the folder for files can be written, then run again",
    )
