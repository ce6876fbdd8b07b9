"""Files that are there whole or not at all, whatever stops the program or the machine while they are written.

A file is written beside its place, flushed to the disk and renamed; then the folder that holds its name is flushed too. Who
is killed at any moment leaves the former file or the new one. Against a disk that forgets, what must not be mistaken carries
its SHA-256 (`sealed`, `sums_bytes`): a truncated file and a flipped bit are told from what was written.
"""

import errno
import hashlib
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

_DIGEST_BYTES: Final = 32
_SUM: Final = re.compile(r"([0-9a-f]{64})  ([^/\n]{1,255})")
_MAX_SUMS_BYTES: Final = 1 << 16


def write_whole(path: Path, content: bytes) -> None:
    """Replace a file whole, or leave it as it was; its folder is made.

    A link in the place of the file is replaced, not followed. One writer at a time: the draft has one name.

    Raises:
        OSError: it cannot be written, for instance because the disk is full; the former file is still there.
    """
    _make(path.parent)
    part = path.with_name(f".{path.name}.part")
    try:
        _write_new(part, content)
        part.replace(path)
    except OSError:
        _discard(part)
        raise
    flush(path.parent)


def write_once(path: Path, content: bytes) -> None:
    """Write a file that does not exist yet.

    Raises:
        FileExistsError: it does; it is left as it is.
        OSError: it cannot be written; nothing is left in its place.
    """
    if path.is_symlink() or path.exists():
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
    write_whole(path, content)


def flush(path: Path) -> None:
    """Make sure that a file's bytes, or a folder's names, survive a power cut.

    Raises:
        OSError: the disk did not take them.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sealed(content: bytes) -> bytes:
    """`content` followed by its SHA-256."""
    return content + hashlib.sha256(content).digest()


def unsealed(content: bytes) -> bytes | None:
    """What `sealed` was given; None if not a bit of it may be trusted."""
    inner, digest = content[:-_DIGEST_BYTES], content[-_DIGEST_BYTES:]
    return inner if hashlib.sha256(inner).digest() == digest else None


def sums_bytes(files: Mapping[Path, bytes]) -> bytes:
    """The SHA-256 of each file that is to be written, by its name."""
    return "".join(f"{hashlib.sha256(content).hexdigest()}  {path.name}\n" for path, content in files.items()).encode()


def agree(sums: Path, paths: Iterable[Path]) -> bool:
    """Whether the files are those that `sums` was written for, to the last bit.

    Raises:
        OSError: one of them is missing or cannot be read.
    """
    with sums.open("rb") as file:
        lines = file.read(_MAX_SUMS_BYTES).decode("ascii", errors="replace").splitlines()
    noted = {match[2]: match[1] for line in lines if (match := _SUM.fullmatch(line))}
    return all(noted.get(path.name) == _sha256(path) for path in paths)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _make(folder: Path) -> None:
    """Make a folder and those above it, each name flushed: a state in a folder that is forgotten is forgotten too."""
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for place in missing:
        flush(place.parent)


def _write_new(part: Path, content: bytes) -> None:
    # What a killed writer left goes first: it is never opened, so that a link in its place leads nowhere.
    part.unlink(missing_ok=True)
    with part.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _discard(part: Path) -> None:
    """Give back the room of a draft, on a disk that may be full or gone."""
    try:
        part.unlink(missing_ok=True)
    except OSError:
        return
