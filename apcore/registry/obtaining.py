"""A published file, from the cache, the local mirror or Google Drive, and the same bytes ever after.

Nobody published hashes, and the owner of a Drive id can put another file under it. So the first bytes that arrive are noted
by their SHA-256, unless the board already knows which bytes were measured, and other bytes are refused from then on.
"""

import logging
from pathlib import Path
from typing import Final

from apcore.errors import ContributorError, MachineError, ServiceError, TurnError
from apcore.files.drive import Drive
from apcore.files.fetch import NotHereError, ReplacedFileError, fetch
from apcore.files.limits import DownloadLimits
from apcore.files.remote_file import RemoteFile
from apcore.files.store import Store
from apcore.files.stored_file import Source, StoredFile
from apcore.published_files import PublishedFile
from apcore.registry.board import board_methods

_LOG: Final = logging.getLogger(__name__)


def obtain(file: PublishedFile, *, cache: Path, mirror: Path | None, drive: Drive | None) -> StoredFile:
    """The bytes of a published file, kept in `cache`.

    Args:
        file: which one.
        cache: the folder of the store.
        mirror: folder with one file per id, looked at first; None without one.
        drive: where to download from; None if the network is off.

    Raises:
        ContributorError: other bytes arrived than before; the reader decides.
        ServiceError: Drive or the network failed, or the file is no longer there.
        MachineError: this machine could not keep it, or has no such file while the network is off.
    """
    store = Store(cache)
    noted = _verified_sha256(file.id) or store.noted(file.id)
    where = f"{file.model_key}.{file.holds}"
    try:
        stored = fetch(
            RemoteFile(id=file.id, extension=file.extension),
            store=store,
            mirror=mirror,
            limits=DownloadLimits(),
            where=where,
            drive=drive,
            expected_sha256=noted,
        )
    except TurnError as exc:
        raise _for_readers(exc, file, store) from exc
    if stored.source is not Source.STORE:
        _LOG.info("%s: %d bytes from %s, sha256 %s", where, stored.size_bytes, stored.source, stored.sha256)
    return stored


def _verified_sha256(file_id: str) -> str | None:
    """SHA-256 of the bytes under this id that the board's own measurement was made on, None without one."""
    checkpoints = (result.checkpoint for method in board_methods() for result in method.results if result.checkpoint)
    return dict(checkpoints).get(file_id)


def _for_readers(exc: TurnError, file: PublishedFile, store: Store) -> TurnError:
    """The same error for somebody who uses the file and did not publish it."""
    match exc:
        case ReplacedFileError():
            return ContributorError(where=exc.where, message=exc.message, fix=_after_replacement(file, store))
        case ContributorError():
            fix = (
                f"the published file `{file.id}` is not yours to mend: tell the maintainers of the benchmark; a copy of your "
                "own loads with `checkpoint=PATH`, or from a folder that `files=` names, as a file named by the id"
            )
            return ServiceError(where=exc.where, message=exc.message, fix=fix)
        case ServiceError():
            fix = "try again later; what was downloaded before stays in the cache"
            return ServiceError(where=exc.where, message=exc.message, fix=fix)
        case NotHereError():
            fix = "allow the network, or name with `files=` (or APCORE_FILES) a folder that holds the file, named by its id"
            return MachineError(where=exc.where, message=exc.message, fix=fix)
    return exc


def _after_replacement(file: PublishedFile, store: Store) -> str:
    if _verified_sha256(file.id):
        return "the board's own measurement was made on the former bytes; load a copy of them with `checkpoint=PATH`"
    note = store.folder / "ids" / f"{file.id}.json"
    return f"do not mix results of the two; to take the new file from now on, delete {note} and load again"
