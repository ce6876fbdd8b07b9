"""The files of an artifact: a zip that a stranger's job may have written. Nothing is unpacked; named files are read, capped."""

import io
import zipfile
import zlib
from collections.abc import Mapping
from typing import Final

from apcore.errors import MachineError

MAX_DIRECTORY: Final = 65_536
"""Bytes of the zip's list of files; a list of a million empty ones would cost a gigabyte."""

_END: Final = b"PK\x05\x06"
_END_LENGTH: Final = 22
_END_64: Final = b"PK\x06\x07"
_END_64_LENGTH: Final = 20


class ArtifactError(MachineError):
    """An artifact is not what a job of ours uploads."""


def named_files(raw: bytes, sizes: Mapping[str, int], where: str) -> dict[str, bytes]:
    """What stands in those files of the zip `raw` that `sizes` names; others are not looked at.

    Args:
        raw: the zip.
        sizes: the most bytes that are read of each, by name; one byte more is read of a larger one, so that it shows.
        where: which artifact, for errors.

    Raises:
        ArtifactError: it is no zip of plain or deflated files, its list of files is too long, or names one twice.
    """
    if _directory_size(raw) > MAX_DIRECTORY:
        raise _refused(where, "its list of files is too long, or not at its end")
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            listed = [info for info in archive.infolist() if info.filename in sizes]
            if len({info.filename for info in listed}) != len(listed):
                raise _refused(where, "it holds a file twice")
            return {info.filename: _read(archive, info, sizes[info.filename], where) for info in listed}
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError) as exc:
        raise _refused(where, "it is no sound zip") from exc


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo, size: int, where: str) -> bytes:
    # The other methods may claim gigabytes of memory before they give a byte.
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise _refused(where, "a file in it is compressed in another way than by deflate")
    with archive.open(info) as file:
        return file.read(size + 1)


def _directory_size(raw: bytes) -> int:
    """Bytes of the list of files, as `zipfile` is going to take it; more than the cap where that cannot be told at once."""
    end, before = raw[-_END_LENGTH:], raw[-_END_LENGTH - _END_64_LENGTH : -_END_LENGTH]
    # What has a comment has its end elsewhere, and a 64-bit record before the end would be taken in its stead.
    if not end.startswith(_END) or not end.endswith(b"\0\0") or before.startswith(_END_64):
        return MAX_DIRECTORY + 1
    return int.from_bytes(end[12:16], "little")


def _refused(where: str, words: str) -> ArtifactError:
    return ArtifactError(
        where=where,
        message=f"the artifact is not read: {words}",
        fix="look at the run that uploaded it, then run it again",
    )
