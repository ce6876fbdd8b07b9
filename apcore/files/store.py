"""Fetched files by the SHA-256 of their bytes, and which id led to which bytes.

    <folder>/<sha256>          the bytes
    <folder>/ids/<id>.json     {"id", "sha256", "size_bytes"}

A file appears under its name complete or not at all: it is written elsewhere in the folder, flushed to the disk and
renamed. One index file per id, so that two runs that add files at once do not lose each other's entry.
"""

import errno
import fcntl
import hashlib
import json
import logging
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from apcore.durable import flush, write_whole
from apcore.files.disk import disk_errors
from apcore.files.stored_file import Source, StoredFile

_LOG: Final = logging.getLogger(__name__)
_SHA256: Final = re.compile(r"[0-9a-f]{64}\Z")


class Store:
    """A folder of fetched files.

    Args:
        folder: made when the first file arrives.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def find(self, file_id: str) -> StoredFile | None:
        """The file that `file_id` led to, its bytes verified; None if there is none.

        A file whose bytes no longer have its hash is deleted, since a disk that forgot once will not remember.

        Raises:
            MachineError: the folder cannot be read.
        """
        with disk_errors():
            sha256 = self.noted(file_id)
            path = self.folder / (sha256 or "")
            if sha256 is None or not path.is_file():
                return None
            found, size = digest(path)
            if found != sha256:
                _LOG.warning("%s in the store is damaged and will be fetched again", sha256)
                path.unlink()
                return None
            return StoredFile(path=path, sha256=sha256, size_bytes=size, source=Source.STORE)

    def noted(self, file_id: str) -> str | None:
        """SHA-256 of the file that `file_id` led to, whether or not its bytes are still here; None if none was noted."""
        path = self.folder / "ids" / f"{file_id}.json"
        if not path.is_file():
            return None
        try:
            entry = json.loads(path.read_bytes())
            # Ids differ in case, and some file systems do not tell such names apart.
            return entry["sha256"] if entry["id"] == file_id and _SHA256.match(entry["sha256"]) else None
        except (ValueError, KeyError, TypeError):
            _LOG.warning("the store's entry for %s is damaged; the file will be fetched again", file_id)
            return None

    @contextmanager
    def incoming(self) -> Iterator[Path]:
        """A path on the store's own disk for a file that is on its way; deleted afterwards unless it was added.

        Raises:
            MachineError: the folder cannot be written, or the disk is full, also while the block writes.
        """
        with disk_errors():
            self.folder.mkdir(parents=True, exist_ok=True)
            with self._scratch() as scratch:
                yield scratch / "file"

    def add(self, file_id: str, incoming: Path, *, sha256: str, source: Source) -> StoredFile:
        """Move a complete file into the store and note which id led to it.

        Args:
            file_id: the id under which it was fetched.
            incoming: the file, inside of `incoming()`.
            sha256: of its bytes.
            source: where it came from.
        """
        size = incoming.stat().st_size
        path = self.folder / sha256
        incoming.chmod(0o444)
        flush(incoming)
        incoming.replace(path)
        flush(self.folder)
        self._note(file_id, sha256, size, incoming.parent)
        return StoredFile(path=path, sha256=sha256, size_bytes=size, source=source)

    def forget(self, file_id: str) -> None:
        """Let the next `find` of `file_id` find nothing: its owner was asked to put another file there."""
        with disk_errors():
            (self.folder / "ids" / f"{file_id}.json").unlink(missing_ok=True)

    @contextmanager
    def _scratch(self) -> Iterator[Path]:
        """A folder of this run's own, held by a lock; what killed runs left is removed, be it a gigabyte."""
        with _lock(self.folder, wait=True):
            for left in self.folder.glob(".incoming-*"):
                with _lock(left, wait=False) as abandoned:
                    if abandoned:
                        shutil.rmtree(left)
            scratch = Path(tempfile.mkdtemp(prefix=".incoming-", dir=self.folder))
            held = _locked(scratch, wait=False)
        try:
            yield scratch
        finally:
            shutil.rmtree(scratch)
            os.close(held)

    def _note(self, file_id: str, sha256: str, size: int, scratch: Path) -> None:
        entry = {"id": file_id, "sha256": sha256, "size_bytes": size}
        draft = scratch / "entry"
        write_whole(draft, (json.dumps(entry, indent=2) + "\n").encode())
        folder = self.folder / "ids"
        folder.mkdir(exist_ok=True)
        if folder.is_symlink():
            raise OSError(errno.ELOOP, "its folder `ids` is a symbolic link")
        draft.replace(folder / f"{file_id}.json")  # from a folder of this run's own: two may note one id at once
        flush(folder)


@contextmanager
def _lock(folder: Path, *, wait: bool) -> Iterator[bool]:
    """Whether this run alone holds `folder` during the block; the lock ends with the process, however that ends."""
    try:
        held = _locked(folder, wait=wait)
    except (BlockingIOError, FileNotFoundError):
        yield False
        return
    try:
        yield True
    finally:
        os.close(held)


def _locked(folder: Path, *, wait: bool) -> int:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def digest(path: Path) -> tuple[str, int]:
    """SHA-256 and size of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest(), os.fstat(file.fileno()).st_size
