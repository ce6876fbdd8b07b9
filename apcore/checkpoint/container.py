"""What kind of file a checkpoint really is. Its first bytes say so; its name does not.

The published checkpoints are called .pt, .pth, .pth.tar, .tar and .t7, and the extension tells nothing about the bytes.
"""

import re
import zipfile
from enum import StrEnum
from typing import BinaryIO, Final

from apcore.errors import ContributorError

HEAD_BYTES: Final = 512
"""How much of a file `sniff` wants to see."""

SAVE_AGAIN: Final = "save it with `torch.save(model.state_dict(), path)` in a current PyTorch, and upload that file"
UPLOAD_AGAIN: Final = "upload it again, and compare its size with the one on your disk"

_LEGACY_MAGIC: Final = bytes.fromhex("8a0a6cfc9c46f9206aa85019")  # torch.serialization.MAGIC_NUMBER as a pickled LONG1
_BARE_PICKLE: Final = "the file is a bare pickle, not written by `torch.save`"
_OTHER_FORMATS: Final = (
    (257, b"ustar", "the file is a tar archive, as PyTorch wrote before version 0.4"),
    (0, b"\x1f\x8b", "the file is packed with gzip"),
    (0, b"7z\xbc\xaf\x27\x1c", "the file is packed with 7z"),
    (0, b"Rar!", "the file is packed with rar"),
    (0, b"BZh", "the file is packed with bzip2"),
    (0, b"\xfd7zXZ", "the file is packed with xz"),
    (0, b"\x28\xb5\x2f\xfd", "the file is packed with zstandard"),
    (8, b'{"', "the file is in the safetensors format, which is not read yet"),
    (0, b"\x89HDF", "the file is in the HDF5 format, not a PyTorch checkpoint"),
    (0, b"\x80", _BARE_PICKLE),
)
# Pickles of protocols 0 and 1 have no mark of their own: a list, a dictionary, or the name of an object.
_OLD_PICKLE: Final = re.compile(rb"\([ld]p0\n|[\]}]q\0|c[A-Za-z_][\w.]*\n[A-Za-z_][\w.]*\n")
_TEXT: Final = re.compile(rb"[\t\n\r\x20-\x7e]+")
_ZIP_END: Final = b"PK\x05\x06" + bytes(4)  # of an archive that is in one piece
_ZIP_END_BYTES: Final = 22
_BLOCK_BYTES: Final = 1 << 20
_MAX_ENTRIES: Final = 20_000


class Container(StrEnum):
    """The two forms in which `torch.save` writes: a zip archive since 1.6, a chain of pickles before."""

    ZIP = "zip"
    LEGACY = "legacy"


def looks_like_html(head: bytes) -> bool:
    """Whether a file that begins with `head` is a web page; none of the formats read here begins with `<`."""
    return head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<")


def sniff(head: bytes) -> Container:
    """The container of a file that begins with `head` (its first `HEAD_BYTES`, or all of it if it is shorter).

    Raises:
        ContributorError: it is none that can be read safely; says what it is instead, with an empty path.
    """
    if head.startswith(b"PK\x03\x04"):
        return Container.ZIP
    if head[:1] == b"\x80" and head[2 : 2 + len(_LEGACY_MAGIC)] == _LEGACY_MAGIC:
        return Container.LEGACY
    message, fix = _what_it_is_instead(head)
    raise ContributorError(where="", message=message, fix=fix)


def _what_it_is_instead(head: bytes) -> tuple[str, str]:
    if not head:
        return "the file is empty", UPLOAD_AGAIN
    if looks_like_html(head):
        return (
            "the file is a web page (HTML), not a checkpoint",
            "upload the checkpoint itself; a page saved in the browser or by a download script is not the file",
        )
    for offset, magic, message in _OTHER_FORMATS:
        if head.startswith(magic, offset):
            return message, SAVE_AGAIN
    return _what_it_is_without_a_mark(head)


def _what_it_is_without_a_mark(head: bytes) -> tuple[str, str]:
    if _OLD_PICKLE.match(head):
        return _BARE_PICKLE, SAVE_AGAIN
    if not any(head):
        return f"the file begins with {len(head)} zeros: its contents were lost on the way", UPLOAD_AGAIN
    if _TEXT.fullmatch(head):
        return "the file is a text, not a checkpoint", "upload the checkpoint itself, as `torch.save` wrote it"
    return "the file is not a checkpoint that `torch.save` wrote", SAVE_AGAIN


def check_zip(file: BinaryIO, size_bytes: int) -> None:
    """Refuse a zip archive that PyTorch would not have written, before PyTorch reads it.

    `torch.save` stores its records as they are. A deflated record is how 1 MB on disk becomes 1 GiB in memory, and a
    directory that announces more bytes than the file has is forged or cut off. Nothing may stand
    before or behind the archive: what one reader passes over, another takes for the archive.

    Args:
        file: the archive; its position is moved.
        size_bytes: its size.

    Raises:
        ContributorError: it is broken, compressed, encrypted, a TorchScript archive, not alone in the file, or no archive of
            `torch.save`.
    """
    if behind := size_bytes - _end_of_archive(file, size_bytes):
        raise goes_on(behind)
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, UnicodeDecodeError, EOFError) as exc:
        raise ContributorError(
            where="",
            message="the file begins like a checkpoint, but its end is missing or damaged: it was cut off on its way",
            fix=UPLOAD_AGAIN,
        ) from exc
    if before := min((entry.header_offset for entry in entries), default=0):
        _refuse(f"the archive in the file begins after {before:,} bytes of something else")
    if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
        _refuse("the file was compressed after saving; `torch.save` stores its records uncompressed")
    if any(entry.flag_bits & 1 for entry in entries):
        _refuse("the file is encrypted")
    if len(entries) > _MAX_ENTRIES:
        _refuse(f"the archive has {len(entries):,} records, at most {_MAX_ENTRIES:,} are read")
    if sum(entry.file_size for entry in entries) > size_bytes:
        _refuse(f"the file announces more than the {size_bytes:,} bytes it has")
    names = {entry.filename.rpartition("/")[2] for entry in entries}
    if "constants.pkl" in names:
        _refuse("the file is a TorchScript archive: it holds a program, and only tensors are read")
    if "data.pkl" not in names:
        _refuse("the file is a zip archive, but not one that `torch.save` wrote")


def goes_on(behind: int) -> ContributorError:
    """The refusal of a file with so many bytes behind what `torch.save` wrote."""
    return ContributorError(
        where="",
        message=f"the file goes on for {behind:,} bytes after the end of what `torch.save` wrote",
        fix="upload the file as `torch.save` left it, with nothing appended",
    )


def _end_of_archive(file: BinaryIO, size_bytes: int) -> int:
    """Where the last archive in the file ends; where the file does, if there is no sign of an end.

    `torch.save` writes no comment, so the end is the record that says so. It is looked for from behind, in blocks.
    """
    begin = size_bytes
    while begin > 0:
        begin = max(0, begin - _BLOCK_BYTES)
        file.seek(begin)
        place = file.read(_BLOCK_BYTES + len(_ZIP_END) - 1).rfind(_ZIP_END)
        if place >= 0:
            return min(begin + place + _ZIP_END_BYTES, size_bytes)
    return size_bytes


def _refuse(message: str) -> None:
    raise ContributorError(where="", message=message, fix=SAVE_AGAIN)
