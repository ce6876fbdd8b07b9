"""Opening a file that may be anything: a pipe or a device under its name would block a reader for ever."""

import io
import os
import stat
from pathlib import Path

from apcore.errors import ContributorError, MachineError


def open_regular(path: Path) -> io.FileIO:
    """Open a regular file for reading, unbuffered; errors carry an empty path.

    Raises:
        MachineError: there is no such file here, or it is none.
    """
    try:
        # Unbuffered: a child process may share this position, and a buffer's seek need not reach the kernel.
        file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb", buffering=0)
    except OSError as exc:
        raise MachineError(
            where="",
            message=f"the file `{path.name}` cannot be opened: {exc.strerror}",
            fix="see that it is there, that it is a file and that it can be read",
        ) from exc
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise MachineError(
            where="", message=f"`{path.name}` is a folder, a device or a pipe", fix="put the file itself there"
        )
    return file


def check_size(file: io.FileIO, max_bytes: int) -> int:
    """Size of an open file.

    Raises:
        ContributorError: it exceeds `max_bytes`; the path is empty.
    """
    size = os.fstat(file.fileno()).st_size
    if size > max_bytes:
        raise ContributorError(
            where="",
            message=f"the file has {size:,} bytes, at most {max_bytes:,} are read",
            fix="upload the state dict alone, without optimizer states or copies",
        )
    return size
