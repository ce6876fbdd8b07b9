"""Getting a stranger's file: from the local mirror, else from the store, else from Google Drive; always into the store.

The bytes are hashed and looked at only as far as their first half kilobyte, to tell a web page from a file.
"""

import re
from pathlib import Path
from typing import Final

from apcore.checkpoint.container import HEAD_BYTES, looks_like_html
from apcore.errors import ContributorError, MachineError, TurnError
from apcore.files.drive import GOOGLE_DRIVE, Drive
from apcore.files.limits import DownloadLimits
from apcore.files.mirror import copy_regular, in_mirror
from apcore.files.remote_file import RemoteFile
from apcore.files.store import Store
from apcore.files.stored_file import Source, StoredFile

_ID: Final = re.compile(r"[A-Za-z0-9_-]{25,60}\Z")


class ReplacedFileError(ContributorError):
    """Under an id that was seen before there are other bytes now."""


class NotHereError(MachineError):
    """The file is neither in the mirror nor in the store, and the network is off."""


def fetch(
    file: RemoteFile,
    *,
    store: Store,
    mirror: Path | None,
    limits: DownloadLimits,
    where: str,
    drive: Drive | None = GOOGLE_DRIVE,
    expected_sha256: str | None = None,
) -> StoredFile:
    """Fetch one file, or find it where it is already.

    Args:
        file: its validated id; the extension is not looked at.
        store: where the bytes end.
        mirror: folder with one file per id, looked at first; None without one.
        limits: what a download may cost; `max_bytes` binds the mirror too.
        where: the path that errors carry, e.g. `checkpoint`.
        drive: where to download from; None if the network is off.
        expected_sha256: of the bytes seen before, since the owner can replace a file under its id; None at first sight.

    Raises:
        ContributorError: the file is not shared, gone, a folder, a web page, empty or too large.
        ReplacedFileError: it is another file than before; the store keeps the former one, and what it noted of it.
        ServiceError: Google Drive or the network failed.
        MachineError: the disk is full, or the mirror is not in order.
        NotHereError: there is no such file here, and the network is off.
        ValueError: the id was not validated.
    """
    if not _ID.match(file.id):
        raise ValueError("a file was to be fetched by an id that nobody validated")
    try:
        return _fetched(file.id, store, mirror, limits, drive, expected_sha256)
    except TurnError as exc:
        raise exc.below(where) from exc


def _fetched(
    file_id: str,
    store: Store,
    mirror: Path | None,
    limits: DownloadLimits,
    drive: Drive | None,
    expected_sha256: str | None,
) -> StoredFile:
    source = in_mirror(mirror, file_id) if mirror else None
    if source is None and (kept := store.find(file_id)):
        _check_identity(kept.sha256, expected_sha256)
        return kept
    with store.incoming() as incoming:
        if source is not None:
            sha256 = copy_regular(source, incoming, max_bytes=limits.max_bytes)
        elif drive is not None:
            sha256 = drive.download(file_id, incoming, limits)
        else:
            raise _offline(file_id, mirror)
        _check_contents(incoming)
        _check_identity(sha256, expected_sha256)
        came_from = Source.MIRROR if source else Source.GOOGLE_DRIVE
        return store.add(file_id, incoming, sha256=sha256, source=came_from)


def _check_contents(path: Path) -> None:
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if not head:
        raise ContributorError(
            where="",
            message="the file is empty",
            fix="upload it again, and compare its size with the one on your disk",
        )
    if looks_like_html(head):
        raise ContributorError(
            where="",
            message="what is stored under this id is a web page (HTML), not the file",
            fix="upload the file itself; a page saved in the browser or by a download script is not the file",
        )


def _check_identity(found: str, expected: str | None) -> None:
    if expected not in (None, found):
        raise ReplacedFileError(
            where="",
            message=f"the file was replaced: its SHA-256 was `{expected[:12]}…`, now it is `{found[:12]}…`",
            fix="put the former file back under this id, or submit the new one as a new version",
        )


def _offline(file_id: str, mirror: Path | None) -> NotHereError:
    place = "the local mirror has no such file" if mirror else "there is no local mirror"
    return NotHereError(
        where="",
        message=f"`{file_id}` is not here: {place}, it was not fetched before, and the network is off",
        fix="put the file, named by its id, into the folder that `--files` names, or allow the network",
    )
