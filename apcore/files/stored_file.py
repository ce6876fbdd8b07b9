"""A file that was fetched: where its bytes are, and which bytes they are."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Source(StrEnum):
    """Where the bytes came from in this run."""

    MIRROR = "mirror"
    STORE = "store"
    GOOGLE_DRIVE = "gdrive"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """Bytes of a stranger, kept under their hash and never opened on the way.

    Args:
        path: of the copy in the store.
        sha256: of its bytes, verified in this run.
        size_bytes: its size, at least 1.
        source: where they came from.
    """

    path: Path
    sha256: str
    size_bytes: int
    source: Source
