"""A file that an author put on Google Drive."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteFile:
    """A validated id, and the extension that the author gave the file (which means nothing)."""

    id: str
    extension: str
