"""Google Drive ids out of whatever authors paste: an id, any common form of link, a Markdown link.

Only the id is kept. No address that an author wrote is ever opened.
"""

import re
from typing import Final
from urllib.parse import parse_qs, urlsplit

_ID: Final = re.compile(r"[A-Za-z0-9_-]{25,60}\Z")
_HOSTS: Final = frozenset(
    {"drive.google.com", "docs.google.com", "drive.usercontent.google.com", "lh3.googleusercontent.com"}
)
_MARKDOWN_LINK: Final = re.compile(r"\[[^\[\]]*+\]\(([^()\s]++)\)\Z")
_DOCUMENTS: Final = frozenset({"document", "spreadsheets", "presentation", "forms", "drawings"})
_MAX_LENGTH: Final = 1_000

_SHARE: Final = "in Google Drive choose Share, Copy link for the file itself, and paste that link or its id"


class DriveLinkError(ValueError):
    """The text leads to no file on Google Drive.

    Args:
        message: what it is instead.
        fix: what to paste.
    """

    def __init__(self, message: str, fix: str = _SHARE) -> None:
        super().__init__(f"{message}; {fix}")
        self.message = message
        self.fix = fix


def drive_id(text: str) -> str:
    """The file id in `text`, which is an id or a link.

    Raises:
        DriveLinkError: it is neither, or a link to something else than one file.
    """
    if len(text) > _MAX_LENGTH:
        raise DriveLinkError("this is far too long for a link")
    address = text.strip()
    if _ID.match(address):
        return address
    match = _MARKDOWN_LINK.match(address)
    address = (match[1] if match else address).removeprefix("<").removesuffix(">")
    candidate = _id_in_link(address) if "/" in address else address
    if not _ID.match(candidate):
        raise DriveLinkError("this is not a Google Drive id: an id has 25 to 60 letters, digits, `-` and `_`")
    return candidate


def _id_in_link(address: str) -> str:
    try:
        link = urlsplit(address if "://" in address else f"https://{address}")
        host, query = link.hostname, parse_qs(link.query, max_num_fields=50)
    except ValueError as exc:
        raise DriveLinkError("this is not a link that can be read") from exc
    if link.scheme not in ("http", "https") or host not in _HOSTS:
        raise DriveLinkError("this is not a link to Google Drive", f"put the file on Google Drive; {_SHARE}")
    parts = [part for part in link.path.split("/") if part]
    if "folders" in parts or "embeddedfolderview" in parts:
        raise DriveLinkError(
            "this is a link to a folder, and a folder can change after it was approved", f"open the folder; {_SHARE}"
        )
    if _DOCUMENTS & set(parts):
        raise DriveLinkError(
            "this is a link to a Google document, not to a file that was uploaded", f"upload the file; {_SHARE}"
        )
    ids: list[str] = [*_after("d", parts), *query.get("id", ())]
    if len(set(ids)) != 1:
        raise DriveLinkError("this link names no file" if not ids else "this link names more than one file")
    return ids[0]


def _after(name: str, parts: list[str]) -> list[str]:
    place = parts.index(name) if name in parts else len(parts)
    return parts[place + 1 : place + 2]
