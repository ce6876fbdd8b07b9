"""A local mirror of Google Drive: one file per id, named by the id. For tests, and for machines without a network."""

import hashlib
from pathlib import Path
from typing import Final

from apcore.checkpoint.regular_file import check_size, open_regular
from apcore.errors import MachineError

_PIECE: Final = 1 << 20


def in_mirror(mirror: Path, file_id: str) -> Path | None:
    """The file for `file_id`, links resolved; None if the mirror has none.

    Raises:
        MachineError: it is a link that leads nowhere, or out of the folder; the path is empty.
    """
    path = mirror / file_id
    if not path.is_symlink() and not path.exists():
        return None
    target = path.resolve()
    if not target.exists():
        raise _link_error(file_id, "leads nowhere")
    if not target.is_relative_to(mirror.resolve()):
        raise _link_error(file_id, "leads out of the folder")
    return target


def copy_regular(source: Path, target: Path, *, max_bytes: int) -> str:
    """Copy a regular file and return the SHA-256 of what was copied.

    Raises:
        ContributorError: it is larger than `max_bytes`.
        MachineError: it is no regular file.
        OSError: it cannot be read, or `target` not be written.
    """
    hasher = hashlib.sha256()
    with open_regular(source) as file, target.open("wb") as copy:
        check_size(file, max_bytes)
        while piece := file.read(_PIECE):
            copy.write(piece)
            hasher.update(piece)
    return hasher.hexdigest()


def _link_error(file_id: str, what: str) -> MachineError:
    return MachineError(
        where="",
        message=f"`{file_id}` in the local mirror is a link that {what}",
        fix="put the file itself into the folder that `--files` names",
    )
